//! A process that forks while connections are idle, lent and in transactions: the child has connections of its own, and the parent's go on.
//! A program of its own with one thread, because a fork takes no other thread along.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway
#![allow(dead_code)] // of what tests share, this one needs less

#[cfg(unix)]
#[allow(unused_macros)]
#[path = "it/support.rs"]
mod support;

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use crate::support::{Backend, Db};
    use fork::{Fork, fork, waitpid};
    use orm::EngineOptions;
    use orm::prelude::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[derive(Model, Clone, Debug, PartialEq)]
    #[orm(table = "note")]
    struct Note {
        #[orm(primary_key)]
        id: i64,
        text: String,
    }

    fn note(text: &str) -> Note {
        Note { id: 0, text: text.to_owned() }
    }

    /// What the child does with what it inherited.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Child {
        /// Nothing: it uses the engine.
        Ignores,
        /// It drops it, as a function does that returns.
        Drops,
        /// It ends it by name.
        Ends,
    }

    const WAYS: [(Backend, &str); 4] = [
        (Backend::Postgres, "postgresql+postgres"),
        (Backend::Postgres, "postgresql+wire"),
        (Backend::Mariadb, "mariadb"),
        (Backend::Mysql, "mysql"),
    ];

    pub(crate) fn main() {
        let (options, filters): (Vec<String>, Vec<String>) =
            std::env::args().skip(1).partition(|word| word.starts_with('-'));
        for (backend, scheme) in WAYS {
            for child in [Child::Ignores, Child::Drops, Child::Ends] {
                let name = format!("a_real_child_leaves_its_parents_connections_alone::{scheme}::{child:?}");
                if !(filters.is_empty() || filters.iter().any(|filter| name.contains(filter))) {
                    continue;
                }
                if options.iter().any(|option| option == "--list") {
                    println!("{name}: test");
                    continue;
                }
                let Some(db) = Db::fresh(backend) else { continue };
                let (_, rest) = db.url.split_once(':').unwrap();
                if let Err(error) =
                    a_real_child_leaves_its_parents_connections_alone(&format!("{scheme}:{rest}"), child)
                {
                    panic!("{name}: {error}\n{error:?}");
                }
                println!("test {name} ... ok");
            }
        }
    }

    fn number(connection: &mut Connection) -> orm::Result<i64> {
        let query = if connection.dialect().name == "PostgreSQL" {
            "SELECT pg_backend_pid()::bigint"
        } else {
            "SELECT CONNECTION_ID()"
        };
        connection.one(sql(query))
    }

    fn a_real_child_leaves_its_parents_connections_alone(url: &str, what: Child) -> orm::Result<()> {
        let engine = EngineOptions::new(url).pool_size(4).max_overflow(0).create()?;
        Schema::of::<Note>().create_all(&engine)?;
        let (mut first, mut second, mut idle) = (engine.connect()?, engine.connect()?, engine.connect()?);
        let numbers = [number(&mut first)?, number(&mut second)?, number(&mut idle)?];
        let mut session = engine.session();
        drop(idle);
        let mut transaction = first.begin()?;
        transaction.execute(insert(&note("transaction")))?;
        let mut outer = second.begin()?;
        outer.execute(insert(&note("outer")))?;
        let mut savepoint = outer.begin()?;
        savepoint.execute(insert(&note("savepoint")))?;
        session.add(note("session"));
        session.flush()?;

        let parent = std::process::id();
        match fork().expect("the system can fork") {
            Fork::Child => {
                let work = catch_unwind(AssertUnwindSafe(|| -> orm::Result<()> {
                    match what {
                        Child::Ignores => {
                            in_the_child(&engine, &numbers)?;
                            std::mem::forget((transaction, savepoint, session));
                        }
                        Child::Drops => {
                            drop((savepoint, transaction, session));
                            in_the_child(&engine, &numbers)?;
                        }
                        Child::Ends => {
                            assert_eq!(savepoint.commit().unwrap_err().kind(), ErrorKind::ConnectionLost);
                            assert_eq!(transaction.commit().unwrap_err().kind(), ErrorKind::ConnectionLost);
                            assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::ConnectionLost);
                            session.rollback()?;
                            session.add(note("child's"));
                            session.commit()?;
                        }
                    }
                    Ok(())
                }));
                assert_ne!(std::process::id(), parent);
                let ok = matches!(&work, Ok(Ok(())));
                if !ok {
                    eprintln!("in the child: {work:?}");
                }
                // The engine, which no destructor of this process closes, and the database are the parent's.
                std::process::exit(i32::from(!ok));
            }
            Fork::Parent(child) => {
                let status = waitpid(child).expect("it is our child");
                assert_eq!(status, 0, "the child has failed");
            }
        }
        // Neither a goodbye nor a ROLLBACK of the child's has reached the servers by the parent's connections.
        savepoint.commit()?;
        outer.commit()?;
        transaction.commit()?;
        session.commit()?;
        let mut texts: Vec<String> = engine.connect()?.all(select::<Note>().columns(|n| n.text))?;
        texts.sort();
        assert_eq!(texts, ["child's", "outer", "savepoint", "session", "transaction"]);
        let mut idle = engine.connect()?;
        assert!(numbers[..2] == [number(&mut first)?, number(&mut second)?], "they are the same as before");
        assert_eq!(idle.one::<i64, _>(sql("SELECT 7"))?, 7);
        drop((first, second, idle, session));
        assert!(engine.pool().settle(std::time::Duration::from_secs(30)));
        assert_eq!(engine.pool_status().closed, 0, "no connection was lost");
        engine.pool().close();
        engine.pool().settle(std::time::Duration::from_secs(30));
        Ok(())
    }

    /// The engine works, over connections of the child's own.
    fn in_the_child(engine: &Engine, parents: &[i64]) -> orm::Result<()> {
        let status = engine.pool_status();
        assert_eq!((status.idle, status.in_use, status.created), (0, 0, 0), "the pool begins anew");
        assert!(!parents.contains(&number(&mut engine.connect()?)?));
        engine.with_session(|session| {
            session.add(note("child's"));
            Ok(())
        })?;
        engine.pool().dispose();
        Ok(())
    }
}
