//! Transactions in two phases, with the connection lost in between.

use crate::support::{Backend, Db};
use orm::prelude::*;
use std::time::{Duration, Instant};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "booking")]
struct Booking {
    #[orm(primary_key, generated = false)]
    id: i64,
    #[orm(unique, length = 20)]
    text: String,
}

fn booking(id: i64) -> Booking {
    Booking { id, text: format!("booking {id}") }
}

/// The table is there; false where there are no two phases, which is said.
fn ready(db: &Db) -> orm::Result<bool> {
    Schema::of::<Booking>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    if db.backend == Backend::Sqlite {
        assert_eq!(connection.begin_twophase("x").unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(connection.commit_prepared("x").unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(connection.rollback_prepared("x").unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(db.engine.recover_twophase().unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(false);
    }
    if db.backend == Backend::Postgres && connection.one::<String, _>(sql("SHOW max_prepared_transactions"))? == "0" {
        println!("skipped: max_prepared_transactions is 0");
        return Ok(false);
    }
    Ok(true)
}

/// A name that no other test has.
fn id(db: &Db, what: &str) -> String {
    let schema = db.url.rsplit(['/', '=']).next().unwrap_or_default().to_owned();
    format!("{schema} {what} 'é")
}

fn ids(db: &Db) -> orm::Result<Vec<i64>> {
    db.engine.connect()?.all(select::<Booking>().order_by(|b| b.id).columns(|b| b.id))
}

fn is_prepared(db: &Db, id: &str) -> orm::Result<bool> {
    Ok(db.engine.recover_twophase()?.iter().any(|known| known == id))
}

/// MariaDB notices a connection's end some time after it.
fn once_free(mut work: impl FnMut() -> orm::Result<()>) -> orm::Result<()> {
    let start = Instant::now();
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::Database && start.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

fn kill(db: &Db, connection: &mut Connection) -> orm::Result<()> {
    let (number, kill) = match db.backend {
        Backend::Postgres => ("SELECT pg_backend_pid()::bigint", "SELECT pg_terminate_backend({})"),
        _ => ("SELECT CONNECTION_ID()", "KILL {}"),
    };
    let number: i64 = connection.one(sql(number))?;
    db.engine.connect()?.execute(sql(kill.replace("{}", &number.to_string()))).map(|_| ())
}

on_every_backend! {
    fn prepared_work_is_committed_or_rolled_back(db) {
        if !ready(db)? {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        for (number, commits) in [(1, true), (2, false)] {
            let name = id(db, &number.to_string());
            let mut transaction = connection.begin_twophase(&name)?;
            assert!(transaction.in_transaction());
            transaction.execute(insert(&booking(number)))?;
            let mut savepoint = transaction.begin()?;
            assert_eq!(savepoint.execute(insert(&booking(number))).unwrap_err().kind(), ErrorKind::UniqueViolation);
            savepoint.rollback()?;
            let prepared = transaction.prepare()?;
            assert_eq!(prepared.id(), name);
            assert!(is_prepared(db, &name)?);
            assert!(!ids(db)?.contains(&number));
            if commits { prepared.commit()? } else { prepared.rollback()? }
            assert!(!is_prepared(db, &name)?);
        }
        assert!(!connection.in_transaction());
        assert_eq!(ids(db)?, [1]);
        // The connection is as good as before.
        connection.transaction(|transaction| transaction.execute(insert(&booking(3))))?;
        assert_eq!(ids(db)?, [1, 3]);
    }

    fn without_prepare_it_is_a_transaction(db) {
        if !ready(db)? {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        let mut transaction = connection.begin_twophase(&id(db, "a"))?;
        transaction.execute(insert(&booking(1)))?;
        transaction.commit()?;
        let mut transaction = connection.begin_twophase(&id(db, "b"))?;
        transaction.execute(insert(&booking(2)))?;
        transaction.rollback()?;
        let mut transaction = connection.begin_twophase(&id(db, "c"))?;
        transaction.execute(insert(&booking(3)))?;
        drop(transaction);
        assert_eq!(ids(db)?, [1]);
        assert!(!is_prepared(db, &id(db, "a"))?);
    }

    fn a_failed_transaction_is_not_prepared(db) {
        if !ready(db)? {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        let name = id(db, "failed");
        let mut transaction = connection.begin_twophase(&name)?;
        transaction.execute(insert(&booking(1)))?;
        assert!(transaction.execute(insert(&booking(1))).is_err());
        assert_eq!(transaction.prepare().unwrap_err().kind(), ErrorKind::TransactionFailed);
        assert!(!is_prepared(db, &name)?);
        assert_eq!(ids(db)?, [0_i64; 0]);
        connection.transaction(|transaction| transaction.execute(insert(&booking(1))))?;
    }

    fn another_connection_ends_what_a_lost_one_prepared(db) {
        if !ready(db)? {
            return Ok(());
        }
        let (first, second) = (id(db, "first"), id(db, "second"));
        for (number, name) in [(1, &first), (2, &second)] {
            let mut connection = db.engine.connect()?;
            let mut transaction = connection.begin_twophase(name)?;
            transaction.execute(insert(&booking(number)))?;
            let prepared = transaction.prepare()?;
            drop(prepared); // stays prepared
            if number == 2 {
                let _ = kill(db, &mut connection); // MariaDB runs nothing on it any more
            }
        }
        assert!(is_prepared(db, &first)? && is_prepared(db, &second)?);
        once_free(|| db.engine.connect()?.commit_prepared(&first))?;
        once_free(|| db.engine.connect()?.rollback_prepared(&second))?;
        assert_eq!(ids(db)?, [1]);
        let mut connection = db.engine.connect()?;
        assert_eq!(connection.commit_prepared(&first).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(connection.rollback_prepared(&second).unwrap_err().kind(), ErrorKind::NotFound);
    }

    fn killed_before_prepare_nothing_is_left(db) {
        if !ready(db)? {
            return Ok(());
        }
        let name = id(db, "killed");
        let mut connection = db.engine.connect()?;
        let mut transaction = connection.begin_twophase(&name)?;
        transaction.execute(insert(&booking(1)))?;
        kill(db, &mut transaction)?;
        let error = transaction.prepare().unwrap_err();
        assert!(error.is_disconnect(), "{error}");
        drop(connection);
        assert!(!is_prepared(db, &name)?);
        assert_eq!(ids(db)?, [0_i64; 0]);
    }

    fn names_and_places_are_checked(db) {
        if !ready(db)? {
            return Ok(());
        }
        let mut connection = db.engine.connect()?;
        for wrong in [String::new(), "x".repeat(65), "a\0".into(), "a\\".into()] {
            assert_eq!(connection.begin_twophase(&wrong).unwrap_err().kind(), ErrorKind::InvalidValue);
            assert_eq!(connection.commit_prepared(&wrong).unwrap_err().kind(), ErrorKind::InvalidValue);
        }
        let mut transaction = connection.begin()?;
        assert_eq!(transaction.begin_twophase("x").unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(transaction.commit_prepared("x").unwrap_err().kind(), ErrorKind::Misuse);
        transaction.rollback()?;

        let name = id(db, "twice");
        let mut transaction = connection.begin_twophase(&name)?;
        transaction.execute(insert(&booking(1)))?;
        let prepared = transaction.prepare()?;
        let mut other = db.engine.connect()?;
        let twice = match other.begin_twophase(&name) {
            Ok(mut second) => {
                second.execute(insert(&booking(2)))?;
                second.prepare().map(drop)
            }
            Err(error) => Err(error),
        };
        prepared.rollback()?;
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
}
