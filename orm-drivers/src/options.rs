//! `create_engine` and `EngineOptions`: from a database URL to an engine.

mod databases;
mod replicas;

use crate::credentials::{CredentialProvider, FromClosure, FromFile, with_provider};
use crate::registry;
use crate::url::{Secret, Url};
use orm_core::pool::{Order, PoolOptions, PrePing};
use orm_core::{Engine, Error, ErrorKind, Executed, Result};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Opens an engine for a database URL: `dialect[+driver]://user:password@host:port/database?option=value`.
///
/// `sqlite::memory:`, `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://..`, `mysql://..`, `mariadb://..`. Nothing is
/// connected until the first connection is asked for.
///
/// # Errors
/// `InvalidUrl` for a URL that is not right, an unknown dialect, driver or option (the known ones are listed), or a dialect
/// whose cargo feature is off.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// let engine = orm_drivers::create_engine("sqlite::memory:")?;
/// assert_eq!(engine.dialect().name, "SQLite");
/// # }
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn create_engine(url: &str) -> Result<Engine> {
    EngineOptions::new(url).create()
}

/// The settings of an engine, with SQLAlchemy's defaults: 5 connections kept, 10 more under load, 30 seconds of waiting.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::time::Duration;
///
/// let options = orm_drivers::EngineOptions::new("sqlite::memory:").pool_size(20).pool_timeout(Duration::from_secs(5));
/// let engine = options.create()?;
/// # let _ = engine;
/// # }
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `.create()`"]
pub struct EngineOptions {
    /// Parsed at once, so that a URL with a password is never kept as text. A URL that is not right is an error of `create`.
    url: std::result::Result<Url, String>,
    pool: PoolOptions,
    echo: bool,
    slow_statement: Option<Duration>,
    replicas: Vec<std::result::Result<Url, String>>,
    read_your_writes: Duration,
    binds: Vec<(String, std::result::Result<Url, String>)>,
    provider: Option<Provider>,
}

#[derive(Clone)]
struct Provider(Arc<dyn CredentialProvider>);

/// Shows that there is one.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl EngineOptions {
    /// The defaults for a database URL.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("postgresql://ada@localhost/shop");
    /// assert!(EngineOptions::new("no url").create().is_err());
    /// ```
    pub fn new(url: &str) -> EngineOptions {
        EngineOptions::of(parsed(url))
    }

    /// The defaults for a URL made with its builder.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("postgresql").user("ada").password("p@ss/word").host("db.example").database("shop").build()?;
    /// let options = EngineOptions::from_url(url);
    /// assert!(!format!("{options:?}").contains("p@ss"));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn from_url(url: Url) -> EngineOptions {
        EngineOptions::of(Ok(url))
    }

    fn of(url: std::result::Result<Url, String>) -> EngineOptions {
        let (pool, read_your_writes) = (PoolOptions::new(), Duration::from_secs(1));
        let (replicas, binds, slow_statement, provider) = (Vec::new(), Vec::new(), None, None);
        EngineOptions { url, pool, echo: false, slow_statement, replicas, read_your_writes, binds, provider }
    }

    /// How many connections the pool keeps (5).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("postgresql://ada@localhost/shop").pool_size(20);
    /// ```
    pub fn pool_size(mut self, connections: usize) -> EngineOptions {
        self.pool = self.pool.size(connections);
        self
    }

    /// How many more it opens under load, which are closed when they come back (10).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let at_most_five = EngineOptions::new("postgresql://ada@localhost/shop").max_overflow(0);
    /// ```
    pub fn max_overflow(mut self, connections: usize) -> EngineOptions {
        self.pool = self.pool.max_overflow(connections);
        self
    }

    /// How long a caller waits for a connection before `PoolTimeout` (30 seconds).
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let impatient = EngineOptions::new("postgresql://ada@localhost/shop").pool_timeout(Duration::from_secs(2));
    /// ```
    pub fn pool_timeout(mut self, timeout: Duration) -> EngineOptions {
        self.pool = self.pool.timeout(timeout);
        self
    }

    /// After how long a connection is replaced (30 minutes, less up to 2.5 % so that not all end at once); `None` for never.
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let options = EngineOptions::new("postgresql://ada@localhost/shop").max_lifetime(Duration::from_secs(300));
    /// ```
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> EngineOptions {
        self.pool = self.pool.max_lifetime(lifetime);
        self
    }

    /// After how long an idle connection is closed (never).
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let frugal = EngineOptions::new("postgresql://ada@localhost/shop").idle_timeout(Duration::from_secs(60));
    /// ```
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> EngineOptions {
        self.pool = self.pool.idle_timeout(timeout);
        self
    }

    /// When a connection is asked for a sign of life before it is handed out (after one second of idleness).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// use orm_core::pool::PrePing;
    /// let careful = EngineOptions::new("postgresql://ada@localhost/shop").pre_ping(PrePing::Always);
    /// ```
    pub fn pre_ping(mut self, pre_ping: PrePing) -> EngineOptions {
        self.pool = self.pool.pre_ping(pre_ping);
        self
    }

    /// How long that sign of life may take before the connection counts as lost.
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let impatient = EngineOptions::new("postgresql://ada@localhost/shop").ping_timeout(Duration::from_secs(1));
    /// ```
    pub fn ping_timeout(mut self, timeout: Duration) -> EngineOptions {
        self.pool = self.pool.ping_timeout(timeout);
        self
    }

    /// Which idle connection is handed out first (the last returned).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// use orm_core::pool::Order;
    /// let all_in_turn = EngineOptions::new("postgresql://ada@localhost/shop").pool_order(Order::Fifo);
    /// ```
    pub fn pool_order(mut self, order: Order) -> EngineOptions {
        self.pool = self.pool.order(order);
        self
    }

    /// How many connections lie ready at any time, opened by a thread of the pool's own (none).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let prompt = EngineOptions::new("postgresql://ada@localhost/shop").min_idle(2);
    /// ```
    pub fn min_idle(mut self, connections: usize) -> EngineOptions {
        self.pool = self.pool.min_idle(connections);
        self
    }

    /// How long an idle connection may be silent before a thread of the pool asks the server for a sign of life (for ever).
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let options = EngineOptions::new("postgresql://ada@localhost/shop").keepalive(Duration::from_secs(120));
    /// ```
    pub fn keepalive(mut self, silence: impl Into<Option<Duration>>) -> EngineOptions {
        self.pool = self.pool.keepalive(silence);
        self
    }

    /// How long a connection may be out before it is reported as a leak, with the place where it was taken (never).
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let watched = EngineOptions::new("postgresql://ada@localhost/shop").leak_threshold(Duration::from_secs(60));
    /// ```
    pub fn leak_threshold(mut self, threshold: impl Into<Option<Duration>>) -> EngineOptions {
        self.pool = self.pool.leak_threshold(threshold);
        self
    }

    /// What the pool is called in errors, logs and measurements (where its database is, as `localhost:5432/shop`).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("postgresql://ada@localhost/shop").pool_name("reports");
    /// ```
    pub fn pool_name(mut self, name: impl AsRef<str>) -> EngineOptions {
        self.pool = self.pool.name(name);
        self
    }

    /// No pool: each connection is opened when it is asked for and closed when it comes back.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let behind_a_pooler = EngineOptions::new("postgresql://ada@localhost/shop").unpooled();
    /// ```
    pub fn unpooled(mut self) -> EngineOptions {
        self.pool = self.pool.unpooled();
        self
    }

    /// Writes each statement, its time and its rows to standard error; never its values, nor the literals of raw SQL.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("sqlite::memory:").echo(true); // [orm] SELECT .. -- 3 rows in 52µs
    /// ```
    pub fn echo(mut self, on: bool) -> EngineOptions {
        self.echo = on;
        self
    }

    /// Warns of each statement that takes at least so long, with its text (without values), its time and the place in the program
    /// that called for it: by `tracing` with the feature of that name, else on standard error (never).
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let watched = EngineOptions::new("sqlite::memory:").slow_statement(Duration::from_millis(200));
    /// ```
    pub fn slow_statement(mut self, threshold: impl Into<Option<Duration>>) -> EngineOptions {
        self.slow_statement = threshold.into();
        self
    }

    /// Calls a closure for the password of each new connection, on the thread that connects. Where the server refuses it, the closure is
    /// called once more, and a password that is another one by then is tried. The URL must have none.
    ///
    /// A closure that is slow, or must not be called often, is wrapped in [`Cached`](crate::Cached) by
    /// [`credential_provider`](EngineOptions::credential_provider).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// # fn of_today() -> String { String::new() }
    /// let options = EngineOptions::new("postgresql://ada@db.example/shop?sslmode=verify-full")
    ///     .password_provider(|| Ok(Secret::new(of_today())));
    /// ```
    pub fn password_provider(self, provider: impl Fn() -> Result<Secret> + Send + Sync + 'static) -> EngineOptions {
        self.credential_provider(FromClosure(provider))
    }

    /// Reads the password of each new connection from a file, as Kubernetes and Docker show secrets. A line break at its end does not
    /// count. The URL must have none.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("mysql://ada@db.example/shop?sslmode=verify-full").password_file("/run/secrets/shop");
    /// ```
    pub fn password_file(self, path: impl Into<PathBuf>) -> EngineOptions {
        self.credential_provider(FromFile(path.into()))
    }

    /// Asks a provider for the user and the password of each new connection: see [`CredentialProvider`]. The URL must have no password.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// # struct Vault;
    /// # impl CredentialProvider for Vault {
    /// #     fn credentials(&self, _url: &Url) -> orm_core::Result<Credentials> { Ok(Secret::new("").into()) }
    /// # }
    /// let hour = std::time::Duration::from_secs(3600);
    /// let options = EngineOptions::new("mysql://db.example/shop").credential_provider(Cached::new(Vault, hour));
    /// ```
    pub fn credential_provider(mut self, provider: impl CredentialProvider + 'static) -> EngineOptions {
        self.provider = Some(Provider(Arc::new(provider)));
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// `InvalidUrl` as [`create_engine`]; `Misuse` for pool settings that contradict each other, for a URL with a password beside
    /// a provider of passwords, and for a replica that is of another kind of database or in memory;
    /// for two databases of one name.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// # #[cfg(feature = "sqlite")] {
    /// let engine = EngineOptions::new("sqlite::memory:").create()?;
    /// assert_eq!(engine.pool_status().in_use, 0); // nothing is connected yet
    /// # }
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn create(self) -> Result<Engine> {
        let url = checked(self.url.clone())?;
        let mut engine = self.engine(&url)?;
        if !self.replicas.is_empty() {
            engine = engine.with_replicas(self.open_replicas(&url)?, self.read_your_writes)?;
        }
        for (name, url) in &self.binds {
            engine = engine.with_bind(name, self.engine(&checked(url.clone())?)?)?;
        }
        Ok(engine)
    }

    /// An engine with these settings for a URL: a provider of passwords is asked for those of all.
    fn engine(&self, url: &Url) -> Result<Engine> {
        let driver = match &self.provider {
            Some(Provider(provider)) => with_provider(url, registry::find(url)?, Arc::clone(provider))?,
            None => registry::open(url)?,
        };
        let engine = Engine::new(driver, self.pool.clone())?;
        if self.echo {
            engine.on_statement(echo);
        }
        if let Some(threshold) = self.slow_statement {
            engine.warn_of_slow_statements(threshold);
        }
        Ok(engine)
    }
}

fn echo(executed: &Executed<'_>) {
    let (sql, rows, time) = (executed.masked_sql(), executed.rows, executed.duration);
    match executed.error {
        None => eprintln!("[orm] {sql} -- {rows} rows in {time:?}"),
        Some(error) => eprintln!("[orm] {sql} -- failed after {time:?}: {error}"),
    }
}

fn parsed(url: &str) -> std::result::Result<Url, String> {
    Url::parse(url).map_err(|error| error.to_string())
}

fn checked(url: std::result::Result<Url, String>) -> Result<Url> {
    url.map_err(|reason| Error::new(ErrorKind::InvalidUrl, reason))
}
