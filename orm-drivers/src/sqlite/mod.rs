//! SQLite through `rusqlite`: files and databases in memory.
//!
//! # URL
//! `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///C:\windows.db`; `sqlite://` or `sqlite::memory:` is a database
//! in memory, which is one connection. A name that begins with `file:` is a name and no URI.
//!
//! | option | values | default |
//! |---|---|---|
//! | `mode` | `ro`, `rw`, `rwc` (make the file if there is none) | `rwc` |
//! | `busy_timeout` | how long to wait for another writer: `5s`, `250ms`; a number alone is milliseconds | `5s` |
//! | `journal_mode` | `wal`, `delete`, `truncate`, `persist`, `memory` | `wal` for a file |
//! | `synchronous` | `off`, `normal`, `full`, `extra` | `normal` with a write-ahead log, else `full` |
//! | `foreign_keys` | `on`, `off` | `on` |
//! | `cache_statements` | how many prepared statements a connection keeps | `256` |
//!
//! # Every connection
//! has defensive mode on, trusts no functions in the schema, and takes `"typo"` for a column that does not exist, not for a
//! text. It plans statements without looking at their values (QPSG): a cached statement is not prepared again for each use.
//!
//! # Values
//! | type | stored as |
//! |---|---|
//! | truth value | INTEGER 0 or 1 |
//! | integers | INTEGER; above `i64::MAX` is `OutOfRange` |
//! | floats | REAL; NaN, which SQLite would make NULL, is `InvalidValue`; a table gives -0.0 back as 0.0, its equal |
//! | day | TEXT `YYYY-MM-DD` |
//! | time of day | TEXT `HH:MM:SS.ffffff` |
//! | date and time, timestamp (in UTC) | TEXT `YYYY-MM-DD HH:MM:SS.ffffff`, always of this width, so that they sort |
//! | UUID | BLOB of 16 bytes; texts are read as well |
//! | decimal | TEXT of its digits, exact; compared with the collation `decimal` and summed with `decimal_sum` |
//! | JSON | TEXT |
//!
//! For exact decimals, every connection has the functions `decimal_add`, `decimal_sub`, `decimal_mul`, `decimal_div` (to 28
//! digits; NULL for a division by zero), `decimal_abs`, `decimal_round`, `decimal_floor` and `decimal_ceil`, the aggregates
//! `decimal_sum` and `decimal_avg`, which can have a window, and the collation `decimal`. For floats it has `floor`, `ceil`,
//! `sqrt` and `power`, which the library that comes with the driver is built without.
//!
//! As keys, and for DISTINCT and GROUP BY without the collation, `1.5` and `1.50` are two texts.

mod bind;
mod connection;
mod decimal;
mod error;
mod functions;
mod row;
mod settings;
#[cfg(test)]
mod tests;

/// The client crate, for [`with_raw`](orm_core::Connection::with_raw): its types must be of this version.
pub use rusqlite;

use crate::url::Url;
use connection::SqliteConnection;
use orm_core::Result;
use orm_core::dialect::{Dialect, SQLITE};
use orm_core::driver::{self, Connection, Driver};
use settings::{Place, Settings};
use std::sync::Arc;

/// The driver for the database that a URL names. The file is not opened yet.
///
/// # Errors
/// `InvalidUrl` for an option that is unknown or has a wrong value.
pub fn open(url: &Url) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(SqliteDriver { settings: Settings::read(url)?, place: url.place() }))
}

#[derive(Debug)]
struct SqliteDriver {
    settings: Settings,
    place: driver::Place,
}

impl Driver for SqliteDriver {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(SqliteConnection::open(&self.settings)?))
    }

    fn place(&self) -> driver::Place {
        self.place.clone()
    }

    fn single_connection(&self) -> bool {
        matches!(self.settings.place, Place::Memory)
    }

    fn is_local(&self) -> bool {
        true
    }
}
