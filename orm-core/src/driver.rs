//! The two small traits that a client crate is put behind. SQL text and borrowed values go in, rows are pushed out.
//! A driver holds no transaction logic: BEGIN and COMMIT are text.

use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::row::Row;
use crate::value::Datum;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What opens connections to one database. Made from a URL; cheap to share.
///
/// `Debug` must not show a password.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::driver::Driver;
/// use orm_core::{dialect::{Dialect, SQLITE}, driver::Connection};
/// use std::sync::Arc;
///
/// #[derive(Debug)]
/// struct Unreachable;
/// impl Driver for Unreachable {
///     fn dialect(&self) -> &'static Dialect {
///         &SQLITE
///     }
///     fn connect(&self) -> Result<Box<dyn Connection>> {
///         Err(Error::new(ErrorKind::ConnectFailed, "there is nobody here"))
///     }
/// }
/// let engine = Engine::new(Arc::new(Unreachable), orm_core::pool::PoolOptions::new())?;
/// assert_eq!(engine.connect().unwrap_err().kind(), ErrorKind::ConnectFailed);
/// # Ok::<(), Error>(())
/// ```
pub trait Driver: Send + Sync + fmt::Debug {
    /// The dialect as far as it is known before a connection is made. A connection knows better: behind a `mysql` URL there
    /// may be a MariaDB server.
    fn dialect(&self) -> &'static Dialect;

    /// Opens a connection, ready for use: time zone, encoding and the like are set.
    ///
    /// # Errors
    /// `ConnectFailed`, `AuthenticationFailed`, `TlsFailed`, `UnknownDatabase`, `TooManyConnections`.
    fn connect(&self) -> Result<Box<dyn Connection>>;

    /// Where the database is, for logs and measurements.
    fn place(&self) -> Place {
        Place::default()
    }

    /// True when all connections are one and the same database in this process's memory, so that there can be only one.
    fn single_connection(&self) -> bool {
        false
    }

    /// True when a connection never waits for a network: a database in this process. The pool then rolls back and closes on
    /// the caller's thread, because a lock on the file would otherwise be held for a moment longer than the caller's guard.
    fn is_local(&self) -> bool {
        false
    }
}

/// Where a database is, as far as its URL says: without user and password, for logs and measurements.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::driver::Place;
///
/// let place = Place { server: Some("db.example".into()), port: Some(5432), database: Some("shop".into()) };
/// assert_eq!(place.to_string(), "db.example:5432/shop");
/// assert_eq!(engine().pool().driver().place().database.as_deref(), Some(":memory:"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The host, or the path of a socket; of several hosts the first. `None` for a database in this process.
    pub server: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The name of the database, or the path of its file.
    pub database: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { server, port, database } = self;
        match (server, port) {
            (Some(server), Some(port)) => write!(f, "{server}:{port}")?,
            (Some(server), None) => f.write_str(server)?,
            (None, _) => {}
        }
        match (server, database) {
            (Some(_), Some(database)) => write!(f, "/{database}"),
            (None, Some(database)) => f.write_str(database),
            (Some(_), None) => Ok(()),
            (None, None) => f.write_str("default"),
        }
    }
}

/// What a statement that returns no rows did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows matched by UPDATE or DELETE (matched, not changed), or inserted.
    pub rows: u64,
    /// The last generated key, on the databases that tell it with the result: SQLite's last row, MySQL's first row.
    pub last_id: Option<i64>,
    /// Rows that triggers and foreign keys wrote besides, where the client tells; 0 elsewhere.
    pub besides: u64,
}

/// What is called for each row of a result.
pub type OnRow<'f> = dyn FnMut(&dyn Row) -> Result<()> + 'f;

/// One of several statements that are sent together.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::driver::{Answer, Request};
///
/// # let mut connection = engine().connect()?;
/// let driver = connection.driver_connection();
/// driver.begin("BEGIN")?;
/// let requests = [
///     Request { sql: "DELETE FROM posts WHERE score <= ?", binds: &[orm_core::Datum::Float(2.0)], returns: false },
///     Request { sql: "SELECT count(*) FROM posts", binds: &[], returns: true },
///     Request { sql: "COMMIT", binds: &[], returns: false },
/// ];
/// let mut left = None;
/// driver.pipeline(&requests, &mut |at, answer| {
///     if let (1, Answer::Row(row)) = (at, answer) {
///         left = row.integer(0)?;
///     }
///     Ok(())
/// })?;
/// assert_eq!(left, Some(2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The statement.
    pub sql: &'r str,
    /// Its values.
    pub binds: &'r [Datum<'r>],
    /// Whether it returns rows.
    pub returns: bool,
}

/// What comes back for one of several statements.
pub enum Answer<'r> {
    /// A row of its result.
    Row(&'r dyn Row),
    /// It is done. Of a statement that returns rows the number need not be told.
    Done(Outcome),
}

/// What is called with the place of a statement among several, and what comes back for it.
pub type OnAnswer<'f> = dyn FnMut(usize, Answer<'_>) -> Result<()> + 'f;

/// What ends the statement that runs on a connection at the moment, from another thread. The statement then fails with the kind
/// `Cancelled`, and the connection stays usable. Made by [`Connection::canceller`], and may outlive the connection.
///
/// ```
/// # use orm_doc::*;
/// let mut connection = engine().connect()?;
/// let canceller = connection.driver_connection().canceller().expect("this driver can");
/// canceller.cancel()?; // nothing runs, and nothing happens
/// # Ok::<(), Error>(())
/// ```
pub trait Cancel: Send + Sync {
    /// Asks the database to end what it does on the connection, and waits until it was heard where the client can. No statement
    /// that begins later is ended by it then.
    ///
    /// # Errors
    /// Those of connecting, where it needs a connection of its own.
    fn cancel(&self) -> Result<()>;
}

/// What another connection told a channel that this one listens to.
///
/// ```
/// # use orm_doc::*;
/// let notification = orm_core::driver::Notification { channel: "orders".into(), payload: "17".into(), process: 4711 };
/// assert_eq!(notification.payload, "17");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The name of the channel.
    pub channel: String,
    /// What was said; empty where nothing was.
    pub payload: String,
    /// The number of the server's process that said it.
    pub process: i32,
}

/// Data on their way into a COPY: puts the next piece into the buffer; false at the end.
pub type CopySource<'f> = dyn FnMut(&mut Vec<u8>) -> Result<bool> + 'f;

/// Rows on their way into a COPY: shows the next row's values to the closure; false at the end.
pub type CopyRows<'f> = dyn FnMut(&mut dyn FnMut(&[Datum<'_>]) -> Result<()>) -> Result<bool> + 'f;

/// Data that come out of a COPY, piece by piece.
pub type CopyTarget<'f> = dyn FnMut(&[u8]) -> Result<()> + 'f;

/// One open connection to a database.
///
/// Statements with values are prepared and cached by their text. After an error of kind `ConnectionLost` the connection is
/// never used again. A driver reports an error once, with its kind, the database's code and, where told, constraint, table
/// and columns; the layers above add the statement and what the caller was doing.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let driver = connection.driver_connection();
/// driver.query("SELECT id, username FROM users WHERE id > ?", &[orm_core::Datum::Int(2)], &mut |row| {
///     assert_eq!((row.integer(0)?, row.text(1)?), (Some(3), Some("carol")));
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub trait Connection: Send {
    /// The dialect of the server at the other end.
    fn dialect(&self) -> &'static Dialect;

    /// Runs a statement that returns no rows.
    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome>;

    /// Runs one statement for many rows of values: `binds` holds them one after another, `width` for each row. The outcome
    /// of each row goes to `each`, in order.
    ///
    /// In an open transaction a driver may send several rows before it reads the first outcome: an error of `each` then ends
    /// what follows, and some rows after it have run too.
    fn execute_many(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        width: usize,
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        for row in binds.chunks(width.max(1)) {
            each(self.execute(sql, row)?)?;
        }
        Ok(())
    }

    /// Runs a statement and pushes each row of its result into `on_row`, as it arrives where the client can. An error from
    /// `on_row` ends the statement and is returned; the connection stays usable.
    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()>;

    /// The same for a result of any size: never more than a few rows are in memory. May take longer for each row than
    /// [`query`](Connection::query), so that it is for loops over large results.
    fn query_streamed(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.query(sql, binds, on_row)
    }

    /// The names of the columns of the statement that ran last, whose text this is; asked when it gave no row that tells them.
    /// `None` where the client does not know.
    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        let _ = sql;
        None
    }

    /// Runs text without values, possibly several statements: transaction control and schema changes.
    fn batch(&mut self, sql: &str) -> Result<()>;

    /// Begins a transaction with a text that does nothing else. A driver may hold it back and send it together with the
    /// statement that comes next, which saves a round trip: what goes wrong with it, even a connection that is lost, is then
    /// the error of that statement, which has not run.
    fn begin(&mut self, sql: &str) -> Result<()> {
        self.batch(sql)
    }

    /// Whether [`pipeline`](Connection::pipeline) sends statements before it has the answers to those before them.
    fn pipelines(&self) -> bool {
        false
    }

    /// Runs several statements in an open transaction, in order, none of which needs the answer to another. The last one may be
    /// `COMMIT`. All have been answered when it returns.
    ///
    /// The first error ends what follows: the statement that it belongs to is the first that was not `Done`, and those behind it,
    /// a COMMIT among them, have not run. An error of `each` is no such error: what follows may have run all the same.
    fn pipeline(&mut self, requests: &[Request<'_>], each: &mut OnAnswer<'_>) -> Result<()> {
        one_by_one(self, requests, each)
    }

    /// What ends the statement that runs on this connection, from another thread; `None` where the client cannot.
    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        None
    }

    /// Waits for the next notification of a channel that LISTEN named, for at most so long; `None` when there was none.
    fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        let _ = timeout;
        Err(Error::unsupported(self.dialect().name, "notifications"))
    }

    /// Runs a COPY that takes data, and tells how many rows it wrote. An error of the source ends it, nothing is written then,
    /// and the connection stays usable.
    fn copy_in(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        let _ = (sql, source);
        Err(Error::unsupported(self.dialect().name, "COPY"))
    }

    /// The same in the database's binary form, for the values of rows. `shape` is a query of the columns that are written.
    fn copy_rows(&mut self, sql: &str, shape: &str, rows: &mut CopyRows<'_>) -> Result<u64> {
        let _ = (sql, shape, rows);
        Err(Error::unsupported(self.dialect().name, "COPY"))
    }

    /// Runs a COPY that gives data. An error of the target ends it, and the connection stays usable.
    fn copy_out(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        let _ = (sql, target);
        Err(Error::unsupported(self.dialect().name, "COPY"))
    }

    /// Rolls the open transaction back without waiting for the server's answer, for a connection on its way back to the pool. The
    /// next thing asked of it is a [`ping`](Connection::ping), for which that answer is sign enough. False if nothing was done, and it has to be rolled back by
    /// [`batch`](Connection::batch); where it could not be sent, the connection is lost.
    fn rollback_unheard(&mut self) -> bool {
        false
    }

    /// Whether a transaction is open, where the client can tell without asking the server.
    fn in_transaction(&self) -> Option<bool>;

    /// A check without input or output: false once an error has shown that the connection is lost.
    fn is_open(&self) -> bool;

    /// Asks the server for a sign of life, for at most `timeout`.
    fn ping(&mut self, timeout: Duration) -> Result<()>;

    /// Puts session state (variables, temporary tables, locks) back to what a new connection has. Called on return to the
    /// pool after raw SQL ran; no transaction is open.
    fn reset(&mut self) -> Result<()>;

    /// Says goodbye and closes. May wait for the network; the pool calls it on a thread of its own.
    fn close(self: Box<Self>);

    /// The connection as the client crate's own type, for what this library does not cover.
    fn as_any(&mut self) -> &mut dyn std::any::Any;
}

/// Several statements, each of which waits for the answer to the one before it.
///
/// # Errors
/// That of the first statement that fails.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::driver::{Request, one_by_one};
///
/// # let mut connection = engine().connect()?;
/// let requests = [Request { sql: "DELETE FROM posts", binds: &[], returns: false }];
/// one_by_one(connection.driver_connection(), &requests, &mut |_, _| Ok(()))?;
/// # Ok::<(), Error>(())
/// ```
pub fn one_by_one<C: Connection + ?Sized>(
    connection: &mut C,
    requests: &[Request<'_>],
    each: &mut OnAnswer<'_>,
) -> Result<()> {
    for (at, Request { sql, binds, returns }) in requests.iter().enumerate() {
        let outcome = match returns {
            true => {
                connection.query(sql, binds, &mut |row| each(at, Answer::Row(row)))?;
                Outcome::default()
            }
            false => connection.execute(sql, binds)?,
        };
        each(at, Answer::Done(outcome))?;
    }
    Ok(())
}
