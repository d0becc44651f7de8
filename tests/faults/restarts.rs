//! Servers of the tests' own that are killed and started again, stopped in the middle, shut down while somebody is there, or
//! replaced by their standby (cases 2, 5, 10 and 47).

use crate::ground::*;
use crate::proxy::{End, Proxy};
use crate::servers::{Server, signal};
use orm::EngineOptions;
use orm::drivers::url::{Host, Url};
use orm::pool::PrePing;
use orm::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// The URL by another driver, with other hosts if there are any, and more options.
fn url(server: &str, wire: bool, hosts: &[u16], options: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(server).unwrap();
    if url.dialect == "postgresql" {
        url.driver = Some(if wire { "wire" } else { "postgres" }.to_owned());
    }
    if !hosts.is_empty() {
        url.hosts = hosts.iter().map(|port| Host { name: "127.0.0.1".into(), port: Some(*port) }).collect();
    }
    url.options.extend(options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    url
}

fn engine(url: Url, options: impl FnOnce(EngineOptions) -> EngineOptions) -> Own {
    Own::new(options(EngineOptions::from_url(url).pool_size(2).max_overflow(0))).unwrap()
}

fn write(own: &Own, text: &str) -> orm::Result<()> {
    own.with_session(|session| {
        session.add(note(text));
        Ok(())
    })
}

fn texts(own: &Own) -> Vec<String> {
    own.connect().unwrap().all(select::<Note>().order_by(|n| n.id).columns(|n| n.text)).unwrap()
}

/// Cases 2 and 46: a server that is killed and comes back, between two checkouts and under an open session.
fn restart(server: &mut Server, wire: bool) {
    for pre_ping in [PrePing::Always, PrePing::Never] {
        let own = engine(url(&server.url, wire, &[], &[]), |options| options.pre_ping(pre_ping));
        Schema::of::<Note>().drop_all(&own).unwrap();
        Schema::of::<Note>().create_all(&own).unwrap();
        write(&own, "before").unwrap();
        own.pool().settle(LONG);
        // Between two checkouts.
        server.kill();
        let error = own.connect().and_then(|mut c| c.one::<i64, _>(sql("SELECT 1"))).expect_err("nobody is there");
        let kinds = [ErrorKind::ConnectFailed, ErrorKind::ConnectionLost];
        assert!(kinds.contains(&error.kind()), "{error:?}");
        let error = write(&own, "never").expect_err("nobody is there");
        assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error:?}");
        server.run_again(&[]);
        write(&own, "between").unwrap();
        // Under an open session.
        let mut session = own.session();
        session.add(note("half"));
        session.flush().unwrap();
        server.kill();
        let late = session.add(note("late"));
        let error = session.flush().expect_err("it is lost");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        server.run_again(&[]);
        assert_eq!(session.commit().expect_err("half of it is gone").kind(), ErrorKind::SessionFailed);
        session.rollback().unwrap();
        assert_eq!(session.state(late), State::Gone(Gone::RolledBack));
        session.add(note("after"));
        session.commit().unwrap();
        drop(session);
        assert_eq!(texts(&own), ["before", "between", "after"], "{pre_ping:?}");
        own.assert_healthy().unwrap();
    }
}

/// A restart while the pool lies idle costs nothing with a ping, and one error without.
fn restart_unnoticed(server: &mut Server, wire: bool) {
    for (pre_ping, most) in [(PrePing::Always, 0), (PrePing::Never, 1)] {
        let own = engine(url(&server.url, wire, &[], &[]), |options| options.pre_ping(pre_ping));
        drop([own.connect().unwrap(), own.connect().unwrap()]);
        own.pool().settle(LONG);
        server.kill();
        server.run_again(&[]);
        let select = || own.connect().and_then(|mut c| c.one::<i64, _>(sql("SELECT 1")));
        let errors: Vec<Error> = (0..6).filter_map(|_| select().err()).collect();
        assert!(errors.len() <= most, "{pre_ping:?}: {errors:?}");
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::ConnectionLost), "{errors:?}");
        own.assert_healthy().unwrap();
    }
}

#[test]
fn postgres_restarts() {
    if !slow() {
        return;
    }
    let mut server = Server::start_primary();
    for wire in [false, true] {
        restart(&mut server, wire);
        restart_unnoticed(&mut server, wire);
    }
}

#[test]
fn mariadb_restarts() {
    if !slow() {
        return;
    }
    let mut server = Server::start("mariadb");
    server.kill();
    // Commits outlive a kill of the server, if not of the machine.
    server.run_again(&["--innodb-flush-log-at-trx-commit=2"]);
    restart(&mut server, false);
    restart_unnoticed(&mut server, false);
}

/// Case 10: a server that shuts down takes nobody new, and says why.
#[test]
fn postgres_shuts_down_while_somebody_is_there() {
    if !slow() {
        return;
    }
    let mut server = Server::start_primary();
    for wire in [false, true] {
        let own = engine(url(&server.url, wire, &[], &[]), |options| options);
        let mut held = own.connect().unwrap();
        held.one::<i64, _>(sql("SELECT 1")).unwrap();
        // A smart shutdown waits for those who are there.
        server.signal("TERM");
        await_that("new connections are refused", || own.connect().is_err());
        let error = own.connect().expect_err("it shuts down");
        assert_eq!((error.kind(), error.code()), (ErrorKind::ConnectFailed, Some("57P03")), "{error:?}");
        assert!(error.to_string().ends_with("is starting up or shutting down"), "{error}");
        assert_eq!(held.one::<i64, _>(sql("SELECT 2")).unwrap(), 2);
        // A fast one does not.
        server.signal("INT");
        server.await_end();
        let error = held.one::<i64, _>(sql("SELECT 3")).expect_err("it is down");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        drop(held);
        server.run_again(&[]);
        own.assert_healthy().unwrap();
    }
}

/// Case 5: a server's process that stands still. Who waits is not helped by the client of PostgreSQL's own, but nobody else
/// waits with him, and a ping ends in time.
#[test]
fn a_server_that_stands_still() {
    if !slow() {
        return;
    }
    let server = Server::start("postgres");
    for wire in [false, true] {
        let own = engine(url(&server.url, wire, &[], &[("connect_timeout", "1")]), |options| {
            options.pre_ping(PrePing::Always).ping_timeout(Duration::from_millis(300))
        });
        let process: i64 = own.connect().unwrap().one(sql("SELECT pg_backend_pid()::bigint")).unwrap();
        own.pool().settle(LONG);
        let process = u32::try_from(process).unwrap();
        signal(process, "STOP");
        let start = Instant::now();
        let other: i64 = own.connect().unwrap().one(sql("SELECT pg_backend_pid()::bigint")).unwrap();
        assert_ne!(other, i64::from(process), "another process answers");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        signal(process, "CONT");
        own.assert_healthy().unwrap();
        // The whole server: connecting ends in time too.
        server.signal("STOP");
        own.pool().invalidate();
        let start = Instant::now();
        let error = own.connect().expect_err("nobody answers");
        assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        server.signal("CONT");
        own.assert_healthy().unwrap();
    }
}

/// Case 47: the primary becomes unreachable, its standby is promoted, and the engine follows: by its list of hosts, or by a name
/// that leads elsewhere now.
#[test]
fn postgres_fails_over_to_its_standby() {
    if !slow() {
        return;
    }
    for wire in [false, true] {
        let mut primary = Server::start_primary();
        let standby = primary.standby();
        let read_write = [("target_session_attrs", "read-write")];
        let own = engine(url(&primary.url, wire, &[primary.port, standby.port], &read_write), |options| {
            options.pre_ping(PrePing::Never)
        });
        let on_standby = engine(url(&standby.url, wire, &[], &[]), |options| options);
        Schema::of::<Note>().create_all(&own).unwrap();
        write(&own, "before").unwrap();
        await_that("the standby has it", || {
            on_standby.connect().and_then(|mut c| c.count(select::<Note>())).is_ok_and(|count| count == 1)
        });
        // A standby refuses writes in its own way, whichever way a transaction begins, and may be read.
        let refusals = [
            write(&on_standby, "never").expect_err("a standby only reads"),
            on_standby.connect().unwrap().execute(insert(&note("never"))).map(drop).expect_err("it only reads"),
            {
                let mut session = on_standby.session();
                session.add(note("never"));
                session.commit().expect_err("a standby only reads")
            },
        ];
        for error in refusals {
            assert_eq!(error.kind(), ErrorKind::ReadOnlyServer, "{error:?}");
        }
        assert_eq!(on_standby.session().read_only().count(select::<Note>()).unwrap(), 1);
        assert!(on_standby.pool().settle(LONG));
        assert_eq!(on_standby.pool_status().in_use, 0);
        // The primary is gone, in the middle of a session.
        let mut session = own.session();
        session.add(note("half"));
        session.flush().unwrap();
        primary.kill();
        let error = session.commit().expect_err("it is lost");
        assert!(error.is_disconnect(), "{error:?}");
        session.rollback().unwrap();
        assert!(write(&own, "never").is_err(), "neither takes writes now");
        on_standby.connect().unwrap().one::<bool, _>(sql("SELECT pg_promote()")).unwrap();
        let retry = RetryOptions::new(100).also(ErrorKind::ConnectFailed).also(ErrorKind::ReadOnlyServer);
        let retry = retry.also(ErrorKind::ConnectionLost);
        own.retry(retry, |session| {
            session.add(note("after"));
            Ok(())
        })
        .expect("the engine follows");
        session.add(note("the same session"));
        session.commit().unwrap();
        drop(session);
        assert_eq!(texts(&own), ["before", "after", "the same session"]);
        own.assert_healthy().unwrap();
    }
}

/// Case 47: the name of the writer leads to another server, and the old one goes on as a standby, as on Aurora: connections of
/// the pool are well, and refuse writes. The first refusal empties the pool; the next transaction finds the new writer.
fn the_writer_moves(own: &Own, proxy: &Proxy, elsewhere: (String, u16), demote: impl FnOnce(), promote: impl FnOnce()) {
    write(own, "before").unwrap();
    drop([own.connect().unwrap(), own.connect().unwrap()]);
    own.pool().settle(LONG);
    let before = own.pool_status().created;
    demote();
    proxy.lead_to(elsewhere);
    promote();
    let errors: Vec<Error> = (0..5).filter_map(|at| write(own, &at.to_string()).err()).collect();
    assert_eq!(errors.iter().map(Error::kind).collect::<Vec<_>>(), [ErrorKind::ReadOnlyServer], "{errors:?}");
    own.pool().settle(LONG);
    assert_eq!(own.pool_status().closed, before, "none of the old connections is kept");
    assert_eq!(texts(own), ["before", "1", "2", "3", "4"]);
    own.assert_healthy().unwrap();
}

#[test]
fn the_writer_moves_to_another_mariadb() {
    if !slow() {
        return;
    }
    let (old, new) = (Server::start("mariadb"), Server::start("mariadb"));
    let admins = [&old, &new].map(|server| orm::create_engine(&server.url).unwrap());
    for admin in &admins {
        Schema::of::<Note>().create_all(admin).unwrap();
        let mut connection = admin.connect().unwrap();
        // Not the administrator's rights, which pass over `read_only`.
        connection.execute(sql("CREATE USER app@'%' IDENTIFIED BY 'app'")).unwrap();
        connection.execute(sql("GRANT SELECT, INSERT, UPDATE, DELETE ON orm_test.* TO app@'%'")).unwrap();
    }
    let proxy = Proxy::before(old.target());
    let mut url = url(&old.url, false, &[proxy.port()], &[]);
    (url.user, url.password) = (Some("app".into()), Some(orm::drivers::url::Secret::new("app")));
    let own = engine(url, |options| options.pre_ping(PrePing::Always));
    let demote = || {
        admins[0].connect().unwrap().execute(sql("SET GLOBAL read_only = 1")).unwrap();
    };
    let promote = || {
        // What replication would have brought.
        admins[1].connect().unwrap().execute(insert(&note("before"))).unwrap();
    };
    the_writer_moves(&own, &proxy, new.target(), demote, promote);
}

/// The same on PostgreSQL, with a real standby that is promoted; the old primary can only be made to refuse by a setting.
#[test]
fn the_writer_moves_to_another_postgres() {
    if !slow() {
        return;
    }
    for wire in [false, true] {
        let (first, second) = (Server::start_primary(), Server::start("postgres"));
        let standby = first.standby();
        let admin = engine(url(&first.url, wire, &[], &[]), |options| options);
        let other = engine(url(&second.url, wire, &[], &[]), |options| options);
        for admin in [&admin, &other] {
            Schema::of::<Note>().create_all(admin).unwrap();
        }
        // The name leads to the first server; later to its standby, as if roles had been swapped; then to the second.
        let proxy = Proxy::before(first.target());
        let own = engine(url(&first.url, wire, &[proxy.port()], &[]), |options| options.pre_ping(PrePing::Always));
        write(&own, "before").unwrap();
        let on_standby = engine(url(&standby.url, wire, &[], &[]), |options| options);
        await_that("the standby has it", || {
            on_standby.connect().and_then(|mut c| c.count(select::<Note>())).is_ok_and(|count| count == 1)
        });
        proxy.lead_to(standby.target());
        proxy.cut_all(End::Reset);
        own.pool().invalidate();
        assert_eq!(texts(&own), ["before"], "it may be read");
        own.pool().settle(LONG);
        let closed = own.pool_status().closed;
        let error = write(&own, "never").expect_err("it is a standby");
        assert_eq!(error.kind(), ErrorKind::ReadOnlyServer, "{error:?}");
        own.pool().settle(LONG);
        assert!(own.pool_status().closed > closed && own.pool_status().idle == 0, "{:?}", own.pool_status());
        proxy.lead_to(second.target());
        write(&own, "after").unwrap();
        assert_eq!(texts(&own), ["after"]);
        own.assert_healthy().unwrap();
    }
}

/// Writers go on through a restart, with retries that ask for it: what they were told is written is there, once.
#[test]
fn writers_live_through_a_restart() {
    if !slow() {
        return;
    }
    let mut server = Server::start_primary();
    let own = engine(url(&server.url, true, &[], &[]), |options| options.pool_size(4));
    Schema::of::<Note>().create_all(&own).unwrap();
    let over = AtomicBool::new(false);
    let (mut sure, mut unknown) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (own, over) = (&own, &over);
                scope.spawn(move || {
                    let (mut sure, mut unknown) = (Vec::new(), Vec::new());
                    for at in 0.. {
                        if over.load(SeqCst) {
                            break;
                        }
                        let text = format!("{writer} {at}");
                        let retry = RetryOptions::new(1000)
                            .also(ErrorKind::ConnectionLost)
                            .also(ErrorKind::ConnectFailed)
                            .max_delay(Duration::from_millis(100));
                        let result = own.transaction_with_retry(retry, |tx| tx.execute(insert(&note(&text))));
                        match result {
                            Ok(_) => sure.push(text),
                            Err(error) => {
                                assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
                                unknown.push(text);
                            }
                        }
                    }
                    (sure, unknown)
                })
            })
            .collect();
        let _ends = Sets(&over);
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(500));
            server.kill();
            server.run_again(&[]);
        }
        thread::sleep(Duration::from_millis(300));
        over.store(true, SeqCst);
        for writer in writers {
            let (written, open) = writer.join().expect("no panic");
            sure.extend(written);
            unknown.extend(open);
        }
    });
    let mut found = texts(&own);
    found.sort();
    let count = found.len();
    found.dedup();
    assert_eq!(found.len(), count, "nothing is written twice");
    assert!(sure.iter().all(|text| found.contains(text)), "what was said to be written is there");
    assert!(found.iter().all(|text| sure.contains(text) || unknown.contains(text)), "and nothing else");
    assert!(sure.len() > 50, "{} were written", sure.len());
    own.assert_healthy().unwrap();
}
