//! What goes wrong in a statement, as the kinds that callers act upon.

use super::fixture::{Folder, fails, integer, memory};
use orm_core::{Datum, ErrorKind};
use std::error::Error as _;
use std::sync::mpsc;
use std::thread;

const SCHEMA: &str = "
    CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, UNIQUE (name, city));
    CREATE TABLE player (
        id INTEGER PRIMARY KEY,
        team_id BIGINT REFERENCES team ON DELETE RESTRICT,
        later_id BIGINT REFERENCES team DEFERRABLE INITIALLY DEFERRED,
        age BIGINT CONSTRAINT player_age_check CHECK (age > 0),
        height BIGINT CHECK (height > 100)
    );
    CREATE UNIQUE INDEX team_lower ON team (lower(city));
    INSERT INTO team (id, name, city) VALUES (1, 'Reds', 'Oslo');
    INSERT INTO player (id, team_id) VALUES (1, 1);
";

#[test]
fn violated_constraints() {
    let db = &mut *memory();
    db.batch(SCHEMA).unwrap();
    let unique = fails(db, "INSERT INTO team (name, city) VALUES ('Reds', 'Oslo')");
    assert_eq!(unique.kind(), ErrorKind::UniqueViolation);
    assert_eq!((unique.constraint(), unique.code()), (Some("team_lower"), Some("2067")));
    db.batch("DROP INDEX team_lower").unwrap();
    let unique = fails(db, "INSERT INTO team (name, city) VALUES ('Reds', 'Oslo')");
    assert_eq!((unique.table(), unique.columns()), (Some("team"), &["name".to_owned(), "city".to_owned()][..]));
    assert_eq!(unique.to_string(), "a row with the same team.name, team.city exists already");
    assert!(unique.source().unwrap().to_string().contains("UNIQUE constraint failed"));

    let key = fails(db, "INSERT INTO team (id, name) VALUES (1, 'Blues')");
    assert_eq!((key.kind(), key.code()), (ErrorKind::UniqueViolation, Some("1555")));
    assert_eq!((key.table(), key.columns()), (Some("team"), &["id".to_owned()][..]));

    let null = fails(db, "INSERT INTO team (name) VALUES (NULL)");
    assert_eq!((null.kind(), null.table()), (ErrorKind::NotNullViolation, Some("team")));
    assert_eq!(null.columns(), ["name".to_owned()]);

    let check = fails(db, "INSERT INTO player (age) VALUES (0)");
    assert_eq!((check.kind(), check.constraint()), (ErrorKind::CheckViolation, Some("player_age_check")));
    let unnamed = fails(db, "INSERT INTO player (height) VALUES (0)");
    assert_eq!((unnamed.kind(), unnamed.constraint()), (ErrorKind::CheckViolation, None));
}

#[test]
fn violated_foreign_keys() {
    let db = &mut *memory();
    db.batch(SCHEMA).unwrap();
    for sql in
        ["INSERT INTO player (team_id) VALUES (9)", "DELETE FROM team", "INSERT INTO player (later_id) VALUES (9)"]
    {
        assert_eq!(fails(db, sql).kind(), ErrorKind::ForeignKeyViolation, "{sql}");
    }
    // A deferred one fails at COMMIT, and the transaction is still open.
    db.batch("BEGIN").unwrap();
    db.execute("INSERT INTO player (later_id) VALUES (9)", &[]).unwrap();
    assert_eq!(db.batch("COMMIT").unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    assert_eq!(db.in_transaction(), Some(true));
    db.batch("ROLLBACK").unwrap();
    assert_eq!(integer(db, "SELECT count(*) FROM player"), 1);
}

#[test]
fn statements_that_are_wrong() {
    let db = &mut *memory();
    db.batch(SCHEMA).unwrap();
    for (sql, kind) in [
        ("SELECT * FROM tema", ErrorKind::UndefinedTable),
        ("INSERT INTO main.tema VALUES (1)", ErrorKind::UndefinedTable),
        ("DROP VIEW tema", ErrorKind::UndefinedTable),
        ("SELECT nmae FROM team", ErrorKind::UndefinedColumn),
        ("SELECT t.nmae FROM team t", ErrorKind::UndefinedColumn),
        ("INSERT INTO team (nmae) VALUES (1)", ErrorKind::UndefinedColumn),
        ("CREATE TABLE team (id)", ErrorKind::AlreadyExists),
        ("ALTER TABLE team ADD COLUMN name TEXT", ErrorKind::AlreadyExists),
        ("CREATE INDEX team_lower ON team (name)", ErrorKind::AlreadyExists),
        ("CREATE INDEX player ON team (name)", ErrorKind::AlreadyExists),
        ("SELEC 1", ErrorKind::Syntax),
        ("SELECT (1", ErrorKind::Syntax),
        ("SELECT 'open", ErrorKind::Syntax),
        ("SELECT no_such_function(1)", ErrorKind::Unsupported),
        ("SELECT 1 AS n ORDER BY n COLLATE elvish", ErrorKind::Unsupported),
        ("SELECT ?99999", ErrorKind::Unsupported),
        ("SELECT abs(-9223372036854775807 - 1)", ErrorKind::OutOfRange),
        ("SELECT json('{')", ErrorKind::InvalidValue),
        ("INSERT INTO team (id, name) VALUES ('one', 'x')", ErrorKind::InvalidValue),
        ("SELECT zeroblob(2000000000)", ErrorKind::InvalidValue),
        ("UPDATE sqlite_schema SET name = 'x'", ErrorKind::Database),
    ] {
        let error = fails(db, sql);
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        assert!(error.code().is_some(), "{sql}");
        assert_eq!(error.statement(), None, "the layers above add the statement");
    }
    let error = fails(db, "SELECT nmae FROM team");
    assert_eq!(error.columns(), ["nmae".to_owned()]);
    assert_eq!(fails(db, "SELECT * FROM main.tema").table(), Some("tema"));
    assert_eq!(fails(db, "INSERT INTO team (nmae) VALUES (1)").table(), Some("team"));
}

#[test]
fn a_deep_expression_is_an_error() {
    let db = &mut *memory();
    let deep = format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(fails(db, &deep).kind(), ErrorKind::Unsupported);
    let long = format!("SELECT 1{}", " + 1".repeat(5000));
    assert_eq!(fails(db, &long).kind(), ErrorKind::Unsupported);
}

#[test]
fn an_error_does_not_repeat_the_statement() {
    let db = &mut *memory();
    let error = fails(db, "SELECT 'hunter2' FROM nowhere");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn a_trigger_can_refuse() {
    let db = &mut *memory();
    db.batch(SCHEMA).unwrap();
    db.batch("CREATE TRIGGER no BEFORE DELETE ON player BEGIN SELECT RAISE(ABORT, 'players stay'); END").unwrap();
    let error = fails(db, "DELETE FROM player");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Refused, "a trigger refused: players stay".to_owned()));
}

#[test]
fn a_statement_can_be_interrupted() {
    let folder = Folder::new();
    let mut db = folder.connect("");
    let handle = db.as_any().downcast_mut::<rusqlite::Connection>().unwrap().get_interrupt_handle();
    let (started, wait) = mpsc::channel();
    let other = thread::spawn(move || {
        wait.recv().unwrap();
        handle.interrupt();
    });
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i % ? = 0";
    let error = db.query(endless, &[Datum::Int(1000)], &mut |row| {
        if row.integer(0)? == Some(1000) {
            started.send(()).unwrap();
        }
        Ok(())
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
    other.join().unwrap();
    assert_eq!(integer(&mut *db, "SELECT 1"), 1);
}
