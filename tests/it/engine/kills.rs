//! Threads that move money while their connections are killed at random: nothing is lost or done twice, and in the end the
//! pool and the server count the same connections. And what listeners of the pool do on real connections.

use super::*;
use crate::support::Backend;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "account")]
struct Account {
    #[orm(primary_key)]
    id: i64,
    balance: i64,
}

/// A transfer that was made. The key makes it an error to make it twice.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "transfer")]
struct Transfer {
    #[orm(primary_key)]
    thread: i64,
    #[orm(primary_key)]
    number: i64,
}

const THREADS: i64 = 6;
const TRANSFERS: i64 = 25;
const ACCOUNTS: i64 = 4;

/// The server's numbers of the connections that were opened.
type Numbers = Arc<Mutex<Vec<i64>>>;

fn note_numbers(engine: &Engine, backend: Backend) -> Numbers {
    let numbers = Numbers::default();
    let text = match backend {
        Backend::Sqlite => return numbers,
        Backend::Postgres => "SELECT CAST(pg_backend_pid() AS bigint)",
        Backend::Mariadb | Backend::Mysql => "SELECT CAST(CONNECTION_ID() AS SIGNED)",
    };
    let noted = Arc::clone(&numbers);
    engine.on_connect(move |connection| {
        connection.query(text, &[], &mut |row| {
            noted.lock().unwrap().extend(row.integer(0)?);
            Ok(())
        })
    });
    numbers
}

/// Kills one of the connections, if it is still there.
fn kill(admin: &mut Connection, backend: Backend, number: i64) {
    let _ = match backend {
        Backend::Sqlite => return,
        Backend::Postgres => {
            admin.all::<bool, _>(sql("SELECT pg_terminate_backend(CAST(:n AS integer))").bind("n", number)).map(drop)
        }
        Backend::Mariadb | Backend::Mysql => admin.execute(sql(format!("KILL {number}"))).map(drop),
    };
}

/// How many of the connections the server has.
fn alive(admin: &mut Connection, backend: Backend, numbers: &Numbers) -> usize {
    let text = match backend {
        Backend::Sqlite => return 0,
        Backend::Postgres => "SELECT CAST(pid AS bigint) FROM pg_stat_activity",
        Backend::Mariadb => "SELECT CAST(id AS SIGNED) FROM information_schema.processlist",
        // Its list of processes is an error while a statement of another test is no text (3854).
        Backend::Mysql => {
            "SELECT CAST(processlist_id AS SIGNED) FROM performance_schema.threads WHERE processlist_id IS NOT NULL"
        }
    };
    let all: Vec<i64> = admin.all(sql(text)).expect("the list can be read");
    numbers.lock().unwrap().iter().filter(|number| all.contains(number)).count()
}

/// Makes one transfer, however often it must be tried.
fn transfer(engine: &Engine, thread: i64, number: i64, lost: &AtomicU64) {
    let (from, to) = ((thread + number) % ACCOUNTS + 1, (thread * 3 + number * 7 + 1) % ACCOUNTS + 1);
    let deadline = Instant::now() + LONG;
    loop {
        let result = engine.transaction(|tx| {
            if tx.exists(select::<Transfer>().filter(|t| t.thread.eq(thread) & t.number.eq(number)))? {
                return Ok(()); // the commit of which nothing was heard had happened
            }
            tx.execute(update::<Account>().set(|a| a.balance.to(a.balance - 1)).filter(|a| a.id.eq(from)))?;
            tx.execute(update::<Account>().set(|a| a.balance.to(a.balance + 1)).filter(|a| a.id.eq(to)))?;
            tx.execute(insert(&Transfer { thread, number })).map(drop)
        });
        match result {
            Ok(()) => return,
            Err(error) if error.is_disconnect() => lost.fetch_add(1, Ordering::Relaxed),
            // A server that was told to kill the connection may still be about to commit when this looks for the row.
            Err(error) if error.kind() == ErrorKind::UniqueViolation => 0,
            Err(error) if error.is_retryable() || error.kind() == ErrorKind::ConnectFailed => 0,
            Err(error) => panic!("{error} {error:?}"),
        };
        assert!(Instant::now() < deadline, "it never succeeds");
    }
}

on_every_backend! {
    fn nothing_is_lost_or_done_twice_while_connections_are_killed(db) {
        let own = Own::new(db, |options| options.pool_size(3).max_overflow(1).min_idle(1).pool_timeout(LONG))?;
        let engine = &own.0;
        let backend = db.backend;
        let numbers = note_numbers(engine, backend);
        Schema::of::<(Account, Transfer)>().create_all(&db.engine)?;
        let accounts: Vec<Account> = (1..=ACCOUNTS).map(|id| Account { id, balance: 100 }).collect();
        db.engine.connect()?.execute(insert(&accounts))?;
        let (done, lost) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let lost = &lost;
                    scope.spawn(move || (0..TRANSFERS).for_each(|number| transfer(engine, thread, number, lost)))
                })
                .collect();
            let (numbers, done, killers) = (&numbers, &done, &db.engine);
            scope.spawn(move || {
                let mut admin = killers.connect().expect("the killer is left alone");
                let mut random = 7_usize;
                while !done.load(Ordering::Relaxed) {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let known = numbers.lock().unwrap().clone();
                    let last = known.iter().rev().take(4).copied().collect::<Vec<_>>();
                    if let Some(number) = last.get((random >> 33) % last.len().max(1)) {
                        kill(&mut admin, backend, *number);
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
            let ends: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
            done.store(true, Ordering::Relaxed);
            assert!(ends.into_iter().all(|end| end.is_ok()), "every transfer is made");
        });
        let mut connection = db.engine.connect()?;
        let made = connection.count(select::<Transfer>())?;
        let balances: Vec<i64> = connection.all(select::<Account>().columns(|a| a.balance))?;
        assert_eq!((made, balances.iter().sum::<i64>()), ((THREADS * TRANSFERS) as u64, 100 * ACCOUNTS));
        if backend != Backend::Sqlite {
            assert!(engine.pool_status().created > 4, "somebody was killed: {:?}", engine.pool_status());
        }

        // The thread that keeps one connection ready opens it anew, and then all counts agree.
        let deadline = Instant::now() + LONG;
        engine.pool().dispose();
        loop {
            assert!(engine.pool().settle(LONG));
            let status = engine.pool_status();
            let open = (status.created - status.closed) as usize;
            let agreed = backend == Backend::Sqlite || alive(&mut connection, backend, &numbers) == status.idle;
            if agreed && status.in_use == 0 && status.waiting == 0 && open == status.idle && status.idle >= 1 {
                break;
            }
            assert!(Instant::now() < deadline, "{status:?}, {lost:?} lost");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn a_connection_is_set_up_once_and_again_after_a_reset(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0))?;
        let engine = &own.0;
        let (set, get) = match db.backend {
            Backend::Sqlite => ("CREATE TEMP TABLE IF NOT EXISTS prepared AS SELECT 'ready' AS word", "SELECT word FROM prepared"),
            Backend::Postgres => ("SET app.word = 'ready'", "SELECT current_setting('app.word')"),
            Backend::Mariadb | Backend::Mysql => ("SET @word = 'ready'", "SELECT CAST(@word AS CHAR)"),
        };
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        drop(engine.connect()?); // open before there is a listener
        engine.on_connect(move |connection| {
            counter.fetch_add(1, Ordering::Relaxed);
            connection.batch(set)
        });
        for _ in 0..3 {
            // Raw SQL: the connection is reset, and with it goes what was set.
            let word: String = engine.connect()?.one(sql(get))?;
            assert_eq!(word, "ready");
        }
        assert_eq!((calls.load(Ordering::Relaxed), engine.pool_status().created), (3, 1));
        engine.on_connect(|connection| connection.batch("no SQL at all"));
        let error = engine.connect().expect_err("it cannot be set up");
        assert_eq!(error.kind(), ErrorKind::Syntax);
        assert!(error.to_string().starts_with("an `on_connect` listener: "), "{error}");
        assert!(engine.pool().settle(LONG));
        assert_eq!(engine.pool_status().in_use, 0);
    }

    fn a_suspended_pool_lets_a_database_be_renamed_away(db) {
        let own = Own::new(db, |options| options.pool_timeout(LONG))?;
        let engine = &own.0;
        assert_eq!(engine.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
        engine.pool().suspend();
        engine.pool().dispose();
        assert!(engine.pool().settle(LONG));
        std::thread::scope(|scope| {
            let request = scope.spawn(|| engine.connect()?.one::<i64, _>(sql("SELECT 1")));
            while engine.pool_status().waiting == 0 {
                std::thread::yield_now();
            }
            assert_eq!((engine.pool_status().idle, engine.pool_status().in_use), (0, 0));
            engine.pool().resume();
            assert_eq!(request.join().expect("it does not panic").expect("it is served"), 1);
        });
    }
}
