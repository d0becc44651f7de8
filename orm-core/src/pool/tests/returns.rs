//! What happens to a connection when its guard is dropped: by whom it is cleaned, and whether it is kept.

use super::stub::{PATIENCE, Plan, World};
use super::{SECOND, fixed};
use crate::error::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

#[test]
fn a_clean_connection_comes_back_without_a_round_trip() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    connection.batch("COMMIT").unwrap();
    drop(connection);
    assert_eq!(pool.status().idle, 1);
    assert_eq!(world.story(), ["connect 1", "begin 1", "commit 1"]);
}

#[test]
fn an_open_transaction_is_rolled_back_on_another_thread() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let hanging = world.hang("rollback");
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    hanging.wait_until_begun();
    let status = pool.status();
    assert_eq!((status.idle, status.in_use, status.cleaning), (0, 1, 1), "it does not come back before it is clean");
    drop(hanging);
    assert!(pool.settle(PATIENCE));
    assert_eq!((pool.status().idle, pool.status().in_use), (1, 0));
    assert_eq!(world.numbers("rollback"), [1]);
    assert_ne!(world.all("rollback")[0].thread, thread::current().id());
}

#[test]
fn a_driver_that_need_not_wait_rolls_back_before_drop_returns() {
    let world = World::server();
    world.rolls_back_unheard.store(true, SeqCst);
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    assert_eq!((pool.status().idle, pool.status().in_use), (1, 0));
    assert_eq!(world.all("unheard")[0].thread, thread::current().id());
    let mut connection = pool.get().unwrap();
    assert_eq!(world.numbers("ping"), [1], "by now somebody must hear of it");
    connection.batch("BEGIN").unwrap();
    connection.used_raw();
    drop(connection);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("rollback"), [1], "a reset waits for the server anyway");

    world.plan("unheard", Plan::Fail(ErrorKind::ConnectionLost));
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    assert_eq!((pool.status().idle, pool.status().in_use), (0, 0), "it was lost on the way");
    world.plan("unheard", Plan::Panic);
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("rollback"), [1, 2], "the usual way is left");
}

#[test]
fn the_next_caller_gets_it_when_it_is_clean() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    let mut again = pool.get().unwrap();
    again.batch("BEGIN").unwrap();
    assert_eq!(world.story(), ["connect 1", "begin 1", "rollback 1", "begin 1"]);
}

#[test]
fn a_local_connection_is_rolled_back_and_closed_before_drop_returns() {
    let world = World::file();
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    connection.used_raw();
    drop(connection);
    pool.dispose();
    assert_eq!(world.story(), ["connect 1", "begin 1", "rollback 1", "reset 1", "close 1"]);
    assert!(world.events().iter().all(|event| event.thread == thread::current().id()));
}

#[test]
fn a_transaction_of_unknown_state_is_rolled_back_unless_the_owner_knows() {
    let world = World::server();
    world.knows_transactions.store(false, SeqCst);
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.batch("COMMIT").unwrap();
    connection.mark_clean();
    drop(connection);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.story(), ["connect 1", "commit 1"]);

    let mut connection = pool.get().unwrap();
    connection.mark_clean();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("rollback"), [1], "what is done afterwards is not covered by the owner's word");

    drop(pool.get().unwrap());
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("rollback"), [1, 1]);
    assert_eq!(pool.status().idle, 1);
}

#[test]
fn raw_use_is_reset_after_the_rollback() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.used_raw();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    assert!(pool.settle(PATIENCE));
    drop(pool.get().unwrap());
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.story(), ["connect 1", "begin 1", "rollback 1", "reset 1"], "once, not at each return");
}

#[test]
fn what_cannot_be_cleaned_is_closed() {
    for (step, plan) in [
        ("rollback", Plan::Fail(ErrorKind::Database)),
        ("rollback", Plan::Fail(ErrorKind::ConnectionLost)),
        ("rollback", Plan::Panic),
        ("reset", Plan::Fail(ErrorKind::Unsupported)),
        ("reset", Plan::Panic),
    ] {
        for world in [World::server(), World::file()] {
            let plan = match &plan {
                Plan::Fail(kind) => Plan::Fail(*kind),
                _ => Plan::Panic,
            };
            world.plan(step, plan);
            let pool = world.pool(fixed(1));
            let mut connection = pool.get().unwrap();
            connection.batch("BEGIN").unwrap();
            connection.used_raw();
            drop(connection);
            assert_eq!(pool.get().unwrap().id(), 2, "{step}");
            assert!(pool.settle(PATIENCE));
            assert_eq!(world.numbers("close"), [1], "{step}");
        }
    }
}

#[test]
fn the_only_connection_survives_a_reset_that_fails() {
    let world = World::memory();
    world.plan("reset", Plan::Fail(ErrorKind::Unsupported));
    let pool = world.pool(fixed(1));
    let mut connection = pool.get().unwrap();
    connection.used_raw();
    drop(connection);
    assert_eq!(pool.get().unwrap().id(), 1);
}

#[test]
fn discard_and_detach_free_the_place_at_once() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    pool.get().unwrap().discard();
    let second = pool.get().unwrap();
    assert_eq!(second.id(), 2);
    let own = second.detach();
    assert_eq!(pool.get().unwrap().id(), 3);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("close"), [1]);
    assert_ne!(world.all("close")[0].thread, thread::current().id());
    own.close();
    assert_eq!(pool.status().idle, 1);
}

#[test]
fn a_panic_costs_the_connection_but_not_its_place() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut connection = pool.get().unwrap();
        connection.batch("BEGIN").unwrap();
        resume_unwind(Box::new("in the middle of a transaction"));
    }));
    assert!(panicked.is_err());
    assert_eq!(pool.status().in_use, 0);
    assert_eq!(pool.get().unwrap().id(), 2);
    assert!(pool.settle(PATIENCE));
    assert_eq!((world.numbers("close"), world.numbers("connect")), (vec![1], vec![1, 2]));
    assert_ne!(world.all("close")[0].thread, thread::current().id());
}

#[test]
fn a_panic_while_the_database_is_in_memory_rolls_back_and_keeps_it() {
    let world = World::memory();
    let pool = world.pool(fixed(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut connection = pool.get().unwrap();
        connection.batch("BEGIN").unwrap();
        resume_unwind(Box::new("in the middle of a transaction"));
    }));
    assert!(panicked.is_err());
    assert_eq!(world.story(), ["connect 1", "begin 1", "rollback 1"]);
    assert_eq!(pool.get().unwrap().id(), 1);
}

#[test]
fn a_panic_in_the_rollback_during_a_panic_does_not_end_the_process() {
    let world = World::memory();
    world.plan("rollback", Plan::Panic);
    let pool = world.pool(fixed(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut connection = pool.get().unwrap();
        connection.batch("BEGIN").unwrap();
        resume_unwind(Box::new("the first of two panics"));
    }));
    assert!(panicked.is_err());
    assert_eq!(world.numbers("rollback"), [1]);
    assert_eq!(pool.status().in_use, 0);
}

#[test]
fn a_rollback_that_hangs_gives_its_place_up() {
    let world = World::server();
    let pool = world.pool(fixed(1).cleanup_timeout(SECOND * 5));
    let hanging = world.hang("rollback");
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    hanging.wait_until_begun();
    world.advance(SECOND * 5);
    let fresh = pool.get().unwrap();
    assert_eq!(fresh.id(), 2);
    drop(hanging);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("close"), [1], "too late to come back");
    drop(fresh);
    assert_eq!((pool.status().idle, pool.status().in_use), (1, 0));
}

#[test]
fn a_close_that_hangs_holds_up_nobody() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let hanging = world.hang("close");
    pool.get().unwrap().discard();
    hanging.wait_until_begun();
    let mut connection = pool.get().unwrap();
    connection.batch("BEGIN").unwrap();
    drop(connection);
    let (first, second) = (pool.get().unwrap(), pool.get().unwrap());
    assert_eq!((first.id().min(second.id()), first.id().max(second.id())), (2, 3));
    drop(hanging);
    assert!(pool.settle(PATIENCE));
}
