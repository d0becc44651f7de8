//! Connections kept ready and warm by a thread of the pool, and a pool that is suspended.

use super::stub::{PATIENCE, Plan, World};
use super::{SECOND, await_waiting, fixed, three};
use crate::error::ErrorKind;
use crate::pool::housekeeper::Pause;
use crate::pool::{Pool, PoolEvent, PoolOptions, PrePing};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Waits until the thread has done something.
#[track_caller]
fn eventually(pool: &Pool, what: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !what() {
        assert!(Instant::now() < deadline, "it does not happen: {:?}", pool.status());
        pool.inner().bell.ring();
        thread::yield_now();
    }
}

#[test]
fn so_many_lie_ready_from_the_start_and_again() {
    let world = World::server();
    let pool = world.pool(fixed(4).min_idle(2));
    eventually(&pool, || pool.status().idle == 2);
    let held = pool.get().unwrap();
    eventually(&pool, || pool.status().idle == 2);
    assert_eq!((pool.status().in_use, pool.status().created), (1, 3));
    let more = three(&pool);
    pool.inner().bell.ring();
    assert_eq!(pool.status().created, 4, "not more than the size");
    drop((held, more));
    assert_eq!(pool.status().idle, 4);
    let main = thread::current().id();
    assert!(world.all("connect").iter().filter(|event| event.thread != main).count() >= 3);
}

#[test]
fn nothing_runs_unless_it_is_wanted() {
    let pool = World::server().pool(fixed(2));
    assert_eq!(Arc::weak_count(pool.inner()), 0);
    let pool = World::file().pool(fixed(2).keepalive(SECOND));
    assert_eq!(Arc::weak_count(pool.inner()), 0, "there is no server to keep awake");
    let pool = World::memory().pool(fixed(1).min_idle(1).keepalive(SECOND));
    assert_eq!(Arc::weak_count(pool.inner()), 0);
}

#[test]
fn the_thread_ends_with_its_pool() {
    let world = World::server();
    let pool = world.pool(fixed(2).min_idle(2).keepalive(SECOND));
    eventually(&pool, || pool.status().idle == 2);
    let bell = Arc::clone(&pool.inner().bell);
    let reaper = Arc::clone(&pool.inner().reaper);
    drop(pool);
    let deadline = Instant::now() + PATIENCE;
    while Arc::strong_count(&bell) > 1 {
        assert!(Instant::now() < deadline, "the thread goes on");
        thread::yield_now();
    }
    assert!(reaper.wait_until_quiet(PATIENCE));
    assert_eq!(world.numbers("close").len(), 2);
}

#[test]
fn a_pool_that_ends_while_it_connects_loses_nothing() {
    let world = World::server();
    let hanging = world.hang("connect");
    let pool = world.pool(fixed(1).min_idle(1));
    hanging.wait_until_begun();
    let reaper = Arc::clone(&pool.inner().reaper);
    drop(pool);
    drop(hanging);
    let deadline = Instant::now() + PATIENCE;
    while world.numbers("close").is_empty() {
        assert!(Instant::now() < deadline, "the connection stays open");
        thread::yield_now();
    }
    assert!(reaper.wait_until_quiet(PATIENCE));
    assert_eq!(world.story(), ["connect 1", "close 1"]);
}

#[test]
fn a_caller_gets_what_the_thread_opens() {
    let world = World::server();
    let hanging = world.hang("connect");
    let pool = world.pool(fixed(1).min_idle(1));
    hanging.wait_until_begun();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| pool.get().unwrap().id());
        await_waiting(&pool, 1);
        drop(hanging);
        assert_eq!(waiter.join().unwrap(), 1);
    });
}

#[test]
fn what_cannot_be_opened_is_tried_less_and_less_often() {
    let world = World::server();
    let pool = world.quiet_pool(fixed(2).min_idle(1));
    let mut pause = Pause::default();
    let mut attempts = Vec::new();
    for kind in [ErrorKind::ConnectFailed; 4] {
        world.plan("connect", Plan::Fail(kind));
    }
    for tenth in 0..80 {
        pool.inner().tend(&mut pause);
        if world.numbers("connect").len() > attempts.len() {
            attempts.push(tenth);
        }
        world.advance(Duration::from_millis(100));
    }
    assert_eq!(attempts, [0, 5, 15, 35, 75], "after a half, one, two and four seconds");
    assert_eq!((pool.status().idle, pool.status().in_use), (1, 0));
    pool.inner().lock().assert_consistent(2);
}

#[test]
fn a_panic_of_the_driver_does_not_end_the_thread() {
    let world = World::server();
    world.plan("connect", Plan::Panic);
    let pool = world.pool(fixed(1).min_idle(1));
    eventually(&pool, || {
        world.advance(SECOND);
        pool.status().idle == 1
    });
}

#[test]
fn idle_connections_are_kept_awake_and_the_dead_replaced() {
    let world = World::server();
    let pool = world.quiet_pool(fixed(3).keepalive(SECOND * 100).idle_timeout(SECOND * 1000).pre_ping(PrePing::Never));
    three(&pool).into_iter().for_each(drop);
    let mut pause = Pause::default();
    pool.inner().tend(&mut pause);
    assert_eq!(world.numbers("ping"), [0; 0]);
    world.advance(SECOND * 75);
    drop(pool.get().unwrap()); // the last one, used just now
    pool.inner().tend(&mut pause);
    assert_eq!(world.numbers("ping"), [1, 2]);
    pool.inner().tend(&mut pause);
    assert_eq!(world.numbers("ping"), [1, 2], "they have just answered");
    assert_eq!(pool.get().unwrap().id(), 3, "the order is as before");
    world.advance(SECOND * 925);
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    pool.on_event(move |event| notes.lock().unwrap().push(event.clone()));
    pool.close_expired();
    let ids: Vec<_> = told.lock().unwrap().iter().filter_map(closed).collect();
    assert_eq!(ids, [1, 2], "a test is no use");
    world.plan("ping", Plan::Fail(ErrorKind::ConnectionLost));
    pool.inner().tend(&mut pause);
    assert!(pool.settle(PATIENCE));
    assert_eq!(pool.status().idle, 0);
    let mut closed = world.numbers("close");
    closed.sort_unstable();
    assert_eq!(closed, [1, 2, 3]);
}

fn closed(event: &PoolEvent) -> Option<u64> {
    match event {
        PoolEvent::Closed { id, .. } => Some(*id),
        _ => None,
    }
}

#[test]
fn a_test_that_hangs_gives_its_place_up() {
    let world = World::server();
    let pool = world.quiet_pool(fixed(1).keepalive(SECOND * 10).cleanup_timeout(SECOND));
    drop(pool.get().unwrap());
    world.advance(SECOND * 10);
    let hanging = world.hang("ping");
    thread::scope(|scope| {
        let keeper = scope.spawn(|| pool.inner().tend(&mut Pause::default()));
        hanging.wait_until_begun();
        assert_eq!((pool.status().in_use, pool.status().cleaning), (1, 1));
        world.advance(SECOND);
        assert_eq!(pool.get().unwrap().id(), 2);
        drop(hanging);
        keeper.join().unwrap();
    });
    assert!(pool.settle(PATIENCE));
    assert_eq!((pool.status().idle, world.numbers("close")), (1, vec![1]));
    pool.inner().lock().assert_consistent(1);
}

#[test]
fn idle_connections_that_are_wanted_outlive_the_idle_timeout_but_not_their_life() {
    let world = World::server();
    let pool = world.quiet_pool(fixed(3).min_idle(2).idle_timeout(SECOND).max_lifetime(SECOND * 100));
    three(&pool).into_iter().for_each(drop);
    world.advance(SECOND);
    let mut pause = Pause::default();
    pool.inner().tend(&mut pause);
    assert_eq!((pool.status().idle, pool.status().created), (2, 3));
    world.advance(SECOND * 100);
    pool.inner().tend(&mut pause);
    assert_eq!((pool.status().idle, pool.status().created, pool.status().closed), (2, 5, 3));
}

#[test]
fn a_leak_is_told_without_anybody_asking() {
    let world = World::server();
    let pool = world.pool(fixed(2).min_idle(1).leak_threshold(SECOND));
    let (tell, told) = channel();
    pool.on_event(move |event| {
        if let PoolEvent::Overdue { location, age } = event {
            let _ = tell.send((location.line(), *age));
        }
    });
    let held = pool.get().unwrap();
    let line = line!() - 1;
    world.advance(SECOND * 2);
    pool.inner().bell.ring();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), (line, SECOND * 2));
    drop(held);
}

#[test]
fn a_childs_pool_keeps_its_own_connections_ready() {
    let world = World::server();
    let pool = world.pool(fixed(2).min_idle(1));
    eventually(&pool, || pool.status().idle == 1);
    world.process.store(2, std::sync::atomic::Ordering::SeqCst);
    eventually(&pool, || pool.status().idle == 1);
    assert_eq!(world.numbers("connect"), [1, 2]);
}

#[test]
fn a_suspended_pool_gives_nothing_out_and_then_serves_in_order() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let held = pool.get().unwrap();
    pool.suspend();
    assert!(pool.status().suspended);
    let (got, served) = channel();
    thread::scope(|scope| {
        for waiter in 0..3 {
            let (pool, got) = (&pool, got.clone());
            scope.spawn(move || {
                let connection = pool.get().unwrap();
                got.send((waiter, connection.id())).unwrap();
            });
            await_waiting(pool, waiter + 1);
        }
        drop(held);
        assert_eq!((pool.status().idle, pool.status().waiting), (1, 3), "what comes back stays");
        pool.dispose();
        assert!(pool.settle(PATIENCE));
        assert_eq!((world.numbers("close"), pool.status().waiting), (vec![1], 3));
        pool.resume();
        let order: Vec<_> = (0..3).map(|_| served.recv_timeout(PATIENCE).unwrap()).collect();
        assert_eq!(order, [(0, 2), (1, 2), (2, 2)]);
    });
    pool.inner().lock().assert_consistent(1);
}

#[test]
fn a_wait_for_a_suspended_pool_says_so() {
    let pool = World::server().pool(PoolOptions::new().timeout(Duration::ZERO));
    pool.suspend();
    let error = pool.get().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert!(
        error.to_string().ends_with("0 of 15 are out (size 5, overflow 10), 0 idle, 0 waiting; the pool is suspended"),
        "{error}"
    );
    pool.close();
    assert_eq!(pool.get().unwrap_err().kind(), ErrorKind::Misuse, "closing goes before");
}
