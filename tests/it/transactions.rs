//! Transactions and savepoints of connections: what is kept, what is undone, and what a failure leaves.

mod conflicts;

use crate::support::Db;
use orm::prelude::*;

/// A row that transactions change.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "account")]
pub(crate) struct Account {
    #[orm(primary_key, generated = false)]
    pub(crate) id: i64,
    pub(crate) balance: i64,
}

/// A table of two accounts.
pub(crate) fn two_accounts(db: &Db) -> orm::Result<()> {
    Schema::of::<Account>().create_all(&db.engine)?;
    db.engine.connect()?.execute(insert(&[account(1), account(2)]))?;
    Ok(())
}

pub(crate) fn account(id: i64) -> Account {
    Account { id, balance: 100 }
}

/// The keys that are there, by a connection of its own.
fn ids(engine: &Engine) -> Vec<i64> {
    let query = select::<Account>().order_by(|row| row.id).columns(|row| row.id);
    engine.connect().and_then(|mut connection| connection.all(query)).expect("the table can be read")
}

/// Nothing is checked out, and the next connection of the pool has no transaction.
#[track_caller]
fn at_rest(engine: &Engine) {
    assert!(engine.pool().settle(std::time::Duration::from_secs(10)));
    assert_eq!(engine.pool_status().in_use, 0);
    let mut connection = engine.connect().expect("the pool has connections");
    assert!(!connection.in_transaction());
    assert!(!connection.driver_connection().in_transaction().unwrap_or(false));
}

on_every_backend! {
    fn commit_keeps_and_rollback_and_drop_undo(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&account(3)))?;
        assert!(tx.in_transaction());
        tx.commit()?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&account(4)))?;
        assert_eq!(tx.count(select::<Account>())?, 4, "a transaction sees its own rows");
        tx.rollback()?;
        {
            let mut tx = connection.begin()?;
            tx.execute(insert(&account(5)))?;
        }
        assert!(!connection.in_transaction());
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2, 3]);
        at_rest(&db.engine);
    }

    fn a_closure_commits_on_ok_only(db) {
        two_accounts(db)?;
        let kept = db.engine.transaction(|tx| {
            tx.execute(insert(&account(3)))?;
            Ok("kept")
        })?;
        assert_eq!(kept, "kept");
        let error = db.engine.transaction(|tx| {
            tx.execute(insert(&account(4)))?;
            Err::<(), _>(Error::refused(std::fmt::Error))
        });
        assert_eq!(error.expect_err("the closure said so").kind(), ErrorKind::Refused);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            db.engine.transaction(|tx| {
                tx.execute(insert(&account(5)))?;
                if tx.in_transaction() {
                    std::panic::resume_unwind(Box::new("the closure panics"));
                }
                Ok(())
            })
        }));
        assert_eq!(panicked.expect_err("it does").downcast_ref::<&str>(), Some(&"the closure panics"));
        assert_eq!(ids(&db.engine), [1, 2, 3]);
        at_rest(&db.engine);
    }

    fn a_transaction_that_is_never_ended_is_rolled_back_by_the_pool(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&account(3)))?;
        std::mem::forget(tx);
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2]);
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&account(4)))?;
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2, 4]);
        at_rest(&db.engine);
    }

    fn savepoints_nest_three_deep(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&account(3)))?;
        {
            let mut one = tx.begin()?;
            one.execute(insert(&account(4)))?;
            {
                let mut two = one.begin()?;
                two.execute(insert(&account(5)))?;
                let mut three = two.begin()?;
                three.execute(insert(&account(6)))?;
                three.commit()?;
                two.rollback()?;
            }
            let mut two = one.begin()?;
            two.execute(insert(&account(7)))?;
            drop(two);
            one.commit()?;
        }
        let hidden = tx.transaction(|inner| {
            inner.execute(insert(&account(8)))?;
            Err::<(), _>(Error::refused(std::fmt::Error))
        });
        assert_eq!(hidden.expect_err("the closure said so").kind(), ErrorKind::Refused);
        let mut released = tx.begin()?;
        released.execute(insert(&account(9)))?;
        released.commit()?;
        tx.commit()?;
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2, 3, 4, 9]);
        let undone = db.engine.transaction(|tx| {
            let mut inner = tx.begin()?;
            inner.execute(insert(&account(10)))?;
            inner.commit()?;
            Err::<(), _>(Error::refused(std::fmt::Error))
        });
        undone.expect_err("the closure said so");
        assert_eq!(ids(&db.engine), [1, 2, 3, 4, 9], "a released savepoint is undone with its transaction");
        at_rest(&db.engine);
    }

    fn savepoints_nest_fifty_deep(db) {
        fn nest(tx: &mut Connection, depth: i64) -> orm::Result<()> {
            if depth == 50 {
                return Ok(());
            }
            let mut inner = tx.begin()?;
            inner.execute(insert(&account(10 + depth)))?;
            nest(&mut inner, depth + 1)?;
            if depth % 10 == 9 { inner.rollback() } else { inner.commit() }
        }
        two_accounts(db)?;
        db.engine.transaction(|tx| nest(tx, 0))?;
        assert_eq!(ids(&db.engine), [vec![1, 2], (10..19).collect()].concat());
    }

    fn a_failed_transaction_refuses_until_it_is_rolled_back(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&account(3)))?;
        let error = tx.execute(insert(&account(1))).expect_err("it is there");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        for again in [tx.execute(insert(&account(4))), tx.count(select::<Account>()), tx.begin().map(|_| 0)] {
            let error = again.expect_err("the transaction failed");
            assert_eq!(error.kind(), ErrorKind::TransactionFailed);
            assert!(
                error
                    .to_string()
                    .contains("the transaction failed before and must be rolled back; the first error was: "),
                "{error}"
            );
        }
        let error = tx.commit().expect_err("a failed transaction is never committed");
        assert_eq!(error.kind(), ErrorKind::TransactionFailed);
        assert!(!connection.in_transaction());
        assert_eq!(connection.count(select::<Account>())?, 2);
        let mut tx = connection.begin()?;
        tx.execute(sql("SELECT nonsense FROM nowhere")).expect_err("no such table");
        tx.rollback()?;
        connection.execute(insert(&account(5)))?;
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2, 5]);
        at_rest(&db.engine);
    }

    fn an_error_that_the_closure_hides_is_returned_all_the_same(db) {
        two_accounts(db)?;
        let result = db.engine.transaction(|tx| {
            tx.execute(insert(&account(3)))?;
            let _ = tx.execute(insert(&account(1)));
            Ok(())
        });
        assert_eq!(result.expect_err("the database refused").kind(), ErrorKind::TransactionFailed);
        assert_eq!(ids(&db.engine), [1, 2]);
    }

    fn a_failure_in_a_savepoint_is_over_with_it(db) {
        two_accounts(db)?;
        db.engine.transaction(|tx| {
            tx.execute(insert(&account(3)))?;
            let failed = tx.transaction(|inner| {
                inner.execute(insert(&account(4)))?;
                inner.execute(insert(&account(1)))
            });
            assert_eq!(failed.expect_err("it is there").kind(), ErrorKind::UniqueViolation);
            tx.execute(insert(&account(5)))?;
            let mut inner = tx.begin()?;
            inner.execute(insert(&account(1))).expect_err("it is there");
            assert_eq!(inner.commit().expect_err("it failed").kind(), ErrorKind::TransactionFailed);
            tx.execute(insert(&account(6)))?;
            Ok(())
        })?;
        assert_eq!(ids(&db.engine), [1, 2, 3, 5, 6]);
    }

    fn an_error_of_ours_does_not_fail_the_transaction(db) {
        two_accounts(db)?;
        db.engine.transaction(|tx| {
            let error = tx.one(select::<Account>().filter(|row| row.id.eq(99))).expect_err("nobody has it");
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let error = tx.one(select::<Account>()).expect_err("there are two");
            assert_eq!(error.kind(), ErrorKind::MultipleRows);
            let error = tx.all::<(i64, i64, i64), _>(sql("SELECT id, balance FROM account")).expect_err("two columns");
            assert_eq!(error.kind(), ErrorKind::Decode);
            let error = tx.execute(sql("SELECT :x")).expect_err("no value");
            assert_eq!(error.kind(), ErrorKind::Misuse);
            tx.for_each(select::<Account>(), |_| Err(Error::refused(std::fmt::Error)))
                .expect_err("the closure said so");
            tx.execute(insert(&account(3)))?;
            Ok(())
        })?;
        assert_eq!(ids(&db.engine), [1, 2, 3]);
    }

    fn read_only_refuses_writes_and_ends_with_the_transaction(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let mut tx = connection.begin_with(TransactionOptions::new().read_only())?;
        assert_eq!(tx.count(select::<Account>())?, 2);
        let error = tx.execute(insert(&account(3))).expect_err("it only reads");
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        tx.rollback()?;
        connection.execute(insert(&account(4)))?;
        let tx = connection.begin_with(TransactionOptions::new().read_only())?;
        tx.commit()?;
        connection.execute(insert(&account(5)))?;
        let mut tx = connection.begin_with(TransactionOptions::new().read_only())?;
        assert_eq!(tx.count(select::<Account>())?, 4);
        std::mem::forget(tx);
        drop(connection);
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&account(6)))?;
        drop(connection);
        assert_eq!(ids(&db.engine), [1, 2, 4, 5, 6]);
    }

    fn every_isolation_level_is_taken(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        let levels =
            [Isolation::ReadUncommitted, Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable];
        let base = TransactionOptions::new();
        for (options, writes) in [(base, true), (base.write(), true), (base.read_only(), false)] {
            for level in levels {
                let mut tx = connection.begin_with(options.isolation(level))?;
                assert_eq!(tx.count(select::<Account>())?, 2);
                if writes {
                    assert_eq!(
                        tx.execute(
                            update::<Account>().set(|row| row.balance.to(row.balance + 1)).filter(|row| row.id.eq(1))
                        )?,
                        1
                    );
                }
                tx.commit()?;
            }
        }
        let found: i64 = connection.one(select::<Account>().filter(|row| row.id.eq(1)).columns(|row| row.balance))?;
        assert_eq!(found, 108);
    }

    fn a_repeatable_read_does_not_see_what_others_commit(db) {
        two_accounts(db)?;
        let mut connection = db.engine.connect()?;
        for (level, seen) in [(Isolation::RepeatableRead, 0), (Isolation::ReadCommitted, 1)] {
            let mut tx = connection.begin_with(TransactionOptions::new().isolation(level))?;
            let before = tx.count(select::<Account>())?;
            let mut other = db.engine.connect()?;
            other.execute(insert(&account(10 + seen)))?;
            let after = tx.count(select::<Account>())?;
            // SQLite always gives more than was asked for.
            let seen = if db.engine.dialect().begin.upgrade_by_restart { 0 } else { seen as u64 };
            assert_eq!(after - before, seen, "{level:?}");
            tx.commit()?;
        }
    }
}

/// SQLite cannot turn a transaction that has read into one that writes, so that the first statement decides how it begins.
#[test]
fn the_first_statement_begins_a_transaction_of_sqlite() {
    crate::support::run(crate::support::Backend::Sqlite, |db| {
        two_accounts(db)?;
        db.all_statements();
        let sent = || -> Vec<String> {
            let first = |sql: &String| sql.split_whitespace().next().unwrap_or_default().to_owned();
            db.all_statements()
                .iter()
                .map(|sql| if sql.starts_with("BEGIN") { sql.clone() } else { first(sql) })
                .collect()
        };
        let mut connection = db.engine.connect()?;
        connection.begin()?.commit()?;
        connection.begin()?.rollback()?;
        drop(connection.begin()?);
        assert!(sent().is_empty(), "nothing was done in them");
        let mut transaction = connection.begin()?;
        transaction.execute(insert(&account(3)))?;
        transaction.commit()?;
        assert_eq!(sent(), ["BEGIN IMMEDIATE", "INSERT", "COMMIT"]);
        let mut transaction = connection.begin()?;
        transaction.count(select::<Account>())?;
        transaction.commit()?;
        assert_eq!(sent(), ["BEGIN", "SELECT", "COMMIT"]);
        let mut transaction = connection.begin()?;
        transaction.count(select::<Account>())?;
        transaction.execute(insert(&account(4)))?;
        transaction.commit()?;
        assert_eq!(sent(), ["BEGIN", "SELECT", "COMMIT", "BEGIN IMMEDIATE", "INSERT", "COMMIT"]);
        let mut transaction = connection.begin()?;
        assert!(transaction.in_transaction());
        assert_eq!(
            transaction.driver_connection().in_transaction(),
            Some(true),
            "the driver is told before it is shown"
        );
        transaction.driver_connection().batch("INSERT INTO account VALUES (5, 0)")?;
        transaction.rollback()?;
        drop(connection);
        let mut session = db.engine.session();
        session.add(account(6));
        sent();
        session.commit()?;
        assert_eq!(sent(), ["BEGIN IMMEDIATE", "INSERT", "COMMIT"]);
        assert_eq!(ids(&db.engine), [1, 2, 3, 4, 6]);
        Ok(())
    });
}

/// A lock that is not had is an error of the first statement, and the transaction goes on after a rollback.
#[test]
fn a_transaction_that_cannot_begin_has_failed() {
    crate::support::run(crate::support::Backend::Sqlite, |db| {
        two_accounts(db)?;
        let impatient = orm::create_engine(&format!("{}?busy_timeout=1", db.url))?;
        let mut holder = db.engine.connect()?;
        let mut holding = holder.begin()?;
        holding.execute(insert(&account(3)))?;
        let mut connection = impatient.connect()?;
        let mut transaction = connection.begin()?;
        let error = transaction.execute(insert(&account(4))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert_eq!(transaction.count(select::<Account>()).unwrap_err().kind(), ErrorKind::TransactionFailed);
        assert!(transaction.commit().is_err());
        holding.commit()?;
        drop(holder);
        connection.transaction(|tx| tx.execute(insert(&account(5))))?;
        assert_eq!(ids(&db.engine), [1, 2, 3, 5]);
        Ok(())
    });
}
