//! Models in two databases, by one session: SQLite beside each backend.

use crate::support::{Backend, Db};
use orm::EngineOptions;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "shop_user", has_many(visits = Visit::user))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    name: String,
}

/// In the other database; its reference is no constraint there.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "visit", bind = "analytics")]
struct Visit {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    user: Ref<User>,
    #[orm(unique)]
    page: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "lost", bind = "nowhere")]
struct Lost {
    #[orm(primary_key)]
    id: i64,
}

fn user(name: &str) -> User {
    User { id: 0, name: name.to_owned() }
}

fn visit(user: impl Into<Ref<User>>, page: &str) -> Visit {
    Visit { id: 0, user: user.into(), page: page.to_owned() }
}

/// An engine over the backend's database and one of SQLite, with the tables made.
fn ground(db: &Db) -> orm::Result<(Engine, Db)> {
    let other = Db::fresh(Backend::Sqlite).expect("SQLite is always there");
    let engine = EngineOptions::new(&db.url).bind("analytics", &other.url).create()?;
    Schema::of::<(User, Visit)>().create_all(&engine)?;
    Ok((engine, other))
}

fn close(engine: &Engine) {
    for engine in [engine.clone(), engine.bind("analytics").unwrap()] {
        engine.pool().close();
        engine.pool().settle(std::time::Duration::from_secs(10));
    }
}

/// How many rows there are, as each database tells by itself.
fn counts(db: &Db, other: &Db) -> orm::Result<(i64, i64)> {
    let count =
        |engine: &Engine, table: &str| engine.connect()?.one::<i64, _>(sql(format!("SELECT count(*) FROM {table}")));
    Ok((count(&db.engine, "shop_user")?, count(&other.engine, "visit")?))
}

on_every_backend! {
    fn a_session_writes_to_both_and_reads_both(db) {
        let (engine, other) = ground(db)?;
        let mut session = engine.session();
        let ann = session.add(user("ann"));
        let first = session.add(visit(ann, "/"));
        let bob = session.add(user("bob"));
        let second = session.add(visit(bob, "/about"));
        session.commit()?;
        assert_eq!(counts(db, &other)?, (2, 2));
        assert_eq!(session[first].user.key(), Some(&session[ann].id), "the key went from one to the other");
        session[second].page = "/shop".into();
        session[bob].name = "bert".into();
        session.commit()?;
        assert_eq!(session.all(select::<Visit>().filter(|v| v.page.eq("/shop")))?, [second]);
        assert_eq!(session.all(select::<User>().filter(|u| u.name.eq("bert")))?, [bob]);
        assert_eq!((session.count(select::<Visit>())?, session.count(select::<User>())?), (2, 2));
        assert_eq!(session.get::<Visit>(session[first].id)?, Some(first));
        assert_eq!(session.execute(update::<Visit>().set(|v| v.page.to("/new")).filter(|v| v.id.eq(session[first].id)))?, 1);
        session.refresh(first)?;
        assert_eq!(session[first].page, "/new");
        session.rollback()?;
        // Relations are statements of their own.
        let mut session = engine.session();
        let users = session.all(select::<User>().order_by(|u| u.id).with(|u| u.visits))?;
        assert_eq!(session.related(users[0], |u| u.visits)?.len(), 1);
        let mut session = engine.session();
        let visits = session.all(select::<Visit>().order_by(|v| v.id))?;
        let owner = session.related(visits[1], |v| v.user)?;
        assert_eq!(session[owner].name, "bert");
        assert_eq!(session.related(owner, |u| u.visits)?, [visits[1]]);
        // Deleting in one takes along what the session deletes in the other.
        session.delete(owner);
        session.commit()?;
        assert_eq!(counts(db, &other)?, (1, 1));
        assert!(session.try_get(visits[1]).is_none());
        close(&engine);
    }

    fn each_database_has_its_tables(db) {
        let (engine, other) = ground(db)?;
        let error = db.engine.connect()?.count(select::<Visit>()).expect_err("it is in the other");
        assert_eq!(error.kind(), ErrorKind::UndefinedTable);
        let error = other.engine.connect()?.count(select::<User>()).expect_err("it is in the first");
        assert_eq!(error.kind(), ErrorKind::UndefinedTable);
        let schema = Schema::of::<(User, Visit)>();
        assert_eq!(schema.verify(&engine)?, []);
        schema.create_all(&engine)?;
        let ddl = schema.ddl(engine.dialect())?.join("\n");
        assert!(!ddl.contains("REFERENCES"), "no constraint leads from one to the other: {ddl}");
        let analytics = engine.bind("analytics")?;
        assert_eq!((analytics.dialect().name, analytics.connect()?.count(select::<Visit>())?), ("SQLite", 0));
        // A session of that engine is at home there.
        let mut session = analytics.session();
        session.add(visit(7, "/"));
        session.commit()?;
        assert_eq!(session.count(select::<Visit>())?, 1);
        schema.drop_all(&engine)?;
        assert_eq!(schema.verify(&engine)?.len(), 2);
        close(&engine);
    }

    fn a_statement_has_one_database(db) {
        let (engine, _other) = ground(db)?;
        let mut session = engine.session();
        let join = session.all(select::<User>().join(|u| u.visits).columns(|(u, _)| u)).expect_err("two databases");
        let any = session.count(select::<User>().filter(|u| u.visits.any(|_| true))).expect_err("two databases");
        let other = session.execute(delete::<Visit>().filter(|v| v.page.in_(select::<User>().columns(|u| u.name))));
        for error in [join, any, other.expect_err("two databases")] {
            assert_eq!(error.kind(), ErrorKind::Misuse, "{error:?}");
            let text = error.to_string();
            assert!(text.contains("visit is in `analytics`") && text.contains("shop_user is in the engine's own"), "{text}");
        }
        assert_eq!(session.count(select::<User>())?, 0, "nothing was sent, and nothing has failed");
        let error = session.count(select::<Lost>()).expect_err("there is no such database");
        assert_eq!((error.kind(), error.to_string().contains("known are `analytics`")), (ErrorKind::Misuse, true), "{error}");
        assert_eq!(Schema::of::<Lost>().create_all(&engine).expect_err("nor here").kind(), ErrorKind::Misuse);
        drop(session);
        close(&engine);
    }

    fn a_failure_in_one_takes_both_back(db) {
        let (engine, other) = ground(db)?;
        engine.with_session(|session| { session.add(visit(1, "/")); Ok(()) })?;
        let mut session = engine.session();
        let ann = session.add(user("ann"));
        session.flush()?;
        let twice = session.add(visit(ann, "/"));
        let error = session.commit().expect_err("the page is taken");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error:?}");
        assert_eq!(session.count(select::<User>()).expect_err("it failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert!(session.try_get(ann).is_none() && session.try_get(twice).is_none());
        assert_eq!(counts(db, &other)?, (0, 1));
        session.add(user("bob"));
        session.commit()?;
        assert_eq!(counts(db, &other)?, (1, 1));
        drop(session);
        close(&engine);
    }

    fn savepoints_are_in_both(db) {
        let (engine, other) = ground(db)?;
        let mut session = engine.session().write();
        let ann = session.add(user("ann"));
        let refused: orm::Result<()> = session.savepoint(|session| {
            session.add(visit(ann, "/"));
            session.add(user("bob"));
            session.flush()?;
            Err(Error::refused("better not"))
        });
        assert_eq!(refused.expect_err("as told").kind(), ErrorKind::Refused);
        session.savepoint(|session| { session.add(visit(ann, "/kept")); Ok(()) })?;
        let failed = session.savepoint(|session| { session.add(visit(ann, "/kept")); Ok(()) });
        assert_eq!(failed.expect_err("the page is taken").kind(), ErrorKind::UniqueViolation);
        session.commit()?;
        assert_eq!(counts(db, &other)?, (1, 1));
        drop(session);
        close(&engine);
    }
}

#[test]
fn a_commit_that_is_not_whole_says_so() -> orm::Result<()> {
    let (db, other) = (Db::fresh(Backend::Sqlite).unwrap(), Db::fresh(Backend::Sqlite).unwrap());
    let engine = EngineOptions::new(&db.url).bind("analytics", &other.url).create()?;
    Schema::of::<(User, Visit)>().create_all(&engine)?;
    // A constraint that is looked at with COMMIT.
    other.engine.connect()?.driver_connection().batch(
        "DROP TABLE visit; CREATE TABLE place (id INTEGER PRIMARY KEY);
         CREATE TABLE visit (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED, page TEXT)",
    )?;
    let mut session = engine.session();
    let ann = session.add(user("ann"));
    session.add(visit(ann, "/"));
    let error = session.commit().expect_err("the other refuses");
    assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
    assert!(error.to_string().contains("another database was committed"), "{error}");
    session.rollback()?;
    assert_eq!(counts(&db, &other)?, (1, 0));
    let twice = EngineOptions::new(&db.url).bind("a", &db.url).bind("a", &db.url).create().expect_err("one name");
    assert_eq!(twice.kind(), ErrorKind::Misuse);
    close(&engine);
    Ok(())
}
