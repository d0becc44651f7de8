//! Values and statements at the limits of databases, servers in other modes, and results that nobody reads to the end (cases 5,
//! 25, 34, 38, 39, 41 and 43).

use crate::ground::*;
use crate::proxy::End;
use orm::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "piece")]
struct Piece {
    #[orm(primary_key, generated = false)]
    id: i64,
    bytes: Vec<u8>,
}

const MIB: usize = 1 << 20;

fn piece(id: i64, length: usize) -> Piece {
    Piece { id, bytes: (0..length).map(|at| (at % 251) as u8).collect() }
}

everywhere! {
    /// Case 25: kept exactly, or refused before anything is sent, which costs nothing but the transaction.
    fn bytes_of_any_length(on) {
        Schema::of::<Piece>().create_all(&on.db.engine)?;
        let own = on.engine(|options| options)?;
        let large = [16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 64 * MIB];
        let lengths = [0, 1, MIB].into_iter().chain(large.into_iter().filter(|_| slow()));
        for (id, length) in (1..).zip(lengths) {
            let piece = piece(id, length);
            match own.transaction(|tx| tx.execute(insert(&piece))) {
                Ok(_) => {
                    let back: Piece = own.connect()?.one(select::<Piece>().filter(|p| p.id.eq(id)))?;
                    assert!(back == piece, "{length} bytes came back otherwise");
                }
                Err(error) => {
                    assert!(on.way.is_mysql(), "{length} bytes: {error}");
                    assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error:?}");
                    assert!(error.to_string().contains("max_allowed_packet"), "{error}");
                }
            }
            own.assert_healthy()?;
            assert_eq!(own.pool_status().created, 1, "{length} bytes: the connection is as good as before");
        }
    }

    /// Case 38: lists of any length, also of none, and many rows in one call.
    fn lists_and_rows_of_any_number(on) {
        Schema::of::<Account>().create_all(&on.db.engine)?;
        let own = on.engine(|options| options)?;
        let rows: Vec<Account> = (1..=40_000).map(|id| Account { id, balance: id % 7 }).collect();
        own.transaction(|tx| tx.execute(insert(&rows)))?;
        let mut connection = own.connect()?;
        let within = |ids: Vec<i64>| select::<Account>().filter(|a| a.id.in_(ids));
        assert_eq!(connection.count(within(Vec::new()))?, 0);
        assert_eq!(connection.count(select::<Account>().filter(|a| !a.id.in_(Vec::<i64>::new())))?, 40_000);
        for length in [1, 32_000, 32_766, 32_767, 65_535, 65_536, 100_000_i64] {
            match connection.count(within((1..=length).collect())) {
                Ok(count) => assert_eq!(count, length.min(40_000) as u64),
                Err(error) => {
                    assert!(error.kind() == ErrorKind::OutOfRange && length > 30_000, "{length}: {error:?}");
                    assert!(error.to_string().contains("takes at most"), "{error}");
                }
            }
            assert_eq!(connection.one::<i64, _>(sql("SELECT 1"))?, 1, "after {length}");
        }
        // A session's own statements are cut as the database needs it.
        let mut session = own.session();
        drop(connection);
        let mut loaded = session.all(select::<Account>())?;
        loaded.truncate(33_000);
        loaded.iter().for_each(|account| session[*account].balance += 10);
        session.commit()?;
        drop(session);
        own.assert_healthy()?;
        assert_eq!(own.connect()?.count(select::<Account>().filter(|a| a.balance.ge(10)))?, 33_000);
    }

    /// Case 39: as many columns as the database has, in a row that is read by a name that is known only when it runs.
    fn rows_with_very_many_columns(on) {
        let columns = if on.way.is_mysql() { 4000 } else { 1600 };
        let list: Vec<String> = (0..columns).map(|at| format!("{at} AS c{at}")).collect();
        let own = on.engine(|options| options)?;
        let mut connection = own.connect()?;
        let mut seen = 0;
        connection.driver_connection().query(&format!("SELECT {}", list.join(", ")), &[], &mut |row| {
            assert_eq!(row.integer(columns - 1)?, Some(columns as i64 - 1));
            seen += 1;
            Ok(())
        })?;
        assert_eq!(seen, 1);
        let list: Vec<String> = (0..5000).map(|at| format!("{at} AS c{at}")).collect();
        let error = connection.all::<i64, _>(sql(format!("SELECT {}", list.join(", ")))).expect_err("too many");
        assert!(!error.is_disconnect() && !error.is_retryable(), "{error:?}");
        drop(connection);
        own.assert_healthy()?;
    }

    /// Case 43: rows that nobody reads to the end: the next statement's answer is its own, and soon.
    fn rows_left_unread(on) {
        on.accounts(5000)?;
        let own = on.engine(|options| options)?;
        let mut connection = own.connect()?;
        let cross = "SELECT a.balance FROM account a, account b WHERE b.id <= 40";
        for _ in 0..3 {
            let mut left = 10;
            let start = Instant::now();
            let error = connection
                .for_each(sql(cross), |balance: i64| {
                    assert_eq!(balance, 100);
                    left -= 1;
                    if left == 0 { Err(Error::refused("enough")) } else { Ok(()) }
                })
                .expect_err("it was enough");
            assert_eq!(error.kind(), ErrorKind::Refused);
            assert_eq!(connection.one::<i64, _>(sql("SELECT 77"))?, 77);
            assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        }
        drop(connection);
        own.assert_healthy()?;
        assert_eq!(own.pool_status().created, 1);
    }

    /// Case 41: a panic in a closure or among rows is rolled back, costs a connection at most, and is not swallowed.
    fn a_panic_anywhere(on) {
        on.notes()?;
        let own = on.engine(|options| options)?;
        let panics: [&dyn Fn(); 5] = [
            &|| drop(own.transaction(|tx| -> orm::Result<()> { tx.execute(insert(&note("never")))?; panic!("as planned") })),
            &|| drop(own.with_session(|session| -> orm::Result<()> {
                session.add(note("never"));
                session.flush()?;
                panic!("as planned")
            })),
            &|| drop(own.retry(3, |session| -> orm::Result<()> {
                session.add(note("never"));
                session.flush()?;
                panic!("as planned")
            })),
            &|| drop(own.connect().unwrap().for_each(sql("SELECT 1"), |_: i64| panic!("as planned"))),
            &|| {
                let mut session = own.session();
                session.before_flush(|_, _| panic!("as planned"));
                session.add(note("never"));
                drop(session.commit());
            },
        ];
        for (at, run) in panics.iter().enumerate() {
            let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it is not swallowed");
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"as planned"), "{at}");
            own.assert_healthy()?;
            assert!(on.texts()?.is_empty(), "{at}");
        }
        own.transaction(|tx| tx.execute(insert(&note("after"))))?;
        assert_eq!(on.texts()?, ["after"]);
    }
}

on_servers! {
    /// Case 34: servers in other modes give the same answers, because values are bound.
    fn a_server_in_another_mode(on) {
        let modes: &[&str] = match on.way.is_mysql() {
            true => &["sql_mode=NO_BACKSLASH_ESCAPES", "sql_mode=ANSI_QUOTES", "sql_mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES"],
            // The URL ends with the option `options`, which this goes on.
            false => &["%20-cstandard_conforming_strings%3Doff%20-cbackslash_quote%3Don", "%20-cDateStyle%3DGerman"],
        };
        let texts = ["it's", "\"quoted\"", "back\\slash", "\\", "\\'", "%_\\%", "`tick`", "a\nb", "'; DROP TABLE note; --"];
        for mode in modes {
            on.notes()?;
            let other = match on.way.is_mysql() {
                true => on.with_option(mode),
                false => Ground { db: on.db, way: on.way, url: format!("{}{mode}", on.url) },
            };
            let own = other.engine(|options| options)?;
            own.transaction(|tx| tx.execute(insert(&texts.map(note))))?;
            assert_eq!(on.texts()?, texts, "{mode}");
            let mut connection = own.connect()?;
            for text in texts {
                let found = connection.all(select::<Note>().filter(|n| n.text.eq(text)).columns(|n| n.text))?;
                assert_eq!(found, [text], "{mode}");
                let found: Vec<String> = connection.all(select::<Note>().filter(|n| n.text.contains(text)).columns(|n| n.text))?;
                let expected: Vec<&str> = texts.into_iter().filter(|other| other.contains(text)).collect();
                assert_eq!(found, expected, "{mode}: parts that are {text:?}");
            }
            drop(connection);
            own.assert_healthy()?;
            Schema::of::<Note>().drop_all(&on.db.engine)?;
        }
    }
}

/// Case 5, where the driver has a limit for the wait: the connection is given up then, and its late answer is nobody's.
fn an_answer_that_does_not_come(on: &Ground<'_>) -> orm::Result<()> {
    on.notes()?;
    let proxy = on.proxy()?;
    let limited = on.with_option("read_timeout=1s");
    let own = limited.through(&proxy, |options| options)?;
    let mut session = own.session();
    session.add(note("half"));
    session.flush()?;
    proxy.silence(true);
    let start = Instant::now();
    let error = session.count(select::<Note>()).expect_err("nothing is heard");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    session.rollback()?;
    proxy.cut_all(End::Closed);
    proxy.silence(false);
    assert_eq!(session.count(select::<Note>())?, 0);
    // In COMMIT nobody knows.
    let added = session.add(note("perhaps"));
    session.flush()?;
    proxy.silence(true);
    let error = session.commit().expect_err("nothing is heard");
    assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
    session.rollback()?;
    assert_eq!(session.state(added), State::Gone(Gone::RolledBack));
    proxy.cut_all(End::Closed);
    proxy.silence(false);
    drop(session);
    own.assert_healthy()
}

#[test]
fn an_answer_that_does_not_come_wire() {
    run(Way::Wire, an_answer_that_does_not_come);
}

#[test]
fn an_answer_that_does_not_come_mariadb() {
    run(Way::Mariadb, an_answer_that_does_not_come);
}

#[test]
fn an_answer_that_does_not_come_mysql() {
    run(Way::Mysql, an_answer_that_does_not_come);
}

everywhere! {
    /// Case 6: who waits in vain is told after the set time, and who comes first is served first.
    fn a_pool_that_is_exhausted(on) {
        let patience = Duration::from_millis(400);
        let own = on.engine(|options| options.pool_timeout(patience))?;
        let held = own.connect()?;
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let start = Instant::now();
                let error = own.connect().expect_err("it is out");
                (error, start.elapsed())
            });
            let (error, waited) = waiting.join().expect("no panic");
            assert_eq!(error.kind(), ErrorKind::PoolTimeout, "{error:?}");
            assert!(waited >= patience, "{waited:?}");
            assert!(error.to_string().contains("limits.rs:"), "where the holder took it: {error}");
        });
        drop(held);
        own.assert_healthy()?;
    }
}
