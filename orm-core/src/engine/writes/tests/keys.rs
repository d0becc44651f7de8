//! How many keys a SELECT asks for.

use super::stub::{channel, keys, widths};
use super::{PAIRS, USERS, ints};
use crate::dialect::{Dialect, MYSQL, POSTGRES, SQLITE};
use crate::engine::writes::select_by_keys;
use crate::value::Datum;

fn select(dialect: &'static Dialect, count: i64) -> (usize, Vec<Vec<Datum<'static>>>) {
    let (mut channel, sent) = channel(dialect, |_, _| keys([1]));
    let mut rows = 0;
    select_by_keys(&mut channel, &USERS, &[1], &ints(0..count), &mut |_| {
        rows += 1;
        Ok(())
    })
    .expect("selected");
    let sent = sent.lock().expect("no panic").drain(..).map(|(_, binds)| binds).collect();
    (rows, sent)
}

#[test]
fn lists_are_filled_up_by_the_last_key() {
    let (rows, sent) = select(&SQLITE, 104);
    assert_eq!(rows, 2, "each statement's rows are shown");
    assert_eq!(sent[0], ints(0..100));
    assert_eq!(sent[1], ints((100..104).chain([103; 6])));
    let sizes = |count| select(&MYSQL, count).1.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(1), [1]);
    assert_eq!(sizes(2), [10]);
    assert_eq!(sizes(11), [100]);
    assert_eq!(sizes(1000), [1000]);
    assert_eq!(sizes(2500), [1000, 1000, 1000]);
    assert_eq!(sizes(0), [0; 0]);
}

#[test]
fn an_array_holds_all_keys() {
    assert_eq!(select(&POSTGRES, 5000).1, [vec![Datum::Array(ints(0..5000))]]);
    assert_eq!(select(&POSTGRES, 1).1, [ints([0])]);
}

#[test]
fn composite_keys_go_part_by_part() {
    let pairs: Vec<Datum<'_>> = (0..3).flat_map(|at| [Datum::Int(at), Datum::text("b")]).collect();
    let asked = |dialect| {
        let (mut channel, sent) = channel(dialect, |_, _| keys([]));
        select_by_keys(&mut channel, &PAIRS, &[], &pairs, &mut |_| Ok(())).expect("selected");
        widths(&sent)
    };
    assert_eq!(asked(&POSTGRES), [2]);
    assert_eq!(asked(&SQLITE), [20]);
    assert_eq!(asked(&MYSQL), [20]);
}
