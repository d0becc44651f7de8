//! The pool under a model checker, which decides at every lock which thread goes on: thousands of orders for each of a few short
//! scenes. It fails where threads wait for each other, where one is left behind, and where a scene's own checks do.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p orm-core --lib pool::tests::model`, in a target folder of its own.

use super::stub::{PATIENCE, Plan, World};
use super::{SECOND, fixed};
use crate::error::ErrorKind;
use crate::pool::{Pool, PoolOptions};
use shuttle::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// How many orders each scene is played in, by each of two ways to choose them.
const ORDERS: usize = 2000;

/// Plays a scene in many orders: at random, and with few but nasty changes of threads.
fn in_many_orders(scene: impl Fn() + Send + Sync + 'static) {
    let scene = Arc::new(scene);
    let again = Arc::clone(&scene);
    shuttle::check_random(move || scene(), ORDERS);
    shuttle::check_pct(move || again(), ORDERS, 3);
}

/// Runs closures on threads of their own, and returns when all have ended.
fn together(closures: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = closures.into_iter().map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no scene panics"));
}

/// Ends the pool: every connection was ended once, and nobody had one together with another.
fn assert_sound(world: &Arc<World>, pool: Pool) {
    assert!(pool.settle(PATIENCE));
    let status = pool.status();
    assert_eq!((status.in_use, status.waiting), (0, 0), "{status:?}");
    let reaper = Arc::clone(&pool.inner().reaper);
    drop(pool);
    assert!(reaper.wait_until_quiet(PATIENCE));
    assert_eq!(world.clashes.load(SeqCst), 0);
    let mut ended = [world.numbers("close"), world.numbers("dropped without close")].concat();
    ended.sort_unstable();
    let mut opened = world.opened();
    opened.sort_unstable();
    assert_eq!(ended, opened, "each connection ends once");
}

/// A thread that takes a connection, and leaves its transaction to the pool or ends it.
fn caller(pool: &Pool, served: &Arc<AtomicUsize>, leaves_open: bool) -> Box<dyn FnOnce() + Send> {
    let (pool, served) = (pool.clone(), Arc::clone(served));
    Box::new(move || {
        let mut connection = pool.get().expect("everybody's turn comes");
        assert_eq!(connection.in_transaction(), Some(false), "what others left is rolled back");
        connection.batch("BEGIN").expect("nothing is planned");
        if !leaves_open {
            connection.batch("COMMIT").expect("nothing is planned");
        }
        served.fetch_add(1, SeqCst);
    })
}

fn three_callers(options: PoolOptions, world: fn() -> Arc<World>) {
    in_many_orders(move || {
        let (world, served) = (world(), Arc::new(AtomicUsize::new(0)));
        let pool = world.pool(options.clone());
        together((0..3).map(|at| caller(&pool, &served, at != 1)).collect());
        assert_eq!(served.load(SeqCst), 3);
        assert_sound(&world, pool);
    });
}

#[test]
fn three_callers_share_one_connection() {
    three_callers(fixed(1), World::server);
}

#[test]
fn three_callers_share_one_and_one_more() {
    three_callers(fixed(1).max_overflow(1), World::server);
}

#[test]
fn three_callers_share_a_file() {
    three_callers(fixed(1), World::file);
}

#[test]
fn a_failure_to_connect_passes_the_turn_on() {
    in_many_orders(|| {
        let (world, served) = (World::server(), Arc::new(AtomicUsize::new(0)));
        let pool = world.pool(fixed(1));
        world.plan("connect", Plan::Fail(ErrorKind::ConnectFailed));
        let attempt = |_| -> Box<dyn FnOnce() + Send> {
            let (pool, served) = (pool.clone(), Arc::clone(&served));
            Box::new(move || match pool.get() {
                Ok(connection) => {
                    connection.discard();
                    served.fetch_add(1, SeqCst);
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectFailed),
            })
        };
        together((0..3).map(attempt).collect());
        assert_eq!(served.load(SeqCst), 2, "one has failed, and held up nobody");
        assert_sound(&world, pool);
    });
}

#[test]
fn an_invalidation_meets_callers() {
    in_many_orders(|| {
        let (world, served) = (World::server(), Arc::new(AtomicUsize::new(0)));
        let pool = world.pool(fixed(1));
        drop(pool.get().expect("it is free"));
        let other = pool.clone();
        let invalidate: Box<dyn FnOnce() + Send> = Box::new(move || {
            other.invalidate();
            // What is given out from here on is newer.
            let connection = other.get().expect("its turn comes");
            assert_ne!(connection.id(), 1);
        });
        together(vec![invalidate, caller(&pool, &served, true), caller(&pool, &served, false)]);
        assert_sound(&world, pool);
    });
}

#[test]
fn closing_meets_callers() {
    in_many_orders(|| {
        let world = World::server();
        let pool = world.pool(fixed(1));
        let attempt = |_| -> Box<dyn FnOnce() + Send> {
            let pool = pool.clone();
            Box::new(move || match pool.get() {
                Ok(mut connection) => connection.batch("BEGIN").expect("nothing is planned"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Misuse),
            })
        };
        let mut all: Vec<_> = (0..2).map(attempt).collect();
        let other = pool.clone();
        all.push(Box::new(move || other.close()));
        together(all);
        assert_sound(&world, pool);
    });
}

#[test]
fn a_suspension_holds_up_and_lets_go() {
    in_many_orders(|| {
        let (world, served) = (World::server(), Arc::new(AtomicUsize::new(0)));
        let pool = world.pool(fixed(1));
        let other = pool.clone();
        let suspend: Box<dyn FnOnce() + Send> = Box::new(move || {
            other.suspend();
            thread::yield_now();
            other.resume();
        });
        together(vec![caller(&pool, &served, true), suspend, caller(&pool, &served, false)]);
        assert_eq!(served.load(SeqCst), 2);
        assert_sound(&world, pool);
    });
}

#[test]
fn a_rollback_that_fails_costs_no_place() {
    in_many_orders(|| {
        let (world, served) = (World::server(), Arc::new(AtomicUsize::new(0)));
        let pool = world.pool(fixed(1).timeout(SECOND * 600));
        world.plan("rollback", Plan::Fail(ErrorKind::ConnectionLost));
        together((0..3).map(|_| caller(&pool, &served, true)).collect());
        assert_eq!(served.load(SeqCst), 3);
        assert_sound(&world, pool);
    });
}
