//! The one connection of a test. What is a transaction above is a savepoint below, and the transaction around it never commits.

use super::control::{self, Control};
use crate::dialect::Dialect;
use crate::driver::{
    Answer, Cancel, Connection, CopyRows, CopySource, CopyTarget, Notification, OnAnswer, OnRow, Outcome, Request,
    one_by_one,
};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::Pooled;
use crate::value::Datum;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

const SAVE: &str = "SAVEPOINT orm_test";
const RELEASE: &str = "RELEASE SAVEPOINT orm_test";
const BACK: &str = "ROLLBACK TO SAVEPOINT orm_test";

/// A connection within the transaction of a test.
///
/// What needs no answer is not sent before something does: a rollback in a `Drop` does not wait for the network.
pub(super) struct Enclosed {
    /// Dropped, it goes back to the pool that it came from, which rolls back.
    link: Pooled,
    /// Goes out before what comes next.
    due: Vec<&'static str>,
    /// A transaction is open above.
    open: bool,
    /// The open transaction only reads, and the database was not told.
    refuses_writes: bool,
    /// The client was shown to somebody outside of a transaction: whether something failed there is known to the database alone.
    lent: bool,
    /// The transaction of the test is over, and what would come next would be kept.
    ended: bool,
}

impl Enclosed {
    /// Begins the transaction.
    pub(super) fn begin(mut link: Pooled) -> Result<Enclosed> {
        let sql = link.dialect().begin.write;
        link.batch(sql).map_err(|error| error.with_statement(sql).context("begin the transaction of a test"))?;
        Ok(Enclosed { link, due: Vec::new(), open: false, refuses_writes: false, lent: false, ended: false })
    }

    /// Sends what is due. Afterwards the connection is as the layers above believe it to be.
    fn catch_up(&mut self) -> Result<()> {
        self.check()?;
        self.take_client_back();
        self.send_due().map_err(|error| {
            self.ended = true;
            over().with_source(error)
        })
    }

    /// Undoes what was done with the client itself if something failed there.
    fn take_client_back(&mut self) {
        if std::mem::take(&mut self.lent) && self.link.batch(RELEASE).is_err() {
            self.due.splice(..0, [BACK, RELEASE]);
        }
    }

    fn send_due(&mut self) -> Result<()> {
        if self.due.is_empty() {
            return Ok(());
        }
        let sql = self.due.join("; ");
        self.due.clear();
        self.link.batch(&sql)
    }

    fn check(&mut self) -> Result<()> {
        self.ended |= self.link.in_transaction() == Some(false);
        if self.ended || !self.link.is_open() { Err(over()) } else { Ok(()) }
    }

    /// Runs a statement. Outside of a transaction its failure must not be that of all that follows.
    fn run<T>(&mut self, sql: &str, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        if self.refuses_writes && control::is_write(sql) {
            return Err(Error::new(ErrorKind::ReadOnly, "the transaction only reads, as it was begun to do"));
        }
        let alone = !self.open && self.dialect().nested.failure_spreads;
        if alone {
            self.due.push(SAVE);
        }
        self.catch_up()?;
        let result = work(&mut *self.link);
        if alone {
            self.due.extend(if result.is_ok() { &[RELEASE][..] } else { &[BACK, RELEASE] });
        }
        result
    }

    fn rows(&mut self, sql: &str, binds: &[Datum<'_>], streamed: bool, on_row: &mut OnRow<'_>) -> Result<()> {
        match control::of(sql, self.dialect())? {
            Control::None => self.run(sql, |link| match streamed {
                true => link.query_streamed(sql, binds, on_row),
                false => link.query(sql, binds, on_row),
            }),
            control => self.control(control, sql),
        }
    }

    fn control(&mut self, control: Control, sql: &str) -> Result<()> {
        self.check()?;
        match control {
            Control::Begin { .. } if self.open => Err(Error::new(ErrorKind::Misuse, "a transaction is open already")),
            Control::Begin { read_only } => {
                let Dialect { nested, begin, .. } = self.dialect();
                self.open = true;
                self.due.push(SAVE);
                if read_only {
                    self.due.extend(nested.read_only);
                    self.refuses_writes = nested.read_only.is_none() && begin.before_read_only.is_none();
                }
                Ok(())
            }
            Control::Commit if self.open => self.commit(),
            Control::Rollback if self.open => {
                self.roll_back();
                Ok(())
            }
            // The level of the transaction around is what it is.
            Control::Isolation if !self.open => Ok(()),
            Control::Commit | Control::Rollback => Ok(()),
            Control::Isolation | Control::None => self.run(sql, |link| link.batch(sql)),
        }
    }

    fn commit(&mut self) -> Result<()> {
        self.take_client_back();
        let nested = &self.dialect().nested;
        self.due.extend(nested.before_release);
        self.due.push(RELEASE);
        self.due.extend(nested.after);
        (self.open, self.refuses_writes) = (false, false);
        self.send_due().inspect_err(|_| self.roll_back())
    }

    fn roll_back(&mut self) {
        (self.open, self.refuses_writes) = (false, false);
        self.due.extend([BACK, RELEASE]);
        self.due.extend(self.dialect().nested.after);
    }
}

/// The text is for whoever reads the failure of a test.
#[cold]
fn over() -> Error {
    let message = "the transaction of the test is over: its connection was lost, or a statement ended it";
    Error::new(ErrorKind::ConnectionLost, message)
}

impl Connection for Enclosed {
    fn dialect(&self) -> &'static Dialect {
        self.link.dialect()
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        match control::of(sql, self.dialect())? {
            Control::None => self.run(sql, |link| link.execute(sql, binds)),
            control => self.control(control, sql).map(|()| Outcome::default()),
        }
    }

    fn execute_many(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        width: usize,
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        control::of(sql, self.dialect())?;
        self.run(sql, |link| link.execute_many(sql, binds, width, each))
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.rows(sql, binds, false, on_row)
    }

    fn query_streamed(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.rows(sql, binds, true, on_row)
    }

    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        self.link.columns_of(sql)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        match control::of_batch(sql, self.dialect())? {
            Control::None => self.run(sql, |link| link.batch(sql)),
            control => self.control(control, sql),
        }
    }

    fn pipelines(&self) -> bool {
        self.link.pipelines()
    }

    fn pipeline(&mut self, requests: &[Request<'_>], each: &mut OnAnswer<'_>) -> Result<()> {
        let (writes, commits) = match requests.split_last() {
            Some((last, writes)) if control::of(last.sql, self.dialect())? == Control::Commit => (writes, true),
            _ => (requests, false),
        };
        for Request { sql, .. } in writes {
            if !self.open || self.refuses_writes || control::of(sql, self.dialect())? != Control::None {
                return one_by_one(self, requests, each);
            }
        }
        self.catch_up()?;
        if !writes.is_empty() {
            self.link.pipeline(writes, each)?;
        }
        if commits {
            self.commit()?;
            each(writes.len(), Answer::Done(Outcome::default()))?;
        }
        Ok(())
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        self.link.canceller()
    }

    fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        let _ = timeout;
        Err(Error::unsupported(self.dialect().name, "notifications within the transaction of a test"))
    }

    fn copy_in(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        self.run(sql, |link| link.copy_in(sql, source))
    }

    fn copy_rows(&mut self, sql: &str, shape: &str, rows: &mut CopyRows<'_>) -> Result<u64> {
        self.run(sql, |link| link.copy_rows(sql, shape, rows))
    }

    fn copy_out(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        self.run(sql, |link| link.copy_out(sql, target))
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.open && self.link.in_transaction() != Some(false))
    }

    fn is_open(&self) -> bool {
        !self.ended && self.link.is_open() && self.link.in_transaction() != Some(false)
    }

    fn ping(&mut self, timeout: Duration) -> Result<()> {
        self.check()?;
        self.link.ping(timeout)
    }

    /// What would put the session back would end the transaction. It is done when the test is over.
    fn reset(&mut self) -> Result<()> {
        self.link.used_raw();
        Ok(())
    }

    fn close(self: Box<Self>) {}

    fn as_any(&mut self) -> &mut dyn Any {
        if !self.open {
            self.due.push(SAVE);
        }
        // An error is told by the next statement.
        self.lent = self.catch_up().is_ok() && !self.open;
        self.link.as_any()
    }
}
