//! A transaction that has read and is to write, on a database that cannot upgrade it by itself.

use super::{Channel, Failure};
use crate::error::{Error, ErrorKind, Result};

impl Channel {
    /// Turns a transaction that only read into one that writes, where the database cannot do that by itself: the read ends, a
    /// write begins, and if anybody wrote in between, what was read may be wrong and the whole transaction must be run again.
    ///
    /// The reasons are SQLite's: <https://www.sqlite.org/lang_transaction.html> and `PRAGMA data_version`.
    pub(crate) fn upgrade(&mut self) -> Result<()> {
        if !self.reading {
            return Ok(());
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
        self.reading = false;
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
