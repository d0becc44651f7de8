//! A database in memory: one connection that all threads share, one after another.

use super::*;

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
