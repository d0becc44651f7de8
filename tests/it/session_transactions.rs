//! Commit, rollback, savepoints, failed sessions, and sessions that meet each other.

use crate::session_models::*;
use crate::support::Backend;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "loans")]
struct Loan {
    #[orm(primary_key)]
    id: i64,
    #[orm(deferrable)]
    author: Ref<Author>,
}

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

    /// Rule 32: what the database refuses only at COMMIT.
    fn a_commit_that_is_refused_fails_the_session(db) {
        if let Err(error) = Schema::of::<(Author, Loan)>().create_all(&db.engine) {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(matches!(db.backend, Backend::Mariadb | Backend::Mysql), "it has deferrable foreign keys");
            return Ok(());
        }
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.add(Loan { id: 0, author: Ref::from(4711) });
        let error = session.commit().expect_err("there is no such author");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        assert_eq!(session.commit().expect_err("failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert!(session.is_empty() && session.try_get(ann).is_none());
        assert!(authors(db)?.is_empty());
        let bob = session.add(author("bob"));
        session.add(Loan { id: 0, author: bob.into() });
        session.commit()?;
        assert_eq!(names(db)?, ["bob"]);
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
        let inside = session.savepoint(|session| Ok(session.state(ann)))?;
        assert_eq!(inside, State::Clean, "a savepoint flushes first all the same");
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
}
