//! Databases for tests: a fresh one for each test and backend, its engine, and a count of the statements sent.
//!
//! SQLite is always there. The others are found by `ORM_TEST_POSTGRES_URL`, `ORM_TEST_MARIADB_URL` and `ORM_TEST_MYSQL_URL`; without one, the
//! test says that it was skipped, and with `ORM_TEST_REQUIRE=all` (or a list of names) it fails.

use orm::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The databases that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
    Mariadb,
    Mysql,
}

/// A fresh, empty database of one test.
pub(crate) struct Db {
    pub(crate) backend: Backend,
    pub(crate) url: String,
    pub(crate) engine: Engine,
    statements: Arc<Mutex<Vec<String>>>,
    clean_up: Box<dyn Fn() + Send + Sync>,
}

/// `on_every_backend! { fn name(db) { .. } }` makes the tests `name::sqlite`, `name::postgres`, `name::mariadb`, `name::mysql`.
macro_rules! on_every_backend {
    ($($(#[$meta:meta])* fn $name:ident($db:ident) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            fn body($db: &$crate::support::Db) -> orm::Result<()> {
                $body
                #[allow(unreachable_code)]
                Ok(())
            }
            #[test]
            fn sqlite() {
                $crate::support::run($crate::support::Backend::Sqlite, body);
            }
            #[test]
            fn postgres() {
                $crate::support::run($crate::support::Backend::Postgres, body);
            }
            #[test]
            fn mariadb() {
                $crate::support::run($crate::support::Backend::Mariadb, body);
            }
            #[test]
            fn mysql() {
                $crate::support::run($crate::support::Backend::Mysql, body);
            }
        }
    )* };
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Runs a body on a fresh database of a backend, if there is one.
pub(crate) fn run(backend: Backend, body: impl FnOnce(&Db) -> orm::Result<()>) {
    if let Some(db) = Db::fresh(backend)
        && let Err(error) = body(&db)
    {
        panic!("{error}\n{error:?}");
    }
}

pub(crate) fn server_url(backend: Backend) -> Option<String> {
    let name = match backend {
        Backend::Sqlite => return Some(String::new()),
        Backend::Postgres => "postgres",
        Backend::Mariadb => "mariadb",
        Backend::Mysql => "mysql",
    };
    let variable = format!("ORM_TEST_{}_URL", name.to_uppercase());
    let url = std::env::var(&variable).ok().filter(|url| !url.is_empty());
    let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
    if url.is_none() {
        assert!(
            !required.split(',').any(|word| word == "all" || word == name),
            "{variable} is not set, and ORM_TEST_REQUIRE={required}"
        );
        println!("skipped: {variable} is not set");
    }
    url
}

impl Db {
    pub(crate) fn fresh(backend: Backend) -> Option<Db> {
        let server = server_url(backend)?;
        let name = format!("orm_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (url, clean_up): (String, Box<dyn Fn() + Send + Sync>) = match backend {
            Backend::Sqlite => {
                let path = std::env::temp_dir().join(format!("{name}.db"));
                let url = format!("sqlite:///{}", path.display());
                let clean_up = move || {
                    for end in ["", "-wal", "-shm"] {
                        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
                    }
                };
                (url, Box::new(clean_up))
            }
            Backend::Postgres => {
                // A schema of its own is made faster than a database.
                admin(&server, &format!("CREATE SCHEMA {name}"));
                let mark = if server.contains('?') { '&' } else { '?' };
                let url = format!("{server}{mark}options=-csearch_path%3D{name}");
                (url, Box::new(move || admin(&server, &format!("DROP SCHEMA {name} CASCADE"))))
            }
            Backend::Mariadb | Backend::Mysql => {
                admin(&server, &format!("CREATE DATABASE {name}"));
                let (base, options) = server.split_once('?').unwrap_or((&server, ""));
                let (base, _) = base.rsplit_once('/').expect("a server's URL names a database");
                let url = format!("{base}/{name}{}{options}", if options.is_empty() { "" } else { "?" });
                (url, Box::new(move || admin(&server, &format!("DROP DATABASE {name}"))))
            }
        };
        let engine = orm::create_engine(&url).expect("the test's URL is right");
        let statements = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&statements);
        engine.on_statement(move |executed| log.lock().unwrap().push(executed.sql.to_owned()));
        Some(Db { backend, url, engine, statements, clean_up })
    }

    /// The statements since the last call, without those that begin and end transactions.
    pub(crate) fn statements(&self) -> Vec<String> {
        let all = std::mem::take(&mut *self.statements.lock().unwrap());
        let control = ["BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET TRANSACTION"];
        all.into_iter().filter(|sql| !control.iter().any(|word| sql.starts_with(word))).collect()
    }

    /// All statements since the last call.
    pub(crate) fn all_statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().unwrap())
    }
}

fn admin(server: &str, statement: &str) {
    let engine = orm::create_engine(server).expect("the server's URL is right");
    let mut connection = engine.connect().expect("the server answers");
    connection.execute(sql(statement)).expect("the test's user may make databases");
}

impl Drop for Db {
    fn drop(&mut self) {
        self.engine.pool().close();
        self.engine.pool().settle(std::time::Duration::from_secs(10));
        (self.clean_up)();
    }
}
