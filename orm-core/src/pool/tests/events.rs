//! Listeners: what they are told, what they may do to a connection, and what their faults cost.

use super::stub::{PATIENCE, Plan, World};
use super::{SECOND, fixed, three};
use crate::error::{Error, ErrorKind};
use crate::pool::{Pool, PoolEvent, PoolOptions, PrePing};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Notes every event in a short form.
fn told(pool: &Pool) -> Arc<Mutex<Vec<String>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    pool.on_event(move |event| notes.lock().unwrap().push(short(event)));
    told
}

fn short(event: &PoolEvent) -> String {
    match event {
        PoolEvent::Connected { id, .. } => format!("connected {id}"),
        PoolEvent::ConnectFailed { kind, .. } => format!("failed {kind:?}"),
        PoolEvent::Queued { .. } => "queued".to_owned(),
        PoolEvent::TimedOut { .. } => "timed out".to_owned(),
        PoolEvent::CheckedOut { id, .. } => format!("out {id}"),
        PoolEvent::CheckedIn { id, .. } => format!("in {id}"),
        PoolEvent::Overdue { .. } => "overdue".to_owned(),
        PoolEvent::GivenUp { .. } => "given up".to_owned(),
        PoolEvent::Invalidated { reason } => format!("invalidated {reason:?}"),
        PoolEvent::Closed { id, reason, .. } => format!("closed {id} {reason:?}"),
    }
}

fn taken(told: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut told.lock().unwrap())
}

#[test]
fn tells_the_life_of_a_connection() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let told = told(&pool);
    world.plan("connect", Plan::Fail(ErrorKind::AuthenticationFailed));
    let _ = pool.get();
    drop(pool.get().unwrap());
    drop(pool.get().unwrap());
    pool.get().unwrap().discard();
    assert_eq!(
        taken(&told),
        ["failed AuthenticationFailed", "connected 1", "out 1", "in 1", "out 1", "in 1", "out 1", "closed 1 Discarded"]
    );
    let taken_out = pool.get().unwrap().detach();
    assert_eq!(taken(&told), ["connected 2", "out 2", "closed 2 Detached"]);
    taken_out.close();
    drop(pool.get().unwrap());
    pool.dispose();
    let held = pool.get().unwrap();
    pool.close();
    drop(held);
    let expected = [
        "connected 3",
        "out 3",
        "in 3",
        "invalidated Disposed",
        "closed 3 Disposed",
        "connected 4",
        "out 4",
        "invalidated PoolClosed",
        "in 4",
        "closed 4 PoolClosed",
    ];
    assert_eq!(taken(&told), expected);
}

#[test]
fn tells_why_a_connection_was_closed() {
    let options = PoolOptions::new()
        .size(1)
        .max_overflow(2)
        .idle_timeout(SECOND * 10)
        .max_lifetime(SECOND * 100)
        .pre_ping(PrePing::Always);
    let world = World::server();
    let pool = world.pool(options);
    let told = told(&pool);
    let closed = || {
        let all = taken(&told).into_iter();
        all.filter_map(|event| Some(event.strip_prefix("closed ")?.to_owned())).collect::<Vec<_>>()
    };
    three(&pool).into_iter().for_each(drop);
    assert_eq!(closed(), ["1 Surplus", "2 Surplus"]);
    world.advance(SECOND * 10);
    pool.close_expired();
    assert_eq!(closed(), ["3 Idle"]);
    let held = pool.get().unwrap();
    world.advance(SECOND * 100);
    drop(held);
    assert_eq!(closed(), ["4 Expired"]);
    drop(pool.get().unwrap());
    world.plan("ping", Plan::Fail(ErrorKind::Database));
    drop(pool.get().unwrap());
    assert_eq!(closed(), ["5 Lost"]);
    let (held, lost) = (pool.get().unwrap(), pool.get().unwrap());
    world.link(7).open.store(false, SeqCst);
    drop(lost);
    drop(held);
    assert_eq!(closed(), ["7 Lost", "6 Invalidated"]);
    let mut held = pool.get().unwrap();
    held.batch("BEGIN").unwrap();
    world.plan("rollback", Plan::Fail(ErrorKind::Database));
    drop(held);
    assert!(pool.settle(PATIENCE));
    assert_eq!(closed(), ["8 Unclean"]);
    drop(pool.get().unwrap());
    drop(pool);
    assert_eq!(closed(), ["9 PoolClosed"]);

    let pool = World::server().pool(PoolOptions::new().unpooled());
    let told = self::told(&pool);
    drop(pool.get().unwrap());
    assert_eq!(taken(&told), ["connected 1", "out 1", "in 1", "closed 1 Unpooled"]);
}

#[test]
fn tells_of_waiting_with_place_and_time() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let events = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&events);
    pool.on_event(move |event| notes.lock().unwrap().push(event.clone()));
    let held = pool.get().unwrap();
    let first = line!() - 1;
    thread::scope(|scope| {
        let waiter = scope.spawn(|| drop(pool.get().unwrap()));
        while events.lock().unwrap().len() < 3 {
            thread::yield_now();
        }
        world.advance(SECOND * 3);
        drop(held);
        waiter.join().unwrap();
    });
    let events = events.lock().unwrap();
    let place = |line| move |location: &std::panic::Location<'_>| location.line() == line && location.file() == file!();
    let is_first = |event: &PoolEvent| matches!(event, PoolEvent::CheckedOut { id: 1, location, waited } if place(first)(location) && waited.is_zero());
    let is_queued = |event: &PoolEvent| matches!(event, PoolEvent::Queued { location } if place(first + 3)(location));
    assert!(is_first(&events[1]) && is_queued(&events[2]), "{events:?}");
    // Who gives back and who is served tell of it at the same time.
    let is_back = |event: &PoolEvent| matches!(event, PoolEvent::CheckedIn { id: 1, used, .. } if *used == SECOND * 3);
    let is_served =
        |event: &PoolEvent| matches!(event, PoolEvent::CheckedOut { id: 1, waited, .. } if *waited == SECOND * 3);
    assert!(events[3..].iter().any(is_back) && events[3..].iter().any(is_served), "{events:?}");
}

#[test]
fn tells_of_a_wait_in_vain_and_of_leaks_once() {
    let world = World::server();
    let pool = world.pool(fixed(1).timeout(Duration::ZERO).leak_threshold(SECOND * 5));
    let told = told(&pool);
    let held = pool.get().unwrap();
    world.advance(SECOND * 5);
    thread::scope(|scope| scope.spawn(|| pool.get().unwrap_err()).join().unwrap());
    assert_eq!(pool.status().overdue, 1);
    drop(held);
    assert_eq!(taken(&told), ["connected 1", "out 1", "overdue", "queued", "timed out", "in 1"]);
}

#[test]
fn a_listener_may_ask_the_pool_and_may_panic() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let other = pool.clone();
    // Would hang if it were called under the lock.
    pool.on_event(move |_| assert!(other.status().in_use <= 2));
    pool.on_event(|_| resume_unwind(Box::new("as planned")));
    let told = told(&pool);
    drop(pool.get().unwrap());
    assert_eq!(taken(&told), ["connected 1", "out 1", "in 1"], "a panic does not hide events from others");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _held = pool.get().unwrap();
        resume_unwind(Box::new("while a connection is out"));
    }));
    assert!(panicked.is_err());
    assert_eq!(taken(&told), ["out 1", "closed 1 Discarded"], "also in a drop during a panic");
    assert_eq!(pool.status().in_use, 0);
}

#[test]
fn each_connection_is_prepared_once_also_one_that_is_older() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    drop(pool.get().unwrap());
    pool.on_connect(|connection| connection.execute("first", &[]).map(drop));
    let (older, newer) = (pool.get().unwrap(), pool.get().unwrap());
    assert_eq!(world.numbers("execute"), [1, 2]);
    drop((older, newer));
    drop(pool.get().unwrap());
    assert_eq!(world.numbers("execute"), [1, 2], "once is enough");
    pool.on_connect(|connection| connection.query("second", &[], &mut |_| Ok(())));
    drop(pool.get().unwrap());
    assert_eq!((world.numbers("execute").len(), world.numbers("query").len()), (2, 1), "only the later one");
}

#[test]
fn a_reset_connection_is_prepared_again() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    pool.on_connect(|connection| connection.execute("set up", &[]).map(drop));
    pool.get().unwrap().used_raw();
    assert!(pool.settle(PATIENCE));
    drop(pool.get().unwrap());
    assert_eq!(world.story(), ["connect 1", "execute 1", "reset 1", "execute 1"]);
}

#[test]
fn an_error_of_on_connect_is_that_of_connecting() {
    let world = World::server();
    let pool = world.pool(fixed(1).timeout(Duration::ZERO));
    let broken = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&broken);
    pool.on_connect(move |_| match state.load(SeqCst) {
        true => Err(Error::new(ErrorKind::Refused, "not today")),
        false => Ok(()),
    });
    let told = told(&pool);
    let error = pool.get().unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Refused, "an `on_connect` listener: not today"));
    assert_eq!(taken(&told), ["closed 1 Refused", "failed Refused"]);
    broken.store(false, SeqCst);
    drop(pool.get().unwrap());
    assert_eq!((pool.status().idle, pool.status().created, pool.status().closed), (1, 2, 1));
}

#[test]
fn an_error_or_panic_of_on_checkout_costs_no_place() {
    for world in [World::server(), World::memory()] {
        let pool = world.pool(fixed(1).timeout(Duration::ZERO));
        drop(pool.get().unwrap());
        let next = Arc::new(Mutex::new(None));
        let plan = Arc::clone(&next);
        pool.on_checkout(move |connection| {
            let now = plan.lock().unwrap().take();
            match now {
                Some("fail") => return Err(Error::new(ErrorKind::Refused, "not today")),
                Some("panic") => resume_unwind(Box::new("as planned")),
                Some(_) => connection.batch("BEGIN")?,
                None => {}
            }
            Ok(())
        });
        *next.lock().unwrap() = Some("fail");
        assert_eq!(pool.get().unwrap_err().to_string(), "an `on_checkout` listener: not today");
        assert!(pool.settle(PATIENCE));
        *next.lock().unwrap() = Some("begin");
        assert_eq!(pool.get().unwrap_err().to_string(), "an `on_checkout` listener: it left a transaction open");
        assert!(pool.settle(PATIENCE));
        assert_eq!(pool.status().idle, 1, "it is clean again");
        *next.lock().unwrap() = Some("panic");
        assert!(catch_unwind(AssertUnwindSafe(|| pool.get())).is_err());
        assert_eq!(pool.get().unwrap().id(), if world.single { 1 } else { 2 });
        pool.inner().lock().assert_consistent(1);
    }
}

#[test]
fn a_childs_pool_has_its_parents_listeners() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let told = told(&pool);
    world.process.store(2, SeqCst);
    drop(pool.get().unwrap());
    assert_eq!(taken(&told), ["connected 1", "out 1", "in 1"]);
}
