//! Statements that are ended from another thread, and what is left of the connection.

use crate::support::Db;
use orm::CancelHandle;
use orm::prelude::*;
use std::thread;
use std::time::Duration;

#[derive(Model, Clone, Debug)]
#[orm(table = "tick")]
struct Tick {
    #[orm(primary_key, generated = false)]
    id: i64,
}

/// A statement over these takes minutes on every database.
const LONG: &str = "SELECT count(*) FROM tick a, tick b, tick c, tick d WHERE a.id + b.id + c.id + d.id < 0";

fn ticks(db: &Db) -> orm::Result<()> {
    Schema::of::<Tick>().create_all(&db.engine)?;
    db.engine.connect()?.execute(insert(&(0..400).map(|id| Tick { id }).collect::<Vec<_>>()))?;
    Ok(())
}

/// Cancels until the other thread has an answer: it may not have begun when the first one comes.
fn cancel_until_done<T>(handle: &CancelHandle, waiting: &thread::ScopedJoinHandle<'_, T>) {
    while !waiting.is_finished() {
        thread::sleep(Duration::from_millis(20));
        handle.cancel().expect("the database can be reached");
    }
    heard();
}

/// Waits for a request to arrive: the client of one driver does not, and the next statement would be the one that ends.
fn heard() {
    thread::sleep(Duration::from_millis(300));
}

on_every_backend! {
    fn a_statement_is_cancelled_and_its_connection_lives_on(db) {
        ticks(db)?;
        let mut connection = db.engine.connect()?;
        let handle = connection.cancel_handle();
        handle.cancel()?;
        heard();
        assert_eq!(connection.count(select::<Tick>())?, 400, "nothing ran, and nothing happens later");
        let error = thread::scope(|scope| {
            let waiting = scope.spawn(|| connection.all(sql(LONG)).map(|rows: Vec<i64>| rows.len()));
            cancel_until_done(&handle, &waiting);
            waiting.join().expect("no panic").expect_err("it was cancelled")
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
        assert_eq!(connection.count(select::<Tick>())?, 400);
        drop(connection);
        handle.cancel()?;
        assert_eq!(db.engine.connect()?.count(select::<Tick>())?, 400, "the handle means nobody else");
    }

    fn a_transaction_whose_statement_is_cancelled_has_failed(db) {
        ticks(db)?;
        let mut connection = db.engine.connect()?;
        let handle = connection.cancel_handle();
        let mut tx = connection.begin_with(TransactionOptions::new().write())?;
        tx.execute(insert(&Tick { id: 1000 }))?;
        let error = thread::scope(|scope| {
            let waiting = scope.spawn(|| tx.all(sql(LONG)).map(|rows: Vec<i64>| rows.len()));
            cancel_until_done(&handle, &waiting);
            waiting.join().expect("no panic").expect_err("it was cancelled")
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
        assert_eq!(tx.count(select::<Tick>()).expect_err("it failed").kind(), ErrorKind::TransactionFailed);
        drop(tx);
        drop(connection);
        assert_eq!(db.engine.connect()?.count(select::<Tick>())?, 400);
    }

    fn a_handle_of_a_session_follows_its_connections(db) {
        ticks(db)?;
        let mut session = db.engine.session();
        let handle = session.cancel_handle();
        handle.cancel()?;
        heard();
        for _ in 0..2 {
            assert_eq!(session.count(select::<Tick>())?, 400);
            let error = thread::scope(|scope| {
                let waiting = scope.spawn(|| session.rows::<i64, _>(sql(LONG)));
                cancel_until_done(&handle, &waiting);
                waiting.join().expect("no panic").expect_err("it was cancelled")
            });
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error:?}");
            assert_eq!(session.count(select::<Tick>()).expect_err("it failed").kind(), ErrorKind::SessionFailed);
            session.rollback()?;
        }
        assert_eq!(session.count(select::<Tick>())?, 400);
    }
}
