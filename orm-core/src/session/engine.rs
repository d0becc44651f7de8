//! Sessions from an engine.

use super::Session;
use crate::engine::{Attempts, CancelHandle, Engine, RetryOptions, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

impl Engine {
    /// A session. It takes a connection with its first statement.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session();
    /// let users = session.all(select::<User>())?;
    /// assert_eq!(session[users[0]].username, "alice");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn session(&self) -> Session {
        Session::new(self.clone(), TransactionOptions::new())
    }

    /// Runs a closure with a session that writes: commits when it returns `Ok`, rolls back when it returns `Err` or panics.
    ///
    /// # Errors
    /// The closure's own, and those of [`Session::commit`].
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let id = engine.with_session(|session| {
    ///     let dora = session.add(user("dora"));
    ///     session.flush()?;
    ///     Ok(session[dora].id)
    /// })?;
    /// assert_eq!(id, 4);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn with_session<T>(&self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let mut session = self.session().write();
        let result = match work(&mut session) {
            Ok(value) => session.commit().map(|()| value),
            Err(error) => Err(error),
        };
        if result.is_err() {
            session.give_up();
        }
        result
    }

    /// Runs a closure with a session that writes, again from its start when the transaction met a deadlock, a serialization
    /// failure or a busy database, also when COMMIT says so. The first value is the number of attempts, or [`RetryOptions`]. Each
    /// attempt has a new session: handles from outside, or from an earlier attempt, mean nothing in it. Never again after a commit
    /// whose outcome is unknown.
    ///
    /// # Errors
    /// Those of the last attempt.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.retry(3, |session| {
    ///     let bob = session.one(select::<User>().filter(|u| u.username.eq("bob")))?;
    ///     session[bob].admin = true;
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn retry<T>(
        &self,
        options: impl Into<RetryOptions>,
        mut work: impl FnMut(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let options = options.into();
        let mut attempts = Attempts::new(&options)?;
        loop {
            let mut session = Session::new(self.clone(), options.transaction);
            let result = match work(&mut session) {
                Ok(value) => session.commit().map(|()| value),
                Err(error) => Err(error),
            };
            // The closure may have hidden the error behind one of its own.
            let hidden = session.failure();
            if result.is_err() {
                session.give_up();
            }
            drop(session);
            if let Some(result) = attempts.settle(result, hidden) {
                return result;
            }
        }
    }
}

impl Session {
    /// What ends a statement of this session from another thread, over all of its transactions: each may have another connection.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let handle = session.cancel_handle();
    /// std::thread::spawn(move || handle.cancel()); // ends what runs then, if anything does
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cancel_handle(&mut self) -> CancelHandle {
        self.channel.cancel_handle()
    }

    /// Rolls back, which listeners hear of.
    fn give_up(&mut self) {
        // A rollback is refused only inside of a savepoint, which is over.
        let _ = self.rollback();
    }

    /// The error that the transaction met first, if it failed.
    fn failure(&self) -> Option<ErrorKind> {
        self.channel.failure().map(Error::kind)
    }
}
