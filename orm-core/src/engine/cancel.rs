//! `CancelHandle`: ends the statement that a connection or session runs, from another thread.

use crate::driver::{Cancel, Connection};
use crate::error::{Error, Result};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ends what a connection or a session is doing at the moment, from any thread: for a user who goes away, or a limit of time.
/// Taken with [`Connection::cancel_handle`](crate::Connection::cancel_handle) or
/// [`Session::cancel_handle`](crate::Session::cancel_handle); clones are the same handle.
///
/// The statement fails with [`Cancelled`](crate::ErrorKind::Cancelled), on the thread that waits for it. The connection stays
/// usable; a transaction that was open has failed, as after any error, and must be rolled back.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// let mut connection = engine.connect()?;
/// let handle = connection.cancel_handle();
/// let waiting = std::thread::spawn(move || {
///     let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
///     connection.all(sql(endless)).map(|rows: Vec<i64>| rows.len())
/// });
/// while !waiting.is_finished() {
///     handle.cancel()?; // until it is heard: the statement may not have begun yet
/// }
/// let error = waiting.join().expect("no panic").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Cancelled);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default)]
pub struct CancelHandle {
    target: Arc<Mutex<Target>>,
}

#[derive(Default)]
enum Target {
    /// There is no connection, or it was given back.
    #[default]
    Nothing,
    Connection(Arc<dyn Cancel>),
    /// The driver of this database has no such thing.
    Unable(&'static str),
}

impl CancelHandle {
    /// Ends the statement that runs now. Where none runs, nothing happens, now or later; neither when the connection was given
    /// back to the pool since. On a server it takes a connection of its own, and may come too late.
    ///
    /// Over `postgresql://` the client does not wait until the server has heard it, so that the statement after the one that was
    /// meant may be hit. A commit that is cancelled has either happened or not, as the statement's result tells.
    ///
    /// # Errors
    /// Those of connecting; `Misuse` on a thread that drives an async runtime, over `postgresql://`; `Unsupported` where the
    /// driver cannot do it.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.cancel_handle().cancel()?; // nothing runs
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cancel(&self) -> Result<()> {
        // Locked until the database has heard it: the connection cannot go to somebody else before.
        match &*self.lock() {
            Target::Nothing => Ok(()),
            Target::Connection(canceller) => canceller.cancel(),
            Target::Unable(dialect) => Err(Error::unsupported(dialect, "cancelling, by this driver,")),
        }
    }

    /// From now on the handle means this connection.
    pub(crate) fn aim(&self, connection: &dyn Connection) {
        let target = match connection.canceller() {
            Some(canceller) => Target::Connection(canceller),
            None => Target::Unable(connection.dialect().name),
        };
        *self.lock() = target;
    }

    /// From now on the handle means nothing.
    pub(super) fn disarm(&self) {
        *self.lock() = Target::Nothing;
    }

    fn lock(&self) -> MutexGuard<'_, Target> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}
