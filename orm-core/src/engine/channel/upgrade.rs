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
    /// BEGIN was not sent for a single read, as nobody else writes to a database in memory. With the next one it is: each
    /// statement outside of a transaction opens one of its own.
    ReadOnce,
    /// It has only read.
    ToRead,
    /// Everything, as on other databases.
    ToWrite,
}

impl Begun {
    /// Whether the database knows of the transaction.
    pub(super) fn is_sent(self) -> bool {
        match self {
            Begun::NotYet | Begun::ReadOnce => false,
            Begun::ToRead | Begun::ToWrite => true,
        }
    }
}

impl Channel {
    /// Sends the BEGIN that waited for a statement that needs it.
    pub(super) fn begin_with(&mut self, effect: Effect) -> Result<()> {
        if self.begun.is_sent() {
            return Ok(());
        }
        // Nobody else writes to a database in memory; but maybe to what raw SQL has attached to it.
        let alone = self.link.is_the_only_one();
        if self.begun == Begun::NotYet && effect == Effect::Reads && alone && !self.raw {
            self.begun = Begun::ReadOnce;
            return Ok(());
        }
        let Begin { default, write, .. } = self.dialect().begin;
        let (text, begun) = match effect {
            Effect::Writes if alone && !self.raw => (default, Begun::ToWrite),
            Effect::Writes | Effect::Unknown => (write, Begun::ToWrite),
            Effect::Reads | Effect::ReadsRaw if alone => (default, Begun::ToWrite),
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
            Begun::NotYet | Begun::ReadOnce => return self.begin_with(Effect::Writes),
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
