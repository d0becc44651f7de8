//! Statements: counts, the cache of prepared ones, and what the number of values may be.

use super::fixture::{connect, kind, server, with};
use orm_core::{Datum, Error, ErrorKind, Type};

#[test]
fn counts_rows() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (a int4); INSERT INTO t VALUES (1), (2)").unwrap();
        let mut rows = |sql: &str, binds: &[Datum<'_>]| c.execute(sql, binds).unwrap().rows;
        assert_eq!(rows("INSERT INTO t SELECT generate_series(3, $1::int4)", &[Datum::Int(5)]), 3);
        assert_eq!(rows("UPDATE t SET a = a WHERE a > $1", &[Datum::Int(3)]), 2);
        assert_eq!(rows("DELETE FROM t WHERE a = $1", &[Datum::Int(9)]), 0);
        // The other call for the other kind of statement is fine.
        assert_eq!(rows("SELECT a FROM t", &[]), 5);
        c.query("DELETE FROM t", &[], &mut |_| panic!("no rows")).unwrap();
        assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(0));
    }
}

#[test]
fn an_error_of_the_caller_ends_the_rows_and_not_the_connection() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let mut seen = 0;
    let result = c.query("SELECT generate_series(1, 1000)", &[], &mut |_| {
        seen += 1;
        if seen < 3 { Ok(()) } else { Err(Error::new(ErrorKind::Refused, "enough")) }
    });
    assert_eq!((kind(result), seen), (Err(ErrorKind::Refused), 3));
    assert_eq!(c.one("SELECT 1", &[], Type::I32), Datum::Int(1));
}

#[test]
fn the_number_of_values_is_checked() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    assert_eq!(c.refusal("SELECT $1::int4", &[]).kind(), ErrorKind::Misuse);
    let error = c.refusal("SELECT 1", &[Datum::Int(1)]);
    assert_eq!(error.to_string(), "the statement expects 0 values, and 1 were given");
    let values = |count: usize| vec![Datum::Int(1); count];
    let list = |count: usize| (1..=count).map(|at| format!("${at}::int4")).collect::<Vec<_>>().join(",");
    let sql = format!("SELECT count(*) FROM (VALUES ({})) AS v", list(1));
    assert_eq!(c.one(&sql, &values(1), Type::I64), Datum::Int(1));
    let most = format!("SELECT 1 WHERE 1 IN ({})", list(65_535));
    assert_eq!(c.execute(&most, &values(65_535)).unwrap().rows, 1);
    let error = c.refusal("SELECT 1", &values(65_536));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("65535") && error.to_string().contains("65536"), "{error}");
    let mut unnamed = connect(&with(url, "statement_cache_size", "0"));
    assert_eq!(unnamed.refusal("SELECT $1::int4", &[]).kind(), ErrorKind::Misuse);
    assert_eq!(unnamed.one("SELECT 1", &[], Type::I32), Datum::Int(1));
}

#[test]
fn a_change_of_the_schema_prepares_again() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4); INSERT INTO t VALUES (1)").unwrap();
    let all = "SELECT * FROM t";
    assert_eq!(c.one(all, &[], Type::I64), Datum::Int(1));
    c.batch("ALTER TABLE t ALTER a TYPE text").unwrap();
    assert_eq!(c.one(all, &[], Type::Text), Datum::text("1"));
    // In a transaction it cannot be tried again; run again as a whole, the transaction succeeds.
    c.batch("ALTER TABLE t ALTER a TYPE int8 USING 7").unwrap();
    c.batch("BEGIN").unwrap();
    let error = c.try_one(all, &[], Type::I64).unwrap_err();
    assert!(error.kind() == ErrorKind::SerializationFailure && error.is_retryable(), "{error}");
    assert_eq!(error.code(), Some("0A000"));
    c.batch("ROLLBACK").unwrap();
    c.batch("BEGIN").unwrap();
    assert_eq!(c.one(all, &[], Type::I64), Datum::Int(7));
    c.batch("COMMIT").unwrap();
}

#[test]
fn a_statement_that_the_server_forgot_is_prepared_again() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let sql = "SELECT $1::int4";
    c.one(sql, &[Datum::Int(1)], Type::I32);
    c.batch("DEALLOCATE ALL").unwrap();
    assert_eq!(c.one(sql, &[Datum::Int(2)], Type::I32), Datum::Int(2));
    c.batch("DEALLOCATE ALL; BEGIN").unwrap();
    assert!(c.try_one(sql, &[Datum::Int(3)], Type::I32).unwrap_err().is_retryable());
    c.batch("ROLLBACK").unwrap();
    assert_eq!(c.one(sql, &[Datum::Int(4)], Type::I32), Datum::Int(4));
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let Some(url) = server() else { return };
    let mut c = connect(&with(url.clone(), "statement_cache_size", "3"));
    for at in 0..20 {
        assert_eq!(c.one(&format!("SELECT {at}"), &[], Type::I32), Datum::Int(at));
        c.one("SELECT 'kept'", &[], Type::Text);
    }
    let prepared = "SELECT count(*) FROM pg_prepared_statements";
    let kept = c.one("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''kept'''", &[], Type::I64);
    assert_eq!(kept, Datum::Int(1));
    assert_eq!(c.one(prepared, &[], Type::I64), Datum::Int(3));
    let mut unnamed = connect(&with(url, "statement_cache_size", "0"));
    assert_eq!(unnamed.one(prepared, &[], Type::I64), Datum::Int(0));
}
