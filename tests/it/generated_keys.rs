//! The keys that a database gives new rows must be those that come back, whatever triggers and tables are like.

use crate::support::{Backend, Db, run};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
}

const PLAIN: &str = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
/// Another row after each, but not after those that this makes.
const IN_BETWEEN: &str = "CREATE TRIGGER twins AFTER INSERT ON things WHEN NEW.name NOT LIKE 'twin%' BEGIN \
     INSERT INTO things (name) VALUES ('twin of ' || NEW.name); END";

fn things(from: usize, count: usize) -> Vec<Thing> {
    (from..from + count).map(|at| Thing { id: 0, name: format!("thing {at}") }).collect()
}

fn script(db: &Db, statements: &[&str]) -> orm::Result<()> {
    let mut connection = db.engine.connect()?;
    statements.iter().try_for_each(|statement| connection.execute(sql(*statement)).map(|_| ()))
}

/// The key of the row of this name, as it is in the table.
fn key_of(db: &Db, name: &str) -> orm::Result<i64> {
    let found: Thing = db.engine.connect()?.one(select::<Thing>().filter(|t| t.name.eq(name)))?;
    Ok(found.id)
}

/// Inserts rows in a session, and finds each under the key that it was given.
fn by_session(db: &Db, from: usize, count: usize) -> orm::Result<()> {
    let mut session = db.engine.session();
    let handles = session.add_all(things(from, count));
    session.commit()?;
    for handle in handles {
        assert_eq!(session[handle].id, key_of(db, &session[handle].name)?, "{}", session[handle].name);
    }
    Ok(())
}

/// The same with a statement in a transaction.
fn by_statement(db: &Db, from: usize, count: usize) -> orm::Result<()> {
    let rows = things(from, count);
    let keys: Vec<i64> = db.engine.connect()?.transaction(|tx| tx.all(insert(&rows).returning(|t| t.id)))?;
    assert_eq!(keys.len(), count);
    rows.iter().zip(keys).try_for_each(|(row, key)| {
        assert_eq!(key, key_of(db, &row.name)?, "{}", row.name);
        Ok(())
    })
}

/// Both ways, one row and several.
fn both_ways(db: &Db, from: usize) -> orm::Result<()> {
    by_session(db, from, 1)?;
    by_session(db, from + 10, 25)?;
    by_statement(db, from + 100, 1)?;
    by_statement(db, from + 110, 25)
}

/// Runs on SQLite with a table of its own.
fn on_sqlite(body: fn(&Db) -> orm::Result<()>) {
    run(Backend::Sqlite, body);
}

fn returning(db: &Db) -> usize {
    db.statements().iter().filter(|sql| sql.contains("RETURNING")).count()
}

on_every_backend! {
    fn keys_are_those_of_the_rows(db) {
        Schema::of::<Thing>().create_all(&db.engine)?;
        by_session(db, 0, 230)?;
        if db.backend != Backend::Mysql {
            by_statement(db, 1000, 230)?;
        }
        // Keys given by hand, higher ones too, lie between those that are generated.
        let mut session = db.engine.session();
        let mut rows = things(2000, 6);
        rows[1].id = 5000;
        rows[4].id = 4000;
        let handles = session.add_all(rows);
        session.commit()?;
        for handle in handles {
            assert_eq!(session[handle].id, key_of(db, &session[handle].name)?);
        }
        Schema::of::<Thing>().sync_sequences(&db.engine)?;
        by_session(db, 3000, 12)?;
        script(db, &["DELETE FROM things WHERE id > 4000"])?;
        by_session(db, 4000, 12)?;
    }

    fn a_trigger_that_gives_keys_is_believed_or_refused(db) {
        if !matches!(db.backend, Backend::Mariadb | Backend::Mysql) {
            return Ok(());
        }
        Schema::of::<Thing>().create_all(&db.engine)?;
        by_session(db, 0, 1)?;
        script(db, &["CREATE TRIGGER far BEFORE INSERT ON things FOR EACH ROW SET NEW.id = 1000 + (SELECT COUNT(*) FROM things AS t)"])?;
        for (at, count) in [1, 1, 3].into_iter().enumerate() {
            if let Err(error) = by_session(db, 10 * (at + 1), count) {
                assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            }
        }
    }
}

#[test]
fn no_returning_is_needed() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        assert_eq!(returning(db), 0);
        // Without a transaction somebody else could get between: only one row can be counted.
        let rows = things(500, 3);
        let mut connection = db.engine.connect()?;
        assert_eq!(connection.all::<i64, _>(insert(&rows).returning(|t| t.id))?, [53, 54, 55]);
        assert_eq!(returning(db), 1);
        assert_eq!(connection.all::<i64, _>(insert(&rows[0]).returning(|t| t.id))?, [56]);
        assert_eq!(connection.one::<(i64, String), _>(insert(&rows[0]).returning(|t| (t.id, t.name)))?.0, 57);
        assert_eq!(returning(db), 1);
        Ok(())
    });
}

#[test]
fn a_trigger_may_insert_into_the_same_table() {
    on_sqlite(|db| {
        script(db, &[PLAIN, IN_BETWEEN])?;
        both_ways(db, 0)
    });
    on_sqlite(|db| {
        script(db, &[PLAIN, &IN_BETWEEN.replace("AFTER", "BEFORE")])?;
        both_ways(db, 0)
    });
}

#[test]
fn a_trigger_may_insert_into_another_table() {
    on_sqlite(|db| {
        let log = "CREATE TABLE log (id INTEGER PRIMARY KEY, name TEXT)";
        let trigger = "CREATE TRIGGER logged AFTER INSERT ON things BEGIN \
             INSERT INTO log VALUES (1000 + NEW.id, NEW.name); END";
        let text = "CREATE VIRTUAL TABLE words USING fts5(name)";
        let index = "CREATE TRIGGER indexed AFTER INSERT ON things BEGIN \
             INSERT INTO words (rowid, name) VALUES (2000 + NEW.id, NEW.name); END";
        script(db, &[PLAIN, log, trigger])?;
        both_ways(db, 0)?;
        script(db, &[text, index])?;
        both_ways(db, 1000)
    });
}

#[test]
fn a_trigger_is_noticed_when_it_is_made_by_raw_sql() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        script(db, &[IN_BETWEEN])?;
        both_ways(db, 1000)?;
        assert!(returning(db) > 0);
        script(db, &["DROP TRIGGER twins"])?;
        both_ways(db, 2000)?;
        db.engine.connect()?.driver_connection().batch(IN_BETWEEN)?;
        both_ways(db, 3000)
    });
}

#[test]
fn a_trigger_is_noticed_in_the_transaction_that_makes_it() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        let mut session = db.engine.session();
        session.add_all(things(1000, 3));
        session.flush()?;
        session.execute(sql(IN_BETWEEN))?;
        let handles = session.add_all(things(1100, 3));
        session.commit()?;
        for handle in handles {
            assert_eq!(session[handle].id, key_of(db, &session[handle].name)?);
        }
        // Dropped, but only until the savepoint is rolled back.
        let mut session = db.engine.session();
        let dropped = session.savepoint(|session| {
            session.execute(sql("DROP TRIGGER twins"))?;
            session.add_all(things(1200, 3));
            session.flush()?;
            Err::<(), _>(Error::new(ErrorKind::Misuse, "undo"))
        });
        assert!(dropped.is_err());
        let handles = session.add_all(things(1300, 3));
        session.commit()?;
        for handle in handles {
            assert_eq!(session[handle].id, key_of(db, &session[handle].name)?);
        }
        Ok(())
    });
}

#[test]
fn a_trigger_of_another_program_gives_no_wrong_keys() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        orm::create_engine(&db.url)?.connect()?.execute(sql(IN_BETWEEN))?;
        by_session(db, 1000, 1)?;
        assert_eq!(by_session(db, 1100, 5).unwrap_err().kind(), ErrorKind::Refused);
        assert!(!db.engine.connect()?.exists(select::<Thing>().filter(|t| t.name.eq("thing 1100")))?);
        both_ways(db, 1200)
    });
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        orm::create_engine(&db.url)?.connect()?.execute(sql(IN_BETWEEN))?;
        let mut connection = db.engine.connect()?;
        let mut transaction = connection.begin()?;
        let keys: orm::Result<Vec<i64>> = transaction.all(insert(&things(1000, 5)).returning(|t| t.id));
        assert_eq!(keys.unwrap_err().kind(), ErrorKind::Refused);
        assert!(transaction.commit().is_err(), "rows whose keys are not known are not kept");
        drop(connection);
        both_ways(db, 1200)
    });
}

#[test]
fn a_temporary_trigger_is_noticed() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        let mut connection = db.engine.connect()?;
        connection.execute(sql(IN_BETWEEN.replace("CREATE TRIGGER", "CREATE TEMP TRIGGER")))?;
        // Another connection finds no trigger.
        both_ways(db, 1000)?;
        let rows = things(2000, 5);
        let keys: Vec<i64> = connection.transaction(|tx| tx.all(insert(&rows).returning(|t| t.id)))?;
        drop(connection);
        for (row, key) in rows.iter().zip(keys) {
            assert_eq!(key, key_of(db, &row.name)?);
        }
        both_ways(db, 3000)
    });
}

#[test]
fn a_temporary_table_hides_the_real_one() {
    on_sqlite(|db| {
        script(db, &[PLAIN])?;
        both_ways(db, 0)?;
        let mut connection = db.engine.connect()?;
        connection.execute(sql(
            "CREATE TEMP TABLE things (id INT PRIMARY KEY DEFAULT (abs(random() % 1000000)), name TEXT)",
        ))?;
        let rows = things(2000, 1);
        let keys: Vec<i64> = connection.all(insert(&rows).returning(|t| t.id))?;
        assert_eq!(connection.all::<Thing, _>(select::<Thing>())?[0].id, keys[0]);
        Ok(())
    });
}

#[test]
fn the_largest_key_makes_sqlite_give_random_ones() {
    for below in [0, 1, 3, 24, 25, 26] {
        let Some(db) = fresh_sqlite() else { return };
        let body = |db: &Db| -> orm::Result<()> {
            script(db, &[PLAIN])?;
            by_session(db, 0, 2)?;
            script(db, &[&format!("INSERT INTO things VALUES ({}, 'last')", i64::MAX - below)])?;
            by_statement(db, 100, 25)?;
            if let Err(error) = by_session(db, 200, 25) {
                // Random keys ascend only by chance, and if they do not, nobody knows whose they are.
                assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            }
            by_session(db, 300, 1)?;
            by_statement(db, 400, 1)
        };
        body(&db).unwrap_or_else(|error| panic!("{below}: {error:?}"));
    }
}

fn fresh_sqlite() -> Option<Db> {
    Db::fresh(Backend::Sqlite)
}

#[test]
fn autoincrement_goes_on_behind_deleted_rows() {
    on_sqlite(|db| {
        script(db, &["CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)"])?;
        both_ways(db, 0)?;
        script(db, &["DELETE FROM things WHERE id > 10"])?;
        both_ways(db, 1000)?;
        assert!(db.engine.connect()?.exists(select::<Thing>().filter(|t| t.id.gt(100)))?);
        assert_eq!(returning(db), 0);
        script(db, &[&format!("INSERT INTO things VALUES ({}, 'last')", i64::MAX - 3)])?;
        assert!(by_session(db, 2000, 5).is_err(), "the table is full");
        assert!(by_statement(db, 2000, 5).is_err());
        by_session(db, 3000, 2)
    });
}

#[test]
fn a_key_that_is_no_rowid_is_returned() {
    let defaults = "DEFAULT (abs(random() % 1000000000))";
    for table in [
        format!("CREATE TABLE things (id BIGINT PRIMARY KEY {defaults}, name TEXT)"),
        format!("CREATE TABLE things (id INTEGER PRIMARY KEY DESC {defaults}, name TEXT)"),
        format!("CREATE TABLE things (id INTEGER PRIMARY KEY {defaults}, name TEXT) WITHOUT ROWID"),
        format!("CREATE TABLE things (id INTEGER {defaults}, name TEXT PRIMARY KEY)"),
        format!("CREATE TABLE things (other INTEGER PRIMARY KEY, id INTEGER {defaults}, name TEXT)"),
        format!("CREATE TABLE things (id INTEGER {defaults}, name TEXT, PRIMARY KEY (id, name))"),
    ] {
        let Some(db) = fresh_sqlite() else { return };
        let body = |db: &Db| -> orm::Result<()> {
            script(db, &[&table])?;
            by_session(db, 0, 1)?;
            by_statement(db, 10, 1)?;
            by_statement(db, 20, 25)?;
            assert_eq!(returning(db), 5, "1, 1, and 10 + 10 + 5");
            Ok(())
        };
        body(&db).unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    for table in [
        "CREATE TABLE Things (ID integer PRIMARY KEY, name TEXT)",
        "CREATE TABLE things (id INTEGER, name TEXT, PRIMARY KEY (id DESC))",
        "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT) STRICT",
    ] {
        let Some(db) = fresh_sqlite() else { return };
        let body = |db: &Db| -> orm::Result<()> {
            script(db, &[table])?;
            both_ways(db, 0)?;
            assert_eq!(returning(db), 0);
            Ok(())
        };
        body(&db).unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
}

#[test]
fn rows_that_replace_others_have_their_own_keys() {
    on_sqlite(|db| {
        script(db, &["CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT REPLACE)"])?;
        by_session(db, 0, 5)?;
        // The last row before these, and one of these, are replaced.
        by_session(db, 4, 5)?;
        let mut session = db.engine.session();
        let names = ["a", "b", "b", "c"];
        let handles = session.add_all(names.map(|name| Thing { id: 0, name: name.into() }));
        session.commit()?;
        for at in [0, 2, 3] {
            assert_eq!(session[handles[at]].id, key_of(db, names[at])?);
        }
        Ok(())
    });
}

#[test]
fn a_row_that_a_trigger_drops_is_refused() {
    on_sqlite(|db| {
        let trigger =
            "CREATE TRIGGER no_more BEFORE INSERT ON things WHEN NEW.name = 'thing 3' BEGIN SELECT RAISE(IGNORE); END";
        script(db, &[PLAIN, trigger])?;
        assert_eq!(by_session(db, 0, 5).unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(by_session(db, 3, 1).unwrap_err().kind(), ErrorKind::Refused);
        by_session(db, 4, 5)
    });
}
