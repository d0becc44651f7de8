//! Texts that are kept: each is written once, and none is taken for another.

use super::{PAIRS, USERS};
use crate::dialect::{Dialect, MYSQL, SQLITE};
use crate::engine::writes::{Facts, Form};
use crate::schema::Table;
use std::sync::Arc;

#[test]
fn a_text_is_written_once() {
    let facts = Facts::default();
    let text = |columns: &[usize], rows| facts.text(Form::Insert, (&SQLITE, &USERS), columns, rows, || "a".into());
    let first = text(&[0, 1], 10);
    assert!(Arc::ptr_eq(&first, &text(&[0, 1], 10)));
    assert!(!Arc::ptr_eq(&first, &text(&[0, 1], 1)));
    assert!(!Arc::ptr_eq(&first, &text(&[1], 10)));
}

#[test]
fn no_text_is_taken_for_another() {
    let facts = Facts::default();
    let mut written = 0;
    let mut text = |form, place, columns: &[usize]| {
        let kept = facts.text(form, place, columns, 1, || {
            written += 1;
            written.to_string()
        });
        kept.parse::<i32>().expect("a number")
    };
    assert_eq!(text(Form::Update, (&SQLITE, &USERS), &[1]), 1);
    assert_eq!(text(Form::Delete, (&SQLITE, &USERS), &[1]), 2);
    assert_eq!(text(Form::Update, (&MYSQL, &USERS), &[1]), 3);
    assert_eq!(text(Form::Update, (&SQLITE, &PAIRS), &[1]), 4);
    assert_eq!(text(Form::Update, (&SQLITE, &PAIRS), &[]), 5);
    // Whose order cannot be told from the set, and what has too many columns for it, is written each time.
    for columns in [&[1, 0], &[0, 200]] {
        let first = text(Form::Update, (&SQLITE, &PAIRS), columns);
        assert_eq!(text(Form::Update, (&SQLITE, &PAIRS), columns), first + 1);
    }
    assert_eq!(text(Form::Update, (&SQLITE, &USERS), &[1]), 1);
}

#[test]
fn a_text_and_its_checked_form_are_two() {
    let facts = Facts::default();
    let place: (&Dialect, &Table) = (&SQLITE, &USERS);
    let plain = || facts.text(Form::Update, place, &[1], 0, || "plain".into());
    let checked = || facts.checked_text(Form::Update, place, &[1], || "checked".into());
    for _ in 0..2 {
        assert_eq!((&*plain(), &*checked()), ("plain", "checked"));
    }
    assert_eq!(facts.kept_texts(), 2);
}

#[test]
fn what_is_impossible_is_not_kept() {
    let facts = Facts::default();
    let text = |write: Option<String>| facts.text_if_any(Form::UpdateArrays, (&SQLITE, &USERS), &[1], 0, || write);
    assert_eq!(text(None), None);
    assert_eq!(text(Some("a".into())).as_deref(), Some("a"));
    assert_eq!(text(None).as_deref(), Some("a"));
}

#[test]
fn not_all_texts_of_a_long_life_are_kept() {
    let facts = Facts::default();
    for rows in 0..5000 {
        facts.text(Form::Insert, (&SQLITE, &USERS), &[1], rows, || "a".into());
    }
    assert!(facts.kept_texts() <= 1000);
}
