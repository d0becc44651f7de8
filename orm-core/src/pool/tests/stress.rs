//! Many threads and random faults: no connection is used twice at once, none is lost, and the bounds hold at every moment.

use super::stub::{PATIENCE, Plan, StubConnection, World};
use super::{SECOND, await_waiting, fixed};
use crate::error::{Error, ErrorKind};
use crate::pool::{Pool, PoolOptions, Pooled, PrePing};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const THREADS: u64 = 8;
const CHECKOUTS: u64 = 500;

/// A small generator whose sequence a seed decides (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn survives_random_faults_on_a_server() {
    stress(&World::server(), fixed(2).max_overflow(2).pre_ping(PrePing::Always), 4);
}

#[test]
fn survives_random_faults_on_a_file() {
    stress(&World::file(), fixed(3), 3);
}

#[test]
fn survives_random_faults_in_memory() {
    stress(&World::memory(), fixed(1), 1);
}

#[test]
fn survives_random_faults_with_a_housekeeper() {
    let options = fixed(3).max_overflow(1).min_idle(2).keepalive(SECOND * 4).max_lifetime(SECOND * 100);
    stress(&World::server(), options.idle_timeout(SECOND * 20).leak_threshold(SECOND), 4);
}

#[test]
fn survives_listeners_that_fail_panic_and_take_their_time() {
    let world = World::server();
    let pool = world.pool(fixed(2).max_overflow(1).min_idle(1).keepalive(SECOND * 4));
    let calls = AtomicUsize::new(0);
    let fault = move || match calls.fetch_add(1, SeqCst) % 29 {
        7 => Err(Error::new(ErrorKind::Refused, "as planned")),
        14 => resume_unwind(Box::new("as planned")),
        21 => {
            thread::sleep(Duration::from_micros(50));
            Ok(())
        }
        _ => Ok(()),
    };
    let fault = Arc::new(fault);
    let (first, second, third, other) = (Arc::clone(&fault), Arc::clone(&fault), fault, pool.clone());
    pool.on_connect(move |_| first());
    pool.on_checkout(move |_| second());
    let watched = Arc::downgrade(other.inner());
    drop(other);
    pool.on_event(move |_| {
        // It is not under the lock.
        assert!(watched.upgrade().is_none_or(|inner| inner.lock().idle.len() <= 3));
        let _ = third();
    });
    stress_pool(&world, pool, 3);
}

#[test]
fn closing_under_load_ends_every_caller_and_every_connection() {
    let world = World::server();
    let pool = world.pool(fixed(2).min_idle(1).keepalive(SECOND));
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    match pool.get() {
                        Ok(mut connection) => {
                            let _ = connection.batch("BEGIN");
                            served.fetch_add(1, SeqCst);
                        }
                        Err(error) => return assert_eq!(error.kind(), ErrorKind::Misuse),
                    }
                }
            });
        }
        while served.load(SeqCst) < 500 {
            thread::yield_now();
        }
        pool.close();
    });
    assert!(pool.settle(PATIENCE));
    let status = pool.status();
    assert_eq!((status.idle, status.in_use, status.waiting), (0, 0, 0), "{status:?}");
    let deadline = Instant::now() + PATIENCE;
    while pool.status().created != pool.status().closed {
        assert!(Instant::now() < deadline, "{:?}", pool.status());
        thread::yield_now();
    }
}

#[test]
fn callers_are_served_in_turn_whatever_those_before_them_do() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let held = pool.get().unwrap();
    let served = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for caller in 0..24 {
            let (pool, served, world) = (&pool, &served, &world);
            scope.spawn(move || {
                // Who gets an error has passed its turn on before it can say so.
                let Ok(mut connection) = pool.get() else { return };
                served.lock().unwrap().push(caller);
                match caller % 6 {
                    0 => {}
                    1 => connection.discard(),
                    2 => connection.batch("BEGIN").unwrap(),
                    3 => lose(&mut connection),
                    4 => drop(connection.detach()),
                    _ => {
                        world.plan("connect", Plan::Fail(ErrorKind::ConnectFailed));
                        connection.discard();
                    }
                }
            });
            await_waiting(pool, caller + 1);
        }
        drop(held);
    });
    let failed = [6, 12, 18];
    let expected: Vec<_> = (0..24).filter(|caller| !failed.contains(caller)).collect();
    assert_eq!(*served.lock().unwrap(), expected);
}

fn stress(world: &Arc<World>, options: PoolOptions, limit: usize) {
    stress_pool(world, world.pool(options), limit);
}

fn stress_pool(world: &Arc<World>, pool: Pool, limit: usize) {
    let held = AtomicUsize::new(0);
    thread::scope(|scope| {
        for seed in 1..=THREADS {
            let (pool, held) = (&pool, &held);
            scope.spawn(move || {
                let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                for _ in 0..CHECKOUTS {
                    use_once(world, pool, &mut random, held, limit);
                    pool.inner().lock().assert_consistent(limit);
                }
            });
        }
    });
    pool.resume();
    await_quiet(world, &pool);
    let status = pool.status();
    assert_eq!((status.in_use, status.cleaning, status.waiting, status.timeouts), (0, 0, 0, 0), "{status:?}");
    assert_eq!(status.created - status.closed, status.idle as u64 + world.all("dropped without close").len() as u64);
    // The housekeeper has nothing more to open.
    pool.close();
    await_quiet(world, &pool);
    drop(pool);
    assert_eq!(world.clashes.load(SeqCst), 0);
    assert_each_ended_once(world);
}

/// Waits until neither the reaper nor the housekeeper has anything in hand.
fn await_quiet(world: &World, pool: &Pool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(pool.settle(PATIENCE));
        let status = pool.status();
        let wanted = if pool.inner().lock().closed { 0 } else { pool.inner().options.min_idle };
        if status.in_use == 0 && status.idle >= wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        // It pauses after failures.
        world.advance(SECOND);
        pool.inner().bell.ring();
        thread::yield_now();
    }
}

/// One checkout, with whatever the generator wants to happen to it.
fn use_once(world: &World, pool: &Pool, random: &mut Random, held: &AtomicUsize, limit: usize) {
    let kinds = [ErrorKind::ConnectionLost, ErrorKind::Database];
    let plan = |random: &mut Random| match random.below(3) {
        2 => Plan::Panic,
        kind => Plan::Fail(kinds[kind as usize]),
    };
    match random.below(16) {
        0 => world.plan("connect", plan(random)),
        1 => world.plan("ping", plan(random)),
        2 => world.plan("rollback", plan(random)),
        3 => world.plan("reset", plan(random)),
        4 => world.plan("close", Plan::Panic),
        5 => pool.invalidate(),
        6 => world.plan("execute", plan(random)),
        7 => world.advance(SECOND * random.below(5) as u32),
        8 => {
            pool.suspend();
            thread::yield_now();
            pool.resume();
        }
        9 => pool.close_expired(),
        10 => thread::sleep(Duration::from_micros(random.below(100))),
        _ => {}
    }
    let action = random.below(16);
    // Panics are faults like others; what they leave behind is checked by the caller.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let Ok(mut connection) = pool.get() else { return };
        let now_held = held.fetch_add(1, SeqCst) + 1;
        let leave = Leave(held);
        if now_held > limit {
            world.clashes.fetch_add(1, SeqCst);
        }
        if connection.in_transaction() != Some(false) && !world.single {
            world.clashes.fetch_add(1, SeqCst);
        }
        let begun = connection.batch("BEGIN").and_then(|()| connection.execute("some work", &[]));
        match action {
            // Left open, to be rolled back by the pool.
            0..4 => {}
            4 => connection.used_raw(),
            5 => lose(&mut connection),
            6 => resume_unwind(Box::new("in the middle")),
            _ => {
                let _ = begun.and_then(|_| connection.batch("COMMIT"));
            }
        }
        drop(leave);
        match action {
            7 => connection.discard(),
            8 => drop(connection.detach()),
            _ => drop(connection),
        }
    }));
}

/// The server hangs up.
fn lose(connection: &mut Pooled) {
    let stub = connection.as_any().downcast_mut::<StubConnection>().expect("the stub's connection");
    stub.link.open.store(false, SeqCst);
}

struct Leave<'h>(&'h AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn assert_each_ended_once(world: &World) {
    let mut ends: HashMap<u64, usize> = HashMap::new();
    for number in world.opened() {
        ends.insert(number, 0);
    }
    for event in world.events() {
        if matches!(event.what, "close" | "dropped without close") {
            *ends.get_mut(&event.number).expect("only what was opened can end") += 1;
        }
    }
    assert!(ends.len() > 1, "the faults must have had an effect");
    let wrong: Vec<_> = ends.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty(), "connections that did not end exactly once: {wrong:?}");
}
