//! A database in memory: one connection that all threads share, one after another.

use super::*;
use std::sync::{Arc, Mutex};

#[test]
fn threads_wait_for_the_only_connection() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<Entry>().create_all(&engine)?;
    write_entries(&engine, 6, 20);
    assert_eq!(engine.connect()?.count(select::<Entry>())?, 120);
    Ok(())
}

#[test]
fn a_thread_that_waits_for_itself_is_told_so() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<Entry>().create_all(&engine)?;
    let connection = engine.connect()?;
    let error = engine.connect().expect_err("it would wait for ever");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(
        error
            .to_string()
            .contains("this thread already holds the only connection, checked out at tests/it/engine/memory.rs:"),
        "{error}"
    );
    let mut session = engine.session();
    let error = session.count(select::<Entry>()).expect_err("the session needs one too");
    assert!(error.to_string().contains("this thread already holds the only connection"), "{error}");
    drop(connection);
    session.rollback()?;
    assert_eq!(session.count(select::<Entry>())?, 0);
    Ok(())
}

#[test]
fn a_failed_transaction_leaves_the_database_there() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<Entry>().create_all(&engine)?;
    let entry = Entry { id: 1, thread: 0, number: 0 };
    engine.transaction(|tx| tx.execute(insert(&entry)))?;
    engine.transaction(|tx| tx.execute(insert(&entry))).expect_err("it is there");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.transaction(|tx| -> orm::Result<()> {
            tx.execute(delete::<Entry>().every_row())?;
            std::panic::resume_unwind(Box::new(()))
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(engine.connect()?.all(select::<Entry>())?, [entry]);
    Ok(())
}

#[test]
fn two_engines_in_memory_are_two_databases() -> orm::Result<()> {
    let (one, two) = (orm::create_engine("sqlite::memory:")?, orm::create_engine("sqlite://")?);
    Schema::of::<Entry>().create_all(&one)?;
    let error = two.connect()?.count(select::<Entry>()).expect_err("no such table there");
    assert_eq!(error.kind(), ErrorKind::UndefinedTable);
    Ok(())
}

#[test]
fn a_session_that_reads_once_sends_one_statement() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<Entry>().create_all(&engine)?;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    engine.on_statement(move |executed| {
        log.lock().expect("no listener panics").push(executed.sql.split(' ').next().unwrap_or_default().to_owned());
    });
    let words = || std::mem::take(&mut *sent.lock().expect("no listener panics"));
    let read = |session: &mut Session| session.all(select::<Entry>().filter(|e| e.thread.ge(0)));
    assert!(read(&mut engine.session())?.is_empty());
    assert_eq!(words(), ["SELECT"]);
    let mut session = engine.session();
    read(&mut session)?;
    session.commit()?;
    assert_eq!(words(), ["SELECT"]);
    read(&mut session)?;
    read(&mut session)?;
    session.rollback()?;
    assert_eq!(words(), ["SELECT", "BEGIN", "SELECT", "ROLLBACK"]);
    read(&mut session)?;
    let entry = session.add(Entry { id: 1, thread: 0, number: 0 });
    session.flush()?;
    session.rollback()?;
    assert_eq!(words(), ["SELECT", "BEGIN", "INSERT", "ROLLBACK"]);
    assert!(session.try_get(entry).is_none() && read(&mut session)?.is_empty());
    Ok(())
}

#[test]
fn the_statements_of_many_rows_are_executed_as_one() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<Entry>().create_all(&engine)?;
    let sent = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&sent);
    engine.on_statement(move |executed| {
        if executed.sql.starts_with("INSERT") {
            log.lock().expect("no listener panics").push((executed.rows, executed.batch));
        }
    });
    let entries: Vec<Entry> = (0..333).map(|number| Entry { id: 0, thread: 1, number }).collect();
    let keys: Vec<i64> = engine.transaction(|tx| tx.all(insert(&entries).returning(|e| e.id)))?;
    assert_eq!(keys, (1..=333).collect::<Vec<i64>>());
    assert_eq!(*sent.lock().expect("no listener panics"), [(300, Some(3)), (30, Some(3)), (3, None)]);
    let numbers = engine.connect()?.all(select::<Entry>().order_by(|e| e.id).columns(|e| e.number))?;
    assert_eq!(numbers, (0..333).collect::<Vec<i32>>());
    Ok(())
}

#[test]
fn a_first_read_that_fails_fails_its_transaction() -> orm::Result<()> {
    let engine = orm::create_engine("sqlite::memory:")?;
    let mut session = engine.session();
    session.all(select::<Entry>()).expect_err("there is no table");
    let error = session.count(select::<Entry>()).expect_err("it failed before");
    assert_eq!(error.kind(), ErrorKind::SessionFailed);
    session.rollback()?;
    Schema::of::<Entry>().create_all(&engine)?;
    assert_eq!(session.count(select::<Entry>())?, 0);
    Ok(())
}
