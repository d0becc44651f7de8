//! Which rows a DELETE found, with and without cascades.

use super::stub::{channel, count, keys, widths};
use super::{NODES, USERS, ints};
use crate::dialect::{Dialect, MARIADB, MYSQL, POSTGRES, SQLITE};
use crate::engine::writes::{WriteError, delete_many};
use crate::value::Datum;

fn stale(result: Result<(), WriteError>) -> Option<Vec<usize>> {
    match result {
        Err(WriteError::Stale(positions)) => positions,
        other => panic!("not stale: {other:?}"),
    }
}

fn versioned(rows: i64) -> Vec<Datum<'static>> {
    ints((0..rows).flat_map(|at| [at, 1]))
}

#[test]
fn a_missing_row_is_stale() {
    let (mut local, sent) = channel(&SQLITE, |_, binds| count(u64::from(binds[0] != Datum::Int(4))));
    assert_eq!(stale(delete_many(&mut local, &USERS, 6, versioned(6), false)), Some(vec![4]));
    assert_eq!(widths(&sent), [2; 6]);
    let (mut server, sent) = channel(&POSTGRES, |_, _| keys([1, 2, 3, 4, 6]));
    assert_eq!(stale(delete_many(&mut server, &USERS, 6, versioned(6), false)), Some(vec![4]));
    assert_eq!(widths(&sent), [2]);
    for dialect in [&MARIADB, &MYSQL] {
        let (mut server, sent) = channel(dialect, |_, binds| count((binds.len() as u64 / 2).min(999)));
        assert_eq!(stale(delete_many(&mut server, &USERS, 1011, versioned(1011), false)), None);
        assert_eq!(widths(&sent), [2000, 20, 2], "one of the thousand is missing, and all are tried");
        assert!(delete_many(&mut server, &USERS, 110, versioned(110), false).is_ok());
    }
}

#[test]
fn a_cascade_may_take_rows_first() {
    for dialect in Dialect::all() {
        let (mut channel, sent) = channel(dialect, |sql, binds| match sql {
            sql if sql.starts_with("SELECT") => keys([]),
            sql if sql.contains("RETURNING") => keys([1]),
            _ if binds.len() == 1 => count(u64::from(binds[0] == Datum::Int(0))),
            _ => count(1),
        });
        assert!(delete_many(&mut channel, &NODES, 10, ints(0..10), true).is_ok(), "{}", dialect.name);
        let select = widths(&sent).pop();
        assert_eq!(select.map(|width| width <= 10), Some(true), "{}", dialect.name);
        assert!(matches!(delete_many(&mut channel, &NODES, 10, ints(0..10), false), Err(WriteError::Stale(_))));
    }
}

#[test]
fn a_row_that_is_left_is_stale_in_spite_of_cascades() {
    for dialect in Dialect::all() {
        let (mut channel, _) = channel(dialect, |sql, binds| match sql {
            sql if sql.starts_with("SELECT") => keys([7, 5]),
            sql if sql.contains("RETURNING") => keys([1]),
            _ if binds.len() == 1 => count(u64::from(binds[0] == Datum::Int(0))),
            _ => count(1),
        });
        let result = delete_many(&mut channel, &NODES, 10, ints(0..10), true);
        assert_eq!(stale(result), Some(vec![5, 7]), "{}", dialect.name);
    }
}

#[test]
fn nothing_is_sent_for_nothing() {
    let (mut channel, sent) = channel(&MYSQL, |_, _| count(0));
    assert!(delete_many(&mut channel, &NODES, 0, vec![], true).is_ok());
    assert!(widths(&sent).is_empty());
}
