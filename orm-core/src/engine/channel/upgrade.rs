//! How a transaction of SQLite becomes one that writes: one that has read cannot, if another has written since.
//! <https://www.sqlite.org/lang_transaction.html>

use super::{Channel, Effect, Failure};
use crate::dialect::Begin;
use crate::error::{Error, ErrorKind, Result};

/// What an open transaction can do, on a database where one that has read cannot become one that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// BEGIN was not sent: the first statement decides about it.
    NotYet,
    /// It has only read.
    ToRead,
    /// Everything, as on other databases.
    ToWrite,
}

impl Channel {
    /// Sends the BEGIN that waited for the first statement.
    pub(super) fn begin_with(&mut self, effect: Effect) -> Result<()> {
        if self.begun != Begun::NotYet {
            return Ok(());
        }
        let Begin { default, write, .. } = self.dialect().begin;
        let (text, begun) = match effect {
            Effect::Writes | Effect::Unknown => (write, Begun::ToWrite),
            // Nobody else writes to a database in memory.
            Effect::Reads | Effect::ReadsRaw if self.link.is_the_only_one() => (default, Begun::ToWrite),
            Effect::Reads | Effect::ReadsRaw => (default, Begun::ToRead),
        };
        self.begun = begun;
        self.send_begin(text).inspect_err(|error| {
            self.failed = Some(Failure { level: 0, cause: error.duplicate() });
        })
    }

    /// Turns a transaction that only read into one that writes, where the database cannot do that by itself: the read ends, a
    /// write begins, and if anybody wrote in between, what was read may be wrong and the whole transaction must be run again.
    ///
    /// The reasons are SQLite's: <https://www.sqlite.org/lang_transaction.html> and `PRAGMA data_version`.
    pub(crate) fn upgrade(&mut self) -> Result<()> {
        match self.begun {
            Begun::ToWrite => return Ok(()),
            Begun::NotYet => return self.begin_with(Effect::Writes),
            Begun::ToRead => {}
        }
        match self.restart() {
            Ok(true) => Ok(()),
            Ok(false) => {
                let error = Error::new(
                    ErrorKind::SerializationFailure,
                    "another transaction wrote after this one had read; run it again, or begin it with `engine.session().write()`",
                );
                self.note_failure(&error);
                Err(error)
            }
            Err(error) => {
                self.failed = Some(Failure { level: 0, cause: error.duplicate() });
                Err(error)
            }
        }
    }

    /// Ends the transaction that has read and begins one that writes. Whether nobody wrote in between.
    fn restart(&mut self) -> Result<bool> {
        let before = self.data_version()?;
        self.batch("COMMIT").map_err(|error| match error.kind() {
            // There was nothing to commit.
            ErrorKind::CommitOutcomeUnknown => error.with_kind(ErrorKind::ConnectionLost),
            _ => error,
        })?;
        self.begun = Begun::ToWrite;
        self.batch(self.dialect().begin.write)?;
        Ok(self.data_version()? == before)
    }

    fn data_version(&mut self) -> Result<i64> {
        let mut version = None;
        self.link.query("PRAGMA data_version", &[], &mut |row| {
            version = row.integer(0)?;
            Ok(())
        })?;
        version.ok_or_else(|| Error::decode("`PRAGMA data_version` gave no number"))
    }
}
