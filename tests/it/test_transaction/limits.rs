//! What a savepoint cannot do for a transaction, and what is refused for that.

use super::{Guest, Note, add, create, guest, names, untouched};
use crate::support::Backend;
use orm::prelude::*;
use orm::{EngineOptions, TransactionOptions};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "later")]
struct Later {
    #[orm(primary_key)]
    id: i64,
    #[orm(deferrable)]
    guest: Ref<Guest>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "visit", bind = "analytics")]
struct Visit {
    #[orm(primary_key)]
    id: i64,
}

on_every_backend! {
    fn read_only_transactions_refuse_to_write(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        let mut session = test.session().read_only();
        assert_eq!(session.count(select::<Guest>())?, 1);
        session.add(guest("bob"));
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::ReadOnly);
        session.rollback()?;
        drop(session);
        let written = test.transaction_with(TransactionOptions::new().read_only(), |transaction| {
            transaction.execute(sql("DELETE FROM guest"))
        });
        assert_eq!(written.unwrap_err().kind(), ErrorKind::ReadOnly);
        for isolation in [Isolation::ReadCommitted, Isolation::Serializable] {
            let options = TransactionOptions::new().read_only().isolation(isolation);
            test.transaction_with(options, |transaction| transaction.count(select::<Guest>()))?;
            let options = TransactionOptions::new().write().isolation(isolation);
            test.transaction_with(options, |transaction| {
                transaction.execute(insert(&guest(&format!("{isolation:?}")))).map(drop)
            })?;
        }
        assert_eq!(names(&test).len(), 3);
        drop(test);
        untouched(db);
    }

    fn tables_are_made_and_gone_where_that_can_be_rolled_back(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        let made = Schema::of::<Later>().create_all(&test);
        if db.engine.dialect().transactional_ddl {
            made?;
            assert_eq!(test.connect()?.count(select::<Later>())?, 0);
            test.connect()?.execute(sql("DROP TABLE note"))?;
            assert_eq!(test.connect()?.count(select::<Note>()).unwrap_err().kind(), ErrorKind::UndefinedTable);
        } else {
            let error = made.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"); // deferrable
            for statement in ["CREATE TABLE more (id INT)", "TRUNCATE TABLE guest", "SET autocommit = 1"] {
                let error = test.connect()?.execute(sql(statement)).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
                assert!(error.to_string().contains("commits on M"), "{error}");
            }
            assert_eq!(Schema::of::<Visit>().ddl(test.dialect())?.len(), 1);
            test.connect()?.execute(sql("CREATE TEMPORARY TABLE more (id INT)"))?;
        }
        add(&test, "bob")?;
        assert_eq!(names(&test), ["ann", "bob"]);
        drop(test);
        untouched(db);
        assert_eq!(db.engine.connect()?.count(select::<Note>())?, 0);
        assert_eq!(db.engine.connect()?.count(select::<Later>()).unwrap_err().kind(), ErrorKind::UndefinedTable);
    }

    fn references_that_wait_are_checked_at_commit_by_postgresql(db) {
        create(db)?;
        if !db.engine.dialect().deferrable {
            return Ok(());
        }
        Schema::of::<Later>().create_all(&db.engine)?;
        let test = db.engine.test_transaction()?;
        let later = |guest: i64| Later { id: 0, guest: Ref::from(guest) };
        let dangling = test.transaction(|transaction| transaction.execute(insert(&later(2))));
        if db.backend == Backend::Postgres {
            assert_eq!(dangling.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
            test.transaction(|transaction| {
                transaction.execute(insert(&later(50)))?;
                transaction.execute(insert(&Guest { id: 50, ..guest("bob") }))
            })?;
            let count = test.connect()?.count(select::<Later>())?;
            assert_eq!(count, 1);
        } else {
            dangling?;
        }
        drop(test);
        untouched(db);
    }

    fn references_are_checked_at_once_after_tables_were_made(db) {
        create(db)?;
        if !db.engine.dialect().transactional_ddl {
            return Ok(());
        }
        let test = db.engine.test_transaction()?;
        Schema::of::<Later>().create_all(&test)?;
        let dangling = test.connect()?.execute(insert(&Note { id: 0, guest: Ref::from(99) }));
        assert_eq!(dangling.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    }

    fn control_by_raw_sql_is_that_of_the_test(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        let mut connection = test.connect()?;
        connection.execute(sql("COMMIT"))?;
        connection.execute(insert(&guest("bob")))?;
        connection.execute(sql("BEGIN"))?;
        connection.execute(insert(&guest("cyd")))?;
        connection.execute(sql("ROLLBACK"))?;
        connection.execute(sql("BEGIN"))?;
        connection.execute(insert(&guest("dan")))?;
        connection.execute(sql("COMMIT"))?;
        let error = connection.driver_connection().batch("DELETE FROM guest; COMMIT").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let error = connection.execute(sql("COMMIT AND CHAIN")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        drop(connection);
        assert_eq!(names(&test), ["ann", "bob", "dan"]);
        drop(test);
        untouched(db);
    }

    fn two_phases_and_notifications_are_refused(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        let mut connection = test.connect()?;
        let refused = match connection.begin_twophase("two") {
            Ok(transaction) => transaction.prepare().map(drop).unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
        assert_eq!(connection.commit_prepared("two").unwrap_err().kind(), ErrorKind::Unsupported);
        let waited = connection.next_notification(std::time::Duration::ZERO);
        assert_eq!(waited.unwrap_err().kind(), ErrorKind::Unsupported);
        connection.execute(insert(&guest("bob")))?;
        drop(connection);
        assert_eq!(names(&test), ["ann", "bob"]);
        drop(test);
        untouched(db);
    }

    fn a_lost_connection_is_the_end_of_the_test(db) {
        create(db)?;
        let test = db.engine.test_transaction()?;
        add(&test, "bob")?;
        let end = match db.backend {
            Backend::Sqlite => {
                test.pool().invalidate();
                assert_eq!(names(&test), ["ann", "bob"], "nothing is thrown away");
                test.pool().dispose();
                None
            }
            Backend::Postgres => Some(("pg_backend_pid()", "SELECT pg_terminate_backend(")),
            Backend::Mariadb | Backend::Mysql => Some(("connection_id()", "SELECT (")),
        };
        if let Some((number, end)) = end {
            let number: i64 = test.connect()?.one(sql(format!("SELECT {number}")))?;
            let mut other = db.engine.connect()?;
            if end == "SELECT (" {
                other.execute(sql(format!("KILL {number}")))?;
            } else {
                other.execute(sql(format!("{end}{number})")))?;
            }
            std::thread::sleep(std::time::Duration::from_millis(300));
            assert_eq!(add(&test, "cyd").unwrap_err().kind(), ErrorKind::ConnectionLost);
        }
        for _ in 0..2 {
            let error = test.connect().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error}");
        }
        drop(test);
        untouched(db);
    }

    fn other_databases_of_the_application_are_in_transactions_too(db) {
        create(db)?;
        let other = orm::create_engine("sqlite::memory:")?;
        let engine = db.engine.clone().with_bind("analytics", other.clone())?;
        Schema::of::<Visit>().create_all(&engine)?;
        let test = engine.test_transaction()?;
        test.with_session(|session| {
            session.add(guest("bob"));
            session.add(Visit { id: 0 });
            Ok(())
        })?;
        let mut session = test.session();
        assert_eq!((session.count(select::<Guest>())?, session.count(select::<Visit>())?), (2, 1));
        drop(session);
        drop(test);
        assert_eq!(other.connect()?.count(select::<Visit>())?, 0);
        untouched(db);
    }

    fn replicas_are_left_out(db) {
        create(db)?;
        let replica = orm::create_engine(&db.url)?;
        let engine = db.engine.clone().with_replicas([replica], std::time::Duration::ZERO)?;
        let test = engine.test_transaction()?;
        add(&test, "bob")?;
        assert_eq!(test.session().read_only().count(select::<Guest>())?, 2);
        drop((test, engine));
        untouched(db);
    }
}

#[test]
fn a_pool_without_connections_of_its_own_has_tests_too() -> orm::Result<()> {
    let path = std::env::temp_dir().join(format!("orm_unpooled_{}.db", std::process::id()));
    let options = EngineOptions::new(&format!("sqlite:///{}", path.display())).unpooled();
    let engine = options.create()?;
    Schema::of::<(Guest, Note)>().create_all(&engine)?;
    let test = engine.test_transaction()?;
    add(&test, "bob")?;
    add(&test, "cyd")?;
    assert_eq!(names(&test), ["bob", "cyd"]);
    drop(test);
    assert!(names(&engine).is_empty());
    let _ = std::fs::remove_file(path);
    Ok(())
}
