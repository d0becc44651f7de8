//! Engines within one transaction: what a test commits is there for the test and for nobody else, and gone afterwards.

mod limits;
mod statements;

use crate::support::{Backend, Db};
use orm::prelude::*;
use std::time::Duration;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "guest", has_many(notes = Note::guest))]
struct Guest {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "note")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    guest: Ref<Guest>,
}

fn guest(name: &str) -> Guest {
    Guest { id: 0, name: name.to_owned() }
}

/// The tables, with one guest.
fn create(db: &Db) -> orm::Result<()> {
    Schema::of::<(Guest, Note)>().create_all(&db.engine)?;
    db.engine.connect()?.execute(insert(&guest("ann"))).map(drop)
}

fn names(engine: &Engine) -> Vec<String> {
    let query = select::<Guest>().order_by(|g| g.name).columns(|g| g.name);
    engine.connect().and_then(|mut connection| connection.all(query)).expect("the table can be read")
}

fn add(engine: &Engine, name: &str) -> orm::Result<()> {
    engine.with_session(|session| {
        session.add(guest(name));
        Ok(())
    })
}

/// All is as it was, and the connection has gone back.
#[track_caller]
fn untouched(db: &Db) {
    assert!(db.engine.pool().settle(Duration::from_secs(10)));
    assert_eq!((names(&db.engine), db.engine.pool_status().in_use), (vec!["ann".to_owned()], 0));
    assert_eq!(db.engine.pool_status().created, db.engine.pool_status().closed + db.engine.pool_status().idle as u64);
}

on_every_backend! {
    fn what_is_committed_is_seen_inside_and_nowhere_else(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        add(&test, "bob")?;
        test.transaction(|transaction| transaction.execute(insert(&guest("cyd"))).map(drop))?;
        test.connect()?.execute(insert(&guest("dan")))?;
        test.connect()?.execute(sql("UPDATE guest SET name = 'dora' WHERE name = 'dan'"))?;
        let clone = test.clone();
        drop(test);
        assert_eq!(names(&clone), ["ann", "bob", "cyd", "dora"], "a clone keeps the transaction");
        assert_eq!(names(&db.engine), ["ann"], "others see nothing");
        let mut session = clone.session();
        drop(clone);
        assert_eq!(session.count(select::<Guest>())?, 4, "so does a session");
        drop(session);
        untouched(db);
        add(&db.engine, "bob")?;
        assert_eq!(names(&db.engine), ["ann", "bob"], "nothing is locked");
    }

    fn what_is_rolled_back_is_undone_inside(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        add(&test, "bob")?;
        let refused: orm::Result<()> = test.with_session(|session| {
            session.add(guest("cyd"));
            session.flush()?;
            assert_eq!(session.count(select::<Guest>())?, 3);
            Err(Error::refused("better not"))
        });
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Refused);
        {
            let mut connection = test.connect()?;
            let mut transaction = connection.begin()?;
            transaction.execute(delete::<Guest>().every_row())?;
        }
        let mut session = test.session();
        session.add(guest("dan"));
        session.flush()?;
        drop(session);
        assert_eq!(names(&test), ["ann", "bob"]);
        drop(test);
        untouched(db);
    }

    fn transactions_and_savepoints_of_the_program_nest(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        let mut connection = test.connect()?;
        let mut outer = connection.begin()?;
        outer.execute(insert(&guest("bob")))?;
        let mut inner = outer.begin()?;
        inner.execute(insert(&guest("cyd")))?;
        inner.rollback()?;
        let mut inner = outer.begin()?;
        inner.execute(insert(&guest("dan")))?;
        assert_eq!(inner.execute(insert(&guest("dan"))).unwrap_err().kind(), ErrorKind::UniqueViolation);
        drop(inner);
        let mut inner = outer.begin()?;
        inner.execute(insert(&guest("eve")))?;
        inner.commit()?;
        outer.commit()?;
        drop(connection);
        assert_eq!(names(&test), ["ann", "bob", "eve"]);
        test.with_session(|session| {
            session.add(guest("fay"));
            let failed = session.savepoint(|session| {
                session.add(guest("ann"));
                session.flush()
            });
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::UniqueViolation);
            Ok(())
        })?;
        assert_eq!(names(&test), ["ann", "bob", "eve", "fay"]);
        drop(test);
        untouched(db);
    }

    fn what_fails_leaves_the_rest_as_it_was(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        add(&test, "bob")?;
        for _ in 0..3 {
            let mut connection = test.connect()?;
            assert_eq!(connection.execute(insert(&guest("ann"))).unwrap_err().kind(), ErrorKind::UniqueViolation);
            assert!(connection.all::<i64, _>(sql("SELECT nothing FROM guest")).is_err());
            connection.execute(sql("UPDATE guest SET name = 'bill' WHERE name LIKE 'b%'"))?;
        }
        assert_eq!(add(&test, "ann").unwrap_err().kind(), ErrorKind::UniqueViolation);
        let mut session = test.session();
        session.add(Note { id: 0, guest: Ref::from(99) });
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        session.rollback()?;
        session.add(guest("cyd"));
        session.commit()?;
        let mut connection = test.connect()?;
        let mut transaction = connection.begin()?;
        transaction.execute(insert(&guest("dan")))?;
        assert_eq!(transaction.execute(insert(&guest("ann"))).unwrap_err().kind(), ErrorKind::UniqueViolation);
        assert!(transaction.commit().is_err());
        drop(connection);
        drop(session);
        assert_eq!(names(&test), ["ann", "bill", "cyd"]);
        drop(test);
        untouched(db);
    }

    fn tests_side_by_side_do_not_see_each_other(db) {
        create(db)?;
        let one = db.engine.test_transaction()?;
        add(&one, "bob")?;
        if db.backend == Backend::Sqlite {
            let impatient = orm::create_engine(&format!("{}?busy_timeout=50", db.url))?;
            assert_eq!(impatient.test_transaction().unwrap_err().kind(), ErrorKind::LockTimeout);
            let (engine, (begun, begins)) = (db.engine.clone(), std::sync::mpsc::channel());
            let other = std::thread::spawn(move || {
                begun.send(()).expect("it is awaited");
                engine.test_transaction().map(|two| names(&two))
            });
            begins.recv().expect("it begins");
            assert_eq!(names(&one), ["ann", "bob"]);
            drop(one);
            assert_eq!(other.join().expect("no panic")?, ["ann"], "its turn has come");
        } else {
            let two = db.engine.test_transaction()?;
            add(&two, "cyd")?;
            let mut session = one.session();
            assert_eq!(session.count(select::<Guest>())?, 2);
            assert_eq!((names(&two), names(&db.engine)), (vec!["ann".into(), "cyd".into()], vec!["ann".into()]));
            session.add(guest("dan"));
            session.commit()?;
            drop(two);
            drop(session);
            assert_eq!(names(&one), ["ann", "bob", "dan"]);
            drop(one);
        }
        untouched(db);
    }

    fn each_thread_has_its_turn_and_a_panic_undoes_its_own(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        std::thread::scope(|scope| {
            for number in 0..8 {
                let test = test.clone();
                scope.spawn(move || add(&test, &format!("guest {number}")).expect("the name is free"));
            }
        });
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _: orm::Result<()> = test.with_session(|session| {
                session.add(guest("bob"));
                session.flush()?;
                panic!("a handler that has a mistake");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(names(&test).len(), 9, "what was committed before is there");
        let waits = test.clone();
        let held = test.connect()?;
        assert_eq!(test.connect().unwrap_err().kind(), ErrorKind::Misuse, "this thread would wait for itself");
        let counted = std::thread::spawn(move || names(&waits).len());
        drop(held);
        assert_eq!(counted.join().expect("no panic"), 9);
        drop(test);
        untouched(db);
    }

    fn statements_and_sessions_are_heard_of(db) {
        create(db)?;
        db.engine.on_session(|session| {
            session.before_flush(|session, changes| {
                for added in changes.iter().filter_map(Change::handle::<Guest>) {
                    session[added].name.push('!');
                }
                Ok(())
            });
        });
        db.statements();
        let test = db.engine.test_transaction()?;
        let own = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = std::sync::Arc::clone(&own);
        test.on_statement(move |_| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        add(&test, "bob")?;
        assert_eq!(names(&test), ["ann", "bob!"]);
        let told = db.statements();
        assert!(told.iter().any(|sql| sql.starts_with("INSERT")) && !told.iter().any(|sql| sql.contains("orm_test")), "{told:?}");
        let heard = own.load(std::sync::atomic::Ordering::Relaxed);
        names(&db.engine);
        assert_eq!(own.load(std::sync::atomic::Ordering::Relaxed), heard, "the listener is the test's own");
        drop(test);
        untouched(db);
    }
}

#[test]
fn a_database_in_memory_is_lent_to_one_test_after_another() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<(Guest, Note)>().create_all(&engine)?;
    for _ in 0..3 {
        let test = engine.test_transaction()?;
        add(&test, "bob")?;
        assert_eq!(names(&test), ["bob"]);
        assert_eq!(engine.connect().unwrap_err().kind(), ErrorKind::Misuse);
        drop(test);
        assert!(names(&engine).is_empty());
    }
    Ok(())
}
