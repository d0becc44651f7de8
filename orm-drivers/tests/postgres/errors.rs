//! Errors of the server as ours.

use super::fixture::{connect, kind, server, with};
use orm_core::{Datum, ErrorKind};
use std::error::Error as _;

const SCHEMA: &str = "
    CREATE TEMP TABLE parent (id int4 PRIMARY KEY);
    CREATE TEMP TABLE child (
        id int4 NOT NULL CONSTRAINT child_positive CHECK (id > 0),
        parent int4 CONSTRAINT child_parent REFERENCES parent,
        name varchar(3) CONSTRAINT child_name UNIQUE,
        span int4range,
        CONSTRAINT child_span EXCLUDE USING gist (span WITH &&)
    );
    INSERT INTO parent VALUES (1);
    INSERT INTO child VALUES (1, 1, 'abc', '[1,5)');
";

#[test]
fn violations_name_the_constraint_and_no_value() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch(SCHEMA).unwrap();
    for (sql, kind, constraint) in [
        ("INSERT INTO child (id, name) VALUES (2, 'abc')", ErrorKind::UniqueViolation, Some("child_name")),
        ("INSERT INTO parent VALUES (1)", ErrorKind::UniqueViolation, Some("parent_pkey")),
        ("INSERT INTO child (id, parent) VALUES (2, 4711)", ErrorKind::ForeignKeyViolation, Some("child_parent")),
        ("DELETE FROM parent", ErrorKind::ForeignKeyViolation, Some("child_parent")),
        ("INSERT INTO child (id, name) VALUES (NULL, 'xyz')", ErrorKind::NotNullViolation, None),
        ("INSERT INTO child (id) VALUES (-4711)", ErrorKind::CheckViolation, Some("child_positive")),
        ("INSERT INTO child (id, span) VALUES (2, '[4,4711)')", ErrorKind::ExclusionViolation, Some("child_span")),
    ] {
        let error = c.refusal(sql, &[]);
        assert_eq!((error.kind(), error.constraint()), (kind, constraint), "{sql}: {error}");
        assert!(matches!(error.table(), Some("child" | "parent")), "{sql}");
        let shown = error.to_string();
        assert!(!shown.contains("4711") && !shown.contains("abc") && !shown.contains("xyz"), "{shown}");
        let (mut source, mut words) = (error.source(), Vec::new());
        while let Some(cause) = source {
            words.push(cause.to_string());
            source = cause.source();
        }
        assert!(words.iter().any(|words| words.contains("child")|| words.contains("parent")), "the server's words: {words:?}");
    }
    let error = c.refusal("INSERT INTO child (id) VALUES (NULL)", &[]);
    assert_eq!(error.columns(), ["id".to_owned()]);
    assert_eq!((error.code(), error.statement()), (Some("23502"), None));
}

#[test]
fn codes_have_kinds() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch(SCHEMA).unwrap();
    for (sql, kind) in [
        ("SELECT * FROM nowhere", ErrorKind::UndefinedTable),
        ("SELECT nothing FROM child", ErrorKind::UndefinedColumn),
        ("SELEC 1", ErrorKind::Syntax),
        ("CREATE TEMP TABLE child (id int4)", ErrorKind::AlreadyExists),
        ("INSERT INTO child (id, name) VALUES (3, 'abcd')", ErrorKind::InvalidValue),
        ("SELECT 2147483647 + 1", ErrorKind::OutOfRange),
        ("SELECT 'x'::int4", ErrorKind::InvalidValue),
        ("SELECT '2020-02-30'::date", ErrorKind::OutOfRange),
        ("SELECT 1/0", ErrorKind::Database),
        ("SELECT lo_get(1::oid, 2, 3) FROM nowhere", ErrorKind::UndefinedTable),
        ("DO $$ BEGIN RAISE EXCEPTION 'secret 4711'; END $$", ErrorKind::Database),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", ErrorKind::SerializationFailure),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", ErrorKind::Deadlock),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", ErrorKind::StorageFull),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", ErrorKind::ReadOnlyServer),
        ("DO $$ BEGIN RAISE SQLSTATE 'XX001'; END $$", ErrorKind::Corrupt),
        ("SELECT pg_cancel_backend(pg_backend_pid())", ErrorKind::Cancelled),
        ("SELECT 'a\0'", ErrorKind::InvalidValue),
    ] {
        let error = c.refusal(sql, &[]);
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        assert!(!error.to_string().contains("4711"), "{error}");
    }
    c.batch("BEGIN READ ONLY").unwrap();
    assert_eq!(c.refusal("CREATE TABLE orm_never (a int4)", &[]).kind(), ErrorKind::ReadOnlyServer);
    c.batch("ROLLBACK").unwrap();
    assert!(c.is_open());
}

#[test]
fn limits_of_the_url_hold() {
    let Some(url) = server() else { return };
    let mut slow = connect(&with(url.clone(), "statement_timeout", "20ms"));
    assert_eq!(slow.refusal("SELECT pg_sleep(100)", &[]).kind(), ErrorKind::StatementTimeout);
    let mut holder = connect(&url);
    let key = [Datum::Int(holder.process())];
    holder.execute("SELECT pg_advisory_lock($1)", &key).unwrap();
    let mut waiter = connect(&with(url, "lock_timeout", "20"));
    // What was told at the start outlives a reset.
    waiter.batch("SET lock_timeout = 0").unwrap();
    waiter.reset().unwrap();
    let error = waiter.refusal("SELECT pg_advisory_lock($1)", &key);
    assert!(error.kind() == ErrorKind::LockTimeout && error.is_retryable());
    holder.reset().unwrap();
    assert_eq!(kind(waiter.execute("SELECT pg_advisory_lock($1)", &key)).map(|outcome| outcome.rows), Ok(1));
}
