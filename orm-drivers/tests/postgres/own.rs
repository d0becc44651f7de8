//! What only the connection of our own does: rows as they arrive, COPY refused, many rows sent together.

use super::fixture::{connect, driver, kind, server, with};
use orm_core::driver::{Connection, Request};
use orm_core::{Datum, Error, ErrorKind, Type};
use orm_drivers::postgres_wire::ServerError;
use orm_drivers::{Host, Url};
use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn copy_is_refused_and_the_connection_stays() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (a int4); INSERT INTO t VALUES (1)").unwrap();
        for sql in ["COPY t FROM STDIN", "COPY t TO STDOUT"] {
            assert_eq!(c.refusal(sql, &[]).kind(), ErrorKind::Unsupported, "{sql}");
            assert_eq!(kind(c.batch(sql)), Err(ErrorKind::Unsupported), "{sql}");
            assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(1), "{sql}");
        }
    }
}

#[test]
fn a_panic_among_the_rows_leaves_no_answer_behind() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        c.query("SELECT generate_series(1, 100000)", &[], &mut |_| panic!("a caller's mistake"))
    }));
    assert!(caught.is_err());
    assert_eq!(c.one("SELECT 7", &[], Type::I32), Datum::Int(7));
    assert_eq!(c.in_transaction(), Some(false));
}

#[test]
fn rows_come_as_they_arrive_and_may_be_large() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let (mut rows, mut bytes) = (0, 0);
    let sql = "SELECT n, repeat('x', 20000) FROM generate_series(1, 3000) n";
    c.query_streamed(sql, &[], &mut |row| {
        rows += 1;
        assert_eq!(row.integer(0)?, Some(rows));
        bytes += row.text(1)?.map_or(0, str::len);
        Ok(())
    })
    .unwrap();
    assert_eq!((rows, bytes), (3000, 60_000_000));
    let large = c.one("SELECT repeat('y', 20000000)", &[], Type::Text);
    assert!(matches!(large, Datum::Text(text) if text.len() == 20_000_000));
    // What arrives is in binary form, and what is sent may be as large.
    let sent = "z".repeat(20_000_000);
    assert_eq!(c.one("SELECT length($1::text)", &[Datum::text(&sent)], Type::I32), Datum::Int(20_000_000));
}

/// Runs one statement for many rows and gives their counts.
fn many(c: &mut dyn Connection, sql: &str, binds: &[Datum<'_>], width: usize) -> (Vec<u64>, Result<(), ErrorKind>) {
    let mut counts = Vec::new();
    let result = c.execute_many(sql, binds, width, &mut |outcome| {
        counts.push(outcome.rows);
        Ok(())
    });
    (counts, kind(result))
}

#[test]
fn many_rows_go_out_together_and_answer_in_order() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (a int4 UNIQUE, b text); INSERT INTO t SELECT generate_series(1, 3000)").unwrap();
        let update = "UPDATE t SET b = $1 WHERE a <= $2 AND a > $2 - 2";
        let binds: Vec<Datum<'_>> = (1..=3000).flat_map(|a| [Datum::text("some text"), Datum::Int(a)]).collect();
        for control in ["BEGIN", "SELECT 1"] {
            c.batch(control).unwrap();
            let (counts, result) = many(&mut *c.0, update, &binds, 2);
            assert_eq!((counts.len(), counts[0], counts[2999], result), (3000, 1, 2, Ok(())));
            c.batch("COMMIT").unwrap();
        }
    }
}

#[test]
fn an_error_among_many_rows_ends_them_at_its_place() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 UNIQUE)").unwrap();
    let insert = "INSERT INTO t VALUES ($1)";
    let row = [1, 2, 1, 3].map(Datum::Int);
    c.batch("BEGIN").unwrap();
    assert_eq!(many(&mut *c.0, insert, &row, 1), (vec![1, 1], Err(ErrorKind::UniqueViolation)));
    assert_eq!(kind(c.batch("COMMIT")), Err(ErrorKind::TransactionFailed));
    // A value that cannot be sent fails nothing; those before it are there.
    c.batch("BEGIN").unwrap();
    let row = [1, 2, i64::MAX, 3].map(Datum::Int);
    assert_eq!(many(&mut *c.0, insert, &row, 1), (vec![1, 1], Err(ErrorKind::OutOfRange)));
    assert_eq!(many(&mut *c.0, insert, &[Datum::Int(1), Datum::Int(5)], 2).1, Err(ErrorKind::Misuse));
    c.batch("COMMIT").unwrap();
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(2));
    // The caller's own error is the one that comes back.
    c.batch("BEGIN").unwrap();
    let result = c.execute_many("DELETE FROM t WHERE a = $1", &[Datum::Int(1), Datum::Int(9)], 1, &mut |_| {
        Err(Error::new(ErrorKind::Refused, "enough"))
    });
    assert_eq!(kind(result), Err(ErrorKind::Refused));
    c.batch("ROLLBACK").unwrap();
    // Outside of a transaction each row stands for itself.
    assert_eq!(many(&mut *c.0, insert, &[7, 7, 8].map(Datum::Int), 1), (vec![1], Err(ErrorKind::UniqueViolation)));
    assert_eq!(c.one("SELECT count(*) FROM t WHERE a = 7", &[], Type::I64), Datum::Int(1));
}

#[test]
fn the_servers_words_have_all_their_fields() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 CONSTRAINT once UNIQUE); INSERT INTO t VALUES (4711)").unwrap();
    let error = c.refusal("INSERT INTO t VALUES (4711)", &[]);
    let words = error.source().unwrap().downcast_ref::<ServerError>().unwrap();
    assert_eq!((words.severity.as_str(), words.code.as_str()), ("ERROR", "23505"));
    assert!(words.detail.as_ref().unwrap().contains("4711") && words.routine.is_some());
    assert_eq!((words.table.as_deref(), words.constraint.as_deref()), (Some("t"), Some("once")));
    let error = c.refusal("SELECT nothing FROM t", &[]);
    assert_eq!(error.source().unwrap().downcast_ref::<ServerError>().unwrap().position, Some(8));
}

#[test]
fn types_of_the_database_are_asked_for_in_every_way() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TYPE pg_temp.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN pg_temp.few AS int2 CHECK (value < 5)").unwrap();
        for _ in 0..2 {
            assert_eq!(c.one("SELECT 'sad'::pg_temp.mood", &[], Type::Text), Datum::text("sad"));
            let moods = c.one("SELECT ARRAY['sad', 'glad']::pg_temp.mood[]", &[], Type::Array(Box::leak(Box::new(Type::Text))));
            assert_eq!(moods, Datum::Array(vec![Datum::text("sad"), Datum::text("glad")]));
            assert_eq!(c.one("SELECT $1::pg_temp.few", &[Datum::Int(3)], Type::I16), Datum::Int(3));
        }
    }
}

#[test]
fn secrets_are_shown_by_nobody() {
    let Some(mut url) = server() else { return };
    url.password = Some(orm_drivers::Secret::new("tell-nobody"));
    let driver = driver(&url);
    assert!(!format!("{driver:?}").contains("tell-nobody"));
    if let Err(error) = driver.connect() {
        assert!(!format!("{error} {error:?}").contains("tell-nobody"));
    }
    assert_eq!(kind(orm_drivers::open(&with(url.clone(), "sslmode", "verify-ca")).map(|_| ())), Err(ErrorKind::InvalidUrl));
    assert_eq!(kind(orm_drivers::open(&with(url, "colour", "red")).map(|_| ())), Err(ErrorKind::InvalidUrl));
}

#[test]
fn begin_travels_with_the_first_statement() {
    let Some(url) = server() else { return };
    for url in [url.clone(), with(url, "statement_cache_size", "0")] {
        let mut c = connect(&url);
        c.batch("CREATE TEMP TABLE t (a int4 UNIQUE)").unwrap();
        for round in 0..3 {
            c.begin("BEGIN ISOLATION LEVEL SERIALIZABLE").unwrap();
            assert_eq!(c.in_transaction(), Some(true));
            // A value that cannot be sent takes nothing away.
            c.refusal("INSERT INTO t VALUES (length($1::text))", &[Datum::text("a\0b")]);
            c.ping(std::time::Duration::from_secs(60)).unwrap();
            assert_eq!(c.execute("INSERT INTO t VALUES ($1)", &[Datum::Int(round)]).unwrap().rows, 1);
            let level = c.one("SELECT current_setting('transaction_isolation')", &[], Type::Text);
            assert_eq!(level, Datum::text("serializable"));
            c.batch("ROLLBACK").unwrap();
            assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(0));
        }
    }
}

#[test]
fn a_stale_statement_is_prepared_anew_with_its_begin() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4); INSERT INTO t VALUES (1)").unwrap();
    let (select, insert) = ("SELECT * FROM t", "INSERT INTO t (a) VALUES ($1)");
    c.one(select, &[], Type::I32);
    c.execute(insert, &[Datum::Int(2)]).unwrap();
    for (change, rows) in [("ALTER TABLE t ADD COLUMN b int4", 2), ("DEALLOCATE ALL", 4)] {
        c.try_all(select, &[], Type::I32).unwrap();
        c.batch(change).unwrap();
        c.begin("BEGIN").unwrap();
        assert_eq!(c.try_all(select, &[], Type::I32).unwrap().len(), rows);
        c.execute(insert, &[Datum::Int(3)]).unwrap();
        c.batch("COMMIT").unwrap();
        c.batch("DEALLOCATE ALL").unwrap();
        c.begin("BEGIN").unwrap();
        let request = Request { sql: insert, binds: &[Datum::Int(4)], returns: false };
        let commit = Request { sql: "COMMIT", binds: &[], returns: false };
        c.pipeline(&[request, commit], &mut |_, _| Ok(())).unwrap();
        assert_eq!(c.in_transaction(), Some(false));
    }
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(6));
    // In the middle of a transaction that cannot be: what it did before is lost with the statement.
    c.begin("BEGIN").unwrap();
    c.execute(insert, &[Datum::Int(5)]).unwrap();
    c.batch("DEALLOCATE ALL").unwrap();
    assert!(c.execute(insert, &[Datum::Int(6)]).is_err());
    assert_eq!(kind(c.batch("COMMIT")), Err(ErrorKind::TransactionFailed));
}

#[test]
fn a_begin_that_is_refused_takes_its_statement_with_it() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4)").unwrap();
    let insert = "INSERT INTO t VALUES ($1)";
    c.execute(insert, &[Datum::Int(1)]).unwrap();
    c.begin("BEGIN ISOLATION LEVEL PERFECT").unwrap();
    assert_eq!(c.refusal(insert, &[Datum::Int(2)]).kind(), ErrorKind::Syntax);
    assert_eq!(c.in_transaction(), Some(false));
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(1));
}

#[test]
fn a_begin_without_a_statement_is_none() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    for end in ["COMMIT", "ROLLBACK"] {
        c.begin("BEGIN").unwrap();
        c.batch(end).unwrap();
        assert_eq!(c.in_transaction(), Some(false));
    }
    // What is no BEGIN alone, or follows one, is sent as it is.
    c.begin("BEGIN; CREATE TEMP TABLE t (a int4)").unwrap();
    c.begin("BEGIN").unwrap();
    c.batch("SAVEPOINT s").unwrap();
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(0));
    c.batch("COMMIT").unwrap();
    c.begin("BEGIN").unwrap();
    c.batch("SAVEPOINT s").unwrap();
    let rows = [1, 2].map(Datum::Int);
    assert_eq!(many(&mut *c.0, "INSERT INTO t VALUES ($1)", &rows, 1), (vec![1, 1], Ok(())));
    c.batch("ROLLBACK").unwrap();
    c.begin("BEGIN").unwrap();
    assert_eq!(many(&mut *c.0, "INSERT INTO t VALUES ($1)", &rows, 1), (vec![1, 1], Ok(())));
    c.batch("ROLLBACK").unwrap();
    // A first row that cannot be sent leaves the BEGIN for what follows.
    c.begin("BEGIN").unwrap();
    let unsendable = [i64::MAX, 1].map(Datum::Int);
    assert_eq!(many(&mut *c.0, "INSERT INTO t VALUES ($1)", &unsendable, 1), (vec![], Err(ErrorKind::OutOfRange)));
    assert_eq!(many(&mut *c.0, "INSERT INTO t VALUES ($1)", &rows, 1), (vec![1, 1], Ok(())));
    assert!(c.batch("PREPARE TRANSACTION 'x'").is_err());
    assert_eq!(c.in_transaction(), Some(false));
    assert_eq!(c.one("SELECT count(*) FROM t", &[], Type::I64), Datum::Int(0));
}

#[cfg(unix)]
#[test]
fn a_folder_is_a_unix_socket() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let asked = c.try_one("SELECT current_setting('unix_socket_directories')", &[], Type::Text);
    let folders = match asked {
        Ok(Datum::Text(folders)) => folders.into_owned(),
        _ => String::new(),
    };
    let folder = folders.split(',').next().unwrap_or_default().trim();
    let port = url.hosts[0].port;
    if !std::path::Path::new(&format!("{folder}/.s.PGSQL.{}", port.unwrap_or(5432))).exists() {
        eprintln!("skipped: the server has no Unix socket on this machine");
        return;
    }
    let local = Url { hosts: vec![Host { name: folder.to_owned(), port }], ..url };
    let mut c = connect(&local);
    assert_eq!(c.one("SELECT inet_server_addr() IS NULL", &[], Type::Bool), Datum::Bool(true));
}
