//! Sessions from an engine.

use super::Session;
use crate::engine::{CancelHandle, Channel, Engine, TransactionOptions};
use crate::error::{Error, Result};

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
    /// failure or a busy database, at most `attempts` times in all. Each run has a new session: handles from outside, or from an
    /// earlier run, mean nothing in it. Never again after a commit whose outcome is unknown.
    ///
    /// # Errors
    /// Those of the last run.
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
    pub fn retry<T>(&self, attempts: u32, mut work: impl FnMut(&mut Session) -> Result<T>) -> Result<T> {
        let mut left = attempts.max(1);
        loop {
            let mut session = self.session().write();
            let result = match work(&mut session) {
                Ok(value) => session.commit().map(|()| value),
                Err(error) => Err(error),
            };
            left -= 1;
            // The closure may have hidden the error behind one of its own.
            let again = |error: &Error| error.is_retryable() || session.failed_retryably();
            match result {
                Err(error) if left > 0 && again(&error) => session.give_up(),
                Err(error) => {
                    session.give_up();
                    return Err(error);
                }
                result => return result,
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
        let handle = self.cancel.get_or_insert_default().clone();
        match &mut self.channel {
            Some(channel) => channel.heed(handle),
            None => handle,
        }
    }

    /// Rolls back, which listeners hear of.
    fn give_up(&mut self) {
        // A rollback is refused only inside of a savepoint, which is over.
        let _ = self.rollback();
    }

    /// Whether the session failed by an error after which the whole transaction may be run again.
    fn failed_retryably(&self) -> bool {
        self.channel.as_ref().and_then(Channel::failure).is_some_and(Error::is_retryable)
    }
}
