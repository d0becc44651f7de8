//! Commit, rollback, savepoints, failed sessions, and sessions that meet each other.

use crate::session_models::*;
use crate::support::Backend;
use orm::prelude::*;

fn refused() -> orm::Result<()> {
    Err(Error::refused("no"))
}

on_every_backend! {
    /// Case 28.
    fn rollback_takes_everything_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (kept, deleted) = (session.add(author("kept")), session.add(author("deleted")));
        session.commit()?;
        let key = session[deleted].id;
        let (flushed, pending) = (session.add(author("flushed")), session.add(author("pending")));
        session[kept].age = 31;
        session.delete(deleted);
        session.flush()?;
        session[kept].age = 32;
        let added_key = session[flushed].id;
        session.add(author("later"));
        session.rollback()?;
        for handle in [flushed, pending] {
            assert_eq!(session.state(handle), State::Gone(Gone::RolledBack));
            assert!(session.try_get(handle).is_none());
        }
        assert_eq!((session[kept].age, session[deleted].name.as_str()), (30, "deleted"));
        if added_key != key {
            assert_eq!(session.get::<Author>(added_key)?, None); // SQLite gives a free key again
        }
        assert_eq!(session.get::<Author>(key)?, Some(deleted));
        assert_eq!(session.all(select::<Author>().order_by(|a| a.id.asc()))?, [kept, deleted]);
        assert_eq!(session.len(), 2);
        session.commit()?;
        assert_eq!(names(db)?, ["kept", "deleted"]);
    }

    /// Case 28: also what the session had forgotten, or wrote by a statement, and then loaded.
    fn after_a_rollback_the_session_holds_nothing_that_the_database_does_not(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.flush()?;
        session.expunge(ann);
        let loaded = session.one(select::<Author>())?;
        session.rollback()?;
        assert_eq!((session.state(loaded), session.len()), (State::Gone(Gone::RolledBack), 0));

        session.add(author("bob"));
        session.flush()?;
        session.clear();
        session.one(select::<Author>())?;
        session.rollback()?;
        assert!(session.is_empty());

        session.scope(|session| {
            session.add(author("carol"));
            Ok(())
        })?;
        assert!(session.is_empty());
        session.one(select::<Author>())?;
        session.rollback()?;
        assert!(session.is_empty());

        session.execute(insert(&author("dora")))?;
        session.savepoint(|session| session.one(select::<Author>()).map(|_| ()))?;
        assert_eq!(session.len(), 1);
        session.rollback()?;
        assert!(session.is_empty());
        assert!(authors(db)?.is_empty());
    }

    /// Case 29.
    fn a_savepoint_takes_back_its_own_work_only(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (old, untouched) = (session.add(author("old")), session.add(author("untouched")));
        session.commit()?;
        let before = session.add(author("before"));
        session[untouched].age = 40;
        let mut inside = None;
        let error = session.savepoint(|session| {
            inside = Some(session.add(author("inside")));
            session[old].age = 99;
            session.delete(untouched);
            session.flush()?;
            session[before].name = "renamed".into();
            refused()
        });
        assert_eq!(error.expect_err("the closure refused").kind(), ErrorKind::Refused);
        let inside = inside.expect("the closure ran");
        assert_eq!(session.state(inside), State::Gone(Gone::RolledBack));
        assert_eq!((session[old].age, session[untouched].age, session[before].name.as_str()), (30, 40, "before"));
        session.commit()?;
        assert_eq!(names(db)?, ["old", "untouched", "before"]);
        assert_eq!(authors(db)?.iter().map(|author| author.age).collect::<Vec<_>>(), [30, 40, 30]);
    }

    /// Case 29: released, it is undone with what is around it. Three levels.
    fn savepoints_three_levels_deep(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let ages = |session: &Session| session[ann].age;
        let mut handles = Vec::new();
        session[ann].age = 1;
        let result = session.savepoint(|session| {
            session[ann].age = 2;
            handles.push(session.add(author("two")));
            session.savepoint(|session| {
                session[ann].age = 3;
                handles.push(session.add(author("three")));
                let inner = session.savepoint(|session| {
                    session[ann].age = 4;
                    handles.push(session.add(author("four")));
                    session.flush()?;
                    refused()
                });
                assert!(inner.is_err());
                assert_eq!(ages(session), 3);
                session.savepoint(|session| {
                    session[ann].age = 5;
                    handles.push(session.add(author("five")));
                    Ok(())
                })
            })?;
            assert_eq!(ages(session), 5);
            let names: Vec<String> = session.rows(select::<Author>().order_by(|a| a.id.asc()).columns(|a| a.name))?;
            assert_eq!(names, ["ann", "two", "three", "five"]);
            refused()
        });
        assert!(result.is_err());
        assert_eq!(ages(&session), 1);
        assert!(handles.iter().all(|handle| matches!(session.state(*handle), State::Gone(_))));
        session.savepoint(|session| session.savepoint(|session| session.savepoint(|session| {
            session[ann].age = 6;
            session.add(author("six"));
            Ok(())
        })))?;
        assert_eq!(ages(&session), 6);
        session.rollback()?;
        assert_eq!(ages(&session), 30);
        assert_eq!(session.all(select::<Author>())?, [ann]);
        session[ann].age = 7;
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
    }

    /// Case 29: what was read in a savepoint that was rolled back is read anew.
    fn what_was_read_in_a_savepoint_is_read_anew_after_it(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let result = session.savepoint(|session| {
            session.execute(update::<Author>().set(|a| a.age.to(99)).every_row())?;
            session.get(ann)?;
            assert_eq!(session[ann].age, 99);
            session.execute(sql("INSERT INTO authors (id, name, age) VALUES (50, 'raw', 1)"))?;
            let raw = session.get::<Author>(50)?.expect("it was just inserted");
            assert_eq!(session[raw].name, "raw");
            refused()
        });
        assert!(result.is_err());
        assert_eq!(session[ann].age, 30, "the re-read is taken back, too");
        db.statements();
        session.get(ann)?;
        assert_eq!(db.statements().len(), 1, "the row was last read in what was rolled back");
        assert_eq!(session.get::<Author>(50)?, None);
        assert_eq!(session.len(), 1);
    }

    /// A panic in a savepoint rolls it back and goes on.
    fn a_panic_in_a_savepoint_rolls_it_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let text = panic_text(|| {
            let _ = session.savepoint(|session| -> orm::Result<()> {
                session[ann].age = 99;
                session.flush()?;
                panic!("out of the blue");
            });
        });
        assert_eq!(text, "out of the blue");
        assert_eq!(session[ann].age, 30);
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
    }

    /// Commit and rollback would end more than the savepoint.
    fn commit_and_rollback_are_refused_inside_of_a_savepoint(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.savepoint(|session| {
            session[ann].age = 31;
            assert_eq!(session.commit().expect_err("a savepoint is open").kind(), ErrorKind::Misuse);
            assert_eq!(session.rollback().expect_err("a savepoint is open").kind(), ErrorKind::Misuse);
            Ok(())
        })?;
        assert!(authors_in(&mut session)?.len() == 1);
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 31);
    }

    /// `clear` inside of a savepoint forgets the objects, and the savepoint ends as it would have.
    fn a_session_cleared_in_a_savepoint_goes_on(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let result = session.savepoint(|session| {
            session[ann].age = 99;
            session.flush()?;
            session.clear();
            session.add(author("bob"));
            session.flush()?;
            refused()
        });
        assert!(result.is_err());
        assert!(matches!(session.state(ann), State::Gone(_)), "bob had its place, and he is gone, too");
        let found = session.one(select::<Author>())?;
        assert_eq!((session[found].name.as_str(), session[found].age), ("ann", 30));
        session[found].age = 31;
        session.commit()?;
        assert_eq!(authors(db)?, [session[found].clone()]);
    }

    /// Case 30.
    fn after_an_error_the_session_says_so_until_it_is_rolled_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let twin = session.add(author("ann"));
        session[ann].age = 31;
        let error = session.flush().expect_err("the name is taken");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(error.constraint().is_some() || error.columns().contains(&"name".to_owned()), "{error:?}");
        let errors = [
            session.flush().expect_err("failed"),
            session.commit().expect_err("failed"),
            session.all(select::<Author>()).expect_err("failed"),
            session.get::<Author>(1).map(|_| ()).expect_err("failed"),
            session.get(ann).map(|_| ()).expect_err("failed"),
            session.count(select::<Author>()).map(|_| ()).expect_err("failed"),
            session.execute(delete::<Author>().every_row()).map(|_| ()).expect_err("failed"),
            session.rows(sql("SELECT 1")).map(|_: Vec<i64>| ()).expect_err("failed"),
            session.refresh(ann).expect_err("failed"),
            session.savepoint(|_| Ok(())).expect_err("failed"),
        ];
        for again in errors {
            assert_eq!(again.kind(), ErrorKind::SessionFailed, "{again}");
            let text = error.to_string();
            let reason = text.strip_prefix("insert into authors: ").unwrap_or(&text);
            assert!(again.to_string().contains("rolled back") && again.to_string().contains(reason), "{again}");
        }
        assert_eq!((session[ann].age, session[twin].name.as_str()), (31, "ann"), "objects can be read all the same");
        session.rollback()?;
        assert_eq!((session[ann].age, session.state(twin)), (30, State::Gone(Gone::RolledBack)));
        session.add(author("bob"));
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
    }

    /// Case 30, in a savepoint.
    fn an_error_in_a_savepoint_loses_the_savepoint_only(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let mut inside = None;
        let error = session.savepoint(|session| {
            inside = Some(session.add(author("fine")));
            session[ann].age = 99;
            session.flush()?;
            session.add(author("ann"));
            session.flush()
        }).expect_err("the name is taken");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!(session.state(inside.expect("the closure ran")), State::Gone(Gone::RolledBack));
        assert_eq!(session[ann].age, 30);
        session.add(author("bob"));
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
    }

    /// Rule 7: an error that the closure swallowed.
    fn an_error_that_was_swallowed_in_a_savepoint_is_returned(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add(author("ann"));
        let error = session.savepoint(|session| {
            session.add(author("half"));
            session.flush()?;
            session.add(author("ann"));
            let _ = session.flush();
            let later = session.all(select::<Author>()).expect_err("the savepoint failed");
            assert_eq!(later.kind(), ErrorKind::SessionFailed);
            Ok(())
        }).expect_err("half a flush must not be kept");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        session.commit()?;
        assert_eq!(names(db)?, ["ann"]);
    }

    /// Rule 7, one level deeper: the inner one is lost, the outer one is not.
    fn an_inner_savepoint_fails_alone(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add(author("ann"));
        session.savepoint(|session| {
            session.add(author("outer"));
            let inner = session.savepoint(|session| {
                session.add(author("ann"));
                session.flush()
            });
            assert_eq!(inner.expect_err("the name is taken").kind(), ErrorKind::UniqueViolation);
            session.add(author("after"));
            Ok(())
        })?;
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "outer", "after"]);
    }

    /// Errors of ours, before any SQL, fail nothing.
    fn an_error_before_any_sql_fails_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.savepoint(|session| {
            assert_eq!(session.one(select::<Author>().filter(|a| a.id.eq(-1))).expect_err("none").kind(), ErrorKind::NotFound);
            session.add(author("bob"));
            assert_eq!(session.one(select::<Author>()).expect_err("two").kind(), ErrorKind::MultipleRows);
            let wrong = session.add(Author { id: session[ann].id, ..author("wrong") });
            let twin = session.add(Author { id: session[ann].id, ..author("twin") });
            assert_eq!(session.flush().expect_err("one key, two objects").kind(), ErrorKind::UniqueViolation);
            session.delete(wrong);
            session.delete(twin);
            Ok(())
        })?;
        session.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
    }

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

    /// Case 33.
    fn an_error_or_a_panic_rolls_back_and_returns_the_connection(db) {
        create(db)?;
        let error = db.engine.with_session(|session| {
            session.add(author("ann"));
            session.flush()?;
            refused()
        }).expect_err("the closure refused");
        assert_eq!(error.kind(), ErrorKind::Refused);
        panic_text(|| {
            let _ = db.engine.with_session(|session| -> orm::Result<()> {
                session.add(author("bob"));
                session.flush()?;
                panic!("out of the blue")
            });
        });
        assert!(db.engine.transaction(|tx| {
            tx.execute(insert(&author("carol")))?;
            refused()
        }).is_err());
        panic_text(|| {
            let _ = db.engine.transaction(|tx| -> orm::Result<()> {
                tx.execute(insert(&author("dora")))?;
                panic!("out of the blue")
            });
        });
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        assert_eq!(db.engine.pool_status().in_use, 0);
        assert!(authors(db)?.is_empty());
        let name = db.engine.with_session(|session| {
            let eve = session.add(author("eve"));
            Ok(session[eve].name.clone())
        })?;
        assert_eq!(names(db)?, [name]);
    }

    /// Case 34.
    fn a_dropped_session_writes_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        session[ann].age = 99;
        session.add(author("flushed"));
        session.flush()?;
        session.add(author("pending"));
        drop(session);
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        let status = db.engine.pool_status();
        assert_eq!(status.in_use, 0, "{status:?}");
        assert_eq!(authors(db)?.iter().map(|author| author.age).collect::<Vec<_>>(), [30]);
        let mut idle = db.engine.session();
        idle.add(author("never"));
        drop(idle);
        assert_eq!(names(db)?, ["ann"]);
    }

    /// A connection is taken with the first statement and given back by commit and rollback, unless the session is pinned.
    fn a_session_holds_a_connection_only_during_a_transaction(db) {
        create(db)?;
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        let in_use = || db.engine.pool_status().in_use;
        let mut session = db.engine.session();
        session.add(author("ann"));
        assert_eq!(in_use(), 0);
        session.flush()?;
        assert_eq!(in_use(), 1);
        session.commit()?;
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        assert_eq!(in_use(), 0);
        session.count(select::<Author>())?;
        session.rollback()?;
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        assert_eq!(in_use(), 0);
        // Rule 34
        session.count(select::<Author>())?;
        session.pin();
        session.commit()?;
        assert_eq!(in_use(), 1);
        session.execute(sql("CREATE TEMPORARY TABLE mine (id INT)"))?;
        session.commit()?;
        session.execute(sql("INSERT INTO mine VALUES (1)"))?;
        session.commit()?;
        let rows: Vec<i32> = session.rows(sql("SELECT id FROM mine"))?;
        assert_eq!(rows, [1]);
        drop(session);
        db.engine.pool().settle(std::time::Duration::from_secs(10));
        assert_eq!(in_use(), 0);
        let mut other = db.engine.session();
        assert!(other.rows::<i32, _>(sql("SELECT id FROM mine")).is_err(), "what belonged to the pinned connection is gone");
    }

    /// Case 35.
    fn a_query_sees_what_was_added_before_it_unless_told_otherwise(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(Author { id: 7, ..author("ann") });
        assert_eq!(session.all(select::<Author>())?, [ann]);
        session[ann].age = 31;
        assert_eq!(session.count(select::<Author>().filter(|a| a.age.eq(31)))?, 1);
        let bob = session.add(Author { id: 8, ..author("bob") });
        assert_eq!(session.get::<Author>(8)?, Some(bob));
        let carol = session.add(author("carol"));
        assert_eq!(session.get::<Author>(Ref::from(carol))?, Some(carol));
        assert_ne!(session[carol].id, 0);
        session.delete(bob);
        assert_eq!(session.get::<Author>(8)?, None);
        assert!(session.exists(select::<Author>().filter(|a| a.id.eq(7)))?);
        assert!(!session.exists(select::<Author>().filter(|a| a.id.eq(8)))?);
        session.rollback()?;

        let mut session = db.engine.session().without_autoflush();
        let ann = session.add(Author { id: 7, ..author("ann") });
        assert!(session.all(select::<Author>())?.is_empty());
        assert_eq!(session.get::<Author>(7)?, None);
        assert_eq!(session.get::<Author>(Ref::from(ann))?, Some(ann));
        assert_eq!(session.state(ann), State::Pending);
        session.savepoint(|session| Ok(assert_eq!(session.state(ann), State::Clean)))?;
        assert_eq!(session.get::<Author>(7)?, Some(ann));
        session.commit()?;
        assert_eq!(names(db)?, ["ann"]);
    }

    /// Case 36.
    fn a_bulk_update_is_seen_by_the_next_query(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session[ann].email = Some("ann@example.org".into());
        assert_eq!(session.execute(update::<Author>().set(|a| a.age.to(a.age + 1)).every_row())?, 2);
        assert_eq!(session[ann].age, 30);
        session.all(select::<Author>())?;
        assert_eq!((session[ann].age, session[bob].age), (31, 31));
        assert_eq!(session[ann].email.as_deref(), Some("ann@example.org"), "what was changed before it was flushed before it");
        session.execute(update::<Author>().set(|a| a.age.to(50)).filter(|a| a.name.eq("bob")))?;
        session.get(bob)?;
        assert_eq!(session[bob].age, 50);
        session.rollback()?;
        assert!(session.is_empty());
    }

    /// A session can be moved to another thread.
    fn a_session_can_cross_threads(db) {
        fn is_send<T: Send>() {}
        is_send::<Session>();
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.flush()?;
        let (mut session, ann) = std::thread::spawn(move || {
            session[ann].age = 31;
            (session, ann)
        }).join().expect("the thread does not panic");
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
    }

    /// Sessions that only read refuse to write, before any SQL.
    fn a_read_only_session_writes_nothing(db) {
        create(db)?;
        let mut writer = db.engine.session();
        writer.add(author("ann"));
        writer.commit()?;
        let mut session = db.engine.session().read_only();
        let ann = session.one(select::<Author>())?;
        session[ann].age = 99;
        assert_eq!(session.commit().expect_err("it only reads").kind(), ErrorKind::ReadOnly);
        session.rollback()?;
        assert_eq!(session[ann].age, 30);
        assert!(session.execute(delete::<Author>().every_row()).is_err());
        session.rollback()?;
        drop(session);
        let mut writer = db.engine.session();
        writer.add(author("bob"));
        writer.commit()?;
        assert_eq!(names(db)?, ["ann", "bob"]);
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

fn authors_in(session: &mut Session) -> orm::Result<Vec<Handle<Author>>> {
    session.all(select::<Author>())
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
