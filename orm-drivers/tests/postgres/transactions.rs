//! What the client does not tell about transactions, and the driver does.

use super::fixture::{Proxy, connect, kind, server, with};
use orm_core::{Datum, ErrorKind, Type};

const COUNT: &str = "SELECT count(*) FROM t";

#[test]
fn commit_of_a_failed_transaction_is_an_error() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (a int4 UNIQUE)").unwrap();
        for commit in ["COMMIT", "end;", "COMMIT AND CHAIN"] {
            c.batch("BEGIN").unwrap();
            c.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
            assert_eq!(c.refusal("INSERT INTO t VALUES (1)", &[]).kind(), ErrorKind::UniqueViolation);
            assert_eq!(c.refusal("SELECT 1", &[]).kind(), ErrorKind::TransactionFailed);
            assert_eq!(kind(c.batch(commit)), Err(ErrorKind::TransactionFailed), "{commit}");
            assert_eq!(c.in_transaction(), Some(false));
            assert_eq!(c.one(COUNT, &[], Type::I64), Datum::Int(0));
        }
        // The same through the other calls.
        c.execute("BEGIN", &[]).unwrap();
        c.refusal("SELECT 1/0", &[]);
        assert_eq!(c.refusal("COMMIT", &[]).kind(), ErrorKind::TransactionFailed);
    }
}

#[test]
fn commit_of_a_saved_transaction_is_none() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 UNIQUE); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s").unwrap();
    c.refusal("INSERT INTO t VALUES (1)", &[]);
    c.batch("ROLLBACK TO s").unwrap();
    c.batch("COMMIT").unwrap();
    assert_eq!(c.one(COUNT, &[], Type::I64), Datum::Int(1));
    // A value that was never sent fails nothing, nor does an error before the transaction.
    c.refusal("SELECT 1/0", &[]);
    c.batch("BEGIN").unwrap();
    c.execute("INSERT INTO t VALUES (2)", &[]).unwrap();
    c.refusal("INSERT INTO t VALUES ($1)", &[Datum::Int(i64::MAX)]);
    c.batch("COMMIT").unwrap();
    assert_eq!(c.one(COUNT, &[], Type::I64), Datum::Int(2));
}

#[test]
fn a_refused_commit_ends_the_transaction() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 UNIQUE DEFERRABLE INITIALLY DEFERRED)").unwrap();
    c.batch("BEGIN; INSERT INTO t VALUES (1), (1)").unwrap();
    assert_eq!(c.in_transaction(), Some(true));
    assert_eq!(kind(c.batch("COMMIT")), Err(ErrorKind::UniqueViolation));
    assert_eq!(c.in_transaction(), Some(false));
    // COMMIT is guarded after an error; it still works where no transaction is open.
    c.batch("COMMIT").unwrap();
    c.batch("BEGIN; SAVEPOINT a; RELEASE a; ROLLBACK").unwrap();
    assert_eq!(c.in_transaction(), Some(false));
}

#[test]
fn a_connection_lost_in_commit_leaves_it_open_what_happened() {
    let Some(url) = server() else { return };
    let (proxy, url) = Proxy::start(&url);
    let mut c = connect(&url);
    c.batch("BEGIN").unwrap();
    proxy.break_at(b"COMMIT");
    assert_eq!(kind(c.batch("COMMIT")), Err(ErrorKind::CommitOutcomeUnknown));
    assert!(!c.is_open());
    assert_eq!(kind(c.batch("BEGIN")), Err(ErrorKind::ConnectionLost));
    let (proxy, url) = Proxy::start(&server().unwrap());
    let mut c = connect(&url);
    c.batch("BEGIN").unwrap();
    proxy.break_at(b"SELECT");
    assert_eq!(kind(c.execute("SELECT 1", &[])), Err(ErrorKind::ConnectionLost));
}
