//! The options of an engine that name read replicas.

use super::{EngineOptions, checked, parsed};
use crate::url::Url;
use orm_core::{Engine, Error, ErrorKind, Result};
use std::time::Duration;

impl EngineOptions {
    /// A read replica, with a pool of its own that has the settings of this one. Several may be named, and are used in turn.
    /// A provider of passwords is asked for theirs as well.
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

    pub(super) fn open_replicas(&self, primary: &Url) -> Result<Vec<Engine>> {
        let open = |replica: &std::result::Result<Url, String>| {
            let replica = checked(replica.clone())?;
            of_one_kind(primary, &replica)?;
            self.engine(&replica)
        };
        self.replicas.iter().map(open).collect()
    }
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
