//! Connections: made, lost, closed, and kept off async runtimes.

use super::fixture::{Asked, Proxy, connect, driver, kind, server, with};
use orm_core::driver::Connection;
use orm_core::{Datum, ErrorKind, Type};
use orm_drivers::{Host, Secret, Url};
use std::net::TcpListener;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(100);
const PATIENT: Duration = Duration::from_secs(60);

#[test]
fn a_killed_connection_is_lost_for_good() {
    let Some(url) = server() else { return };
    let mut killer = connect(&url);
    for lost_by in [
        |c: &mut Asked| kind(c.execute("SELECT 1", &[]).map(|_| ())),
        |c: &mut Asked| kind(c.batch("BEGIN")),
        |c: &mut Asked| kind(c.query("SELECT 1", &[], &mut |_| Ok(()))),
        |c: &mut Asked| kind(c.ping(PATIENT)),
    ] {
        let mut c = connect(&url);
        let process = c.process();
        assert!(c.is_open());
        let ended = killer.one("SELECT pg_terminate_backend($1::int4, 60000)", &[Datum::Int(process)], Type::Bool);
        assert_eq!(ended, Datum::Bool(true));
        assert_eq!(lost_by(&mut c), Err(ErrorKind::ConnectionLost));
        assert!(!c.is_open());
        assert_eq!(c.in_transaction(), Some(false));
        assert_eq!(c.refusal("SELECT 1", &[]).kind(), ErrorKind::ConnectionLost);
        assert_eq!(kind(c.ping(PATIENT)), Err(ErrorKind::ConnectionLost));
        assert_eq!(kind(c.reset()), Err(ErrorKind::ConnectionLost));
        c.0.close();
    }
    assert!(killer.is_open());
}

#[test]
fn a_silent_server_makes_nobody_wait() {
    let Some(url) = server() else { return };
    let (proxy, through) = Proxy::start(&url);
    let mut c = connect(&through);
    c.ping(PATIENT).unwrap();
    let silence = proxy.silence();
    assert_eq!(kind(c.ping(SOON)), Err(ErrorKind::ConnectionLost));
    assert!(!c.is_open());
    // Were this to wait for the server, the test would never end.
    drop(c);
    drop(silence);
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let Some(url) = server() else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut url = with(url, "connect_timeout", "100ms");
    url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(silent.local_addr().unwrap().port()) }];
    let error = driver(&url).connect().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectFailed);
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[test]
fn failures_to_connect_are_told_apart() {
    let Some(url) = server() else { return };
    let password = "tell-nobody";
    let refused = |url: &Url| {
        let error = driver(url).connect().err().unwrap();
        assert!(!format!("{error} {error:?} {:?}", driver(url)).contains(password), "{error:?}");
        error
    };
    let stranger = Url { user: Some("orm_nobody".into()), password: Some(Secret::new(password)), ..url.clone() };
    assert_eq!(refused(&stranger).kind(), ErrorKind::AuthenticationFailed);
    let nowhere = Url { database: Some("orm_no_database".into()), ..url.clone() };
    let error = refused(&nowhere);
    assert_eq!((error.kind(), error.code()), (ErrorKind::UnknownDatabase, Some("3D000")));
    assert!(error.to_string().contains("orm_no_database"), "{error}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = Host { name: "127.0.0.1".into(), port: Some(free) };
    let error = refused(&Url { hosts: vec![closed.clone()], ..url.clone() });
    assert_eq!(error.kind(), ErrorKind::ConnectFailed);
    assert!(error.to_string().contains(&format!("127.0.0.1:{free}")), "{error}");
    // Another host may do.
    let both = Url { hosts: vec![closed, url.hosts[0].clone()], ..url };
    assert!(connect(&both).is_open());
}

#[test]
fn options_reach_the_server() {
    let Some(url) = server() else { return };
    let url = with(with(url, "application_name", "orm test"), "options", "-c search_path=pg_catalog");
    let mut c = connect(&with(url, "target_session_attrs", "read-write"));
    assert_eq!(c.one("SELECT current_setting('application_name')", &[], Type::Text), Datum::text("orm test"));
    assert_eq!(c.one("SELECT current_setting('search_path')", &[], Type::Text), Datum::text("pg_catalog"));
}

#[test]
fn reset_leaves_nothing_behind() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let kept = "SELECT $1::int4";
    c.one(kept, &[Datum::Int(1)], Type::I32);
    c.batch("SET search_path = nowhere; CREATE TEMP TABLE left_over (a int4); LISTEN gossip").unwrap();
    let key = [Datum::Int(c.process())];
    c.execute("SELECT pg_advisory_lock($1)", &key).unwrap();
    c.reset().unwrap();
    assert_ne!(c.one("SELECT current_setting('search_path')", &[], Type::Text), Datum::text("nowhere"));
    assert_eq!(c.one("SELECT to_regclass('pg_temp.left_over')::text", &[], Type::Text), Datum::Null);
    assert_eq!(c.one("SELECT count(*) FROM pg_listening_channels()", &[], Type::I64), Datum::Int(0));
    let mut other = connect(&url);
    assert_eq!(other.one("SELECT pg_try_advisory_lock($1)", &key, Type::Bool), Datum::Bool(true));
    let prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1";
    assert_eq!(c.one(prepared, &[Datum::text(kept)], Type::I64), Datum::Int(1));
}

#[test]
fn a_connection_that_is_closed_or_dropped_ends_on_the_server() {
    let Some(url) = server() else { return };
    let mut watcher = connect(&with(url.clone(), "lock_timeout", "60s"));
    let ends: [fn(Box<dyn Connection>); 2] = [|connection| connection.close(), drop];
    for end in ends {
        let mut asked = connect(&url);
        let key = [Datum::Int(asked.process())];
        asked.execute("SELECT pg_advisory_lock($1)", &key).unwrap();
        asked.batch("BEGIN").unwrap();
        end(asked.0);
        // The lock is free when the other session has ended.
        watcher.execute("SELECT pg_advisory_lock($1)", &key).unwrap();
    }
}
