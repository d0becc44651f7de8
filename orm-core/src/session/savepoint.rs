//! Savepoints: a part of a transaction that can be taken back alone, in the database and in the objects.

use super::Session;
use crate::error::{Error, ErrorKind, Result};

/// Rolls back to its savepoint unless told otherwise, also when the closure panics.
struct Guard<'s> {
    session: &'s mut Session,
    armed: bool,
    journal: usize,
}

impl Guard<'_> {
    fn roll_back(&mut self) -> Result<()> {
        self.armed = false;
        let result = self.session.channel.roll_back_everywhere();
        self.session.objects.rollback_level();
        self.session.deferred.clear();
        self.session.cut_journal(self.journal);
        result
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.armed {
            // A savepoint that cannot be rolled back has failed the transaction around it, which will say so.
            let _ = self.roll_back();
        }
    }
}

impl Session {
    /// Runs a closure in a savepoint: its work is kept when it returns `Ok`, and taken back, in the database and in the objects,
    /// when it returns `Err` or panics. What was changed before is flushed first, and stays whatever happens inside.
    ///
    /// # Errors
    /// The closure's own; a database error inside, even if the closure hid it; what a flush refuses. When the whole
    /// transaction is lost (a deadlock, a lost connection), the session must be rolled back.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// let result: Result<()> = session.savepoint(|session| {
    ///     session[alice].admin = false;
    ///     Err(Error::refused("better not"))
    /// });
    /// assert!(result.is_err() && session[alice].admin);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn savepoint<T>(&mut self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        self.flush()?;
        self.channel.go_to(None)?;
        self.channel.savepoint_everywhere()?;
        self.objects.begin_level();
        let journal = self.journal_position();
        let mut guard = Guard { session: self, armed: true, journal };
        let result = match work(guard.session) {
            Ok(value) => guard.session.flush().map(|()| value),
            Err(error) => Err(error),
        };
        // A swallowed database error must not be released with the rest.
        let hidden = guard.session.channel.failure().map(|cause| cause.duplicate());
        match (result, hidden) {
            (Ok(value), None) => {
                guard.session.channel.release_everywhere()?;
                guard.armed = false;
                guard.session.objects.release_level();
                Ok(value)
            }
            (Ok(_), Some(first)) => {
                // The first error says more than that of a rollback; the session remembers the latter.
                let _ = guard.roll_back();
                Err(first)
            }
            (Err(error), first) => {
                let _ = guard.roll_back();
                let repeats = matches!(error.kind(), ErrorKind::SessionFailed | ErrorKind::TransactionFailed);
                Err(first.filter(|_| repeats).unwrap_or(error))
            }
        }
    }

    /// Runs a closure and then forgets the objects that were first loaded or added inside it (what was changed is flushed).
    ///
    /// # Errors
    /// The closure's own; what a flush refuses.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.scope(|session| {
    ///     for user in session.all(select::<User>())? {
    ///         session[user].email = None;
    ///     }
    ///     Ok(())
    /// })?;
    /// assert!(session.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn scope<T>(&mut self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let outer = self.objects.newcomers.replace(Vec::new());
        let result = match work(self) {
            Ok(value) => self.flush().map(|()| value),
            Err(error) => Err(error),
        };
        let newcomers = std::mem::replace(&mut self.objects.newcomers, outer).unwrap_or_default();
        if result.is_ok() {
            self.objects.forget(newcomers);
        }
        result
    }

    /// Refuses what would end more than the savepoint that is open.
    pub(super) fn refuse_in_savepoint(&self, what: &str) -> Result<()> {
        if !self.objects.in_savepoint() {
            return Ok(());
        }
        let message = format!(
            "`{what}` inside of `savepoint(..)` would end the transaction around it: return `Ok` from the closure to keep its work, \
             or an error to take it back"
        );
        Err(Error::new(ErrorKind::Misuse, message))
    }
}
