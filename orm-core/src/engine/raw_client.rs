//! `with_raw`: the way past this library, to the client crate's own type.

use super::Connection;
use crate::error::Result;
use std::any::Any;

impl Connection {
    /// Shows the client crate's own connection to a closure, for what this library does not cover: `rusqlite::Connection`,
    /// `postgres::Client` or `mysql::Conn`, which `orm::drivers` exports in the version that they must have (for the first,
    /// `orm::drivers::sqlite::rusqlite`).
    ///
    /// In a transaction the closure is part of it, and must not end it. The library sees nothing of what is done: what fails there
    /// does not fail the transaction here, unless the database says so. The connection is reset before others get it.
    ///
    /// ```
    /// # use orm_doc as orm; use orm_doc::*; let mut connection = engine().connect()?;
    /// use orm::drivers::sqlite::rusqlite;
    ///
    /// let pages: i64 = connection
    ///     .with_raw(|client: &mut rusqlite::Connection| client.pragma_query_value(None, "page_count", |row| row.get(0)))?
    ///     .expect("every database has pages");
    /// assert!(pages > 0);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` where the driver has another client, or, as `postgresql+wire`, none; `ConnectionLost` and
    /// `TransactionFailed` where no statement would be sent either. The closure's own errors are in what it returns.
    #[track_caller]
    pub fn with_raw<C: Any, T>(&mut self, work: impl FnOnce(&mut C) -> T) -> Result<T> {
        self.channel_mut().with_client(work)
    }
}
