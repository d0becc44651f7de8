//! The pool's behaviour over a driver without a database: what is given out and kept, and to whom. Nothing sleeps: threads
//! meet at channels, and time passes when a test says so.

mod events;
mod faults;
mod housekeeper;
#[cfg(shuttle)]
mod model;
mod returns;
mod stress;
mod stub;

use super::{Order, Pool, PoolOptions, Pooled};
use crate::error::ErrorKind;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use stub::{PATIENCE, World};

const SECOND: Duration = Duration::from_secs(1);

/// A pool of so many connections and no more, whose callers wait for as long as it takes.
fn fixed(size: usize) -> PoolOptions {
    PoolOptions::new().size(size).max_overflow(0).timeout(PATIENCE)
}

/// Waits until so many callers are in the queue.
fn await_waiting(pool: &Pool, count: usize) {
    while pool.status().waiting != count {
        thread::yield_now();
    }
}

fn ids(connections: &[Pooled]) -> Vec<u64> {
    connections.iter().map(Pooled::id).collect()
}

fn three(pool: &Pool) -> Vec<Pooled> {
    (0..3).map(|_| pool.get().unwrap()).collect()
}

#[test]
fn crosses_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    fn sent<T: Send>() {}
    shared::<Pool>();
    sent::<Pooled>();
}

#[test]
fn opens_nothing_before_it_is_needed() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new());
    assert_eq!(world.story(), [""; 0]);
    drop(pool.get().unwrap());
    drop(pool.get().unwrap());
    assert_eq!(world.story(), ["connect 1"]);
}

#[test]
fn gives_out_the_connection_returned_last_or_first() {
    for (order, expected) in [(Order::Lifo, [3, 2, 1]), (Order::Fifo, [1, 2, 3])] {
        let world = World::server();
        let pool = world.pool(fixed(3).order(order));
        three(&pool).into_iter().for_each(drop);
        let again = three(&pool);
        assert_eq!(ids(&again), expected, "{order:?}");
    }
}

#[test]
fn keeps_size_and_closes_the_overflow() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new().size(1).max_overflow(2));
    three(&pool).into_iter().for_each(drop);
    assert!(pool.settle(PATIENCE));
    assert_eq!(pool.status().idle, 1);
    assert_eq!(world.numbers("close").len(), 2);
}

#[test]
fn hands_a_returned_connection_to_the_longest_waiter() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let held = pool.get().unwrap();
    let (got, served) = channel();
    let waiters: Vec<_> = (0..3)
        .map(|waiter| {
            let (pool, got) = (pool.clone(), got.clone());
            let thread = thread::spawn({
                let pool = pool.clone();
                move || {
                    let connection = pool.get().unwrap();
                    got.send((waiter, connection.id(), pool.status().waiting)).unwrap();
                }
            });
            await_waiting(&pool, waiter + 1);
            thread
        })
        .collect();
    drop(held);
    let order: Vec<_> = (0..3).map(|_| served.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(order, [(0, 1, 2), (1, 1, 1), (2, 1, 0)]);
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    assert_eq!((pool.status().waits, pool.status().idle), (3, 1));
}

#[test]
fn a_wait_in_vain_says_who_has_what() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new().size(1).max_overflow(1).timeout(Duration::ZERO));
    let first = pool.get().unwrap();
    let line = line!() - 1;
    world.advance(SECOND * 40);
    let second = pool.get().unwrap();
    world.advance(SECOND * 2);
    let error = thread::scope(|scope| scope.spawn(|| pool.get().unwrap_err()).join().unwrap());
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    let text = error.to_string();
    let (start, rest) = text.split_once(": ").unwrap();
    assert!(start.starts_with("no connection of the pool `default` became free in "), "{text}");
    let place = format!("{}:{line}:22", file!());
    assert_eq!(
        rest,
        format!(
            "2 of 2 are out (size 1, overflow 1), 0 idle, 0 waiting; the oldest was checked out 42.0s ago at {place}"
        )
    );
    assert_eq!((pool.status().timeouts, pool.status().waiting), (1, 0));
    drop((first, second));
    // Whoever left the queue is owed nothing: the connection is there for the next.
    thread::scope(|scope| scope.spawn(|| drop(pool.get().unwrap())).join().unwrap());
}

#[test]
fn a_wait_ends_after_its_time() {
    let world = World::server();
    let pool = world.pool(fixed(2).timeout(Duration::from_millis(1)));
    let held = (pool.get().unwrap(), pool.get().unwrap());
    let error = thread::scope(|scope| scope.spawn(|| pool.get().unwrap_err()).join().unwrap());
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    drop(held);
    assert_eq!(pool.status().idle, 2);
}

#[test]
fn a_thread_that_would_wait_for_itself_is_told_at_once() {
    let world = World::memory();
    let pool = world.pool(fixed(7));
    let held = pool.get().unwrap();
    let line = line!() - 1;
    let error = pool.get().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    let place = format!("{}:{line}:21", file!());
    assert_eq!(error.to_string(), format!("this thread already holds the only connection, checked out at {place}"));
    drop(held);
    drop(pool.get().unwrap());

    let pool = World::server().pool(fixed(3));
    let held = three(&pool);
    let error = pool.get().unwrap_err();
    assert!(error.to_string().starts_with("this thread already holds all 3 connections, the first"), "{error}");
    drop(held);
}

#[test]
fn a_connection_used_on_another_thread_is_waited_for() {
    let world = World::memory();
    let pool = world.pool(fixed(1));
    let mut moved = pool.get().unwrap();
    let (used, in_use) = channel();
    let (end, ended) = channel::<()>();
    let other = thread::spawn(move || {
        moved.batch("BEGIN").unwrap();
        used.send(()).unwrap();
        ended.recv().unwrap();
        drop(moved);
    });
    in_use.recv_timeout(PATIENCE).unwrap();
    let watcher = thread::spawn({
        let pool = pool.clone();
        move || {
            await_waiting(&pool, 1);
            end.send(()).unwrap();
        }
    });
    assert_eq!(pool.get().unwrap().id(), 1);
    other.join().unwrap();
    watcher.join().unwrap();
    assert_eq!(world.story(), ["connect 1", "begin 1", "rollback 1"]);
}

#[test]
fn a_database_in_memory_is_one_connection_for_ever() {
    let world = World::memory();
    let pool = world.pool(PoolOptions::new().size(9).max_lifetime(SECOND).idle_timeout(SECOND));
    drop(pool.get().unwrap());
    world.advance(SECOND * 3600);
    pool.close_expired();
    pool.invalidate();
    drop(pool.get().unwrap());
    assert_eq!(world.story(), ["connect 1"]);
    assert_eq!((pool.status().size, pool.status().max_overflow), (1, 0));
    assert!(pool.is_single_connection());
    pool.dispose();
    assert_eq!(world.story(), ["connect 1", "close 1"]);
    assert_eq!(pool.get().unwrap().id(), 2);
}

#[test]
fn unpooled_opens_and_closes_each_time() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new().size(0).unpooled());
    let mut held = three(&pool);
    assert_eq!(ids(&held), [1, 2, 3]);
    held[0].batch("BEGIN").unwrap();
    drop(held);
    assert!(pool.settle(PATIENCE));
    let status = pool.status();
    assert_eq!((status.idle, status.in_use, status.created, status.closed), (0, 0, 3, 3));
    assert_eq!(world.numbers("rollback"), [0; 0], "the server rolls back when a connection ends");
}

#[test]
fn options_that_cannot_work_are_refused() {
    let cases = [
        (PoolOptions::new().size(0), "size must be at least 1"),
        (PoolOptions::new().max_lifetime(Duration::ZERO), "max_lifetime must be above zero"),
        (PoolOptions::new().idle_timeout(Duration::ZERO), "idle_timeout must be above zero"),
        (PoolOptions::new().ping_timeout(Duration::ZERO), "ping_timeout must be above zero"),
        (PoolOptions::new().cleanup_timeout(Duration::ZERO), "cleanup_timeout must be above zero"),
        (PoolOptions::new().leak_threshold(Duration::ZERO), "leak_threshold must be above zero"),
        (PoolOptions::new().keepalive(Duration::ZERO), "keepalive must be above zero"),
        (PoolOptions::new().size(2).min_idle(3), "min_idle must be at most its size"),
        (PoolOptions::new().min_idle(1).unpooled(), "cannot have a min_idle"),
    ];
    for (options, expected) in cases {
        let error = World::server().try_pool(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = World::memory().try_pool(PoolOptions::new().unpooled()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    drop(World::server().pool(PoolOptions::new().max_overflow(usize::MAX).max_lifetime(Duration::MAX)).get().unwrap());
}

#[test]
fn status_counts() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new().size(2).max_overflow(1).leak_threshold(SECOND * 60));
    let mut held = three(&pool);
    let status = pool.status();
    assert_eq!((status.size, status.max_overflow, status.idle, status.in_use, status.overdue), (2, 1, 0, 3, 0));
    world.advance(SECOND * 60);
    assert_eq!(pool.status().overdue, 3);
    held.pop();
    let oldest = pool.status().oldest.unwrap();
    assert_eq!((oldest.location.file(), oldest.age), (file!(), SECOND * 60));
    drop(held);
    let status = pool.status();
    assert_eq!((status.idle, status.in_use, status.overdue, status.created, status.closed), (2, 0, 0, 3, 1));
    assert_eq!(status.oldest, None);
    let text = format!("{pool:?}");
    assert!(text.contains("created: 3"), "{text}");
}

#[test]
fn dispose_closes_what_is_idle_now_and_the_rest_on_return() {
    let world = World::server();
    let pool = world.pool(fixed(3));
    let mut held = three(&pool);
    held.pop();
    pool.dispose();
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("close"), [3]);
    assert_eq!(pool.get().unwrap().id(), 4, "the pool can be used again");
    held.pop();
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("close"), [3, 2]);
    assert_eq!(pool.status().idle, 1);
}

#[test]
fn close_turns_away_who_asks_and_who_waits() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let held = pool.get().unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| pool.get().unwrap_err());
        await_waiting(&pool, 1);
        pool.close();
        assert_eq!(waiter.join().unwrap().to_string(), "the pool is closed");
    });
    drop(held);
    assert_eq!(pool.get().unwrap_err().kind(), ErrorKind::Misuse);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.story(), ["connect 1", "close 1"]);
}

#[test]
fn the_last_owner_closes_the_connections_elsewhere() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let held = pool.get().unwrap();
    drop(pool.get().unwrap());
    let reaper = std::sync::Arc::clone(&pool.inner().reaper);
    drop(pool);
    assert_eq!(world.numbers("close"), [0; 0], "a guard keeps its pool");
    drop(held);
    assert!(reaper.wait_until_quiet(PATIENCE));
    let mut closed = world.all("close");
    closed.sort_by_key(|event| event.number);
    assert_eq!(closed.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2]);
    assert!(closed.iter().all(|event| event.thread != thread::current().id()));
}

#[test]
fn a_forked_child_starts_anew_and_leaves_the_parents_connections_alone() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let held = pool.get().unwrap();
    drop(pool.get().unwrap());
    world.process.store(2, std::sync::atomic::Ordering::SeqCst);
    assert_eq!((pool.status().idle, pool.status().in_use), (0, 0));
    let child = pool.get().unwrap();
    assert_eq!(child.id(), 1, "the child counts from the start");
    assert_eq!(world.numbers("connect"), [1, 2, 3]);
    drop(held);
    drop(child);
    let reaper = std::sync::Arc::clone(&pool.inner().reaper);
    drop(pool);
    assert!(reaper.wait_until_quiet(PATIENCE));
    assert_eq!(world.numbers("close"), [3]);
    assert_eq!(world.numbers("dropped without close"), [0; 0]);
}
