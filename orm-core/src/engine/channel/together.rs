//! Writes that check themselves, sent together, with COMMIT behind them if the transaction ends there.

use super::{Channel, Effect, Failure};
use crate::compile::written_instead;
use crate::driver::{Answer, Request};
use crate::engine::writes::Checked;
use crate::error::Error;

/// Why writes that were sent together were not done.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The write at this place wrote so many rows, and another number was expected.
    Miscounted { at: usize, rows: u64 },
    /// The database refused the write at this place, or was lost there.
    Refused { at: usize, error: Error },
    /// It refused to commit, or to begin.
    Ended(Error),
}

const COMMIT: &str = "COMMIT";

impl Channel {
    /// Whether writes that check themselves need fewer round trips when they are sent together.
    pub(crate) fn sends_together(&self) -> bool {
        // In a savepoint the rest of the transaction must live on, and be able to tell which rows were stale.
        self.depth == 0
            && self.open.is_some()
            && self.xa.is_none()
            && self.dialect().writing_with
            && self.link.pipelines()
    }

    /// Sends writes together, and commits behind them if that is wanted. Gives the key that each returned.
    pub(crate) fn send_together(
        &mut self,
        writes: &[Checked],
        commit: bool,
    ) -> std::result::Result<Vec<Option<i64>>, Fault> {
        self.prepare_for(Effect::Writes).map_err(Fault::Ended)?;
        let mut requests: Vec<Request<'_>> = writes
            .iter()
            .map(|Checked { sql, write: _, binds, rows: _, key: _ }| Request { sql, binds, returns: true })
            .collect();
        if commit {
            requests.push(Request { sql: COMMIT, binds: &[], returns: false });
        }
        let first = writes.first().map_or(COMMIT, |write| &*write.write);
        let start = self.start(first, Effect::Writes, Some(requests.len()).filter(|count| *count > 1));
        let (mut keys, mut done) = (vec![None; writes.len()], 0);
        let result = self.link.pipeline(&requests, &mut |at, answer| {
            match answer {
                // The last column is the check, the first the key.
                Answer::Row(row) if writes.get(at).is_some_and(|write| write.key) => keys[at] = row.integer(0)?,
                Answer::Row(_) => {}
                Answer::Done(_) => done = at + 1,
            }
            Ok(())
        });
        if let Some(started) = start {
            let texts = writes.iter().map(|write| &*write.write).chain(commit.then_some(COMMIT));
            let ended = texts.enumerate().take(done + usize::from(result.is_err())).map(|(at, sql)| {
                let error = result.as_ref().err().filter(|_| at == done);
                let rows = writes.get(at).filter(|_| error.is_none()).map_or(0, |write| write.rows as u64);
                (sql, rows, error)
            });
            self.watch.end_together(started, ended, &self.link);
        }
        match result {
            Ok(()) => {
                if let (true, Some(options)) = (commit, self.open) {
                    self.note_write();
                    self.close_transaction(options);
                }
                Ok(keys)
            }
            Err(error) => Err(self.fault(writes, done, error)),
        }
    }

    fn fault(&mut self, writes: &[Checked], at: usize, error: Error) -> Fault {
        let error = self.understood(error);
        let Some(write) = writes.get(at) else {
            let error = self.stated(error, COMMIT);
            self.failed = Some(Failure { level: 0, cause: error.duplicate() });
            if !error.is_disconnect() {
                let _ = self.link.batch("ROLLBACK");
            }
            return Fault::Ended(error);
        };
        if let Some(rows) = written_instead(&error) {
            return Fault::Miscounted { at, rows };
        }
        let error = self.stated(error, &write.write);
        self.note_failure(&error);
        Fault::Refused { at, error }
    }
}
