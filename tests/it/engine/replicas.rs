//! Read replicas: what goes to them and what does not. Each "replica" is a database with other rows, so that the rows tell where a
//! transaction was; `tests/faults` has a real standby.

use super::*;
use orm::{RetryOptions, TransactionOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The thread's number of the entries that only a replica has.
fn place(number: i32) -> Entry {
    Entry { id: 0, thread: number, number: 0 }
}

/// A fresh database that has one entry with this number.
fn fresh(db: &Db, number: i32) -> orm::Result<Db> {
    let other = Db::fresh(db.backend).expect("there is a server");
    Schema::of::<Entry>().create_all(&other.engine)?;
    other.engine.transaction(|tx| tx.execute(insert(&place(number))))?;
    Ok(other)
}

/// An engine over a database with entry 0 and replicas with the entries 1, 2, ..
fn ground(db: &Db, replicas: i32, window: Duration) -> orm::Result<(Own, Vec<Db>)> {
    Schema::of::<Entry>().create_all(&db.engine)?;
    db.engine.transaction(|tx| tx.execute(insert(&place(0))))?;
    let others = (1..=replicas).map(|number| fresh(db, number)).collect::<orm::Result<Vec<Db>>>()?;
    let own = Own::new(db, |options| {
        others.iter().fold(options.read_your_writes(window), |options, other| options.replica(&other.url))
    })?;
    Ok((own, others))
}

/// Where a session reads.
fn read(session: &mut Session) -> orm::Result<i32> {
    session.rows(select::<Entry>().order_by(|e| e.id).columns(|e| e.thread)).map(|rows: Vec<i32>| rows[0])
}

fn read_only(engine: &Engine) -> orm::Result<i32> {
    read(&mut engine.session().read_only())
}

fn close(own: Own) {
    for replica in own.0.replicas() {
        replica.pool().close();
        replica.pool().settle(LONG);
    }
}

on_every_backend! {
    fn read_only_transactions_go_to_the_replicas_in_turn(db) {
        let (own, _others) = ground(db, 2, Duration::ZERO)?;
        let engine = &own.0;
        let mut places = (0..4).map(|_| read_only(engine)).collect::<orm::Result<Vec<i32>>>()?;
        places.sort_unstable();
        assert_eq!(places, [1, 1, 2, 2]);
        let options = TransactionOptions::new().read_only();
        let entry = |tx: &mut Transaction<'_>| tx.one(select::<Entry>().columns(|e| e.thread));
        assert!(engine.transaction_with(options, |tx| entry(tx))? > 0);
        assert!(engine.transaction_with_retry(RetryOptions::new(3).transaction(options), |tx| entry(tx))? > 0);
        assert!(engine.retry(RetryOptions::new(3).transaction(options), read)? > 0);
        // One transaction is at one place from its first statement to its last.
        let mut session = engine.session().read_only();
        let first = read(&mut session)?;
        assert_eq!((read(&mut session)?, session.savepoint(read)?), (first, first));
        session.rollback()?;
        assert_ne!(read(&mut session)?, first, "the next takes the next");
        drop(session);
        assert!(engine.replicas().iter().all(|replica| replica.pool_status().created > 0));
        close(own);
    }

    fn all_else_goes_to_the_primary(db) {
        let (own, others) = ground(db, 1, Duration::ZERO)?;
        let engine = &own.0;
        assert_eq!(read(&mut engine.session())?, 0, "it may write yet");
        assert_eq!(read(&mut engine.session().write())?, 0);
        assert_eq!(engine.with_session(read)?, 0);
        assert_eq!(engine.connect()?.one::<i32, _>(select::<Entry>().columns(|e| e.thread))?, 0);
        let mut connection = engine.connect()?;
        let mut transaction = connection.begin_with(TransactionOptions::new().read_only())?;
        assert_eq!(transaction.one::<i32, _>(select::<Entry>().columns(|e| e.thread))?, 0, "a connection is what it is");
        drop(transaction);
        drop(connection);
        let serializable = engine.session().read_only().isolation(Isolation::Serializable);
        assert_eq!(read(&mut { serializable })?, 0, "a standby of PostgreSQL cannot");
        let primary = engine.primary();
        assert_eq!((read_only(&primary)?, primary.replicas().len()), (0, 0));
        assert_eq!(read_only(engine)?, 1);
        // A write in a read-only transaction is refused there as here.
        let mut session = engine.session().read_only();
        let error = session.execute(delete::<Entry>().every_row()).expect_err("it only reads");
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
        drop(session);
        assert_eq!(others[0].engine.connect()?.count(select::<Entry>())?, 1);
        close(own);
    }

    fn what_was_written_is_read_where_it_was_written(db) {
        let window = Duration::from_secs(60);
        let writes: [fn(&Engine) -> orm::Result<()>; 6] = [
            |engine| engine.with_session(|session| { session.add(place(0)); Ok(()) }),
            |engine| engine.transaction(|tx| tx.execute(insert(&place(0))).map(drop)),
            |engine| engine.connect()?.execute(insert(&place(0))).map(drop),
            |engine| engine.primary().connect()?.execute(sql("DELETE FROM entry WHERE id > 1")).map(drop),
            |engine| engine.connect()?.driver_connection().batch("DELETE FROM entry WHERE id > 1"),
            |engine| Schema::of::<Entry>().create_all(engine),
        ];
        Schema::of::<Entry>().create_all(&db.engine)?;
        db.engine.transaction(|tx| tx.execute(insert(&place(0))))?;
        let other = fresh(db, 1)?;
        for (at, write) in writes.into_iter().enumerate() {
            let own = Own::new(db, |options| options.replica(&other.url).read_your_writes(window))?;
            let engine = own.0.clone();
            // What only reads, or is taken back, changes nothing.
            read(&mut engine.session())?;
            let mut session = engine.session();
            session.add(place(7));
            session.flush()?;
            session.rollback()?;
            assert_eq!(read_only(&engine)?, 1, "{at}");
            write(&engine)?;
            assert_eq!(read_only(&engine)?, 0, "{at}");
            close(own);
        }
        // The rule has an end, and can be switched off.
        for window in [Duration::from_millis(50), Duration::ZERO] {
            let own = Own::new(db, |options| options.replica(&other.url).read_your_writes(window))?;
            own.0.connect()?.execute(insert(&place(0)))?;
            std::thread::sleep(window + window / 2);
            assert_eq!(read_only(&own.0)?, 1);
            close(own);
        }
    }

    fn a_pinned_session_leaves_the_replica_to_write(db) {
        let (own, _others) = ground(db, 1, Duration::ZERO)?;
        let mut session = own.0.session().read_only();
        session.pin();
        assert_eq!(read(&mut session)?, 1);
        session.commit()?;
        assert_eq!(own.0.replicas()[0].pool_status().in_use, 1, "it is pinned");
        let mut session = session.write();
        assert_eq!(read(&mut session)?, 0);
        drop(session);
        close(own);
    }

    fn what_is_set_up_and_told_holds_for_replicas(db) {
        let (own, _others) = ground(db, 1, Duration::ZERO)?;
        let (prepared, told, pool) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let count = |counter: &Arc<AtomicUsize>| { let counter = Arc::clone(counter); move || { counter.fetch_add(1, Ordering::SeqCst); } };
        let (on_prepared, on_told, on_pool) = (count(&prepared), count(&told), count(&pool));
        own.0.on_connect(move |_| { on_prepared(); Ok(()) });
        own.0.on_statement(move |_| on_told());
        own.0.on_pool_event(move |_| on_pool());
        assert_eq!(read_only(&own.0)?, 1);
        let seen = [&prepared, &told, &pool].map(|counter| counter.load(Ordering::SeqCst) > 0);
        assert_eq!((seen, prepared.load(Ordering::SeqCst)), ([true; 3], 1));
        assert_eq!(own.0.pool_status().created, 0, "the primary was not asked");
        close(own);
    }
}

#[test]
fn a_replica_out_of_reach_is_passed_over() -> orm::Result<()> {
    let db = Db::fresh(crate::support::Backend::Sqlite).expect("SQLite is always there");
    Schema::of::<Entry>().create_all(&db.engine)?;
    db.engine.transaction(|tx| tx.execute(insert(&place(0))))?;
    let other = fresh(&db, 1)?;
    let nowhere = "sqlite:////nowhere/at/all.db?mode=ro";
    let same_file = format!("{}?mode=ro", other.url);
    let own = Own::new(&db, |options| options.replica(nowhere).replica(&same_file).read_your_writes(Duration::ZERO))?;
    let places = (0..6).map(|_| read_only(&own.0)).collect::<orm::Result<Vec<i32>>>()?;
    assert_eq!(places, [1; 6]);
    close(own);
    let own = Own::new(&db, |options| options.replica(nowhere).replica(nowhere).read_your_writes(Duration::ZERO))?;
    let places = (0..6).map(|_| read_only(&own.0)).collect::<orm::Result<Vec<i32>>>()?;
    assert_eq!(places, [0; 6], "the primary does what they cannot");
    Ok(())
}

#[test]
fn what_cannot_be_a_replica_is_refused() {
    let memory = EngineOptions::new("sqlite:///a.db").replica("sqlite::memory:").create().expect_err("it is no copy");
    let other = EngineOptions::new("sqlite:///a.db").replica("postgresql://h/d").create().expect_err("another kind");
    let wrong = EngineOptions::new("sqlite:///a.db").replica("what?").create().expect_err("no URL");
    assert_eq!(
        [memory.kind(), other.kind(), wrong.kind()],
        [ErrorKind::Misuse, ErrorKind::Misuse, ErrorKind::InvalidUrl]
    );
    assert_eq!(other.to_string(), "a replica of sqlite cannot be postgresql");
    assert_eq!(memory.to_string(), "a database in memory cannot be a replica of another");
}
