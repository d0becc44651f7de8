//! Networks that cut, delay, slow down or swallow (cases 3, 5 and 7), and answers that end in the middle.

use crate::ground::*;
use crate::proxy::End;
use orm::pool::PrePing;
use orm::prelude::*;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

on_servers! {
    /// Case 3: each connection that is in use fails once, and no more are opened than the pool may have.
    fn all_connections_cut_at_once_fail_once_each(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options.pool_size(4).pre_ping(PrePing::Never))?;
        let (engine, barrier, failures) = (&own.0, Barrier::new(5), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut connection = engine.connect().expect("there are four");
                    connection.one::<i64, _>(sql("SELECT 1")).expect("the network is well");
                    barrier.wait();
                    barrier.wait();
                    let error = connection.one::<i64, _>(sql("SELECT 1")).expect_err("it was cut");
                    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
                    drop(connection);
                    for at in 0..10 {
                        let written = engine.transaction(|tx| tx.execute(insert(&note(&at.to_string()))));
                        failures.fetch_add(usize::from(written.is_err()), SeqCst);
                    }
                });
            }
            barrier.wait();
            proxy.cut_all(End::Reset);
            barrier.wait();
        });
        assert_eq!((failures.load(SeqCst), on.texts()?.len()), (0, 40));
        assert!(proxy.accepted() <= 8, "{} connections were opened", proxy.accepted());
        own.assert_healthy()?;
    }

    /// Case 2 through a proxy: cut politely or not, while the connection lies in the pool.
    fn cut_between_two_checkouts(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        for (pre_ping, errors) in [(PrePing::Always, 0), (PrePing::Never, 1)] {
            let own = on.through(&proxy, |options| options.pre_ping(pre_ping))?;
            for end in [End::Closed, End::Reset] {
                own.transaction(|tx| tx.one::<i64, _>(sql("SELECT 1")))?;
                own.pool().settle(LONG);
                proxy.cut_all(end);
                let failed = (0..5).filter(|_| own.transaction(|tx| tx.one::<i64, _>(sql("SELECT 1"))).is_err()).count();
                assert!(failed <= errors, "{pre_ping:?} {end:?}: {failed} failed");
                own.assert_healthy()?;
            }
        }
    }

    /// An answer that ends anywhere: an error of its kind, and never a wrong result.
    fn answers_that_end_in_the_middle(on) {
        on.accounts(200)?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        own.connect()?.all(select::<Account>())?;
        for bytes in [0, 1, 4, 5, 17, 60, 300, 1000, 2500] {
            let mut connection = own.connect()?;
            connection.one::<i64, _>(sql("SELECT 1"))?;
            proxy.cut_after(bytes, if bytes % 2 == 0 { End::Closed } else { End::Reset });
            let error = connection.all(select::<Account>()).expect_err("the answer has no end");
            assert_eq!(error.kind(), ErrorKind::ConnectionLost, "after {bytes} bytes: {error:?}");
            proxy.heal();
            drop(connection);
            own.assert_healthy()?;
            assert_eq!(own.connect()?.all(select::<Account>())?.len(), 200);
        }
    }

    /// A network that is slow and passes little at a time changes no answer.
    fn a_slow_network_changes_nothing(on) {
        on.accounts(50)?;
        let proxy = on.proxy()?;
        proxy.throttle(7, Duration::ZERO);
        let own = on.through(&proxy, |options| options)?;
        assert_eq!(own.connect()?.all(select::<Account>())?.len(), 50);
        proxy.heal();
        proxy.delay(Duration::from_millis(5));
        own.retry(1, |session| {
            let first = session.get::<Account>(1)?.expect("it is there");
            session[first].balance += 1;
            Ok(())
        })?;
        own.assert_healthy()?;
        assert_eq!(on.balances()?[0], 101);
    }

    /// Case 5: a server that says nothing any more. A ping ends in time, nobody waits for the goodbye, and the place is free.
    fn a_connection_that_fell_silent_is_given_up_in_time(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options.pre_ping(PrePing::Always).ping_timeout(Duration::from_millis(300)))?;
        own.transaction(|tx| tx.execute(insert(&note("before"))))?;
        own.pool().settle(LONG);
        proxy.silence(true);
        let start = Instant::now();
        thread::scope(|scope| {
            let healing = scope.spawn(|| own.connect().map(drop));
            await_that("the ping has given up and another connection is asked for", || proxy.accepted() == 2);
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            proxy.silence(false);
            healing.join().expect("no panic").expect("a new connection");
        });
        own.transaction(|tx| tx.execute(insert(&note("after"))))?;
        assert_eq!(on.texts()?, ["before", "after"]);
        own.assert_healthy()?;
    }

    /// Case 5: dropped in the middle of a transaction while the server is silent, a session makes its thread wait for nothing.
    fn dropping_never_waits_for_a_silent_server(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        let mut session = own.session();
        session.add(note("never"));
        session.flush()?;
        proxy.silence(true);
        let start = Instant::now();
        drop(session);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        proxy.cut_all(End::Closed);
        proxy.silence(false);
        own.assert_healthy()?;
        assert!(on.texts()?.is_empty());
    }

    /// Case 7: a connect that hangs ends by its limit, and holds up nobody who has a connection.
    fn a_connect_that_hangs_ends_in_time(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let on = on.with_option("connect_timeout=1");
        let own = on.through(&proxy, |options| options.pool_size(2))?;
        let mut held = own.connect()?;
        held.one::<i64, _>(sql("SELECT 1"))?;
        let start = Instant::now();
        thread::scope(|scope| {
            proxy.silence(true);
            let hanging = scope.spawn(|| own.connect().map(drop));
            await_that("it connects", || proxy.accepted() == 2);
            assert_eq!(own.pool_status().in_use, 2, "and the pool can be asked meanwhile");
            let error = hanging.join().expect("no panic").expect_err("nobody answers");
            assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error:?}");
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
            proxy.silence(false);
        });
        assert_eq!(held.one::<i64, _>(sql("SELECT 2"))?, 2);
        drop(held);
        own.assert_healthy()?;
    }
}
