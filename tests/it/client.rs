//! `with_raw`: the client crate's own type, within transactions and without.

use crate::support::{Backend, Db};
use orm::drivers::{mysql::mysql, postgres::postgres, sqlite::rusqlite};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "words")]
struct Word {
    #[orm(primary_key)]
    id: i64,
    text: String,
}

fn word(text: &str) -> Word {
    Word { id: 0, text: text.into() }
}

const INSERT: &str = "INSERT INTO words (text) VALUES ('raw')";

fn is_wire(db: &Db) -> bool {
    db.url.starts_with("postgresql+wire")
}

/// Runs a text on the client, whatever it is.
fn run_raw(connection: &mut Connection, backend: Backend, text: &str) -> orm::Result<()> {
    use orm::drivers::mysql::mysql::prelude::Queryable;
    match backend {
        Backend::Sqlite => {
            connection.with_raw(|client: &mut rusqlite::Connection| client.execute_batch(text))?.unwrap()
        }
        Backend::Postgres => connection.with_raw(|client: &mut postgres::Client| client.batch_execute(text))?.unwrap(),
        Backend::Mariadb | Backend::Mysql => {
            connection.with_raw(|client: &mut mysql::Conn| client.query_drop(text))?.unwrap()
        }
    }
    Ok(())
}

on_every_backend! {
    fn the_client_is_part_of_the_transaction(db) {
        Schema::of::<Word>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        if is_wire(db) {
            let error = connection.with_raw(|_: &mut postgres::Client| ()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        let mut transaction = connection.begin()?;
        assert_eq!(transaction.count(select::<Word>())?, 0);
        run_raw(&mut transaction, db.backend, INSERT)?;
        transaction.execute(insert(&word("ours")))?;
        assert_eq!(transaction.count(select::<Word>())?, 2);
        transaction.rollback()?;
        assert_eq!(connection.count(select::<Word>())?, 0);

        let mut transaction = connection.begin()?;
        run_raw(&mut transaction, db.backend, INSERT)?;
        transaction.commit()?;
        let texts: Vec<String> = connection.all(select::<Word>().columns(|w| w.text))?;
        assert_eq!(texts, ["raw"]);
    }

    fn a_client_of_another_driver_is_refused(db) {
        let mut connection = db.engine.connect()?;
        let error = connection.with_raw(|_: &mut String| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(connection.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    fn what_the_client_leaves_is_not_there_for_others(db) {
        if is_wire(db) {
            return Ok(());
        }
        let engine = orm::EngineOptions::new(&db.url).pool_size(1).max_overflow(0).create()?;
        let mut connection = engine.connect()?;
        run_raw(&mut connection, db.backend, "CREATE TEMPORARY TABLE mine (a INTEGER)")?;
        run_raw(&mut connection, db.backend, if db.backend == Backend::Mysql || db.backend == Backend::Mariadb { "START TRANSACTION" } else { "BEGIN" })?;
        drop(connection);
        let mut other = engine.connect()?;
        let error = other.one::<i64, _>(sql("SELECT count(*) FROM mine")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UndefinedTable);
        drop(other);
        engine.pool().close();
    }

    fn a_session_goes_on_with_what_the_client_wrote(db) {
        Schema::of::<Word>().create_all(&db.engine)?;
        if is_wire(db) {
            return Ok(());
        }
        let mut session = db.engine.session();
        let first = session.add(word("first"));
        let text = "UPDATE words SET text = 'changed'";
        match db.backend {
            Backend::Sqlite => session.with_raw(|client: &mut rusqlite::Connection| client.execute_batch(text))?.unwrap(),
            Backend::Postgres => session.with_raw(|client: &mut postgres::Client| client.batch_execute(text))?.unwrap(),
            Backend::Mariadb | Backend::Mysql => session
                .with_raw(|client: &mut mysql::Conn| mysql::prelude::Queryable::query_drop(client, text))?
                .unwrap(),
        }
        session.refresh(first)?;
        assert_eq!(session[first].text, "changed");
        session.rollback()?;
        assert_eq!(session.count(select::<Word>())?, 0);
    }
}

/// A transaction that the client ended by itself is not taken for an open one.
#[test]
fn an_end_by_the_client_is_noticed() {
    crate::support::run(Backend::Sqlite, |db| {
        Schema::of::<Word>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let mut transaction = connection.begin()?;
        transaction.execute(insert(&word("lost")))?;
        transaction.with_raw(|client: &mut rusqlite::Connection| client.execute_batch("ROLLBACK"))?.unwrap();
        assert_eq!(transaction.execute(insert(&word("more"))).unwrap_err().kind(), ErrorKind::TransactionFailed);
        drop(transaction);
        assert_eq!(connection.count(select::<Word>())?, 0);
        Ok(())
    });
}

/// What is written past the library in a transaction that has read is rolled back with it, though the library writes after it.
#[test]
fn a_restart_commits_nothing_of_the_client() {
    crate::support::run(Backend::Sqlite, |db| {
        Schema::of::<Word>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let mut transaction = connection.begin()?;
        assert_eq!(transaction.count(select::<Word>())?, 0);
        transaction.driver_connection().batch(INSERT)?;
        transaction.execute(insert(&word("ours")))?;
        transaction.rollback()?;
        assert_eq!(connection.count(select::<Word>())?, 0);
        Ok(())
    });
}

#[test]
fn an_abandoned_session_on_the_second_driver_leaves_no_lock() {
    crate::support::run(Backend::Postgres, |db| {
        Schema::of::<Word>().create_all(&db.engine)?;
        db.engine.connect()?.execute(insert(&Word { id: 7, ..word("one") }))?;
        let url = db.url.replacen("postgresql:", "postgresql+wire:", 1);
        let engine = orm::EngineOptions::new(&url).pool_size(1).max_overflow(0).create()?;
        let mut other = db.engine.connect()?;
        for turn in 0..3 {
            let mut session = engine.session();
            let words = session.all(select::<Word>().for_update())?;
            session[words[0]].text = "lost".into();
            session.flush()?;
            drop(session);
            assert_eq!(engine.pool_status().idle, 1, "nobody waits for the answer to ROLLBACK");
            let changed = update::<Word>().set(|w| w.text.to(format!("turn {turn}"))).every_row();
            assert_eq!(other.execute(changed)?, 1);
            let texts: Vec<String> = engine.connect()?.all(select::<Word>().columns(|w| w.text))?;
            assert_eq!(texts, [format!("turn {turn}")]);
        }
        let mut failed = engine.session();
        failed.add(Word { id: 7, ..word("another") });
        failed.flush().expect_err("the key is taken");
        drop(failed);
        assert_eq!(engine.session().count(select::<Word>())?, 1);
        engine.pool().close();
        Ok(())
    });
}
