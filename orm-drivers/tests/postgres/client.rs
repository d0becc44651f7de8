//! What only the crate `postgres` brings: its own runtime, and its client as a type.

use super::fixture::{connect, driver, kind, server};
use orm_core::{Datum, ErrorKind, Type};
use postgres::Client;
use std::time::Duration;

const PATIENT: Duration = Duration::from_secs(60);

#[test]
fn async_threads_are_told_and_may_drop() {
    let Some(url) = server() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let mut open = connect(&url);
    let closed = connect(&url);
    let dropped = connect(&url);
    let driver = driver(&url);
    runtime.block_on(async move {
        let task = tokio::spawn(async move {
            assert_eq!(kind(open.execute("SELECT 1", &[])), Err(ErrorKind::Misuse));
            assert_eq!(kind(open.batch("SELECT 1")), Err(ErrorKind::Misuse));
            assert_eq!(kind(open.ping(PATIENT)), Err(ErrorKind::Misuse));
            assert_eq!(kind(driver.connect().map(|_| ())), Err(ErrorKind::Misuse));
            drop(dropped);
            closed.0.close();
            (open, driver)
        });
        let (mut open, driver) = task.await.unwrap();
        assert!(open.is_open());
        // Threads that may block work as any other, and give the connection back to those that may not.
        let blocking = tokio::task::spawn_blocking(move || {
            assert_eq!(open.one("SELECT 1", &[], Type::I32), Datum::Int(1));
            (open, driver.connect().unwrap())
        });
        drop(blocking.await.unwrap());
    });
}

#[test]
fn what_the_client_did_by_itself_is_asked_for() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("CREATE TEMP TABLE t (a int4 UNIQUE); BEGIN; INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(c.in_transaction(), Some(true));
    let client = c.as_any().downcast_mut::<Client>().unwrap();
    client.batch_execute("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(c.in_transaction(), None);
    assert_eq!(kind(c.batch("COMMIT")), Err(ErrorKind::TransactionFailed));
    assert_eq!(c.in_transaction(), Some(false));
}
