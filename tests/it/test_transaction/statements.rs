//! What passes through to the database: many rows, streams, pipelines, COPY, cancelled statements, the client itself.

use super::{Guest, Note, create, guest, names, untouched};
use crate::support::{Backend, Db};
use orm::drivers::{mysql::mysql, postgres::postgres, sqlite::rusqlite};
use orm::prelude::*;
use std::time::Duration;

fn guests(count: usize) -> Vec<Guest> {
    (0..count).map(|number| guest(&format!("guest {number}"))).collect()
}

/// The same database by every driver that there is for it.
fn engines(db: &Db) -> orm::Result<Vec<Engine>> {
    let mut engines = vec![db.engine.clone()];
    if db.backend == Backend::Postgres {
        let (_, rest) = db.url.split_once("://").expect("a URL has a scheme");
        engines.push(orm::create_engine(&format!("postgresql+wire://{rest}"))?);
    }
    Ok(engines)
}

/// Runs a text on the client, whatever it is; what it says about it is not of interest.
fn run_raw(connection: &mut Connection, db: &Db, text: &str) -> orm::Result<()> {
    use mysql::prelude::Queryable;
    match db.backend {
        Backend::Sqlite => {
            let _ = connection.with_raw(|client: &mut rusqlite::Connection| client.execute_batch(text))?;
        }
        Backend::Postgres => {
            let _ = connection.with_raw(|client: &mut postgres::Client| client.batch_execute(text))?;
        }
        Backend::Mariadb | Backend::Mysql => {
            let _ = connection.with_raw(|client: &mut mysql::Conn| client.query_drop(text))?;
        }
    }
    Ok(())
}

on_every_backend! {
    fn many_rows_go_in_and_out(db) {
        create(db)?;
        for engine in engines(db)? {
            let test = engine.test_transaction()?;
            test.connect()?.execute(insert(&guests(1000)))?;
            test.with_session(|session| {
                let all: Vec<Handle<Guest>> = session.all(select::<Guest>())?;
                for (number, guest) in all.iter().enumerate() {
                    session[*guest].name = format!("renamed {number}");
                    session.add(Note { id: 0, guest: (*guest).into() });
                }
                Ok(())
            })?;
            let mut connection = test.connect()?;
            assert_eq!(connection.count(select::<Note>())?, 1001);
            let mut seen = 0;
            connection.for_each(select::<Guest>(), |guest: Guest| {
                assert!(guest.name.starts_with("renamed "));
                seen += 1;
                Ok(())
            })?;
            assert_eq!((seen, connection.iterate(select::<Guest>())?.count()), (1001, 1001));
            let stopped = connection.for_each(select::<Guest>(), |_: Guest| Err(Error::refused("enough")));
            assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Refused);
            assert_eq!(connection.count(select::<Guest>())?, 1001);
            drop(connection);
            drop(test);
            engine.pool().settle(Duration::from_secs(10));
            untouched(db);
        }
    }

    fn small_writes_are_sent_together(db) {
        create(db)?;
        for engine in engines(db)? {
            let test = engine.test_transaction()?;
            for name in ["bob", "cyd", "dan"] {
                test.with_session(|session| {
                    let added = session.add(guest(name));
                    session.flush()?;
                    session.add(Note { id: 0, guest: added.into() });
                    session[added].name.push('!');
                    Ok(())
                })?;
            }
            let clash = test.with_session(|session| {
                session.add(guest("eve"));
                session.flush()?;
                session.add(guest("bob!"));
                Ok(())
            });
            assert_eq!(clash.unwrap_err().kind(), ErrorKind::UniqueViolation);
            assert_eq!(names(&test), ["ann", "bob!", "cyd!", "dan!"]);
            assert_eq!(test.connect()?.count(select::<Note>())?, 3);
            drop(test);
            engine.pool().settle(Duration::from_secs(10));
            untouched(db);
        }
    }

    fn rows_are_copied(db) {
        create(db)?;
        for engine in engines(db)?.into_iter().filter(|engine| engine.dialect().copy) {
            let test = engine.test_transaction()?;
            let mut connection = test.connect()?;
            assert_eq!(connection.copy_in::<Guest>(guests(100))?, 100);
            assert_eq!(connection.copy_in::<Guest>(guests(1)).unwrap_err().kind(), ErrorKind::UniqueViolation);
            assert_eq!(connection.copy_in_raw("COPY guest (name) FROM STDIN", "bob\ncyd\n".as_bytes())?, 2);
            let mut text = Vec::new();
            connection.copy_out_raw("COPY (SELECT name FROM guest WHERE name < 'g' ORDER BY name) TO STDOUT", &mut text)?;
            assert_eq!(String::from_utf8(text).unwrap(), "ann\nbob\ncyd\n");
            drop(connection);
            drop(test);
            engine.pool().settle(Duration::from_secs(10));
        }
        untouched(db);
    }

    fn a_statement_is_cancelled_and_the_test_goes_on(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        test.connect()?.execute(insert(&guests(400)))?;
        let long = "SELECT count(*) FROM guest a, guest b, guest c, guest d WHERE a.id + b.id + c.id + d.id < 0";
        let mut connection = test.connect()?;
        let handle = connection.cancel_handle();
        let error = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| connection.all(sql(long)).map(|rows: Vec<i64>| rows.len()));
            while !waiting.is_finished() {
                std::thread::sleep(Duration::from_millis(200));
                handle.cancel().expect("the database can be reached");
            }
            std::thread::sleep(Duration::from_millis(300));
            waiting.join().expect("no panic").expect_err("it was cancelled")
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
        assert_eq!(connection.count(select::<Guest>())?, 401);
        drop(connection);
        drop(test);
        untouched(db);
    }

    fn the_client_is_within_the_transaction(db) {
        create(db)?;
        if db.url.starts_with("postgresql+wire") {
            return Ok(());
        }
        let test = db.engine.test_transaction()?;
        let mut connection = test.connect()?;
        run_raw(&mut connection, db, "INSERT INTO guest (name) VALUES ('bob')")?;
        run_raw(&mut connection, db, "INSERT INTO guest (name) VALUES ('bob')")?; // fails
        let mut transaction = connection.begin()?;
        run_raw(&mut transaction, db, "INSERT INTO guest (name) VALUES ('cyd')")?;
        transaction.commit()?;
        run_raw(&mut connection, db, "SELECT nothing")?; // fails
        connection.begin()?.commit()?;
        drop(connection);
        // On PostgreSQL what failed took with it what was done with the client before, at the same time.
        assert_eq!(names(&test), ["ann", "bob", "cyd"]);
        drop(test);
        untouched(db);
    }
}
