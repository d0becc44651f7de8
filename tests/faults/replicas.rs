//! A PostgreSQL with a real standby as its read replica: one that lags behind, is killed, comes back, and is promoted.

use crate::ground::*;
use crate::servers::Server;
use orm::EngineOptions;
use orm::drivers::url::Url;
use orm::prelude::*;
use std::time::Duration;

fn engine(primary: &Server, standby: &Server, wire: bool, window: Duration) -> Own {
    let url = |server: &Server| {
        let mut url = Url::parse(&server.url).unwrap();
        url.driver = Some(if wire { "wire" } else { "postgres" }.to_owned());
        url
    };
    let options = EngineOptions::from_url(url(primary)).pool_size(2).read_your_writes(window);
    Own::new(options.replica_url(url(standby))).unwrap()
}

fn on_standby(session: &mut Session) -> bool {
    session.rows::<bool, _>(sql("SELECT pg_is_in_recovery()")).unwrap()[0]
}

fn notes(session: &mut Session) -> u64 {
    session.count(select::<Note>()).unwrap()
}

fn write(own: &Own) {
    own.with_session(|session| {
        session.add(note("new"));
        Ok(())
    })
    .unwrap();
}

fn run(server: &str, statement: &str) {
    let engine = orm::create_engine(server).unwrap();
    engine.connect().unwrap().driver_connection().batch(statement).unwrap();
}

fn replica_of(primary: &Server, standby: &mut Server, wire: bool) {
    let with_rule = engine(primary, standby, wire, Duration::from_secs(60));
    let without = engine(primary, standby, wire, Duration::ZERO);
    Schema::of::<Note>().drop_all(&without).unwrap();
    Schema::of::<Note>().create_all(&without).unwrap();
    let there = |count: u64| {
        let on_standby = orm::create_engine(&standby.url).unwrap();
        await_that("the standby has it", || {
            on_standby.connect().and_then(|mut c| c.count(select::<Note>())).is_ok_and(|found| found == count)
        });
    };
    there(0);
    assert!(on_standby(&mut with_rule.session().read_only()) && !on_standby(&mut with_rule.session()));
    assert!(!on_standby(&mut with_rule.session().read_only().isolation(Isolation::Serializable)));
    // It lags behind: by the rule one's own writes are seen, without it they are not.
    run(&standby.url, "SELECT pg_wal_replay_pause()");
    write(&with_rule);
    assert_eq!(notes(&mut with_rule.session().read_only()), 1);
    assert!(on_standby(&mut without.session().read_only()));
    assert_eq!(notes(&mut without.session().read_only()), 0, "what was true a moment ago");
    run(&standby.url, "SELECT pg_wal_replay_resume()");
    there(1);
    assert_eq!(notes(&mut without.session().read_only()), 1);
    // It is killed, in the middle of a transaction and between two.
    let mut session = without.session().read_only();
    assert!(on_standby(&mut session));
    standby.kill();
    let error = session.count(select::<Note>()).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    assert_eq!(session.count(select::<Note>()).expect_err("half of it is gone").kind(), ErrorKind::SessionFailed);
    session.rollback().unwrap();
    assert!(!on_standby(&mut session), "the primary does what nobody else can");
    drop(session);
    for _ in 0..3 {
        assert_eq!(notes(&mut without.session().read_only()), 1);
    }
    // It comes back.
    standby.run_again(&[]);
    await_that("it is taken again", || on_standby(&mut without.session().read_only()));
    without.assert_healthy().unwrap();
}

#[test]
fn postgres_is_read_from_its_standby() {
    if !slow() {
        return;
    }
    let primary = Server::start_primary();
    let mut standby = primary.standby();
    for wire in [false, true] {
        replica_of(&primary, &mut standby, wire);
    }
    // A standby that was promoted may be read as before; what is read there must not be written.
    let own = engine(&primary, &standby, false, Duration::ZERO);
    assert!(on_standby(&mut own.session().read_only()));
    run(&standby.url, "SELECT pg_promote()");
    assert_eq!(notes(&mut own.session().read_only()), 1);
    let mut session = own.session().read_only();
    let error = session.execute(insert(&note("never"))).expect_err("a read-only transaction");
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
}
