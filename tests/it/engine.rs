//! The engine and its pool: URLs and passwords, waiting for a connection, connections that are lost, several threads.

mod faults;
mod kills;
mod memory;
mod passwords;
mod replicas;

use crate::support::Db;
use orm::EngineOptions;
use orm::prelude::*;
use std::sync::mpsc;
use std::time::Duration;

/// A row that the threads of these tests write.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "entry")]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    thread: i32,
    number: i32,
}

const LONG: Duration = Duration::from_secs(30);

/// An engine of its own over the database of the test, closed at the end.
struct Own(Engine);

impl Own {
    fn new(db: &Db, options: impl FnOnce(EngineOptions) -> EngineOptions) -> orm::Result<Own> {
        options(EngineOptions::new(&db.url)).create().map(Own)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.0.pool().close();
        self.0.pool().settle(LONG);
    }
}

/// Each thread writes its entries, one transaction for each.
fn write_entries(engine: &Engine, threads: i32, entries: i32) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for number in 0..entries {
                    engine
                        .transaction(|tx| {
                            let before = tx.count(select::<Entry>().filter(|row| row.thread.eq(thread)))?;
                            assert_eq!(before, number as u64, "a thread sees what it has written");
                            tx.execute(insert(&Entry { id: 0, thread, number }))
                        })
                        .expect("writers wait for each other");
                }
            });
        }
    });
}

on_every_backend! {
    /// Case 45.
    fn the_third_of_three_threads_waits_and_is_told_why_it_got_nothing(db) {
        let own = Own::new(db, |options| options.pool_size(2).max_overflow(0).pool_timeout(Duration::from_millis(50)))?;
        let engine = &own.0;
        let (told, holding) = mpsc::channel();
        let (release, wait) = (0..2).map(|_| mpsc::channel::<()>()).unzip::<_, _, Vec<_>, Vec<_>>();
        std::thread::scope(|scope| {
            for wait in wait {
                let told = told.clone();
                scope.spawn(move || {
                    let connection = engine.connect().expect("two are free");
                    told.send(()).expect("the test listens");
                    let _ = wait.recv();
                    drop(connection);
                });
            }
            holding.iter().take(2).for_each(drop);
            let error = engine.connect().expect_err("both are out");
            assert_eq!(error.kind(), ErrorKind::PoolTimeout);
            let text = error.to_string();
            assert!(
                text.starts_with("no connection of the pool `")
                    && text.contains("2 of 2 are out (size 2, overflow 0)"),
                "{text}"
            );
            assert!(text.contains("engine.rs:"), "where the oldest was checked out: {text}");
            let status = engine.pool_status();
            assert_eq!((status.in_use, status.idle, status.timeouts), (2, 0, 1), "{status:?}");
            drop(release);
        });
        assert_eq!(engine.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    fn the_third_of_three_threads_gets_what_the_first_gives_back(db) {
        let own = Own::new(db, |options| options.pool_size(2).max_overflow(0).pool_timeout(LONG))?;
        let engine = &own.0;
        Schema::of::<Entry>().create_all(engine)?;
        write_entries(engine, 3, 10);
        assert_eq!(engine.connect()?.count(select::<Entry>())?, 30);
        let status = engine.pool_status();
        assert!(status.created <= 2 && status.in_use == 0, "{status:?}");
    }

    fn a_thread_that_waits_for_itself_is_told_so(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0).pool_timeout(LONG))?;
        let held = own.0.connect()?;
        let error = own.0.connect().expect_err("it would wait for ever");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(
            error.to_string().contains("this thread already holds the only connection, checked out at "),
            "{error}"
        );
        drop(held);
        own.0.connect()?;
    }

    fn many_writers_lose_nothing(db) {
        let own = Own::new(db, |options| options.pool_size(8))?;
        Schema::of::<Entry>().create_all(&own.0)?;
        write_entries(&own.0, 8, 25);
        let mut found: Vec<(i32, i32)> =
            own.0.connect()?.all(select::<Entry>().columns(|row| (row.thread, row.number)))?;
        found.sort_unstable();
        let expected: Vec<(i32, i32)> = (0..8).flat_map(|thread| (0..25).map(move |number| (thread, number))).collect();
        assert_eq!(found, expected);
    }

    fn sessions_of_several_threads_get_their_own_keys(db) {
        let own = Own::new(db, |options| options.pool_size(4))?;
        Schema::of::<Entry>().create_all(&own.0)?;
        let engine = &own.0;
        let keys: Vec<i64> = std::thread::scope(|scope| {
            let work = move |thread: i32| {
                engine.with_session(|session| {
                    let handles = session.add_all((0..50).map(|number| Entry { id: 0, thread, number }));
                    session.flush()?;
                    Ok(handles
                        .iter()
                        .map(|handle| (session[*handle].id, thread, session[*handle].number))
                        .collect::<Vec<_>>())
                })
            };
            let threads: Vec<_> =
                (0..4).map(|thread| scope.spawn(move || work(thread).expect("writers wait for each other"))).collect();
            let rows = threads.into_iter().flat_map(|thread| thread.join().expect("no thread panics"));
            let mut connection = engine.connect().expect("all are back");
            rows.map(|(id, thread, number)| {
                let found: Entry =
                    connection.one(select::<Entry>().filter(|row| row.id.eq(id))).expect("the key is right");
                assert_eq!((found.thread, found.number), (thread, number));
                id
            })
            .collect()
        });
        let different: std::collections::HashSet<i64> = keys.iter().copied().collect();
        assert_eq!((keys.len(), different.len()), (200, 200));
    }

    fn a_closed_pool_gives_nothing_out(db) {
        let own = Own::new(db, |options| options)?;
        own.0.connect()?;
        own.0.pool().close();
        assert_eq!(own.0.connect().expect_err("it is closed").kind(), ErrorKind::Misuse);
    }

    fn an_engine_is_shared_by_cloning(db) {
        let own = Own::new(db, |options| options.pool_size(1).max_overflow(0))?;
        let clone = own.0.clone();
        drop(clone.connect()?);
        assert_eq!((own.0.pool_status().idle, clone.pool_status().idle), (1, 1));
        let connection = clone.connect()?;
        let shown = format!("{connection:?}");
        assert!(shown.contains(connection.dialect().name) && shown.contains("in_transaction: false"), "{shown}");
    }
}
