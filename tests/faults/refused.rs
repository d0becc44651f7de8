//! What a server refuses, and goes on: too many connections, deadlocks, serialization failures, locks and statements that take
//! too long, writes on a server that only reads (cases 9, 11 to 14 and 47).

use crate::ground::*;
use orm::drivers::url::{Secret, Url};
use orm::prelude::*;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

fn add(row: i64, amount: i64) -> impl orm::Execute {
    update::<Account>().set(move |a| a.balance.to(a.balance + amount)).filter(move |a| a.id.eq(row))
}

/// A user of the test's own, who may open one connection; dropped with this.
struct Guest<'g, 'd> {
    on: &'g Ground<'d>,
    name: String,
}

impl Guest<'_, '_> {
    fn new<'g, 'd>(on: &'g Ground<'d>) -> orm::Result<Guest<'g, 'd>> {
        let schema = on.db.url.rsplit(['/', '=', 'D']).next().unwrap_or_default();
        let name = format!("guest_{}", schema.trim_start_matches("orm_"));
        let mut admin = on.db.engine.connect()?;
        if on.way.is_postgres() {
            admin.execute(sql(format!("CREATE ROLE {name} LOGIN PASSWORD 'guest' CONNECTION LIMIT 1")))?;
        } else {
            let limit = "WITH MAX_USER_CONNECTIONS 1";
            admin.execute(sql(format!("CREATE USER {name}@'%' IDENTIFIED BY 'guest' {limit}")))?;
            admin.execute(sql(format!("GRANT SELECT, INSERT ON *.* TO {name}@'%'")))?;
        }
        Ok(Guest { on, name })
    }

    fn engine(&self) -> orm::Result<Own> {
        let mut url = Url::parse(&self.on.url)?;
        (url.user, url.password) = (Some(self.name.clone()), Some(Secret::new("guest")));
        Own::new(orm::EngineOptions::from_url(url).pool_size(2).max_overflow(0).pool_timeout(LONG))
    }
}

impl Drop for Guest<'_, '_> {
    fn drop(&mut self) {
        let user =
            if self.on.way.is_postgres() { format!("ROLE {}", self.name) } else { format!("USER {}@'%'", self.name) };
        let dropped = self.on.db.engine.connect().and_then(|mut admin| admin.execute(sql(format!("DROP {user}"))));
        if let (Err(error), false) = (dropped, thread::panicking()) {
            panic!("{error:?}");
        }
    }
}

on_servers! {
    /// Case 9: told at once and by its kind; the place in the pool is free, and later it works.
    fn too_many_connections(on) {
        let guest = Guest::new(on)?;
        let own = guest.engine()?;
        let held = own.connect()?;
        let start = Instant::now();
        let error = own.connect().expect_err("the server takes one");
        assert_eq!(error.kind(), ErrorKind::TooManyConnections, "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "at once, not after the pool's patience");
        assert!(!format!("{error} {error:?}").contains("'guest'"), "{error:?}");
        assert_eq!(own.pool_status().in_use, 1);
        drop(held);
        own.assert_healthy()?;
    }

    /// Case 11, in a session: the transaction failed on every server alike, the connection lives.
    fn a_statement_timeout_fails_the_session_and_not_the_connection(on) {
        on.notes()?;
        if on.way == Way::Mysql {
            return Ok(()); // MySQL ends SELECTs only, and answers SLEEP() with 1 then; tests/it has a SELECT
        }
        let limited = on.with_option("statement_timeout=300");
        let own = limited.engine(|options| options)?;
        let mut session = own.session();
        session.add(note("half"));
        session.flush()?;
        let error = session.rows::<i64, _>(on.slow_statement()).expect_err("it takes too long");
        assert_eq!(error.kind(), ErrorKind::StatementTimeout, "{error:?}");
        assert!(!error.is_retryable() && !error.is_disconnect());
        let error = session.commit().expect_err("it failed");
        assert_eq!(error.kind(), ErrorKind::SessionFailed, "{error:?}");
        session.rollback()?;
        session.add(note("whole"));
        session.commit()?;
        drop(session);
        own.assert_healthy()?;
        assert_eq!((on.texts()?, own.pool_status().created), (vec!["whole".to_owned()], 1));
    }

    /// Case 12: MySQL and MariaDB undo only the statement then. The session fails all the same, and commits nothing.
    fn a_lock_timeout_fails_the_session(on) {
        on.accounts(2)?;
        let limited = on.with_option("lock_timeout=1s");
        let own = limited.engine(|options| options)?;
        let mut holder = on.db.engine.connect()?;
        let mut held = holder.begin_with(TransactionOptions::new().write())?;
        held.execute(add(2, 1))?;
        let mut session = own.session();
        let one = session.get::<Account>(1)?.expect("it is there");
        let two = session.get::<Account>(2)?.expect("it is there");
        session[one].balance = 0;
        session.flush()?;
        session[two].balance = 0;
        let error = session.flush().expect_err("it is locked");
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error:?}");
        assert!(error.is_retryable());
        assert_eq!(session.commit().expect_err("it failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert_eq!((session[one].balance, session[two].balance), (100, 100));
        held.commit()?;
        drop(session);
        own.assert_healthy()?;
        assert_eq!(on.balances()?, [100, 101]);
    }

    /// Case 13: of two transactions in a deadlock both get through, by being run again.
    fn transaction_with_retry_carries_both_through_a_deadlock(on) {
        on.accounts(2)?;
        let own = on.engine(|options| options.pool_size(2))?;
        let (barrier, runs) = (Barrier::new(2), AtomicU32::new(0));
        let work = |mine: i64, other: i64| {
            let mut first = true;
            own.transaction_with_retry(10, |tx| {
                runs.fetch_add(1, SeqCst);
                let locked = tx.execute(add(mine, 1));
                if std::mem::take(&mut first) {
                    barrier.wait();
                }
                locked?;
                tx.execute(add(other, 10))
            })
        };
        thread::scope(|scope| {
            let other = scope.spawn(|| work(2, 1));
            work(1, 2).expect("a deadlock is retried");
            other.join().expect("no panic").expect("a deadlock is retried");
        });
        assert_eq!(on.balances()?, [111, 111]);
        assert!(runs.load(SeqCst) >= 3, "there was a deadlock");
        own.assert_healthy()?;
    }

    /// Case 13: a closure that hides the deadlock behind an error of its own, or behind nothing, is run again too.
    fn a_hidden_deadlock_is_retried(on) {
        on.accounts(2)?;
        let own = on.engine(|options| options.pool_size(2))?;
        for hides_all in [true, false] {
            let (barrier, runs) = (Barrier::new(2), AtomicU32::new(0));
            let work = |mine: i64, other: i64| {
                let mut first = true;
                own.transaction_with_retry(10, |tx| {
                    runs.fetch_add(1, SeqCst);
                    let locked = tx.execute(add(mine, 1));
                    if std::mem::take(&mut first) {
                        barrier.wait();
                    }
                    locked?;
                    match tx.execute(add(other, 10)) {
                        Err(_) if hides_all => Ok(0),
                        Err(_) => Err(Error::refused("my own words")),
                        written => written,
                    }
                })
            };
            thread::scope(|scope| {
                let other = scope.spawn(|| work(2, 1));
                work(1, 2).expect("a deadlock is retried");
                other.join().expect("no panic").expect("a deadlock is retried");
            });
            assert!(runs.load(SeqCst) >= 3, "there was a deadlock");
        }
        assert_eq!(on.balances()?, [122, 122]);
        own.assert_healthy()?;
    }

    /// Case 14: gives up with the last error, and says how often it tried.
    fn a_retry_gives_up(on) {
        on.accounts(1)?;
        let limited = on.with_option("lock_timeout=1s");
        let own = limited.engine(|options| options)?;
        let mut holder = on.db.engine.connect()?;
        let mut held = holder.begin_with(TransactionOptions::new().write())?;
        held.execute(add(1, 1))?;
        let mut runs = 0;
        let error = own
            .transaction_with_retry(2, |tx| {
                runs += 1;
                tx.execute(add(1, 1))
            })
            .expect_err("it stays locked");
        assert_eq!((error.kind(), runs), (ErrorKind::LockTimeout, 2), "{error:?}");
        assert!(error.to_string().starts_with("2 attempts failed, the last with this: "), "{error}");
        let slow = RetryOptions::new(100).deadline(Duration::from_millis(500));
        let error = own.transaction_with_retry(slow, |tx| tx.execute(add(1, 1))).expect_err("it stays locked");
        assert!(!error.to_string().contains("attempts"), "the deadline was over after the first: {error}");
        held.rollback()?;
        own.assert_healthy()?;
        assert_eq!(on.balances()?, [100]);
    }
}

/// Case 14, on PostgreSQL, where COMMIT itself may say it.
fn serialization(on: &Ground<'_>) -> orm::Result<()> {
    on.accounts(2)?;
    let own = on.engine(|options| options.pool_size(2))?;
    let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
    let (barrier, commits) = (Barrier::new(2), AtomicU32::new(0));
    let work = |row: i64| {
        let mut first = true;
        let options = RetryOptions::new(10).transaction(serializable);
        own.transaction_with_retry(options, |tx| {
            let total: i64 = tx.all(select::<Account>().columns(|a| a.balance))?.into_iter().sum::<i64>();
            if total >= 200 {
                tx.execute(add(row, -100))?;
            }
            if std::mem::take(&mut first) {
                barrier.wait();
            }
            commits.fetch_add(1, SeqCst);
            Ok(())
        })
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| work(2));
        work(1).expect("it is run again");
        other.join().expect("no panic").expect("it is run again");
    });
    let total: i64 = on.balances()?.into_iter().sum();
    assert_eq!(total, 100, "one of them took, and the other saw it");
    assert_eq!(commits.load(SeqCst), 3, "one of them was refused at COMMIT");
    own.assert_healthy()
}

#[test]
fn a_serialization_failure_at_commit_is_retried_postgres() {
    run(Way::Postgres, serialization);
}

#[test]
fn a_serialization_failure_at_commit_is_retried_wire() {
    run(Way::Wire, serialization);
}

/// Case 47, without a standby: to a session that asked for nothing of the kind, a server that only reads is the wrong one.
fn a_server_that_only_reads(on: &Ground<'_>) -> orm::Result<()> {
    on.notes()?;
    // The URL ends with the option `options`, which names the schema.
    let url = format!("{}%20-cdefault_transaction_read_only%3Don", on.url);
    let own = Own::new(orm::EngineOptions::new(&url).pool_size(2))?;
    drop([own.connect()?, own.connect()?]);
    // A transaction that says READ WRITE is taken at its word; one that says nothing is not.
    let mut session = own.session();
    session.add(note("never"));
    let error = session.commit().expect_err("it only reads");
    session.rollback()?;
    drop(session);
    assert_eq!((error.kind(), error.code()), (ErrorKind::ReadOnlyServer, Some("25006")), "{error:?}");
    assert!(!error.is_retryable() && !error.is_disconnect());
    own.pool().settle(LONG);
    let status = own.pool_status();
    assert_eq!(
        (status.idle, status.created, status.closed),
        (0, 2, 2),
        "both connections were of the same server: {status:?}"
    );
    // A transaction that is read-only by its own wish is another matter.
    let mut session = own.session().read_only();
    let error = session.execute(insert(&note("never"))).expect_err("it only reads");
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
    session.rollback()?;
    drop(session);
    own.pool().settle(LONG);
    assert_eq!(own.pool_status().closed, 2, "which costs no connection");
    own.assert_healthy()?;
    assert!(on.texts()?.is_empty());
    Ok(())
}

#[test]
fn a_server_that_only_reads_is_left_postgres() {
    run(Way::Postgres, a_server_that_only_reads);
}

#[test]
fn a_server_that_only_reads_is_left_wire() {
    run(Way::Wire, a_server_that_only_reads);
}

everywhere! {
    /// Case 47: a transaction that is read-only by its own wish refuses writes, and costs no connection on any database.
    fn a_read_only_transaction_costs_no_connection(on) {
        on.notes()?;
        let own = on.engine(|options| options)?;
        let mut connection = own.connect()?;
        let mut tx = connection.begin_with(TransactionOptions::new().read_only())?;
        let error = tx.execute(insert(&note("never"))).expect_err("it only reads");
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
        tx.rollback()?;
        drop(connection);
        own.transaction(|tx| tx.execute(insert(&note("after"))))?;
        own.assert_healthy()?;
        assert_eq!((own.pool_status().created, on.texts()?), (1, vec!["after".to_owned()]));
    }
}
