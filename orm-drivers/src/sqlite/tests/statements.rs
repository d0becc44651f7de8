//! Statements, values in and out, transactions, the cache of prepared statements.

use super::fixture::{Folder, driver, fails, integer, memory, one, text, try_one};
use orm_core::driver::Outcome;
use orm_core::{Datum, Error, ErrorKind, RawHandle, Result, Type};
use rusqlite::StatementStatus;
use std::borrow::Cow;
use std::time::Duration;

#[test]
fn tells_what_a_statement_did() {
    let mut db = memory();
    assert_eq!(db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT)", &[]).unwrap(), Outcome::default());
    let insert = "INSERT INTO t (n) VALUES (?)";
    assert_eq!(db.execute(insert, &[Datum::Int(5)]).unwrap(), Outcome { rows: 1, last_id: Some(1) });
    assert_eq!(db.execute(insert, &[Datum::Int(6)]).unwrap(), Outcome { rows: 1, last_id: Some(2) });
    // Matched and not changed: n is 5 already.
    assert_eq!(db.execute("UPDATE t SET n = 5 WHERE id = 1", &[]).unwrap().rows, 1);
    assert_eq!(db.execute("UPDATE t SET n = 7 WHERE id = 9", &[]).unwrap(), Outcome::default());
    assert_eq!(db.execute("CREATE TABLE other (id INTEGER)", &[]).unwrap(), Outcome::default());
    assert_eq!(db.execute("DELETE FROM t", &[]).unwrap().rows, 2);
    // Rows that a statement returns without being asked for are dropped, and what it writes is written.
    assert_eq!(db.execute("INSERT INTO t (n) VALUES (1), (2) RETURNING id", &[]).unwrap().rows, 2);
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM t"), 2);
}

#[test]
fn runs_one_statement_for_many_rows() {
    let mut db = memory();
    db.batch("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BIGINT);").unwrap();
    let binds = [Datum::text("x"), Datum::Int(1), Datum::text("y"), Datum::Int(2), Datum::text("z"), Datum::Int(3)];
    let mut ids = Vec::new();
    db.execute_many("INSERT INTO t (a, b) VALUES (?, ?)", &binds, 2, &mut |outcome| {
        ids.push(outcome.last_id);
        Ok(())
    })
    .unwrap();
    assert_eq!(ids, [Some(1), Some(2), Some(3)]);
    assert_eq!(text(&mut *db, "SELECT group_concat(a || b) FROM t"), "x1,y2,z3");
    let short = db.execute_many("INSERT INTO t (a, b) VALUES (?, ?)", &binds[..3], 2, &mut |_| Ok(()));
    assert_eq!(short.unwrap_err().kind(), ErrorKind::Misuse);
}
