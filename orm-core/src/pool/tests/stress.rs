//! Many threads and random faults: no connection is used twice at once, none is lost, and the bounds hold at every moment.

use super::fixed;
use super::stub::{PATIENCE, Plan, StubConnection, World};
use crate::error::ErrorKind;
use crate::pool::{Pool, PoolOptions, PrePing};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

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

fn stress(world: &Arc<World>, options: PoolOptions, limit: usize) {
    let pool = world.pool(options);
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
    assert!(pool.settle(PATIENCE));
    let status = pool.status();
    assert_eq!((status.in_use, status.cleaning, status.waiting, status.timeouts), (0, 0, 0, 0), "{status:?}");
    assert_eq!(status.created - status.closed, status.idle as u64 + world.all("dropped without close").len() as u64);
    pool.dispose();
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.clashes.load(SeqCst), 0);
    assert_each_ended_once(world);
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
        let begun = connection.batch("BEGIN");
        match action {
            // Left open, to be rolled back by the pool.
            0..4 => {}
            4 => connection.used_raw(),
            5 => {
                let stub = connection.as_any().downcast_mut::<StubConnection>().expect("the stub's connection");
                stub.link.open.store(false, SeqCst);
            }
            6 => resume_unwind(Box::new("in the middle")),
            _ => {
                let _ = begun.and_then(|()| connection.batch("COMMIT"));
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
