//! Sessions that meet others: what they see of each other's rows, deadlocks, lost connections, and running again.

use crate::session_models::*;
use crate::support::Backend;
use orm::prelude::*;

on_every_backend! {
    /// Case 31.
    fn what_others_changed_is_read_after_the_commit_and_not_before(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        set_age_elsewhere(db, session[ann].id, 40)?;
        assert_eq!(session[ann].age, 30, "indexing never talks to the database");
        assert_eq!(session.one(select::<Author>())?, ann);
        assert_eq!(session[ann].age, 40);
        // In the same transaction the object stays as it was first read.
        set_age_elsewhere(db, session[ann].id, 50)?;
        session.one(select::<Author>())?;
        assert_eq!(session[ann].age, 40);
        session.commit()?;
        session.get(ann)?;
        assert_eq!(session[ann].age, 50);
        session.rollback()?;
        set_age_elsewhere(db, session[ann].id, 60)?;
        session.get(ann)?;
        assert_eq!(session[ann].age, 60);
    }

    /// Case 31 and rule 4: a change that waits is never overwritten, in no column, nor its version.
    fn a_change_that_waits_is_never_overwritten(db) {
        create(db)?;
        let mut session = db.engine.session().without_autoflush();
        let (ann, acc) = (session.add(author("ann")), session.add(account("ann", 1)));
        session.commit()?;
        session[ann].name = "anna".into();
        session[acc].balance = 2;
        set_age_elsewhere(db, session[ann].id, 40)?;
        db.engine.connect()?.execute(update::<Account>().set(|a| a.balance.to(50)).every_row())?;
        session.all(select::<Author>())?;
        session.all(select::<Account>())?;
        session.get(ann)?;
        session.get(acc)?;
        assert_eq!((session[ann].name.as_str(), session[ann].age), ("anna", 30));
        assert_eq!((session[acc].balance, session[acc].version), (2, 1));
        let error = session.commit().expect_err("the account has another version");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        session.rollback()?;
        session.get(acc)?;
        assert_eq!((session[acc].balance, session[acc].version), (50, 2));
    }

    /// Rule 3: a lock read gives the latest row, a plain read does not take it back.
    fn a_lock_read_overwrites(db) {
        create(db)?;
        let mut session = db.engine.session().write();
        let ann = session.add(author("ann"));
        session.commit()?;
        let id = session[ann].id;
        let mut session = if db.backend == Backend::Sqlite { session } else { db.engine.session() };
        let ann = session.get::<Author>(id)?.expect("the row is there");
        if db.backend == Backend::Sqlite {
            let error = session.all(select::<Author>().for_update()).expect_err("SQLite has no row locks");
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            session.refresh_locked(ann)?;
            return Ok(());
        }
        set_age_elsewhere(db, id, 40)?;
        session.all(select::<Author>())?;
        assert_eq!(session[ann].age, 30);
        session.all(select::<Author>().for_update())?;
        assert_eq!(session[ann].age, 40);
        session.all(select::<Author>())?;
        session.get(ann)?;
        assert_eq!(session[ann].age, 40, "an older snapshot does not come back");
    }

    /// A lock read that meets a change of another version says so.
    fn a_lock_read_under_a_change_checks_the_version(db) {
        create(db)?;
        if db.backend == Backend::Sqlite {
            return Ok(());
        }
        let mut session = db.engine.session().without_autoflush();
        let acc = session.add(account("ann", 1));
        session.commit()?;
        session[acc].balance = 2;
        session.all(select::<Account>().for_update())?;
        session.rollback()?;
        session[acc].balance = 2;
        db.engine.connect()?.execute(update::<Account>().set(|a| a.balance.to(50)).every_row())?;
        let error = session.all(select::<Account>().for_update()).expect_err("another version");
        assert_eq!(error.kind(), ErrorKind::StaleData, "{error}");
        assert_eq!((session[acc].balance, session[acc].version), (2, 1));
    }

    /// Case 32.
    fn refresh_reads_anew_or_says_that_the_row_is_gone(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        set_age_elsewhere(db, session[ann].id, 40)?;
        session.refresh(ann)?;
        assert_eq!(session[ann].age, 40);
        session.commit()?;
        delete_elsewhere(db, session[ann].id)?;
        let error = session.refresh(ann).expect_err("the row is gone");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(session.state(ann), State::Gone(Gone::RowGone));
        session.commit()?;
        let new = session.add(author("new"));
        session[new].age = 31;
        session.refresh(new)?;
        assert_eq!(session[new].age, 31, "a new object is written first");
        assert_ne!(session[new].id, 0);
    }

    /// Case 32: with a lock, the latest.
    fn refresh_with_a_lock_reads_the_latest(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        if db.backend == Backend::Sqlite {
            assert_eq!(session.refresh_locked(ann).expect_err("no row locks").kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        session.get(ann)?;
        set_age_elsewhere(db, session[ann].id, 40)?;
        session.refresh_locked(ann)?;
        assert_eq!(session[ann].age, 40);
        session[ann].age += 1;
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 41);
    }

    /// Rule 6: a deadlock inside a savepoint loses the whole transaction.
    fn a_deadlock_in_a_savepoint_fails_the_whole_session(db) {
        create(db)?;
        if db.backend == Backend::Sqlite {
            return Ok(()); // it has one write lock and no deadlocks
        }
        let mut setup = db.engine.session();
        let (one, two) = (setup.add(account("one", 1)), setup.add(account("two", 2)));
        setup.commit()?;
        let keys = [setup[one].id, setup[two].id];
        let barrier = std::sync::Barrier::new(2);
        let (engine, barrier) = (&db.engine, &barrier);
        let work = move |first: i64, second: i64| -> orm::Result<Option<ErrorKind>> {
            let mut session = engine.session();
            let set = |key: i64| update::<Account>().set(|a| a.balance.to(a.balance + 10)).filter(move |a| a.id.eq(key));
            session.execute(set(first))?;
            barrier.wait();
            let mut kind = None;
            let result = session.savepoint(|session| session.savepoint(|session| {
                // The error is hidden, and must come back as the first one all the same.
                kind = session.execute(set(second)).err().map(|error| error.kind());
                Ok(())
            }));
            let Err(error) = result else {
                session.commit()?;
                return Ok(None);
            };
            assert_eq!(Some(error.kind()), kind, "{error}");
            assert_eq!(session.all(select::<Account>()).expect_err("all is lost").kind(), ErrorKind::SessionFailed);
            assert_eq!(session.commit().expect_err("all is lost").kind(), ErrorKind::SessionFailed);
            session.rollback()?;
            session.count(select::<Account>())?;
            session.commit()?;
            Ok(kind)
        };
        let results = std::thread::scope(|scope| {
            let threads = [(keys[0], keys[1]), (keys[1], keys[0])].map(|(a, b)| scope.spawn(move || work(a, b)));
            threads.map(|thread| thread.join().expect("no thread panics"))
        });
        let kinds: Vec<_> = results.into_iter().collect::<orm::Result<_>>()?;
        assert!(kinds.contains(&None) && kinds.contains(&Some(ErrorKind::Deadlock)), "{kinds:?}");
        assert_eq!(accounts(db)?.iter().map(|account| account.balance).collect::<Vec<_>>(), [11, 12], "one of them won, whole");
    }

    /// Rule 32: a connection that is gone fails the session, and a rollback gives it another.
    fn a_lost_connection_fails_the_session_until_it_is_rolled_back(db) {
        create(db)?;
        let (own, kill) = match db.backend {
            Backend::Sqlite => return Ok(()),
            Backend::Postgres => ("SELECT pg_backend_pid()::bigint", "SELECT pg_terminate_backend("),
            Backend::Mariadb | Backend::Mysql => ("SELECT CAST(CONNECTION_ID() AS SIGNED)", "KILL ("),
        };
        for at_commit in [false, true] {
            let mut session = db.engine.session();
            let ann = session.add(author("ann"));
            session.savepoint(|session| session.flush())?;
            let id: i64 = session.rows(sql(own))?.remove(0);
            let mut other = db.engine.connect()?;
            let text = format!("{kill}{id})").replace("KILL (", "KILL ").replace(')', if db.backend == Backend::Postgres { ")" } else { "" });
            if db.backend == Backend::Postgres {
                let _: Vec<bool> = other.all(sql(text))?;
            } else {
                other.execute(sql(text))?;
            }
            if at_commit {
                let error = session.commit().expect_err("the connection is gone");
                assert!(matches!(error.kind(), ErrorKind::CommitOutcomeUnknown | ErrorKind::ConnectionLost), "{error:?}");
            } else {
                let error = session.savepoint(|session| session.count(select::<Author>())).expect_err("the connection is gone");
                assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
            }
            assert_eq!(session.flush().expect_err("failed").kind(), ErrorKind::SessionFailed);
            assert_eq!(session[ann].name, "ann");
            session.rollback()?;
            assert_eq!(session.state(ann), State::Gone(Gone::RolledBack));
            let bob = session.add(author("bob"));
            session.commit()?;
            assert_eq!(names(db)?, ["bob"]);
            session.delete(bob);
            session.commit()?;
        }
    }

    /// Rule 33.
    fn retry_runs_the_whole_transaction_again_and_only_where_that_may_help(db) {
        create(db)?;
        let mut runs = 0;
        let name = db.engine.retry(3, |session| {
            runs += 1;
            let ann = session.add(author(&format!("run {runs}")));
            session.flush()?;
            if runs < 3 {
                return Err(Error::new(ErrorKind::SerializationFailure, "once more"));
            }
            Ok(session[ann].name.clone())
        })?;
        assert_eq!((name.as_str(), runs), ("run 3", 3));
        assert_eq!(names(db)?, ["run 3"]);
        for kind in [ErrorKind::StaleData, ErrorKind::CommitOutcomeUnknown, ErrorKind::ConnectionLost, ErrorKind::UniqueViolation] {
            let mut runs = 0;
            let error = db.engine.retry(3, |_| -> orm::Result<()> {
                runs += 1;
                Err(Error::new(kind, "no"))
            }).expect_err("it always fails");
            assert_eq!((error.kind(), runs), (kind, 1));
        }
        let mut runs = 0;
        let error = db.engine.retry(4, |_| -> orm::Result<()> {
            runs += 1;
            Err(Error::new(ErrorKind::Deadlock, "again and again"))
        }).expect_err("it always fails");
        assert_eq!((error.kind(), runs), (ErrorKind::Deadlock, 4));
        let mut runs = 0;
        assert!(db.engine.retry(0, |_| -> orm::Result<()> { runs += 1; Ok(()) }).is_ok());
        assert_eq!(runs, 1);
    }

    /// Rule 33, for real: two that read and write the same rows, and one must run again.
    fn retry_makes_two_counters_agree(db) {
        create(db)?;
        let id = db.engine.with_session(|session| {
            let counter = session.add(author("counter"));
            session[counter].age = 0;
            session.flush()?;
            Ok(session[counter].id)
        })?;
        let engine = &db.engine;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(move || (0..5).try_for_each(|_| engine.retry(50, |session| {
                let counter = session.get::<Author>(id)?.expect("the counter is there");
                if session.engine().dialect().name != "SQLite" && session.engine().dialect().name != "sqlite" {
                    session.refresh_locked(counter)?;
                }
                session[counter].age += 1;
                Ok(())
            })))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
        })?;
        assert_eq!(authors(db)?[0].age, 20);
    }
}

/// Rule 30: SQLite, read and then write.
#[test]
fn sqlite_refuses_to_write_on_what_another_changed_since_it_was_read() {
    crate::support::run(Backend::Sqlite, |db| {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let id = session[ann].id;
        // Nobody wrote in between: the read goes on as a write.
        session.get(ann)?;
        session[ann].age += 1;
        session.commit()?;
        // Somebody did.
        session.get(ann)?;
        set_age_elsewhere(db, id, 50)?;
        session[ann].age += 1;
        let error = session.commit().expect_err("what was read is old");
        assert_eq!(error.kind(), ErrorKind::SerializationFailure);
        assert!(error.to_string().contains("engine.session().write()"), "{error}");
        assert_eq!(session.count(select::<Author>()).expect_err("failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        session.get(ann)?;
        assert_eq!(session[ann].age, 50);
        session[ann].age += 1;
        session.commit()?;
        // A session that writes from its start keeps others out instead.
        let mut writer = db.engine.session().write();
        let ann = writer.get::<Author>(id)?.expect("the row is there");
        writer[ann].age += 1;
        writer.commit()?;
        assert_eq!(authors(db)?[0].age, 52);
        Ok(())
    });
}

/// Rule 31: an in-memory database is one connection.
#[test]
fn sqlite_in_memory_says_that_the_thread_waits_for_itself() {
    let engine = orm::create_engine("sqlite::memory:").expect("the URL is right");
    Schema::of::<(Author,)>().create_all(&engine).expect("the table can be made");
    let mut session = engine.session();
    session.add(author("ann"));
    session.flush().expect("the row can be inserted");
    let start = std::time::Instant::now();
    let error = engine.connect().map(|_| ()).expect_err("the session holds the only connection");
    assert!(error.to_string().contains("this thread already holds"), "{error}");
    assert!(
        start.elapsed() < std::time::Duration::from_secs(10),
        "it says so at once, and does not wait for the timeout"
    );
    session.commit().expect("the session goes on");
    engine.connect().expect("the connection is free again");
}
