//! Connecting, losing connections, and what is left of them.

use crate::{driver, error, integer, on_each_server, value};
use orm_core::driver::Connection;
use orm_core::{Datum, Error, ErrorKind, Type};
use orm_drivers::url::{Host, Secret};
use std::net::TcpListener;
use std::time::Duration;

fn id(connection: &mut dyn Connection) -> i64 {
    integer(connection, "SELECT CONNECTION_ID()")
}

/// Ends a connection from another, as an administrator would.
fn kill(database: &crate::Database, connection: &mut dyn Connection) {
    let id = id(connection);
    database.connect().batch(&format!("KILL {id}")).expect("kill");
}

/// All that a program could print of an error.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        shown.push_str(&format!("{error} {error:?}"));
        source = error.source();
    }
    shown
}

on_each_server! {
    fn a_killed_connection_is_lost_for_good(database) {
        let mut connection = database.connect();
        connection.ping(Duration::from_secs(30)).expect("alive");
        kill(database, &mut *connection);
        assert!(connection.is_open(), "it does not know yet");
        assert_eq!(error(&mut *connection, "SELECT 1", &[]).kind(), ErrorKind::ConnectionLost);
        assert!(!connection.is_open());
        assert_eq!(error(&mut *connection, "SELECT 1", &[]).kind(), ErrorKind::ConnectionLost);
        assert_eq!(connection.batch("SELECT 1").expect_err("lost").kind(), ErrorKind::ConnectionLost);
        assert_eq!(connection.ping(Duration::from_secs(30)).expect_err("lost").kind(), ErrorKind::ConnectionLost);
        assert_eq!(connection.reset().expect_err("lost").kind(), ErrorKind::ConnectionLost);
        assert!(connection.as_any().downcast_mut::<mysql::Conn>().is_none());
        connection.close();
    }

    fn a_ping_notices(database) {
        let mut connection = database.connect();
        kill(database, &mut *connection);
        assert_eq!(connection.ping(Duration::from_secs(30)).expect_err("killed").kind(), ErrorKind::ConnectionLost);
        assert!(!connection.is_open());
    }

    fn lost_in_commit(database) {
        let mut connection = database.connect();
        connection.batch("CREATE TABLE t (id INT); START TRANSACTION; INSERT INTO t VALUES (1)").expect("begin");
        kill(database, &mut *connection);
        let lost = connection.batch("COMMIT").expect_err("killed");
        assert_eq!(lost.kind(), ErrorKind::CommitOutcomeUnknown);
        assert!(lost.is_disconnect() && !connection.is_open());
        assert_eq!(integer(&mut *database.connect(), "SELECT COUNT(*) FROM t"), 0);
    }

    fn a_late_answer_is_never_that_of_another_statement(database) {
        let mut connection = database.connect_with("read_timeout", "200ms");
        let id = id(&mut *connection);
        let late = connection.query("SELECT SLEEP(60)", &[], &mut |_| Ok(())).expect_err("too late");
        assert_eq!(late.kind(), ErrorKind::ConnectionLost);
        assert!(!connection.is_open());
        assert_eq!(error(&mut *connection, "SELECT 'second'", &[]).kind(), ErrorKind::ConnectionLost);
        // It may have ended by itself by now.
        let _ = database.connect().batch(&format!("KILL {id}"));
    }

    fn a_reset_leaves_nothing_of_the_last_user(database) {
        let mut connection = database.connect();
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1);
        connection.batch("SET @a = 1, time_zone = '+05:00', sql_mode = ''").expect("set");
        connection.batch("CREATE TEMPORARY TABLE mine (id INT); USE information_schema").expect("use");
        connection.reset().expect("reset");
        assert_eq!(value(&mut *connection, "SELECT @a", Type::Text), Datum::Null);
        assert_eq!(value(&mut *connection, "SELECT @@time_zone", Type::Text), Datum::text("+00:00"));
        let Datum::Text(modes) = value(&mut *connection, "SELECT @@sql_mode", Type::Text) else { panic!("no modes") };
        assert!(modes.contains("STRICT_TRANS_TABLES") && modes.contains("NO_AUTO_VALUE_ON_ZERO"), "{modes}");
        let Some(name) = database.url().database else { panic!("no name") };
        assert_eq!(value(&mut *connection, "SELECT DATABASE()", Type::Text), Datum::text(&name));
        assert_eq!(error(&mut *connection, "SELECT * FROM mine", &[]).kind(), ErrorKind::UndefinedTable);
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1, "a statement that was prepared before");
        assert_eq!(value(&mut *connection, "SELECT '🦀'", Type::Text), Datum::text("🦀"));
    }

    fn refused_connections(database) {
        let mut url = database.url();
        url.password = Some(Secret::new("wr0ng-secret"));
        let refused = driver(&url).connect().map(drop).expect_err("a wrong password");
        assert_eq!((refused.kind(), refused.code()), (ErrorKind::AuthenticationFailed, Some("1045")));
        assert!(!shown(&refused).contains("wr0ng-secret"));

        let mut url = database.url();
        url.database = Some("orm_drv_nowhere".into());
        assert_eq!(driver(&url).connect().map(drop).expect_err("no such database").kind(), ErrorKind::UnknownDatabase);

        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let mut url = database.url();
        url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(free.port()) }];
        let nobody = driver(&url).connect().map(drop).expect_err("nobody listens");
        assert_eq!(nobody.kind(), ErrorKind::ConnectFailed);
        assert!(nobody.to_string().contains(&free.to_string()), "{nobody}");

        url.hosts = vec![Host { name: "nowhere.invalid".into(), port: None }];
        let unknown = driver(&url).connect().map(drop).expect_err("no such host");
        assert_eq!(unknown.kind(), ErrorKind::ConnectFailed);
        assert!(unknown.to_string().contains("nowhere.invalid:3306"), "{unknown}");
    }

    fn a_server_that_says_nothing(database) {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut url = database.url();
        let port = silent.local_addr().expect("it listens").port();
        url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(port) }];
        url.options.push(("connect_timeout".into(), "100ms".into()));
        let error = driver(&url).connect().map(drop).expect_err("it says nothing");
        assert_eq!(error.kind(), ErrorKind::ConnectFailed);
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }

    fn hosts_are_tried_in_order(database) {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let mut url = database.url();
        let real = url.hosts.remove(0);
        let by_name = Host { name: "localhost".into(), port: real.port };
        url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(free.port()) }, by_name];
        let mut connection = driver(&url).connect().expect("the second listens");
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1);
    }

    fn no_password_is_ever_shown(database) {
        let mut url = database.url();
        let secret = "hunter2-secret";
        url.password = Some(Secret::new(secret));
        let driver = driver(&url);
        assert!(!format!("{driver:?} {driver:#?}").contains(secret));
        assert!(format!("{driver:?}").contains("***"));
        let error = driver.connect().map(drop).expect_err("a wrong password");
        assert!(!shown(&error).contains(secret), "{}", shown(&error));
    }

    fn users_with_few_rights(database) {
        let mut admin = database.connect();
        let name = database.url().database.expect("a name");
        let user = format!("u_{name}");
        let create = format!("CREATE USER {user} IDENTIFIED BY 'pässword' WITH MAX_USER_CONNECTIONS 1");
        let grant = format!("GRANT ALL ON {name}.* TO {user}");
        let try_it = format!("{create}; {grant}; REVOKE ALL ON {name}.* FROM {user}");
        if let Err(error) = admin.batch(&try_it) {
            assert!(matches!(error.code(), Some("1044" | "1227" | "1410")), "{error:?}");
            let _ = admin.batch(&format!("DROP USER {user}"));
            return println!("skipped: the tests' user may not give rights to another");
        }
        let mut url = database.url();
        (url.user, url.password) = (Some(user.clone()), Some(Secret::new("pässword")));
        let no_right = driver(&url).connect().map(drop).expect_err("no right to the database");
        admin.batch(&grant).expect("grant");
        // On MySQL this is the first use of the password, which is sent encrypted.
        let only = driver(&url).connect().map(|mut connection| integer(&mut *connection, "SELECT 1"));
        let first = driver(&url).connect().expect("the only one");
        let second = driver(&url).connect().map(drop).expect_err("one too many");
        drop(first);
        admin.batch(&format!("DROP USER {user}")).expect("drop");
        assert_eq!(no_right.kind(), ErrorKind::AuthenticationFailed, "{no_right:?}");
        assert_eq!(only.expect("connect"), 1);
        assert_eq!(second.kind(), ErrorKind::TooManyConnections, "{second:?}");
    }

    fn through_a_socket(database) {
        let path = value(&mut *database.connect(), "SELECT @@socket", Type::Text);
        let Datum::Text(path) = path else { panic!("no socket: {path:?}") };
        if std::fs::metadata(&*path).is_err() {
            return println!("skipped: the server's socket is not on this machine");
        }
        let mut connection = database.connect_with("unix_socket", &path);
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1);
        let mut url = database.url();
        url.hosts = vec![Host { name: format!("{path}.none"), port: None }];
        let nobody = driver(&url).connect().map(drop).expect_err("no such socket");
        assert_eq!(nobody.kind(), ErrorKind::ConnectFailed);
        assert!(nobody.to_string().contains(&format!("{path}.none")), "{nobody}");
    }
}
