//! Which rows an UPDATE found.

use super::stub::{channel, count, keys, widths};
use super::{PAIRS, USERS, texts};
use crate::dialect::{Dialect, MARIADB, MYSQL, POSTGRES, SQLITE};
use crate::engine::writes::{WriteError, update_many};
use crate::error::ErrorKind;
use crate::value::Datum;

/// A new name, the key and the version of each row.
fn data(rows: usize) -> Vec<Datum<'static>> {
    let row = |(at, name)| [name, Datum::Int(at as i64), Datum::Int(1)];
    texts(rows).into_iter().enumerate().flat_map(row).collect()
}

fn stale(result: Result<(), WriteError>) -> Option<Vec<usize>> {
    match result {
        Err(WriteError::Stale(positions)) => positions,
        other => panic!("not stale: {other:?}"),
    }
}

#[test]
fn one_by_one_names_every_stale_row() {
    let (mut channel, sent) =
        channel(&SQLITE, |_, binds| count(u64::from(![Datum::Int(3), Datum::Int(7)].contains(&binds[1]))));
    assert_eq!(stale(update_many(&mut channel, &USERS, &[1], 10, data(10))), Some(vec![3, 7]));
    assert_eq!(widths(&sent), [3; 10]);
    assert!(update_many(&mut channel, &USERS, &[1], 3, data(3)).is_ok());
}

#[test]
fn arrays_name_every_stale_row() {
    let (mut channel, sent) = channel(&POSTGRES, |_, binds| match &binds[0] {
        Datum::Array(items) => keys((1..=items.len() as i64).rev().filter(|place| *place != 4)),
        _ => count(1),
    });
    assert_eq!(stale(update_many(&mut channel, &USERS, &[1], 3000, data(3000))), Some(vec![3]));
    assert_eq!(widths(&sent), [3]);
    assert!(update_many(&mut channel, &USERS, &[1], 3, data(3)).is_ok());
    assert!(update_many(&mut channel, &USERS, &[1], 1, data(1)).is_ok());
}

#[test]
fn positions_go_on_over_statements() {
    let long = "x".repeat(30 << 20);
    let (mut channel, sent) = channel(&POSTGRES, |_, binds| match &binds[1] {
        Datum::Array(items) => keys(1..items.len() as i64),
        other => panic!("{other:?} is not an array"),
    });
    let data = (0..5).flat_map(|at| [Datum::text(&long), Datum::Int(at), Datum::Int(1)]).collect();
    assert_eq!(stale(update_many(&mut channel, &USERS, &[1], 5, data)), Some(vec![1, 3, 4]));
    assert_eq!(widths(&sent), [3, 3, 3]);
}

#[test]
fn a_join_tells_only_that_rows_are_stale() {
    for dialect in [&MARIADB, &MYSQL] {
        let (mut channel, sent) = channel(dialect, |_, binds| count(binds.len() as u64 / 3));
        assert!(update_many(&mut channel, &USERS, &[1], 464, data(464)).is_ok());
        assert_eq!(widths(&sent), [600, 600, 150, 30, 9, 3], "{}", dialect.name);
        let (mut channel, _) = channel_short(dialect);
        assert_eq!(stale(update_many(&mut channel, &USERS, &[1], 50, data(50))), None);
    }
}

fn channel_short(dialect: &'static Dialect) -> (crate::engine::Channel, super::stub::Sent) {
    channel(dialect, |_, binds| count(binds.len() as u64 / 3 - 1))
}

#[test]
fn a_join_has_no_long_values() {
    let long = "x".repeat(20_000);
    let (mut channel, sent) = channel(&MYSQL, |_, binds| count(binds.len() as u64 / 3));
    let mut data = data(23);
    data[30] = Datum::text(&long);
    assert!(update_many(&mut channel, &USERS, &[1], 23, data).is_ok());
    assert_eq!(widths(&sent), [30, 3, 30, 6]);
}

#[test]
fn a_changed_key_is_a_statement_of_its_own() {
    for dialect in Dialect::all() {
        let (mut channel, sent) = channel(dialect, |_, _| count(1));
        let row = |at| [Datum::Int(at), Datum::Int(at + 1), Datum::text("b")];
        assert!(update_many(&mut channel, &PAIRS, &[0], 4, (0..4).flat_map(row).collect()).is_ok());
        assert_eq!(widths(&sent), [3; 4], "{}", dialect.name);
    }
}

#[test]
fn arrays_as_values_go_one_by_one() {
    let (mut channel, sent) = channel(&POSTGRES, |_, _| count(1));
    let row = |at| [Datum::Array(texts(1)), Datum::Int(at), Datum::text("b")];
    assert!(update_many(&mut channel, &PAIRS, &[2], 4, (0..4).flat_map(row).collect()).is_ok());
    assert_eq!(widths(&sent), [3; 4]);
}

#[test]
fn more_rows_than_keys_is_an_error() {
    for dialect in Dialect::all() {
        let (mut channel, _) = channel(dialect, |sql, binds| match sql.contains("RETURNING") {
            true => keys([1, 1]),
            false => count(binds.len() as u64 / 3 + 1),
        });
        match update_many(&mut channel, &USERS, &[1], 3, data(3)) {
            Err(WriteError::Database(error)) => assert_eq!(error.kind(), ErrorKind::MultipleRows, "{}", dialect.name),
            other => panic!("{}: {other:?}", dialect.name),
        }
    }
}

#[test]
fn nothing_is_sent_for_nothing() {
    let (mut channel, sent) = channel(&POSTGRES, |_, _| count(1));
    assert!(update_many(&mut channel, &USERS, &[1], 0, vec![]).is_ok());
    assert!(update_many(&mut channel, &PAIRS, &[], 1, vec![Datum::Int(1), Datum::text("b")]).is_ok());
    assert!(widths(&sent).is_empty());
}
