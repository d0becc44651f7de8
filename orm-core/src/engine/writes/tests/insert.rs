//! Keys and rows: who gets which, and when it is refused.

use super::stub::{Answer, Sent, besides, channel, count, keys, last_id, rows, texts as sent_texts, widths};
use super::{PAIRS, TICKETS, USERS, ints, texts};
use crate::dialect::{Dialect, MARIADB, MYSQL, POSTGRES, SQLITE};
use crate::engine::writes::{Rows, Wanted, insert_many};
use crate::engine::{Channel, TransactionOptions};
use crate::error::{ErrorKind, Result};
use crate::value::Datum;

/// Inserts users by name, and tells the keys and the numbers of values in each statement.
fn insert(
    dialect: &'static Dialect,
    users: usize,
    mut script: impl FnMut(&str, &[Datum<'_>]) -> Answer + Send + 'static,
) -> (Result<Vec<Datum<'static>>>, Vec<usize>) {
    let (mut channel, sent) = channel(dialect, move |sql, binds| match sql.contains("sqlite_schema") {
        true => rows([ints([0, 0])]),
        false => script(sql, binds),
    });
    let data = texts(users);
    let rows = Rows { table: &USERS, columns: &[1], count: users, data };
    (insert_many(&mut channel, rows, Wanted::GeneratedKeys), widths(&sent))
}

fn length(bind: &Datum<'_>) -> i64 {
    match bind {
        Datum::Array(items) => items.len() as i64,
        other => panic!("{other:?} is not an array"),
    }
}

#[test]
fn postgresql_sends_arrays_and_sorts_the_keys() {
    let (result, sent) = insert(&POSTGRES, 5000, |_, binds| {
        // Every second key is another session's, and they come in an order of their own.
        keys((0..length(&binds[0])).map(|at| 10 + ((at + 100) % 5000) * 2))
    });
    assert_eq!(result.expect("keys"), ints((0..5000).map(|at| 10 + at * 2)));
    assert_eq!(sent, [1]);
}

#[test]
fn keys_that_descend_belong_to_nobody() {
    let (result, _) = insert(&POSTGRES, 3, |_, _| keys([9, 8, 7]));
    assert_eq!(result.expect_err("a sequence that counts down").kind(), ErrorKind::Refused);
    for dialect in [&SQLITE, &MARIADB] {
        let (result, _) = insert(dialect, 10, |_, binds| keys((0..binds.len() as i64).map(|at| (at * 7 + 3) % 10)));
        assert_eq!(result.expect_err("random keys").kind(), ErrorKind::Refused);
    }
}

#[test]
fn dropped_rows_are_an_error() {
    for dialect in Dialect::all() {
        let (result, _) = insert(dialect, 10, |sql, binds| match sql {
            sql if sql.contains("RETURNING") => keys(1..10),
            sql if sql.contains("information_schema") => rows([ints([1, 0])]),
            _ => last_id(binds.len() as u64 - 1, 5),
        });
        let error = result.expect_err("nine keys for ten rows");
        assert_eq!(error.to_string(), "a trigger dropped 1 of 10 rows of users", "{}", dialect.name);
        let (mut channel, _) = channel(dialect, |_, _| count(0));
        let rows = Rows { table: &USERS, columns: &[1], count: 1, data: texts(1) };
        assert!(insert_many(&mut channel, rows, Wanted::Nothing).is_err(), "{}", dialect.name);
    }
}

/// What is asked about a table's keys, before the first row.
fn asks_about_keys(sql: &str) -> bool {
    sql.contains("information_schema") || sql.contains("sqlite_schema")
}

#[test]
fn one_row_needs_no_returning() {
    for dialect in [&SQLITE, &MARIADB, &MYSQL] {
        let (mut channel, sent) = channel(dialect, |sql, _| match asks_about_keys(sql) {
            true => rows([ints([1, 0])]),
            false => last_id(1, 77),
        });
        for _ in 0..2 {
            let rows = Rows { table: &USERS, columns: &[1], count: 1, data: texts(1) };
            assert_eq!(insert_many(&mut channel, rows, Wanted::GeneratedKeys).expect("a key"), ints([77]));
        }
        let sent = sent_texts(&sent);
        let is_plain = |sql: &String| sql.starts_with("INSERT") && !sql.contains("RETURNING");
        assert!(asks_about_keys(&sent[0]) && sent.len() == 3 && sent[1..].iter().all(is_plain), "{sent:?}");
    }
}

/// A SQLite whose table has so many triggers and this largest key.
fn sqlite(triggers: i64, largest: i64) -> (Channel, Sent) {
    let mut next = largest;
    let (mut channel, sent) = channel(&SQLITE, move |sql, binds| match sql {
        sql if asks_about_keys(sql) => rows([ints([1, triggers])]),
        sql if sql.contains("MAX") => rows([ints([next])]),
        sql if sql.contains("RETURNING") => {
            next = next.saturating_add(binds.len() as i64);
            keys(next - (binds.len() as i64 - 1)..=next)
        }
        _ => {
            next = next.saturating_add(binds.len() as i64);
            last_id(binds.len() as u64, next)
        }
    });
    channel.begin(TransactionOptions::new().write()).expect("begun");
    (channel, sent)
}

fn insert_into(channel: &mut Channel, users: usize) -> Result<Vec<Datum<'static>>> {
    let data = texts(users);
    insert_many(channel, Rows { table: &USERS, columns: &[1], count: users, data }, Wanted::GeneratedKeys)
}

#[test]
fn sqlite_counts_keys_back_from_the_last_one() {
    let (mut channel, sent) = sqlite(0, 50);
    assert_eq!(insert_into(&mut channel, 113).expect("keys"), ints(51..164));
    assert_eq!(insert_into(&mut channel, 2).expect("keys"), ints(164..166));
    assert_eq!(widths(&sent), [2, 0, 100, 10, 3, 0, 2]);
}

#[test]
fn sqlite_returns_keys_where_they_cannot_be_counted() {
    for (triggers, largest) in [(1, 50), (0, i64::MAX - 2)] {
        let (mut channel, sent) = sqlite(triggers, largest);
        let _ = insert_into(&mut channel, 3);
        assert!(sent_texts(&sent).pop().is_some_and(|sql| sql.contains("RETURNING")), "{triggers} {largest}");
    }
    let (mut channel, sent) = sqlite(0, i64::MAX - 3);
    assert_eq!(insert_into(&mut channel, 3).expect("keys"), ints(i64::MAX - 2..=i64::MAX));
    assert!(sent_texts(&sent).iter().all(|sql| !sql.contains("RETURNING")));
    channel.commit().expect("committed");
    insert_into(&mut channel, 3).expect("keys");
    assert!(sent_texts(&sent).pop().is_some_and(|sql| sql.contains("RETURNING")), "there is no transaction");
}

#[test]
fn rows_of_an_unknown_trigger_fail_the_transaction() {
    let (mut channel, sent) = channel(&SQLITE, |sql, binds| match sql {
        sql if asks_about_keys(sql) => rows([ints([1, 0])]),
        sql if sql.contains("RETURNING") => keys(1..=binds.len() as i64),
        sql if sql.contains("MAX") => rows([vec![Datum::Null]]),
        _ => besides(binds.len() as u64, 9, 1),
    });
    channel.begin(TransactionOptions::new().write()).expect("begun");
    assert_eq!(insert_into(&mut channel, 3).expect_err("who has which?").kind(), ErrorKind::Refused);
    assert!(channel.failure().is_some());
    channel.rollback();
    channel.begin(TransactionOptions::new().write()).expect("begun");
    assert_eq!(insert_into(&mut channel, 3).expect("keys"), ints([1, 2, 3]));
    assert_eq!(insert_into(&mut channel, 1).expect("a key"), ints([9]));
    assert_eq!(widths(&sent), [2, 0, 3, 3, 1]);
}

#[test]
fn rows_go_in_a_few_sizes() {
    let mut next = 0;
    let (result, sent) = insert(&SQLITE, 223, move |_, binds| {
        let first = next;
        next += binds.len() as i64;
        keys(first..next)
    });
    assert_eq!(result.expect("keys"), ints(0..223));
    assert_eq!(sent, [2, 100, 100, 10, 10, 3]);
}

#[test]
fn long_values_share_a_statement_up_to_a_limit() {
    let long = "x".repeat(1 << 20);
    let (mut channel, sent) = channel(&MYSQL, |_, binds| count(binds.len() as u64));
    let data = (0..12).map(|_| Datum::text(&long)).collect();
    let rows = Rows { table: &USERS, columns: &[1], count: 12, data };
    insert_many(&mut channel, rows, Wanted::Nothing).expect("inserted");
    assert_eq!(widths(&sent), [3; 4], "four of them would be over 4 MiB");
}

#[test]
fn mysql_counts_keys_from_the_first_one() {
    let (result, sent) = insert(&MYSQL, 111, |sql, binds| match sql {
        sql if sql.contains("information_schema") => rows([ints([1, 0])]),
        sql if sql.contains("COUNT(*)") => {
            let found = if binds[2] == Datum::Int(0) { 1 } else { 2 };
            rows([ints([found, 7])])
        }
        _ => last_id(binds.len() as u64, 10_000 * binds.len() as i64),
    });
    let first = (0..100).map(|at| 1_000_000 + at * 7);
    let second = (0..10).map(|at| 100_000 + at * 7);
    assert_eq!(result.expect("keys"), ints(first.chain(second).chain([10_000])));
    assert_eq!(sent, [2, 100, 3, 10, 3, 1, 3]);
}

#[test]
fn mysql_asks_for_triggers_once() {
    let (mut channel, sent) = channel(&MYSQL, |sql, binds| match sql {
        sql if sql.contains("information_schema") => rows([ints([1, 1])]),
        sql if sql.contains("COUNT(*)") => rows([ints([binds.len() as i64])]),
        _ => last_id(1, 5),
    });
    for _ in 0..2 {
        let rows = Rows { table: &USERS, columns: &[1], count: 3, data: texts(3) };
        assert_eq!(insert_many(&mut channel, rows, Wanted::GeneratedKeys).expect("keys").len(), 3);
    }
    assert_eq!(widths(&sent), [2, 1, 1, 1, 3, 1, 1, 1, 3], "row by row, then all keys looked for");
}

#[test]
fn mysql_does_not_believe_keys_that_are_not_there() {
    let (mut channel, sent) = channel(&MYSQL, |sql, binds| match sql {
        sql if sql.contains("information_schema") => rows([ints([1, 0])]),
        sql if sql.contains("@@") => rows([ints([1, 1])]),
        sql if sql.contains("COUNT(*)") => rows([ints([binds.len() as i64])]),
        _ => last_id(binds.len() as u64, 1),
    });
    let mut attempt = || {
        let rows = Rows { table: &USERS, columns: &[1], count: 10, data: texts(10) };
        insert_many(&mut channel, rows, Wanted::GeneratedKeys)
    };
    assert_eq!(attempt().expect_err("the last key is not there").kind(), ErrorKind::Refused);
    attempt().expect("the second attempt goes row by row");
    assert_eq!(widths(&sent), [2, 10, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10]);
}

#[test]
fn server_keys_come_row_by_row() {
    let insert = |dialect| {
        let (mut channel, sent) = channel(dialect, |_, binds| {
            let Datum::Text(name) = &binds[0] else { panic!("a name") };
            rows([vec![Datum::Uuid([name.as_bytes()[5]; 16])]])
        });
        let rows = Rows { table: &TICKETS, columns: &[1], count: 2, data: texts(2) };
        (insert_many(&mut channel, rows, Wanted::GeneratedKeys), widths(&sent))
    };
    for dialect in [&SQLITE, &POSTGRES, &MARIADB] {
        let (result, sent) = insert(dialect);
        assert_eq!(result.expect("keys"), [Datum::Uuid([b'0'; 16]), Datum::Uuid([b'1'; 16])]);
        assert_eq!(sent, [1, 1]);
    }
    let (result, sent) = insert(&MYSQL);
    assert_eq!(result.expect_err("no RETURNING").kind(), ErrorKind::Unsupported);
    assert!(sent.is_empty());
}

#[test]
fn keys_that_were_sent_are_given_back() {
    for dialect in Dialect::all() {
        let (mut channel, _) = channel(dialect, |_, binds| match &binds[0] {
            Datum::Array(items) => count(items.len() as u64),
            _ => count(binds.len() as u64 / 2),
        });
        let data = vec![Datum::Int(4), Datum::text("a"), Datum::Int(2), Datum::text("b")];
        let rows = Rows { table: &USERS, columns: &[0, 1], count: 2, data };
        // Two rows are one statement on PostgreSQL and two elsewhere.
        assert_eq!(insert_many(&mut channel, rows, Wanted::GeneratedKeys).expect("keys"), ints([4, 2]));
    }
}

#[test]
fn arrays_and_single_rows_travel_as_values() {
    let (mut channel, sent) = channel(&POSTGRES, |_, binds| count(binds.len() as u64 / 3));
    let pair = |at| [Datum::Int(at), Datum::text("b"), Datum::Array(texts(2))];
    let data: Vec<_> = (0..11).flat_map(pair).collect();
    insert_many(&mut channel, Rows { table: &PAIRS, columns: &[0, 1, 2], count: 11, data }, Wanted::Nothing)
        .expect("inserted");
    assert_eq!(widths(&sent), [30, 3]);
}

#[test]
fn rows_without_columns_go_one_by_one() {
    for dialect in Dialect::all() {
        let (mut channel, sent) = channel(dialect, |_, _| count(1));
        insert_many(&mut channel, Rows { table: &USERS, columns: &[], count: 3, data: vec![] }, Wanted::Nothing)
            .expect("inserted");
        assert_eq!(widths(&sent), [0, 0, 0]);
    }
}
