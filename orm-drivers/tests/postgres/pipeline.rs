//! Several statements that are sent together, on the driver that can and on the one that sends them in turn.

use super::fixture::{Proxy, connect, kind, server, with};
use orm_core::driver::{Answer, Connection, Request};
use orm_core::{Datum, ErrorKind, Result, Type};

fn request<'r>(sql: &'r str, binds: &'r [Datum<'r>]) -> Request<'r> {
    Request { sql, binds, returns: sql.contains("RETURNING") || sql.starts_with("SELECT") }
}

/// Runs them; what each returned, and which are done.
fn run(c: &mut dyn Connection, requests: &[Request<'_>]) -> (Vec<Vec<i64>>, Vec<usize>, Result<()>) {
    let (mut rows, mut done) = (vec![Vec::new(); requests.len()], Vec::new());
    let result = c.pipeline(requests, &mut |at, answer| {
        match answer {
            Answer::Row(row) => rows[at].extend(row.integer(0)?),
            Answer::Done(_) => done.push(at),
        }
        Ok(())
    });
    (rows, done, result)
}

const COMMIT: Request<'static> = Request { sql: "COMMIT", binds: &[], returns: false };

#[test]
fn answers_come_in_order_and_commit_is_the_last() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url.clone(), "statement_cache_size", "0"), with(url, "statement_cache_size", "2")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (id serial, a int4 UNIQUE)").unwrap();
        for round in 0..2 {
            c.begin("BEGIN").unwrap();
            let values = [[Datum::Int(round * 10 + 1)], [Datum::Int(round * 10 + 2)]];
            let insert = "INSERT INTO t (a) VALUES ($1) RETURNING a";
            let requests = [
                request(insert, &values[0]),
                request("UPDATE t SET id = id", &[]),
                request(insert, &values[1]),
                request("SELECT count(*) FROM t", &[]),
                COMMIT,
            ];
            let (rows, done, result) = run(&mut *c.0, &requests);
            assert_eq!(kind(result), Ok(()));
            let shown = [vec![round * 10 + 1], vec![], vec![round * 10 + 2], vec![round * 2 + 2], vec![]];
            assert_eq!((rows, done), (shown.to_vec(), vec![0, 1, 2, 3, 4]));
            assert_eq!(c.in_transaction(), Some(false));
        }
        assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(4));
    }
}

#[test]
fn an_error_is_that_of_its_statement_and_nothing_is_committed() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 CONSTRAINT once UNIQUE); CREATE TEMP TABLE u (b int4 NOT NULL)").unwrap();
    let (one, null) = ([Datum::Int(1)], [Datum::Null]);
    let (insert, other) = ("INSERT INTO t VALUES ($1)", "INSERT INTO u VALUES ($1)");
    for (second, expected) in [
        (request(insert, &one), ErrorKind::UniqueViolation),
        (request(other, &null), ErrorKind::NotNullViolation),
        (request("SELECT nothing FROM t", &[]), ErrorKind::UndefinedColumn),
        (request("SELECT 1 / (count(*) - 1) FROM t", &[]), ErrorKind::Database),
    ] {
        c.begin("BEGIN").unwrap();
        let (_, done, result) = run(&mut *c.0, &[request(insert, &one), second, request(other, &one), COMMIT]);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), done.iter().all(|at| *at == 0)), (expected, true), "{error:?}");
        if expected == ErrorKind::UniqueViolation {
            assert_eq!((error.table(), error.details().constraint.as_deref()), (Some("t"), Some("once")));
        }
        assert_eq!(c.in_transaction(), Some(true));
        let again = kind(run(&mut *c.0, &[request(insert, &one), COMMIT]).2);
        assert_eq!(again, Err(ErrorKind::TransactionFailed), "a failed transaction takes nothing more");
        c.batch("ROLLBACK").unwrap();
        assert_eq!(c.one("SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM u)", &[], Type::I64), Datum::Int(0));
    }
}

#[test]
fn what_is_refused_at_commit_is_the_error_of_commit() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 UNIQUE DEFERRABLE INITIALLY DEFERRED)").unwrap();
    c.begin("BEGIN").unwrap();
    let one = [Datum::Int(1)];
    let insert = request("INSERT INTO t VALUES ($1)", &one);
    let (_, done, result) = run(&mut *c.0, &[insert, insert, COMMIT]);
    assert_eq!((kind(result), done), (Err(ErrorKind::UniqueViolation), vec![0, 1]));
    assert_eq!(c.in_transaction(), Some(false));
}

#[test]
fn many_and_large_statements_go_in_pieces() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a text)").unwrap();
    c.begin("BEGIN").unwrap();
    let text = "x".repeat(300_000);
    let values: Vec<[Datum<'_>; 1]> = (0..100).map(|at| [Datum::text(&text[..at * 3000])]).collect();
    let mut requests: Vec<Request<'_>> =
        values.iter().map(|value| request("INSERT INTO t VALUES ($1) RETURNING length(a)", value)).collect();
    requests.push(COMMIT);
    let (rows, done, result) = run(&mut *c.0, &requests);
    assert_eq!((kind(result), done.len(), &rows[99]), (Ok(()), 101, &vec![297_000]));
}

#[test]
fn a_value_that_cannot_be_sent_keeps_commit_back() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4)").unwrap();
    c.begin("BEGIN").unwrap();
    let values = [[Datum::Int(1)], [Datum::Int(i64::MAX)]];
    let insert = "INSERT INTO t VALUES ($1)";
    let requests = [request(insert, &values[0]), request(insert, &values[1]), COMMIT];
    let (_, done, result) = run(&mut *c.0, &requests);
    assert_eq!((kind(result), done), (Err(ErrorKind::OutOfRange), vec![0]));
    assert_eq!(c.in_transaction(), Some(true));
    c.batch("ROLLBACK").unwrap();
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(0));
}

#[test]
fn an_error_of_the_caller_leaves_the_connection_usable() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.begin("BEGIN").unwrap();
    let requests = [request("SELECT generate_series(1, 5000)", &[]), request("SELECT 2", &[])];
    let result = c.pipeline(&requests, &mut |_, _| Err(orm_core::Error::refused("enough")));
    assert_eq!(kind(result), Err(ErrorKind::Refused));
    assert_eq!(c.one("SELECT 7", &[], Type::I32), Datum::Int(7));
}

#[test]
fn a_connection_that_is_lost_with_commit_under_way_may_have_committed() {
    let Some(url) = server() else { return };
    let (proxy, url) = Proxy::start(&url);
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4)").unwrap();
    c.begin("BEGIN").unwrap();
    let value = [Datum::Int(1)];
    let insert = request("INSERT INTO t VALUES ($1)", &value);
    run(&mut *c.0, &[insert]).2.unwrap();
    proxy.break_at(b"COMMIT");
    let lost = kind(run(&mut *c.0, &[insert, COMMIT]).2);
    assert_eq!((lost, c.is_open()), (Err(ErrorKind::CommitOutcomeUnknown), false));
    assert_eq!(kind(run(&mut *c.0, &[insert]).2), Err(ErrorKind::ConnectionLost));
}
