//! The second driver for PostgreSQL, `postgresql+wire://`: a blocking connection of our own on the socket. Knows no pool and no
//! session.
//!
//! `postgresql://` stays the driver over the crate `postgres`. This one speaks the protocol itself (version 3, with the
//! messages and the authentication of the crate `postgres-protocol`), has no async runtime below it, and reads rows straight from
//! the buffer that they were received in. What may be written in a URL, the types, the errors and the rules of transactions are
//! the same.
//!
//! URL options: those of [`postgres`](mod@crate::postgres), with the same defaults. A host that begins with a
//! slash (`%2Fvar%2Frun`) is the folder of a Unix socket. Authentication is by SCRAM-SHA-256, which is tied to the certificate of
//! an encrypted connection (SCRAM-SHA-256-PLUS) where the server can do that, MD5 or a plain password.
//!
//! - Rows are shown as they arrive: [`query`](orm_core::driver::Connection::query) and `query_streamed` are one and the same, and
//!   a result of any size takes the memory of its largest row. A caller who stops early still waits for the rest of the rows.
//! - The BEGIN of a transaction goes out with its first statement, and both together are one round trip. What is wrong with it,
//!   be it that the connection is lost, is the error of that statement.
//! - The many rows of `execute_many` go out together, in pieces of some kilobytes, where a transaction is open.
//! - A statement is cancelled over a socket of its own, and the server's end of that is waited for: no later statement is hit.
//! - The small writes of a session's flush go out together ([`pipeline`](orm_core::driver::Connection::pipeline)), and COMMIT with
//!   the last of them. Each of them fails by itself where it would write another number of rows than it should, so that nothing
//!   is committed over what others did.
//! - The server tells after each statement whether a transaction is open and whether it has failed; nothing is guessed.
//! - The calls block the thread they are made on, also one of an async runtime, which cannot be seen from here: use
//!   `spawn_blocking`.
//! - COPY as a statement is refused with `Unsupported`; it is for `copy_in`, `copy_in_raw` and `copy_out_raw` of a connection.
//! - With `statement_cache_size=0`, the first result that has a column of an enum, a domain or another type of the database's
//!   own is held in memory until the server was asked about that type.

mod cancel;
mod channel;
mod connect;
mod connection;
mod encode;
mod encrypt;
mod error;
mod exchange;
mod message;
mod pipeline;
mod row;
mod socket;
mod statements;
mod take;
mod types;

pub use error::ServerError;

use crate::postgres_common::options::{self, Shared};
use crate::url::{Secret, Url};
use orm_core::Result;
use orm_core::dialect::{Dialect, POSTGRES};
use orm_core::driver::{Connection, Driver, Place};
use std::fmt;
use std::sync::Arc;

/// The driver for a URL `postgresql+wire://`. Connects to nothing yet.
///
/// # Errors
/// `InvalidUrl` for an unknown option, with the known ones, a wrong value, or a file of certificates that cannot be read.
///
/// ```
/// use orm_drivers::Url;
///
/// let url = Url::parse("postgresql+wire://ada:secret@db.example/shop?application_name=till&statement_timeout=5s")?;
/// let driver = orm_drivers::postgres_wire::open(&url)?; // nothing is connected yet
/// assert_eq!(driver.dialect().name, "PostgreSQL");
/// assert!(!format!("{driver:?}").contains("secret"));
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn open(url: &Url) -> Result<Arc<dyn Driver>> {
    let shared = options::read(url)?;
    let settings =
        Settings { shared, user: url.user.clone(), password: url.password.clone(), database: url.database.clone() };
    Ok(Arc::new(WireDriver { settings: Arc::new(settings), place: url.place() }))
}

/// How connections are made, from a URL.
struct Settings {
    shared: Shared,
    user: Option<String>,
    password: Option<Secret>,
    /// The database, where the URL names one; the server takes that of the user's name otherwise.
    database: Option<String>,
}

/// The driver: how connections are made.
struct WireDriver {
    settings: Arc<Settings>,
    place: Place,
}

/// Shows where it leads, and never the password.
impl fmt::Debug for WireDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { target, database, .. } = &self.settings.shared;
        f.debug_struct("postgres_wire").field("target", target).field("database", database).finish_non_exhaustive()
    }
}

impl Driver for WireDriver {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRES
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(connect::connect(&self.settings)?))
    }

    fn place(&self) -> Place {
        self.place.clone()
    }
}
