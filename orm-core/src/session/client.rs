//! `with_raw` of a session: the client crate's own type, within the session's transaction.

use super::Session;
use crate::engine::Touched;
use crate::error::Result;
use std::any::Any;

impl Session {
    /// Shows the client crate's own connection to a closure, as [`Connection::with_raw`](crate::Connection::with_raw), within the
    /// session's transaction. What waits is flushed before it, and objects count as stale after it.
    ///
    /// ```
    /// # use orm_doc as orm; use orm_doc::*; let mut session = engine().session();
    /// use orm::drivers::sqlite::rusqlite;
    ///
    /// let changed = session.with_raw(|client: &mut rusqlite::Connection| client.execute("UPDATE users SET is_admin = 1", []))?;
    /// assert_eq!(changed, Ok(3));
    /// session.rollback()?;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As there, and those of a flush.
    pub fn with_raw<C: Any, T>(&mut self, work: impl FnOnce(&mut C) -> T) -> Result<T> {
        self.prepare(None)?;
        let answer = self.run(|run| run.channel.with_client(work));
        self.note(Touched::Everything);
        answer
    }
}
