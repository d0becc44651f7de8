//! Statements, values in and out, transactions, the cache of prepared statements.

use super::fixture::{Folder, driver, fails, integer, memory, one, text, try_one};
use orm_core::driver::{Connection, Outcome};
use orm_core::{Datum, Error, ErrorKind, RawHandle, Result, Type};
use rusqlite::StatementStatus;
use rusqlite::config::DbConfig;
use std::borrow::Cow;
use std::time::Duration;

#[test]
fn tells_what_a_statement_did() {
    let mut db = memory();
    assert_eq!(db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT)", &[]).unwrap(), Outcome::default());
    let insert = "INSERT INTO t (n) VALUES (?)";
    assert_eq!(db.execute(insert, &[Datum::Int(5)]).unwrap(), Outcome { rows: 1, last_id: Some(1), besides: 0 });
    assert_eq!(db.execute(insert, &[Datum::Int(6)]).unwrap(), Outcome { rows: 1, last_id: Some(2), besides: 0 });
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

#[test]
fn takes_one_statement_with_all_its_values() {
    let mut db = memory();
    for (sql, binds, kind) in [
        ("SELECT ?, ?", vec![Datum::Int(1)], ErrorKind::Misuse),
        ("SELECT 1", vec![Datum::Int(1)], ErrorKind::Misuse),
        ("SELECT 1; SELECT 2", vec![], ErrorKind::Misuse),
        ("", vec![], ErrorKind::Misuse),
        (" -- nothing", vec![], ErrorKind::Misuse),
        ("SELECT 1 \0 garbage", vec![], ErrorKind::Syntax),
    ] {
        let error = db.query(sql, &binds, &mut |_| panic!("no row for {sql:?}")).unwrap_err();
        assert_eq!(error.kind(), kind, "{sql:?}: {error}");
        assert_eq!(db.execute(sql, &binds).unwrap_err().kind(), kind, "{sql:?}");
    }
    let error = db.execute("SELECT ?, ?", &[Datum::Null]).unwrap_err();
    assert_eq!(error.to_string(), "the statement has 2 parameters, but 1 values were given");
    assert_eq!(db.batch("SELECT 1; \0 SELECT 2").unwrap_err().kind(), ErrorKind::Syntax);
    // A semicolon at the end is no second statement, and one parameter can stand twice.
    assert_eq!(one(&mut *db, "SELECT ?1 + ?1;  ", &[Datum::Int(4)], Type::I64), Datum::Int(8));
}

#[test]
fn ends_a_query_when_the_callback_fails() {
    let mut db = memory();
    db.batch("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1), (2), (3)").unwrap();
    let mut seen = 0;
    let error = db.query("SELECT n FROM t ORDER BY n", &[], &mut |row| {
        seen += 1;
        match row.integer(0)? {
            Some(2) => Err(Error::new(ErrorKind::Refused, "enough")),
            _ => Ok(()),
        }
    });
    assert_eq!((error.unwrap_err().kind(), seen), (ErrorKind::Refused, 2));
    // The statement holds no lock and starts from the first row again.
    db.batch("DROP TABLE t").unwrap();
}

#[test]
fn names_the_columns() {
    let mut db = memory();
    let mut names = Vec::new();
    db.query("SELECT 1 AS a, NULL AS b", &[], &mut |row| {
        assert_eq!((row.len(), row.is_null(0)?, row.is_null(1)?), (2, false, true));
        assert_eq!(row.name(2), "");
        assert_eq!(row.is_null(2).unwrap_err().kind(), ErrorKind::Decode);
        names = (0..row.len()).map(|at| row.name(at).to_owned()).collect();
        Ok(())
    })
    .unwrap();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn knows_whether_a_transaction_is_open() {
    let mut db = memory();
    db.batch("CREATE TABLE t (n BIGINT)").unwrap();
    assert_eq!(db.in_transaction(), Some(false));
    db.batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(db.in_transaction(), Some(true));
    db.batch("INSERT INTO t VALUES (1)").unwrap();
    db.batch("SAVEPOINT one").unwrap();
    db.batch("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)").unwrap();
    db.batch("ROLLBACK TO SAVEPOINT one").unwrap();
    db.batch("RELEASE SAVEPOINT one").unwrap();
    db.batch("COMMIT").unwrap();
    assert_eq!(db.in_transaction(), Some(false));
    db.batch("BEGIN").unwrap();
    db.batch("DELETE FROM t").unwrap();
    db.batch("ROLLBACK").unwrap();
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM t WHERE n = 1"), 1);
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM t"), 1);
    assert_eq!(db.batch("COMMIT").unwrap_err().kind(), ErrorKind::Misuse);
    assert_eq!(db.batch("RELEASE SAVEPOINT gone").unwrap_err().kind(), ErrorKind::Misuse);
}

fn client(db: &mut dyn Connection) -> &mut rusqlite::Connection {
    db.as_any().downcast_mut().unwrap()
}

#[test]
fn prepares_a_cached_statement_once() {
    const SETTING: DbConfig = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    let mut db = memory();
    db.batch("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t (name) VALUES ('a'), ('b')").unwrap();
    assert!(client(&mut *db).db_config(SETTING).unwrap());
    for (sql, bind) in [
        ("SELECT id FROM t ORDER BY name LIMIT ?", Datum::Int(1)),
        ("SELECT id FROM t WHERE name LIKE ?", Datum::text("A%")),
    ] {
        let mut prepared_again = |stable_plans: bool| {
            client(&mut *db).flush_prepared_statement_cache();
            client(&mut *db).set_db_config(SETTING, stable_plans).unwrap();
            for _ in 0..5 {
                assert_eq!(one(&mut *db, sql, std::slice::from_ref(&bind), Type::I64), Datum::Int(1));
            }
            let statement = client(&mut *db).prepare_cached(sql).unwrap();
            assert_eq!(statement.get_status(StatementStatus::Run), 5, "the statement comes from the cache");
            statement.get_status(StatementStatus::RePrepare)
        };
        assert_eq!(prepared_again(true), 0, "{sql}");
        // Without the setting a cached statement costs more than a new one: this is what the setting is for.
        assert_eq!(prepared_again(false), 5, "{sql}");
    }
}

#[test]
fn a_cached_statement_sees_a_changed_schema() {
    let mut db = memory();
    db.batch("CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (1)").unwrap();
    let mut widths = Vec::new();
    for change in ["ALTER TABLE t ADD COLUMN b BIGINT", "ALTER TABLE t ADD COLUMN c BIGINT"] {
        db.query("SELECT * FROM t", &[], &mut |row| {
            widths.push(row.len());
            Ok(())
        })
        .unwrap();
        db.batch(change).unwrap();
    }
    db.query("SELECT * FROM t", &[], &mut |row| {
        widths.push(row.len());
        Ok(())
    })
    .unwrap();
    assert_eq!(widths, [1, 2, 3]);
    db.batch("DROP TABLE t").unwrap();
    assert_eq!(fails(&mut *db, "SELECT * FROM t").kind(), ErrorKind::UndefinedTable);
}

#[test]
fn a_typo_in_quotes_is_no_text() {
    let mut db = memory();
    db.batch("CREATE TABLE t (name TEXT)").unwrap();
    let error = fails(&mut *db, "SELECT count(*) FROM t WHERE \"nmae\" = 'x'");
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UndefinedColumn, &["nmae".to_owned()][..]));
    assert!(db.batch("CREATE INDEX i ON t (\"nmae\")").is_err());
}

#[test]
fn reset_leaves_nothing_behind() {
    let folder = Folder::new();
    let mut db = folder.connect("");
    let other = folder.path().join("other\"s.db");
    db.batch("CREATE TABLE kept (n BIGINT); INSERT INTO kept VALUES (1)").unwrap();
    db.batch("CREATE TEMP TABLE \"odd \"\"name\" (n BIGINT); CREATE TEMP VIEW v AS SELECT 1; PRAGMA foreign_keys = 0")
        .unwrap();
    db.batch("CREATE TEMP TRIGGER w AFTER INSERT ON main.kept BEGIN SELECT 1; END").unwrap();
    db.execute("ATTACH ? AS \"ot\"\"her\"", &[Datum::text(other.to_str().unwrap())]).unwrap();
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM \"odd \"\"name\""), 0);
    db.batch("PRAGMA query_only = 1; PRAGMA busy_timeout = 0; BEGIN").unwrap();
    db.reset().unwrap();
    assert_eq!(db.in_transaction(), Some(false));
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM sqlite_temp_schema"), 0);
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM pragma_database_list WHERE name NOT IN ('main', 'temp')"), 0);
    for (pragma, value) in [("foreign_keys", 1), ("query_only", 0), ("busy_timeout", 5000)] {
        assert_eq!(integer(&mut *db, &format!("PRAGMA {pragma}")), value, "{pragma}");
    }
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM kept"), 1);
    db.close();
}

#[test]
fn a_database_in_memory_is_one_connection() {
    let memory = driver("sqlite://");
    assert!(memory.single_connection());
    let (mut a, mut b) = (memory.connect().unwrap(), memory.connect().unwrap());
    a.batch("CREATE TABLE t (n BIGINT)").unwrap();
    assert_eq!(fails(&mut *b, "SELECT * FROM t").kind(), ErrorKind::UndefinedTable);
    assert!(a.is_open());
    a.ping(Duration::ZERO).unwrap();
    assert!(!Folder::new().driver("").single_connection());
}

#[test]
fn counts_and_compares_decimals_exactly() {
    let mut db = memory();
    db.batch(
        "CREATE TABLE t (price DECIMAL_TEXT CHECK (price COLLATE decimal > '-1000'), \
         twice TEXT AS (decimal_mul(price, '2')) STORED); CREATE INDEX i ON t (price COLLATE decimal)",
    )
    .unwrap();
    assert_eq!(one(&mut *db, "SELECT decimal_sum(price) FROM t", &[], Type::Decimal), Datum::Null);
    assert_eq!(one(&mut *db, "SELECT decimal_avg(price) FROM t", &[], Type::Decimal), Datum::Null);
    for price in ["7922816251426433759354395033.5", "0.0000000000000000000000000001", "-9.99", "10", "9"] {
        db.execute("INSERT INTO t (price) VALUES (?)", &[Datum::Decimal(Cow::Borrowed(price))]).unwrap();
    }
    db.execute("INSERT INTO t (price) VALUES (NULL)", &[]).unwrap();
    let mut decimal = |sql: &str| match one(&mut *db, sql, &[], Type::Decimal) {
        Datum::Decimal(text) => text.into_owned(),
        other => panic!("{sql} gave {other:?}"),
    };
    assert_eq!(
        decimal("SELECT decimal_sum(price) FROM t"),
        "7922816251426433759354395042.5100000000000000000000000001"
    );
    assert_eq!(decimal("SELECT decimal_avg(price) FROM t WHERE price COLLATE decimal IN ('10.0', '9')"), "9.5");
    assert_eq!(decimal("SELECT max(price COLLATE decimal) FROM t"), "7922816251426433759354395033.5");
    assert_eq!(decimal("SELECT twice FROM t WHERE price COLLATE decimal = '10.00'"), "20");
    assert_eq!(decimal("SELECT decimal_sub(decimal_add(1, 0.5), '0.25')"), "1.25");
    assert_eq!(decimal("SELECT decimal_div('1', '3')"), "0.3333333333333333333333333333");
    assert_eq!(decimal("SELECT decimal_abs(decimal_round('-1.25', 1))"), "1.3");
    assert_eq!(decimal("SELECT decimal_round(2.5)"), "3");
    for null in [
        "decimal_div('1', 0)",
        "decimal_abs(NULL)",
        "decimal_round(NULL, 1)",
        "decimal_round(1, NULL)",
        "decimal_add(NULL, 1)",
        "decimal_mul('1', NULL)",
    ] {
        assert_eq!(one(&mut *db, &format!("SELECT {null}"), &[], Type::Decimal), Datum::Null, "{null}");
    }
    assert_eq!(
        text(
            &mut *db,
            "SELECT group_concat(price) FROM (SELECT price FROM t WHERE length(price) < 6 \
        ORDER BY price COLLATE decimal)"
        ),
        "-9.99,9,10"
    );
    assert_eq!(fails(&mut *db, "INSERT INTO t (price) VALUES ('-1000.0')").kind(), ErrorKind::CheckViolation);
    assert_eq!(fails(&mut *db, "SELECT decimal_round(1, 'x')").kind(), ErrorKind::InvalidValue);
    let error = fails(&mut *db, "SELECT decimal_add('1', 'hunter2')");
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn refuses_values_before_anything_is_sent() {
    let mut db = memory();
    db.batch("CREATE TABLE t (v BLOB)").unwrap();
    let handle = RawHandle { session: 1, model: 0, slot: 2, generation: 3 };
    for (datum, kind) in [
        (Datum::Float(f64::NAN), ErrorKind::InvalidValue),
        (Datum::UInt(1 << 63), ErrorKind::OutOfRange),
        (Datum::Date(i32::MAX), ErrorKind::OutOfRange),
        (Datum::Time(86_400_000_000), ErrorKind::OutOfRange),
        (Datum::DateTime(i64::MIN), ErrorKind::OutOfRange),
        (Datum::Timestamp(i64::MAX), ErrorKind::OutOfRange),
        (Datum::Decimal(Cow::Borrowed("1e5")), ErrorKind::InvalidValue),
        (Datum::Array(vec![]), ErrorKind::Unsupported),
        (Datum::Row(vec![]), ErrorKind::Misuse),
        (Datum::Default, ErrorKind::Misuse),
        (Datum::Pending(handle), ErrorKind::InvalidReference),
        (Datum::Invalid("no such hour"), ErrorKind::InvalidValue),
    ] {
        let error = db.execute("INSERT INTO t VALUES (?)", std::slice::from_ref(&datum)).unwrap_err();
        assert_eq!(error.kind(), kind, "{datum:?}: {error}");
        assert!(error.to_string().starts_with("value 1 of the statement: "), "{error}");
    }
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM t"), 0);
}

#[test]
fn as_many_values_as_sqlite_takes_and_no_more() -> Result<()> {
    let mut db = memory();
    let sql = |count: usize| format!("SELECT count(*) FROM (VALUES (?){})", ", (?)".repeat(count - 1));
    let binds = vec![Datum::Int(7); 32_767];
    assert_eq!(try_one(&mut *db, &sql(32_766), &binds[1..], Type::I64)?, Datum::Int(32_766));
    let error = try_one(&mut *db, &sql(32_767), &binds, Type::I64).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    Ok(())
}
