//! Connections that fail to open, die, hang or grow old, and what the pool makes of it.

use super::stub::{PATIENCE, Plan, World};
use super::{SECOND, await_waiting, fixed, ids, three};
use crate::error::ErrorKind;
use crate::pool::state::Outbox;
use crate::pool::{CloseReason, PoolOptions, PrePing};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

#[test]
fn a_failure_to_connect_is_told_at_once_and_frees_the_place() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    for kind in [ErrorKind::AuthenticationFailed, ErrorKind::TooManyConnections] {
        world.plan("connect", Plan::Fail(kind));
        assert_eq!(pool.get().unwrap_err().kind(), kind);
        assert_eq!(pool.status().in_use, 0);
    }
    drop(pool.get().unwrap());
    assert_eq!((pool.status().idle, pool.status().created), (1, 1));
}

#[test]
fn the_next_in_the_queue_tries_after_a_failure_to_connect() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let hanging = world.hang_then_fail("connect", ErrorKind::ConnectFailed);
    thread::scope(|scope| {
        let first = scope.spawn(|| pool.get().map(|connection| connection.id()));
        hanging.wait_until_begun();
        let second = scope.spawn(|| pool.get().map(|connection| connection.id()));
        await_waiting(&pool, 1);
        drop(hanging);
        assert_eq!(first.join().unwrap().unwrap_err().kind(), ErrorKind::ConnectFailed);
        assert_eq!(second.join().unwrap().unwrap(), 1);
    });
}

#[test]
fn a_wait_in_vain_names_the_last_failure_to_connect() {
    let world = World::server();
    let pool = world.pool(fixed(2).timeout(Duration::ZERO));
    let held = pool.get().unwrap();
    world.plan("connect", Plan::Fail(ErrorKind::AuthenticationFailed));
    assert_eq!(pool.get().unwrap_err().kind(), ErrorKind::AuthenticationFailed);
    let hanging = world.hang("connect");
    thread::scope(|scope| {
        let connecting = scope.spawn(|| drop(pool.get().unwrap()));
        hanging.wait_until_begun();
        let error = pool.get().unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::PoolTimeout,
            "another thread connects, so this one does not wait for itself"
        );
        assert!(error.to_string().ends_with("the last attempt to connect failed: as planned"), "{error}");
        drop(hanging);
        connecting.join().unwrap();
    });
    drop(held);
}

#[test]
fn a_connect_that_hangs_holds_up_nobody_else() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let hanging = world.hang("connect");
    thread::scope(|scope| {
        scope.spawn(|| drop(pool.get().unwrap()));
        hanging.wait_until_begun();
        drop(pool.get().unwrap());
        drop(pool.get().unwrap());
        assert_eq!(pool.status().in_use, 1);
        drop(hanging);
    });
    assert_eq!(pool.status().idle, 2);
}

#[test]
fn a_panic_in_connect_frees_the_place() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    world.plan("connect", Plan::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| pool.get())).is_err());
    assert_eq!(pool.status().in_use, 0);
    drop(pool.get().unwrap());
}

#[test]
fn a_panic_in_ping_frees_the_place_and_closes_the_connection() {
    let world = World::server();
    let pool = world.pool(fixed(1).pre_ping(PrePing::Always));
    drop(pool.get().unwrap());
    world.plan("ping", Plan::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| pool.get())).is_err());
    assert_eq!(pool.get().unwrap().id(), 2);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("close"), [1]);
}

#[test]
fn pings_as_often_as_it_is_told() {
    let cases = [
        (PrePing::Never, SECOND * 100, 0),
        (PrePing::Always, Duration::ZERO, 1),
        (PrePing::IdleLongerThan(SECOND), SECOND, 0),
        (PrePing::IdleLongerThan(SECOND), SECOND + Duration::from_nanos(1), 1),
    ];
    for (pre_ping, idle, expected) in cases {
        for (world, expected) in [(World::server(), expected), (World::file(), 0)] {
            let pool = world.pool(fixed(1).pre_ping(pre_ping));
            drop(pool.get().unwrap());
            world.advance(idle);
            drop(pool.get().unwrap());
            assert_eq!(world.numbers("ping").len(), expected, "{pre_ping:?} after {idle:?}");
        }
    }
}

#[test]
fn a_restarted_server_is_noticed_once_and_heals_silently() {
    let world = World::server();
    let pool = world.pool(fixed(3));
    three(&pool).into_iter().for_each(drop);
    world.advance(SECOND * 2);
    world.plan("ping", Plan::Fail(ErrorKind::ConnectionLost));
    assert_eq!(pool.get().unwrap().id(), 4);
    assert!(pool.settle(PATIENCE));
    assert_eq!(world.numbers("ping"), [3], "the others are not asked");
    let mut closed = world.numbers("close");
    closed.sort_unstable();
    assert_eq!(closed, [1, 2, 3]);
    assert_eq!(pool.get().unwrap().id(), 4, "the new connection is kept");
}

#[test]
fn a_ping_that_fails_otherwise_costs_one_connection() {
    let world = World::server();
    let pool = world.pool(fixed(3));
    three(&pool).into_iter().for_each(drop);
    world.advance(SECOND * 2);
    world.plan("ping", Plan::Fail(ErrorKind::StatementTimeout));
    let held = three(&pool);
    assert_eq!(ids(&held), [4, 2, 1]);
}

#[test]
fn a_connection_lost_in_use_makes_the_older_ones_suspect_once() {
    let world = World::server();
    let pool = world.pool(fixed(4).pre_ping(PrePing::Never));
    let mut held = three(&pool);
    drop(pool.get().unwrap());
    for connection in &mut held {
        world.plan("execute", Plan::Fail(ErrorKind::ConnectionLost));
        assert_eq!(connection.execute("SELECT 1", &[]).unwrap_err().kind(), ErrorKind::ConnectionLost);
    }
    held.pop();
    assert_eq!(pool.status().idle, 0, "the idle one is of the same age");
    drop(pool.get().unwrap());
    drop(held);
    assert!(pool.settle(PATIENCE));
    assert_eq!(pool.status().idle, 1, "the new one is not discarded for the old ones' sake");
    assert_eq!(pool.get().unwrap().id(), 5);
    assert_eq!(world.numbers("rollback"), [0; 0]);
}

#[test]
fn invalidate_lets_those_in_use_go_when_they_return() {
    let world = World::server();
    let pool = world.pool(fixed(2));
    let mut held = pool.get().unwrap();
    drop(pool.get().unwrap());
    held.batch("BEGIN").unwrap();
    pool.invalidate();
    held.batch("COMMIT").unwrap();
    drop(held);
    assert!(pool.settle(PATIENCE));
    let mut closed = world.numbers("close");
    closed.sort_unstable();
    assert_eq!(closed, [1, 2]);
    assert_eq!((pool.status().idle, pool.status().in_use), (0, 0));
}

#[test]
fn an_invalidation_during_connect_counts() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let hanging = world.hang("connect");
    thread::scope(|scope| {
        let first = scope.spawn(|| drop(pool.get().unwrap()));
        hanging.wait_until_begun();
        pool.invalidate();
        drop(hanging);
        first.join().unwrap();
    });
    assert_eq!(pool.status().idle, 0);
}

#[test]
fn an_invalidation_between_hand_over_and_waking_up_counts() {
    let world = World::server();
    let pool = world.pool(fixed(1));
    let (number, member) = pool.inner().check_out(Location::caller()).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| pool.get().unwrap().id());
        await_waiting(&pool, 1);
        {
            let mut state = pool.inner().lock();
            assert!(state.strike(number).is_some());
            assert!(state.put_back(member, 1).is_none(), "it goes to the waiter, who cannot wake up under the lock");
            state.renew(CloseReason::Invalidated, &mut Outbox::default());
        }
        assert_eq!(waiter.join().unwrap(), 2);
    });
    assert!(pool.settle(PATIENCE));
    assert_eq!((world.numbers("close"), pool.status().idle), (vec![1], 1));
}

#[test]
fn life_ends_at_most_a_fortieth_early() {
    let world = World::server();
    let pool = world.pool(fixed(1).max_lifetime(SECOND * 1000));
    drop(pool.get().unwrap());
    world.advance(SECOND * 974);
    assert_eq!(pool.get().unwrap().id(), 1, "before 97.5 %");
    world.advance(SECOND * 26);
    let second = pool.get().unwrap();
    assert_eq!(second.id(), 2, "at the end");
    assert_eq!(second.age(), Duration::ZERO);
    world.advance(SECOND * 1000);
    assert_eq!(second.age(), SECOND * 1000);
    drop(second);
    assert_eq!(pool.status().idle, 0, "judged on return too");
}

#[test]
fn what_lies_idle_for_too_long_is_closed() {
    let world = World::server();
    let pool = world.pool(fixed(3).idle_timeout(SECOND * 10));
    three(&pool).into_iter().for_each(drop);
    for _ in 0..3 {
        world.advance(SECOND * 9);
        drop(pool.get().unwrap());
    }
    assert!(pool.settle(PATIENCE));
    assert_eq!(pool.status().idle, 1, "the one in use stays warm");
    assert_eq!(world.numbers("close").len(), 2);
    world.advance(SECOND * 10);
    pool.close_expired();
    assert_eq!(pool.status().idle, 0);
}

#[test]
fn close_expired_finds_the_old_among_the_young() {
    let world = World::server();
    let pool = world.pool(PoolOptions::new().max_lifetime(SECOND * 1000));
    let young;
    {
        let old = pool.get().unwrap();
        world.advance(SECOND * 500);
        young = pool.get().unwrap();
        drop(old);
    }
    drop(young);
    world.advance(SECOND * 500);
    pool.close_expired();
    assert!(pool.settle(PATIENCE));
    assert_eq!((world.numbers("close"), pool.status().idle), (vec![1], 1));
}

#[test]
fn a_dead_link_is_never_given_out_again() {
    let world = World::memory();
    let pool = world.pool(fixed(1));
    let connection = pool.get().unwrap();
    world.link(1).open.store(false, SeqCst);
    drop(connection);
    assert_eq!(pool.get().unwrap().id(), 2);
    assert_eq!(world.numbers("close"), [1]);
}
