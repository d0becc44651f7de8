//! Transactions that meet: deadlocks, serialization failures and locks that are not free.

use super::*;
use crate::support::Backend;
use std::sync::Barrier;

fn add(row: i64, amount: i64) -> impl orm::Execute {
    update::<Account>()
        .set(move |account| account.balance.to(account.balance + amount))
        .filter(move |account| account.id.eq(row))
}

/// The URL with one more option.
fn with_option(url: &str, option: &str) -> String {
    format!("{url}{}{option}", if url.contains('?') { '&' } else { '?' })
}

fn balances(engine: &Engine) -> Vec<i64> {
    let query = select::<Account>().order_by(|row| row.id).columns(|row| row.balance);
    engine.connect().and_then(|mut connection| connection.all(query)).expect("the table can be read")
}

/// Updates both rows, the own one first, and waits in between until the other thread has its first.
fn update_both(engine: &Engine, barrier: &Barrier, mine: i64, other: i64) -> orm::Result<()> {
    engine.transaction(|tx| {
        let first = tx.execute(add(mine, 1));
        barrier.wait();
        first?;
        tx.execute(add(other, 10))?;
        Ok(())
    })
}

on_every_backend! {
    /// Case 47.
    fn one_of_two_in_a_deadlock_gets_the_error(db) {
        two_accounts(db)?;
        if db.backend == Backend::Sqlite {
            return Ok(()); // transactions that write come one after another
        }
        let barrier = Barrier::new(2);
        let (engine, barrier) = (&db.engine, &barrier);
        let results = std::thread::scope(|scope| {
            let threads =
                [(1, 2), (2, 1)].map(|(mine, other)| scope.spawn(move || update_both(engine, barrier, mine, other)));
            threads.map(|thread| thread.join().expect("no thread panics"))
        });
        let errors: Vec<&Error> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert_eq!(error.kind(), ErrorKind::Deadlock, "{error}");
        assert!(error.is_retryable() && error.code().is_some());
        let [one, two] = balances(engine)[..] else { panic!("two rows") };
        assert!((one, two) == (101, 110) || (one, two) == (110, 101), "{one} {two}");
        engine.transaction(|tx| tx.execute(add(1, 0)))?;
        at_rest(engine);
    }

    /// Case 47.
    fn retry_carries_both_through_a_deadlock(db) {
        two_accounts(db)?;
        let engine = &db.engine;
        std::thread::scope(|scope| {
            let work = move |mine, other| {
                for _ in 0..5 {
                    engine
                        .retry(50, |session| {
                            session.execute(add(mine, 1))?;
                            session.execute(add(other, 1))
                        })
                        .expect("a deadlock is retried");
                }
            };
            scope.spawn(move || work(1, 2));
            scope.spawn(move || work(2, 1));
        });
        assert_eq!(balances(engine), [110, 110]);
    }

    /// Case 47.
    fn write_skew_is_a_serialization_failure(db) {
        two_accounts(db)?;
        let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
        let (mut one, mut two) = (db.engine.connect()?, db.engine.connect()?);
        let mut first = one.begin_with(serializable)?;
        assert_eq!(first.count(select::<Account>().filter(|row| row.balance.gt(0)))?, 2);
        if matches!(db.backend, Backend::Mariadb | Backend::Mysql) {
            return Ok(()); // a serializable read locks its rows, so that the other transaction waits
        }
        let mut second = two.begin_with(serializable)?;
        assert_eq!(second.count(select::<Account>().filter(|row| row.balance.gt(0)))?, 2);
        second.execute(add(1, -100))?;
        second.commit()?;
        let error =
            first.execute(add(2, -100)).and_then(|_| first.commit()).expect_err("both relied on what they had read");
        assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
        assert!(error.is_retryable());
        assert!(!one.in_transaction());
        drop((one, two));
        assert_eq!(balances(&db.engine), [0, 100]);
        at_rest(&db.engine);
    }

    fn a_lost_update_is_a_serialization_failure_or_waits(db) {
        two_accounts(db)?;
        if matches!(db.backend, Backend::Mariadb | Backend::Mysql) {
            return Ok(()); // InnoDB's repeatable read lets an update see what others have committed
        }
        let options = TransactionOptions::new().isolation(Isolation::RepeatableRead);
        let (mut one, mut two) = (db.engine.connect()?, db.engine.connect()?);
        let mut first = one.begin_with(options)?;
        let read: i64 = first.one(select::<Account>().filter(|row| row.id.eq(1)).columns(|row| row.balance))?;
        two.execute(add(1, 5))?;
        let error = first
            .execute(update::<Account>().set(|row| row.balance.to(read + 1)).filter(|row| row.id.eq(1)))
            .expect_err("another wrote");
        assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
        assert_eq!(first.count(select::<Account>()).expect_err("it failed").kind(), ErrorKind::TransactionFailed);
        first.rollback()?;
        one.execute(add(1, 1))?;
        assert_eq!(balances(&db.engine)[0], 106);
    }

    /// Case 47.
    fn a_lock_that_is_not_free_in_time(db) {
        two_accounts(db)?;
        let option = match db.backend {
            Backend::Sqlite => "busy_timeout=50",
            Backend::Postgres => "lock_timeout=100",
            Backend::Mariadb | Backend::Mysql => "lock_timeout=1s",
        };
        let impatient = orm::create_engine(&with_option(&db.url, option))?;
        let mut holder = db.engine.connect()?;
        let mut held = holder.begin_with(TransactionOptions::new().write())?;
        held.execute(add(1, 1))?;
        let error = impatient.transaction(|tx| tx.execute(add(1, 1))).expect_err("the row is locked");
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert!(error.is_retryable());
        let error = impatient.connect()?.execute(add(1, 1)).expect_err("the row is locked");
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        let mut waiting = impatient.connect()?;
        if db.backend != Backend::Sqlite {
            let mut tx = waiting.begin()?;
            tx.execute(add(2, 1))?;
            tx.execute(add(1, 1)).expect_err("the row is locked");
            assert_eq!(tx.execute(add(2, 1)).expect_err("it failed").kind(), ErrorKind::TransactionFailed);
            tx.commit().expect_err("half of it was refused");
        }
        held.commit()?;
        waiting.execute(add(1, 1))?;
        drop(waiting);
        assert_eq!(balances(&db.engine), [102, 100]);
        at_rest(&impatient);
        impatient.pool().close();
        impatient.pool().settle(std::time::Duration::from_secs(10));
    }

    fn rows_are_locked_where_there_are_row_locks(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin()?;
        let result = tx.all(select::<Account>().filter(|row| row.id.eq(1)).for_update());
        if db.backend == Backend::Sqlite {
            let error = result.expect_err("there are none");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().starts_with("SQLite does not have row locks"), "{error}");
            return Ok(());
        }
        assert_eq!(result?, [account(1)]);
        assert_eq!(tx.all(select::<Account>().filter(|row| row.id.eq(2)).for_share())?, [account(2)]);
        tx.commit()?;
    }
}
