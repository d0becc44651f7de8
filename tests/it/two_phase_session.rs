//! A session that several databases commit together: PostgreSQL, MariaDB and MySQL at once, and SQLite beside each.

use crate::support::{Backend, Db};
use orm::EngineOptions;
use orm::prelude::*;
use std::sync::{Arc, Mutex};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "sale")]
struct Sale {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 20)]
    item: String,
    #[orm(version)]
    version: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "payment", bind = "bank")]
struct Payment {
    #[orm(primary_key)]
    id: i64,
    sale: i64,
    #[orm(unique)]
    amount: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "parcel", bind = "post")]
struct Parcel {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    sale: i64,
}

fn sale(item: &str) -> Sale {
    Sale { id: 0, item: item.to_owned(), version: 0 }
}

/// An engine over three databases, and what was sent to them, in order.
struct Ground {
    engine: Engine,
    databases: [Db; 3],
    log: Arc<Mutex<Vec<String>>>,
}

impl Ground {
    /// Databases of these kinds with their tables, if there are servers for them.
    fn over(backends: [Backend; 3], scheme: &str) -> orm::Result<Option<Ground>> {
        let [Some(first), Some(second), Some(third)] = backends.map(Db::fresh) else { return Ok(None) };
        if backends.contains(&Backend::Postgres) {
            let postgres = [&first, &second, &third].into_iter().find(|db| db.backend == Backend::Postgres);
            let mut connection = postgres.unwrap().engine.connect()?;
            if connection.one::<String, _>(sql("SHOW max_prepared_transactions"))? == "0" {
                println!("skipped: max_prepared_transactions is 0");
                return Ok(None);
            }
        }
        let url = |db: &Db| db.url.replace("postgresql://", scheme);
        let engine =
            EngineOptions::new(&url(&first)).bind("bank", &url(&second)).bind("post", &url(&third)).create()?;
        Schema::of::<(Sale, Payment, Parcel)>().create_all(&engine)?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let ground = Ground { engine, databases: [first, second, third], log };
        for engine in ground.engines() {
            let log = Arc::clone(&ground.log);
            engine.on_statement(move |executed| log.lock().unwrap().push(executed.sql.to_owned()));
        }
        Ok(Some(ground))
    }

    fn engines(&self) -> [Engine; 3] {
        [self.engine.clone(), self.engine.bind("bank").unwrap(), self.engine.bind("post").unwrap()]
    }

    fn statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    /// How many rows there are, as each database tells by itself.
    fn counts(&self) -> orm::Result<[i64; 3]> {
        let mut counts = [0; 3];
        for ((count, db), table) in counts.iter_mut().zip(&self.databases).zip(["sale", "payment", "parcel"]) {
            *count = db.engine.connect()?.one(sql(format!("SELECT count(*) FROM {table}")))?;
        }
        Ok(counts)
    }

    /// Nothing of what these statements named is still prepared, and nobody has a connection.
    fn assert_nothing_left(&self, statements: &[String]) -> orm::Result<()> {
        let names: Vec<String> = statements.iter().filter_map(|sql| name_in(sql)).collect();
        for db in self.databases.iter().filter(|db| db.backend != Backend::Sqlite) {
            let left = db.engine.recover_twophase()?;
            assert!(left.iter().all(|id| !names.contains(id)), "{left:?} of {names:?}");
        }
        for engine in self.engines() {
            // One that ran raw SQL is reset by a thread of the pool's.
            assert!(engine.pool().settle(std::time::Duration::from_secs(10)));
            assert_eq!(engine.pool_status().in_use, 0);
        }
        Ok(())
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for engine in self.engines() {
            engine.pool().close();
            engine.pool().settle(std::time::Duration::from_secs(10));
        }
    }
}

/// The name of a transaction that a statement begins or prepares.
fn name_in(sql: &str) -> Option<String> {
    if let Some(rest) = sql.strip_prefix("PREPARE TRANSACTION '") {
        return rest.strip_suffix('\'').map(str::to_owned);
    }
    let hex = sql.strip_prefix("XA START X'")?.strip_suffix('\'')?;
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    String::from_utf8((0..hex.len()).step_by(2).map(byte).collect()).ok()
}

fn is_prepare(sql: &str) -> bool {
    sql.starts_with("PREPARE TRANSACTION") || sql.starts_with("XA PREPARE")
}

fn is_second_phase(sql: &str) -> bool {
    sql.starts_with("COMMIT PREPARED") || sql.starts_with("XA COMMIT")
}

/// Each of the servers as the engine's own database.
const TURNS: [[Backend; 3]; 3] = [
    [Backend::Postgres, Backend::Mariadb, Backend::Mysql],
    [Backend::Mysql, Backend::Postgres, Backend::Mariadb],
    [Backend::Mariadb, Backend::Mysql, Backend::Postgres],
];

/// Both drivers of PostgreSQL.
const SCHEMES: [&str; 2] = ["postgresql+postgres://", "postgresql+wire://"];

fn in_turns(body: impl Fn(&Ground) -> orm::Result<()>) -> orm::Result<()> {
    for (backends, scheme) in TURNS.into_iter().flat_map(|backends| SCHEMES.map(|scheme| (backends, scheme))) {
        if let Some(ground) = Ground::over(backends, scheme)? {
            body(&ground).map_err(|error| error.context(format!("{backends:?} {scheme}")))?;
        }
    }
    Ok(())
}

fn order(session: &mut Session, item: &str, amount: i64) -> orm::Result<Handle<Sale>> {
    let sale = session.add(sale(item));
    session.flush()?;
    let number = session[sale].id;
    session.add(Payment { id: 0, sale: number, amount });
    session.add(Parcel { id: 0, sale: number });
    Ok(sale)
}

#[test]
fn three_databases_commit_together() -> orm::Result<()> {
    in_turns(|ground| {
        ground.statements();
        let mut session = ground.engine.session().two_phase();
        let book = order(&mut session, "book", 30)?;
        session.commit()?;
        assert_eq!(ground.counts()?, [1, 1, 1]);
        let statements = ground.statements();
        ground.assert_nothing_left(&statements)?;
        let positions = |is: fn(&str) -> bool| {
            let found = statements.iter().enumerate().filter(|(_, sql)| is(sql));
            found.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let (prepares, commits) = (positions(is_prepare), positions(is_second_phase));
        assert_eq!((prepares.len(), commits.len()), (3, 3), "{statements:#?}");
        assert!(prepares[2] < commits[0], "{statements:#?}");
        let names: Vec<String> = statements.iter().filter_map(|sql| name_in(sql)).collect();
        assert!(names.iter().all(|name| name.starts_with("orm_") && name[..36] == names[0][..36]), "{names:?}");
        // The next transaction of the session has another name, and reads what is there.
        session[book].item = "atlas".into();
        let payment = session.one(select::<Payment>())?;
        session.delete(payment);
        session.commit()?;
        assert_eq!(ground.counts()?, [1, 0, 1]);
        let statements = ground.statements();
        ground.assert_nothing_left(&statements)?;
        assert!(statements.iter().filter_map(|sql| name_in(sql)).all(|name| name[..36] != names[0][..36]));
        // Without `commit` nothing is kept.
        order(&mut session, "lamp", 50)?;
        session.flush()?;
        session.rollback()?;
        order(&mut session, "globe", 60)?;
        session.flush()?;
        drop(session);
        for engine in ground.engines() {
            assert!(engine.pool().settle(std::time::Duration::from_secs(10)));
        }
        assert_eq!(ground.counts()?, [1, 0, 1]);
        ground.assert_nothing_left(&ground.statements())
    })
}

/// PostgreSQL looks at deferred constraints when it prepares: as the first, the second and the last of the three.
#[test]
fn a_refusal_to_prepare_takes_all_back() -> orm::Result<()> {
    in_turns(|ground| {
        let postgres = ground.databases.iter().position(|db| db.backend == Backend::Postgres).unwrap();
        let (table, column) = [("sale", "version"), ("payment", "sale"), ("parcel", "sale")][postgres];
        let mut admin = ground.databases[postgres].engine.connect()?;
        admin.execute(sql("CREATE TABLE place (id BIGINT PRIMARY KEY)"))?;
        admin.execute(sql(format!(
            "ALTER TABLE {table} ADD CONSTRAINT nowhere FOREIGN KEY ({column}) REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED"
        )))?;
        ground.statements();
        let mut session = ground.engine.session().two_phase();
        let book = order(&mut session, "book", 30)?;
        let error = session.commit().expect_err("there is no such place");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error:?}");
        assert_eq!((error.constraint(), error.left_prepared()), (Some("nowhere"), &[][..]), "{error:?}");
        assert!(error.to_string().contains("no database has committed"), "{error}");
        let again = session.count(select::<Sale>()).expect_err("it has failed");
        assert_eq!(again.kind(), ErrorKind::SessionFailed, "{again:?}");
        session.rollback()?;
        assert!(session.try_get(book).is_none());
        assert_eq!(ground.counts()?, [0, 0, 0]);
        let statements = ground.statements();
        ground.assert_nothing_left(&statements)?;
        assert!(!statements.iter().any(|sql| is_second_phase(sql)), "{statements:#?}");
        // The same session goes on.
        admin.execute(sql("INSERT INTO place VALUES (1), (2), (3), (4)"))?;
        order(&mut session, "book", 30)?;
        session.commit()?;
        assert_eq!(ground.counts()?, [1, 1, 1]);
        ground.assert_nothing_left(&ground.statements())
    })
}

/// PostgreSQL answers `PREPARE TRANSACTION` of a failed transaction with a success, and rolls it back.
#[test]
fn a_failure_that_was_hidden_takes_all_back() -> orm::Result<()> {
    use orm::drivers::postgres::postgres;
    let backends = [Backend::Postgres, Backend::Mariadb, Backend::Mysql];
    let Some(ground) = Ground::over(backends, SCHEMES[0])? else { return Ok(()) };
    let mut session = ground.engine.session().two_phase();
    order(&mut session, "book", 30)?;
    let hidden = session.with_raw(|client: &mut postgres::Client| client.batch_execute("SELECT 1 / 0"))?;
    assert!(hidden.is_err());
    let error = session.commit().expect_err("it failed before");
    assert_eq!(error.kind(), ErrorKind::TransactionFailed, "{error:?}");
    session.rollback()?;
    assert_eq!(ground.counts()?, [0, 0, 0]);
    drop(session);
    ground.assert_nothing_left(&ground.statements())
}

#[test]
fn what_only_read_is_not_prepared() -> orm::Result<()> {
    in_turns(|ground| {
        ground.engine.with_session(|session| order(session, "book", 30).map(|_| ()))?;
        ground.statements();
        let mut session = ground.engine.session().two_phase();
        assert_eq!((session.count(select::<Payment>())?, session.count(select::<Parcel>())?), (1, 1));
        session.add(sale("lamp"));
        session.commit()?;
        let statements = ground.statements();
        assert!(!statements.iter().any(|sql| is_prepare(sql)), "one was written in: {statements:#?}");
        assert_eq!(session.count(select::<Sale>())?, 2);
        assert_eq!(session.count(select::<Payment>())?, 1);
        session.add(Parcel { id: 0, sale: 2 });
        session.commit()?;
        session.all(select::<Sale>())?;
        session.commit()?;
        assert!(!ground.statements().iter().any(|sql| is_prepare(sql)));
        // Raw SQL may write whatever it looks like.
        session.add(Parcel { id: 0, sale: 3 });
        session.rows::<i64, _>(sql("SELECT 1"))?;
        session.commit()?;
        let statements = ground.statements();
        assert_eq!(statements.iter().filter(|sql| is_prepare(sql)).count(), 2, "{statements:#?}");
        ground.assert_nothing_left(&statements)?;
        // Two of three.
        let mut session = ground.engine.session().two_phase();
        session.count(select::<Parcel>())?;
        session.add(sale("globe"));
        session.add(Payment { id: 0, sale: 3, amount: 70 });
        session.commit()?;
        let statements = ground.statements();
        assert_eq!(statements.iter().filter(|sql| is_prepare(sql)).count(), 2, "{statements:#?}");
        ground.assert_nothing_left(&statements)?;
        let mut session = ground.engine.session().read_only().two_phase();
        assert_eq!((session.count(select::<Sale>())?, session.count(select::<Parcel>())?), (3, 3));
        session.commit()?;
        let statements = ground.statements();
        assert!(!statements.iter().any(|sql| sql.starts_with("XA")), "nothing will be prepared: {statements:#?}");
        assert_eq!(ground.counts()?, [3, 2, 3]);
        Ok(())
    })
}

#[test]
fn savepoints_pins_and_retries_work_as_ever() -> orm::Result<()> {
    in_turns(|ground| {
        let mut session = ground.engine.session().write().two_phase();
        session.pin();
        for (round, item) in ["book", "lamp"].into_iter().enumerate() {
            let amount = 30 + round as i64;
            order(&mut session, item, amount)?;
            let refused: orm::Result<()> = session.savepoint(|session| {
                order(session, "globe", 99)?;
                session.flush()?;
                Err(Error::refused("better not"))
            });
            assert_eq!(refused.expect_err("as told").kind(), ErrorKind::Refused);
            let taken = session.savepoint(|session| {
                session.add(sale(item));
                Ok(())
            });
            assert_eq!(taken.expect_err("it is taken").kind(), ErrorKind::UniqueViolation);
            session.commit()?;
        }
        let connected: u64 = ground.engines().iter().map(|engine| engine.pool_status().in_use as u64).sum();
        assert_eq!(connected, 3, "each was kept");
        drop(session);
        for engine in ground.engines() {
            assert!(engine.pool().settle(std::time::Duration::from_secs(10)));
        }
        assert_eq!(ground.counts()?, [2, 2, 2]);
        let mut runs = 0;
        let options = RetryOptions::new(3).transaction(TransactionOptions::new().write().two_phase());
        ground.statements();
        ground.engine.retry(options, |session| {
            runs += 1;
            order(session, "atlas", 77)?;
            session.flush()?;
            if runs == 1 { Err(Error::new(ErrorKind::Deadlock, "once more")) } else { Ok(()) }
        })?;
        let statements = ground.statements();
        assert_eq!(statements.iter().filter(|sql| is_prepare(sql)).count(), 3, "{statements:#?}");
        assert_eq!((runs, ground.counts()?), (2, [3, 3, 3]));
        ground.assert_nothing_left(&statements)
    })
}

#[test]
fn stale_rows_are_told_in_a_named_transaction() -> orm::Result<()> {
    in_turns(|ground| {
        let mut session = ground.engine.session().two_phase();
        let book = order(&mut session, "book", 30)?;
        let more = session.add_all(["lamp", "globe"].map(sale));
        session.commit()?;
        // The transaction has seen the rows before another changes one of them.
        session.all(select::<Sale>())?;
        let stale = session[more[0]].id;
        ground.databases[0]
            .engine
            .connect()?
            .execute(sql(format!("UPDATE sale SET version = 9 WHERE id = {stale}")))?;
        session.add(Payment { id: 0, sale: 9, amount: 31 });
        for (number, sale) in [book, more[0], more[1]].into_iter().enumerate() {
            session[sale].item = format!("atlas {number}");
        }
        let error = session.commit().expect_err("another was faster");
        assert_eq!(error.kind(), ErrorKind::StaleData, "{error:?}");
        assert!(error.to_string().contains(&format!("with key {stale} was changed")), "{error}");
        session.rollback()?;
        assert_eq!(ground.counts()?, [3, 1, 1]);
        session.refresh(book)?;
        session[book].item = "atlas".into();
        session.commit()?;
        Ok(())
    })
}

on_every_backend! {
    /// A named transaction has the isolation level that was asked for.
    fn the_isolation_level_holds(db) {
        Schema::of::<Sale>().create_all(&db.engine)?;
        if db.backend == Backend::Sqlite {
            return Ok(()); // always serializable
        }
        for (level, sees) in [(Isolation::ReadCommitted, true), (Isolation::RepeatableRead, false)] {
            db.engine.connect()?.execute(delete::<Sale>().every_row())?;
            let mut session = db.engine.session().isolation(level).two_phase();
            assert_eq!(session.count(select::<Sale>())?, 0);
            db.engine.connect()?.execute(insert(&sale("book")))?;
            assert_eq!(session.count(select::<Sale>())? == 1, sees, "{level:?}");
            session.commit()?;
        }
    }

    /// SQLite cannot prepare: it may read, and it may be the only one that is written in.
    fn sqlite_beside_it_may_only_read(db) {
        let backends = [db.backend, Backend::Sqlite, Backend::Sqlite];
        let Some(ground) = Ground::over(backends, SCHEMES[1])? else { return Ok(()) };
        let mut session = ground.engine.session().two_phase();
        session.add(sale("book"));
        session.commit()?;
        assert_eq!(session.rows::<i64, _>(sql("SELECT count(*) FROM sale"))?, [1]);
        session.add(Payment { id: 0, sale: 1, amount: 30 });
        let written = session.commit();
        // A raw SELECT may have written, unless it is SQLite's.
        if db.backend == Backend::Sqlite {
            written?;
        } else {
            assert_eq!(written.expect_err("two were written in").kind(), ErrorKind::Unsupported);
            session.rollback()?;
            session.add(Payment { id: 0, sale: 1, amount: 30 });
            session.commit()?;
        }
        assert_eq!(session.count(select::<Payment>())?, 1);
        session.add(sale("lamp"));
        session.commit()?;
        assert_eq!(ground.counts()?, [2, 1, 0]);
        session.add(sale("globe"));
        session.add(Payment { id: 0, sale: 3, amount: 50 });
        let error = session.commit().expect_err("two were written in");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        assert!(error.to_string().contains("SQLite"), "{error}");
        assert_eq!(session.commit().expect_err("it has failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert_eq!(ground.counts()?, [2, 1, 0]);
        session.add(sale("globe"));
        session.commit()?;
        drop(session);
        ground.assert_nothing_left(&ground.statements())?;
    }

    /// What a database only read is nothing that could be torn off: the error of the one that writes is its own.
    fn a_commit_after_reading_elsewhere_has_its_own_error(db) {
        let Some(ground) = Ground::over([db.backend, Backend::Sqlite, Backend::Sqlite], SCHEMES[0])? else {
            return Ok(());
        };
        // A constraint that is looked at with COMMIT.
        ground.databases[1].engine.connect()?.driver_connection().batch(
            "DROP TABLE payment; CREATE TABLE place (id INTEGER PRIMARY KEY);
             CREATE TABLE payment (id INTEGER PRIMARY KEY, sale INTEGER REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED, amount INTEGER)",
        )?;
        for two_phase in [false, true] {
            let mut session = ground.engine.session();
            if two_phase {
                session = session.two_phase();
            }
            session.count(select::<Sale>())?;
            session.add(Payment { id: 0, sale: 7, amount: 1 });
            let error = session.commit().expect_err("there is no such place");
            assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error:?}");
            session.rollback()?;
        }
    }
}
