//! What observers and the pool are told of a statement, and what its error is told as.

use super::{Channel, Effect};
use crate::engine::observe::Started;
use crate::engine::options::Access;
use crate::error::{Error, ErrorKind, Result};

impl Channel {
    pub(super) fn tell_batch(&mut self, sql: &str, start: Option<Started>, result: Result<()>) -> Result<()> {
        if let Some(started) = start {
            self.watch.end(started, sql, 0, result.as_ref().err(), &self.link);
        }
        result.map_err(|error| self.stated(error, sql))
    }

    /// An error with its statement, which is also told to the log.
    pub(super) fn stated(&mut self, error: Error, sql: &str) -> Error {
        let error = self.understood(error);
        #[cfg(feature = "tracing")]
        self.watch.warn(&error, sql, self.link.dialect());
        error.with_statement(sql)
    }

    /// A note of what begins, if anybody wants to know.
    pub(super) fn start(&self, sql: &str, effect: Effect, batch: Option<usize>) -> Option<Started> {
        self.watch.is_watched().then(|| self.watch.start(sql, effect, batch, &self.link))
    }

    pub(super) fn settle<T>(
        &mut self,
        sql: &str,
        start: Option<Started>,
        result: Result<T>,
        rows: impl FnOnce(&T) -> u64,
    ) -> Result<T> {
        if let Some(started) = start {
            let count = result.as_ref().map_or(0, rows);
            self.watch.end(started, sql, count, result.as_ref().err(), &self.link);
        }
        if self.wrote && self.open.is_none() {
            self.note_write();
        }
        result.map_err(|error| {
            let error = self.stated(error, sql);
            self.note_failure(&error);
            error
        })
    }

    /// A refusal to write, told apart: the transaction's own wish, or a server that has become a standby, which the pool must know.
    pub(super) fn understood(&mut self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::ReadOnlyServer if self.options().access == Access::ReadOnly => {
                error.with_kind(ErrorKind::ReadOnly)
            }
            ErrorKind::ReadOnlyServer => {
                self.link.distrust();
                error
            }
            _ => error,
        }
    }
}
