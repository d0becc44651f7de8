//! What the tests of faults stand on: each backend's fresh database, PostgreSQL's by both drivers, engines of a test's own over
//! it, and two models.

use crate::proxy::Proxy;
use crate::support::{self, Db};
use orm::EngineOptions;
use orm::drivers::url::{Host, Url};
use orm::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Long enough for any machine; reached only by a test that fails.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A row of a bank.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "account")]
pub(crate) struct Account {
    #[orm(primary_key, generated = false)]
    pub(crate) id: i64,
    pub(crate) balance: i64,
}

/// A row whose key the database makes.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "note")]
pub(crate) struct Note {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) text: String,
}

pub(crate) fn note(text: &str) -> Note {
    Note { id: 0, text: text.to_owned() }
}

/// A way to a database: PostgreSQL has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Sqlite,
    Postgres,
    Wire,
    Mariadb,
    Mysql,
}

impl Way {
    pub(crate) fn is_postgres(self) -> bool {
        matches!(self, Way::Postgres | Way::Wire)
    }

    pub(crate) fn is_mysql(self) -> bool {
        matches!(self, Way::Mariadb | Way::Mysql)
    }
}

/// The fresh database of a test.
pub(crate) struct Ground<'d> {
    /// Its engine is the administrator's: the faults do not touch it.
    pub(crate) db: &'d Db,
    pub(crate) way: Way,
    pub(crate) url: String,
}

/// `everywhere! { fn name(on) { .. } }` makes a test of each way to a database; `on_servers!` leaves SQLite out.
macro_rules! everywhere {
    ($($(#[$meta:meta])* fn $name:ident($on:ident) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            ways!($on $body);
            #[test]
            fn sqlite() {
                $crate::ground::run($crate::ground::Way::Sqlite, body);
            }
        }
    )* };
}

macro_rules! on_servers {
    ($($(#[$meta:meta])* fn $name:ident($on:ident) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            ways!($on $body);
        }
    )* };
}

macro_rules! ways {
    ($on:ident $body:block) => {
        fn body($on: &$crate::ground::Ground<'_>) -> orm::Result<()> {
            $body
            #[allow(unreachable_code)]
            Ok(())
        }
        #[test]
        fn postgres() {
            $crate::ground::run($crate::ground::Way::Postgres, body);
        }
        #[test]
        fn wire() {
            $crate::ground::run($crate::ground::Way::Wire, body);
        }
        #[test]
        fn mariadb() {
            $crate::ground::run($crate::ground::Way::Mariadb, body);
        }
        #[test]
        fn mysql() {
            $crate::ground::run($crate::ground::Way::Mysql, body);
        }
    };
}

/// Runs a body on a fresh database, if there is a server for it.
pub(crate) fn run(way: Way, body: impl FnOnce(&Ground<'_>) -> orm::Result<()>) {
    let backend = match way {
        Way::Sqlite => support::Backend::Sqlite,
        Way::Postgres | Way::Wire => support::Backend::Postgres,
        Way::Mariadb => support::Backend::Mariadb,
        Way::Mysql => support::Backend::Mysql,
    };
    support::run(backend, |db| {
        let mut url = db.url.clone();
        if let (true, Some((_, rest))) = (way.is_postgres(), url.split_once("://")) {
            let scheme = if way == Way::Wire { "postgresql+wire" } else { "postgresql+postgres" };
            url = format!("{scheme}://{rest}");
        }
        body(&Ground { db, way, url })
    });
}

/// Whether the slow tests are asked for; says so where they are not.
pub(crate) fn slow() -> bool {
    let asked = std::env::var("ORM_TEST_FAULTS").is_ok_and(|value| !value.is_empty() && value != "0");
    if !asked {
        println!("skipped: ORM_TEST_FAULTS is not set");
    }
    asked
}

/// Waits until something holds.
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Ground<'_> {
    /// An engine of the test's own; one connection unless the options say otherwise.
    pub(crate) fn engine(&self, options: impl FnOnce(EngineOptions) -> EngineOptions) -> orm::Result<Own> {
        Own::new(options(EngineOptions::new(&self.url).pool_size(1).max_overflow(0)))
    }

    /// The same through a proxy.
    pub(crate) fn through(
        &self,
        proxy: &Proxy,
        options: impl FnOnce(EngineOptions) -> EngineOptions,
    ) -> orm::Result<Own> {
        let mut url = Url::parse(&self.url)?;
        url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(proxy.port()) }];
        Own::new(options(EngineOptions::from_url(url).pool_size(1).max_overflow(0)))
    }

    /// A proxy before the database's server.
    pub(crate) fn proxy(&self) -> orm::Result<Proxy> {
        let url = Url::parse(&self.url)?;
        let default = if self.way.is_postgres() { 5432 } else { 3306 };
        let host = url.hosts.first().expect("the server has a host");
        Ok(Proxy::before((host.name.clone(), host.port.unwrap_or(default))))
    }

    /// The URL with one more option.
    pub(crate) fn with_option(&self, option: &str) -> Ground<'_> {
        let mark = if self.url.contains('?') { '&' } else { '?' };
        Ground { db: self.db, way: self.way, url: format!("{}{mark}{option}", self.url) }
    }

    /// The table of notes, and nothing in it.
    pub(crate) fn notes(&self) -> orm::Result<()> {
        Schema::of::<Note>().create_all(&self.db.engine)
    }

    /// Accounts with keys from 1, of 100 each.
    pub(crate) fn accounts(&self, count: i64) -> orm::Result<()> {
        Schema::of::<Account>().create_all(&self.db.engine)?;
        let accounts: Vec<Account> = (1..=count).map(|id| Account { id, balance: 100 }).collect();
        self.db.engine.connect()?.execute(insert(&accounts)).map(|_| ())
    }

    /// The notes that are there, as somebody else sees them.
    pub(crate) fn texts(&self) -> orm::Result<Vec<String>> {
        self.db.engine.connect()?.all(select::<Note>().order_by(|n| n.id).columns(|n| n.text))
    }

    pub(crate) fn balances(&self) -> orm::Result<Vec<i64>> {
        self.db.engine.connect()?.all(select::<Account>().order_by(|a| a.id).columns(|a| a.balance))
    }

    /// What asks the server for the number of the connection.
    pub(crate) fn number_query(&self) -> Sql {
        sql(if self.way.is_postgres() { "SELECT pg_backend_pid()::bigint" } else { "SELECT CONNECTION_ID()" })
    }

    /// Ends a connection, and returns when the server has forgotten it.
    pub(crate) fn kill(&self, number: i64) -> orm::Result<()> {
        let mut admin = self.db.engine.connect()?;
        let list = if self.way.is_postgres() {
            admin.execute(sql(format!("SELECT pg_terminate_backend({number})")))?;
            format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {number}")
        } else {
            // It may have ended by itself meanwhile: 1094, no such thread.
            if let Err(error) = admin.execute(sql(format!("KILL {number}")))
                && error.code() != Some("1094")
            {
                return Err(error);
            }
            format!("SELECT count(*) FROM information_schema.processlist WHERE id = {number}")
        };
        let start = Instant::now();
        // MySQL's list of processes is an error while another test sends bytes that are no text (3854).
        while admin.one::<i64, _>(sql(&list)).unwrap_or(1) > 0 {
            assert!(start.elapsed() < LONG, "the server keeps the connection {number}");
        }
        Ok(())
    }

    /// A statement that takes longer than any test.
    pub(crate) fn slow_statement(&self) -> Sql {
        sql(match self.way {
            Way::Sqlite => "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            Way::Postgres | Way::Wire => "SELECT count(*) FROM pg_sleep(60)",
            Way::Mariadb | Way::Mysql => "SELECT SLEEP(60)",
        })
    }

    /// Waits until the server runs the slow statement on a connection.
    pub(crate) fn await_slow_statement(&self, number: i64) {
        let query = if self.way.is_postgres() {
            format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {number} AND state = 'active' AND query LIKE '%pg_sleep%'"
            )
        } else {
            format!("SELECT count(*) FROM information_schema.processlist WHERE id = {number} AND info LIKE '%SLEEP%'")
        };
        let mut admin = self.db.engine.connect().expect("the server answers");
        await_that("the statement runs", || admin.one::<i64, _>(sql(&query)).unwrap_or(0) > 0);
    }
}

/// An engine of a test's own, closed at the end.
pub(crate) struct Own(pub(crate) Engine);

impl Own {
    pub(crate) fn new(options: EngineOptions) -> orm::Result<Own> {
        options.create().map(Own)
    }

    /// Nobody has a connection, nobody waits, and what there is works.
    pub(crate) fn assert_healthy(&self) -> orm::Result<()> {
        assert!(self.0.pool().settle(LONG), "nothing hangs");
        let status = self.0.pool_status();
        assert_eq!((status.in_use, status.waiting, status.cleaning), (0, 0, 0), "{status:?}");
        assert_eq!(status.created, status.closed + status.idle as u64, "no connection is lost: {status:?}");
        let mut connection = self.0.connect()?;
        assert!(!connection.in_transaction());
        assert_eq!(connection.one::<i64, _>(sql("SELECT 7"))?, 7);
        connection.transaction(|tx| tx.one::<i64, _>(sql("SELECT 8")))?;
        drop(connection);
        assert!(self.0.pool().settle(LONG), "nothing hangs");
        assert_eq!(self.0.pool_status().in_use, 0);
        Ok(())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.0.pool().close();
        self.0.pool().settle(LONG);
    }
}

impl std::ops::Deref for Own {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.0
    }
}

/// Sets a mark when it is dropped, however that comes.
pub(crate) struct Sets<'m>(pub(crate) &'m AtomicBool);

impl Drop for Sets<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
