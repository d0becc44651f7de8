//! A database for each test: an engine within one transaction, which is never committed.

mod connection;
mod control;

use super::{Engine, Inner};
use crate::dialect::Dialect;
use crate::driver::{Connection, Driver, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::Pool;
use connection::Enclosed;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives the one connection of a test to its pool, once.
struct Once {
    driver: Arc<dyn Driver>,
    dialect: &'static Dialect,
    connection: Mutex<Option<Enclosed>>,
}

impl Driver for Once {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        match self.connection.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(connection) => Ok(Box::new(connection)),
            None => Err(Error::new(
                ErrorKind::ConnectFailed,
                "the transaction of the test is over, because its connection was lost or closed, and there is no other",
            )),
        }
    }

    fn place(&self) -> Place {
        self.driver.place()
    }

    fn single_connection(&self) -> bool {
        true
    }

    fn is_local(&self) -> bool {
        self.driver.is_local()
    }
}

/// Shows the driver below.
impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver.fmt(f)
    }
}

impl Engine {
    /// An engine for one test: whatever is committed through it is seen through it and nowhere else, and undone when its last clone
    /// and its last session are dropped. The tables are made once, and each test finds them as they were.
    ///
    /// It takes one connection of this engine's pool and begins a transaction on it. Sessions, connections and transactions take
    /// turns on it as on a database in memory; what they begin, commit and roll back is a savepoint. A statement that fails outside of
    /// a transaction leaves the rest as it was. Listeners of this engine for statements and sessions hear of the test, replicas are
    /// left out, and other databases of the application (`bind`) are in a transaction of their own each.
    ///
    /// Tests at the same time do not see each other. Where two write the same UNIQUE value, one waits until the other is over; on
    /// SQLite all tests of one file do, for as long as `busy_timeout` says, and `sqlite::memory:` is better there. Who asks for a
    /// second connection while a session or connection holds the first waits for it, and on the same thread gets a `Misuse` error at
    /// once.
    ///
    /// What a commit does besides does not happen, or not as it would: the clock of PostgreSQL's `now()` stands still, generated keys
    /// are not given again, SQLite does not check references that wait for COMMIT (PostgreSQL does), a level of isolation has no effect,
    /// and a server tells nothing to who listens. A read-only transaction of MariaDB and MySQL goes by the first word of a statement.
    /// A deadlock on these two ends the test: every statement fails then. So it is wherever the connection is lost.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let test = engine.test_transaction()?;
    /// test.with_session(|session| Ok(session.add(user("dora"))))?; // commits
    /// assert_eq!(test.connect()?.count(select::<User>())?, 4);
    /// drop(test);
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`connect`](Engine::connect); `LockTimeout` on SQLite while another test of the same file goes on.
    ///
    /// Through the engine: `Misuse` for CREATE, DROP and the like on MariaDB and MySQL, which commit; `Unsupported` for transactions in
    /// two phases, notifications, and COMMIT or ROLLBACK in a text of several statements.
    #[track_caller]
    pub fn test_transaction(&self) -> Result<Engine> {
        let pool = self.pool();
        let connection = Enclosed::begin(pool.get()?)?;
        let driver = Once {
            driver: Arc::clone(pool.driver()),
            dialect: connection.dialect(),
            connection: Mutex::new(Some(connection)),
        };
        let inner = Inner {
            pool: Pool::new(Arc::new(driver), pool.options_of_one())?,
            observers: Arc::new(self.inner.observers.copied()),
            facts: Arc::default(),
            extension: self.copied_extension(),
        };
        let name = self.name.clone();
        let engine = Engine { inner: Arc::new(inner), replicas: None, own_writes: None, binds: None, name };
        self.binds().try_fold(engine, |engine, (name, database)| engine.with_bind(name, database.test_transaction()?))
    }
}
