//! `create_engine` and `EngineOptions`: from a database URL to an engine.

use crate::registry;
use crate::url::Url;
use orm_core::pool::{Order, PoolOptions, PrePing};
use orm_core::{Engine, Error, ErrorKind, Result};
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
    replicas: Vec<std::result::Result<Url, String>>,
    read_your_writes: Duration,
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
        let pool = PoolOptions::new();
        EngineOptions { url, pool, echo: false, replicas: Vec::new(), read_your_writes: Duration::from_secs(1) }
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

    /// Writes each statement, its time and its rows to standard error; never its values.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let options = EngineOptions::new("sqlite::memory:").echo(true); // [orm] SELECT .. -- 3 rows in 52µs
    /// ```
    pub fn echo(mut self, on: bool) -> EngineOptions {
        self.echo = on;
        self
    }

    /// A read replica, with a pool of its own that has the settings of this one. Several may be named, and are used in turn.
    ///
    /// Sessions with `.read_only()` and other read-only transactions go there, each as a whole; everything else, also what only
    /// happens to read, goes to the primary. A replica lags behind: it shows what was true a moment ago, and for another program's
    /// writes nothing waits ([`read_your_writes`](EngineOptions::read_your_writes) is for this engine's). One that is out of reach
    /// is left alone for five seconds, and the next is taken; when none answers, the primary.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// # #[cfg(feature = "postgres")] {
    /// let engine = EngineOptions::new("postgresql://ada@db.example/shop")
    ///     .replica("postgresql://ada@copy1.example/shop")
    ///     .replica("postgresql://ada@copy2.example/shop")
    ///     .create()?;
    /// let mut on_a_copy = engine.session().read_only();
    /// let mut on_the_primary = engine.primary().session().read_only();
    /// # }
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn replica(mut self, url: &str) -> EngineOptions {
        self.replicas.push(parsed(url));
        self
    }

    /// A read replica by a URL made with its builder; as [`replica`](EngineOptions::replica).
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let copy = Url::builder("postgresql").user("ada").password("p@ss/word").host("copy.example").database("shop").build()?;
    /// let options = EngineOptions::new("postgresql://ada@db.example/shop").replica_url(copy);
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn replica_url(mut self, url: Url) -> EngineOptions {
        self.replicas.push(Ok(url));
        self
    }

    /// How long read-only transactions go to the primary after this engine has committed a write, so that they show it (one
    /// second). It should be more than a replica lags behind; zero switches the rule off.
    ///
    /// The rule is for the whole engine: one that writes more often than this reads nothing from its replicas. Switch it off then,
    /// and read through `engine.primary()` what must be fresh, say for the user who wrote a moment ago.
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// let options = EngineOptions::new("postgresql://ada@db.example/shop")
    ///     .replica("postgresql://ada@copy.example/shop")
    ///     .read_your_writes(Duration::from_secs(5));
    /// ```
    pub fn read_your_writes(mut self, window: Duration) -> EngineOptions {
        self.read_your_writes = window;
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// `InvalidUrl` as [`create_engine`]; `Misuse` for pool settings that contradict each other, and for a replica that is of
    /// another kind of database or in memory.
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
        let EngineOptions { url, pool, echo, replicas, read_your_writes } = self;
        let url = checked(url)?;
        let mut engine = Engine::new(registry::open(&url)?, pool.clone())?;
        if !replicas.is_empty() {
            let open = |replica| {
                let replica = checked(replica)?;
                of_one_kind(&url, &replica)?;
                Engine::new(registry::open(&replica)?, pool.clone())
            };
            let replicas = replicas.into_iter().map(open).collect::<Result<Vec<Engine>>>()?;
            engine = engine.with_replicas(replicas, read_your_writes)?;
        }
        if echo {
            engine.on_statement(|executed| {
                let (rows, time) = (executed.rows, executed.duration);
                match executed.error {
                    None => eprintln!("[orm] {} -- {rows} rows in {time:?}", executed.sql),
                    Some(error) => eprintln!("[orm] {} -- failed after {time:?}: {error}", executed.sql),
                }
            });
        }
        Ok(engine)
    }
}

fn parsed(url: &str) -> std::result::Result<Url, String> {
    Url::parse(url).map_err(|error| error.to_string())
}

fn checked(url: std::result::Result<Url, String>) -> Result<Url> {
    url.map_err(|reason| Error::new(ErrorKind::InvalidUrl, reason))
}

/// Refuses a replica that cannot be a copy of the primary. A `mysql` URL may lead to MariaDB too.
fn of_one_kind(primary: &Url, replica: &Url) -> Result<()> {
    let kind = |url: &Url| if url.dialect == "mariadb" { "mysql".to_owned() } else { url.dialect.clone() };
    if kind(primary) == kind(replica) {
        return Ok(());
    }
    let (primary, replica) = (&primary.dialect, &replica.dialect);
    Err(Error::new(ErrorKind::Misuse, format!("a replica of {primary} cannot be {replica}")))
}
