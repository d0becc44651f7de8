//! Savepoints of a channel's transaction.

use super::{Channel, Failure};
use crate::engine::options::Access;
use crate::error::Result;

impl Channel {
    /// Opens a savepoint.
    pub(crate) fn savepoint(&mut self) -> Result<()> {
        self.refuse_if_failed()?;
        // A restart of the transaction would lose the savepoint, and a savepoint is there to be written in.
        if self.options().access != Access::ReadOnly {
            self.upgrade()?;
        }
        let name = savepoint_name(self.depth + 1);
        self.batch(&format!("SAVEPOINT {name}")).inspect_err(|error| self.note_failure(error))?;
        self.depth += 1;
        Ok(())
    }

    /// Keeps the work since the last savepoint, as part of the level around it.
    pub(crate) fn release(&mut self) -> Result<()> {
        self.refuse_if_failed()?;
        self.refuse_if_foreign()?;
        let name = savepoint_name(self.depth);
        self.batch(&format!("RELEASE SAVEPOINT {name}")).inspect_err(|error| self.note_failure(error))?;
        self.depth -= 1;
        Ok(())
    }

    /// Undoes the work since the last savepoint.
    ///
    /// # Errors
    /// The first error of the transaction when the whole of it is lost.
    pub(crate) fn rollback_to_savepoint(&mut self) -> Result<()> {
        let level = self.depth;
        self.depth = self.depth.saturating_sub(1);
        self.forget_own_keys();
        self.refuse_if_foreign()?;
        if let Some(failure) = &self.failed
            && failure.level < level
        {
            return self.refuse_if_failed();
        }
        let cause = self.failed.take();
        let name = savepoint_name(level);
        self.batch(&format!("ROLLBACK TO SAVEPOINT {name}"))
            .and_then(|()| self.batch(&format!("RELEASE SAVEPOINT {name}")))
            .inspect_err(|error| {
                let cause = cause.map_or_else(|| error.duplicate(), |failure| failure.cause);
                self.failed = Some(Failure { level: 0, cause });
            })
    }
}

fn savepoint_name(level: usize) -> String {
    format!("orm_{level}")
}
