//! How a channel's transaction ends: committed, rolled back, or not at all.

use super::upgrade::Begun;
use super::{Channel, Failure};
use crate::engine::options::{Access, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

impl Channel {
    /// Commits. A failed transaction is never committed: it is rolled back, and its first error returned.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let Some(options) = self.open else { return Ok(()) };
        self.refuse_if_failed()?;
        self.refuse_if_foreign()?;
        if !self.begun.is_sent() {
            self.close_transaction(options);
            return Ok(());
        }
        match self.send_commit() {
            Ok(()) => {
                self.note_write();
                self.close_transaction(options);
                Ok(())
            }
            Err(error) => {
                // SQLite stays in the transaction; PostgreSQL and MySQL have left it.
                self.failed = Some(Failure { level: 0, cause: error.duplicate() });
                if error.is_disconnect() {
                    return Err(error);
                }
                let _ = self.send_rollback();
                Err(error)
            }
        }
    }

    /// Rolls the whole transaction back. A connection that cannot is not used again, which comes to the same.
    pub(crate) fn rollback(&mut self) {
        let Some(options) = self.open else { return };
        let ended = self.link.in_transaction() == Some(false);
        if !self.link.is_open() || self.link.is_foreign() {
            self.open = None;
            self.failed = None;
            return;
        }
        let rolled_back =
            ended || !self.begun.is_sent() || self.send_rollback().is_ok() || self.link.in_transaction() == Some(false);
        if rolled_back {
            // Raw SQL may have committed by itself.
            self.wrote &= self.raw;
            self.close_transaction(options);
        } else {
            self.open = None;
            self.failed = None;
            self.stuck = true;
            // The pool tries once more before anybody else gets the connection.
            self.raw();
        }
    }

    /// After a fork the transaction is the parent's to end.
    pub(super) fn refuse_if_foreign(&self) -> Result<()> {
        if !self.link.is_foreign() {
            return Ok(());
        }
        let message = "the connection belongs to the process that this one was forked from";
        Err(Error::new(ErrorKind::ConnectionLost, message))
    }

    pub(super) fn close_transaction(&mut self, options: TransactionOptions) {
        (self.open, self.xa, self.failed) = (None, None, None);
        (self.begun, self.depth) = (Begun::ToWrite, 0);
        self.leave_read_only(options);
        self.link.mark_clean();
        self.tell_of_changes();
    }

    pub(super) fn leave_read_only(&mut self, options: TransactionOptions) {
        if let (Access::ReadOnly, Some(after)) = (options.access, self.dialect().begin.after_read_only)
            && self.link.batch(after).is_err()
        {
            self.link.used_raw();
        }
    }
}
