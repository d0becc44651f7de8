//! `Channel`: one pooled connection with its transaction: what is open, what failed, and what each statement is told to observers.
//! Connections, transactions and sessions speak to the database through it and nothing else.

mod client;
mod ending;
mod known_keys;
mod own_writes;
mod savepoint;
mod streams;
mod together;
mod told;
mod two_phase;
mod upgrade;

pub(crate) use together::Fault;

use super::cancel::CancelHandle;
use super::observe::{Observers, Watch};
use super::options::{Access, TransactionOptions};
use super::record::Recorder;
use super::replicas::OwnWrites;
use super::writes::Facts;
use crate::dialect::{Begin, Dialect, Isolation as IsolationChoice, TwoPhase};
use crate::driver::{OnRow, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::pool::Pooled;
use crate::value::Datum;
use known_keys::OwnKeys;
use std::panic::Location;
use std::sync::Arc;
use upgrade::Begun;

/// What a statement does to the database, which decides how a transaction of SQLite goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
    /// Raw SQL that reads, as far as its first word tells: a function in it may lock or set something all the same, so the
    /// connection is reset before others get it.
    ReadsRaw,
    /// Raw SQL: nobody knows. The connection is reset before others get it.
    Unknown,
}

/// A pooled connection and its transaction.
pub(crate) struct Channel {
    link: Pooled,
    watch: Watch,
    facts: Arc<Facts>,
    own_keys: Option<OwnKeys>,
    /// How the open transaction was begun.
    open: Option<TransactionOptions>,
    begun: Begun,
    /// Open savepoints.
    depth: usize,
    failed: Option<Failure>,
    /// True once raw SQL ran: whether a transaction is open is the client's to tell.
    raw: bool,
    /// The name of the open transaction where it was begun by XA START, as it stands in statements.
    xa: Option<String>,
    /// A transaction could not be rolled back and is open still: what would come next would become a part of it.
    stuck: bool,
    /// Who may end a statement from elsewhere, if anybody asked for that.
    cancel: Option<CancelHandle>,
    /// Who must know of what this channel writes, if anybody.
    own_writes: Option<Arc<OwnWrites>>,
    /// True once something was sent that may write, until it was noted or rolled back.
    wrote: bool,
    /// The same for the open transaction, where raw SQL that reads counts if a function in it could write.
    may_have_written: bool,
    replica: bool,
}

/// The first error of a transaction: nothing more is sent until the level where it happened is rolled back.
struct Failure {
    /// 0 for the whole transaction, 1 for the first savepoint, ..
    level: usize,
    cause: Error,
}

impl Channel {
    pub(crate) fn new(
        link: Pooled,
        observers: Arc<Observers>,
        facts: Arc<Facts>,
        place: &'static Location<'static>,
    ) -> Channel {
        Channel {
            link,
            watch: Watch::new(observers, place),
            facts,
            own_keys: None,
            open: None,
            begun: Begun::ToWrite,
            depth: 0,
            failed: None,
            raw: false,
            xa: None,
            stuck: false,
            cancel: None,
            own_writes: None,
            wrote: false,
            may_have_written: false,
            replica: false,
        }
    }

    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.link.dialect()
    }

    /// Notes the place in the program that calls.
    pub(crate) fn called_at(&mut self, place: &'static Location<'static>) {
        self.watch.caller = place;
    }

    /// Keeps the statements from now on.
    pub(crate) fn record(&mut self, recorder: Recorder) {
        self.watch.recorder = Some(recorder);
    }

    /// What was learnt about the database's tables.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The same to hold while statements are sent.
    pub(crate) fn shared_facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts)
    }

    pub(crate) fn in_transaction(&self) -> bool {
        self.open.is_some()
    }

    /// Whether something was sent in the open transaction that may have written.
    pub(crate) fn may_have_written(&self) -> bool {
        self.open.is_some() && self.may_have_written
    }

    /// Whether the connection is of no further use.
    pub(crate) fn is_lost(&self) -> bool {
        self.stuck || !self.link.is_open()
    }

    /// How many savepoints are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The first error of the open transaction, if it failed.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failed.as_ref().map(|failure| &failure.cause)
    }

    pub(crate) fn options(&self) -> TransactionOptions {
        self.open.unwrap_or_default()
    }

    /// The client's connection; it is reset before others get it.
    pub(crate) fn raw(&mut self) -> &mut Pooled {
        self.raw = true;
        self.wrote = true;
        self.link.used_raw();
        self.forget_keys();
        // An error is told by the next statement of ours.
        let _ = self.begin_with(Effect::ReadsRaw);
        &mut self.link
    }

    /// What ends a statement of this channel from another thread.
    pub(crate) fn cancel_handle(&mut self) -> CancelHandle {
        if let Some(handle) = &self.cancel {
            return handle.clone();
        }
        self.heed(CancelHandle::default())
    }

    /// Lets a handle mean this channel until it is dropped.
    pub(crate) fn heed(&mut self, handle: CancelHandle) -> CancelHandle {
        handle.aim(&*self.link);
        self.cancel = Some(handle.clone());
        handle
    }

    /// Runs a statement that returns no rows.
    pub(crate) fn execute(&mut self, sql: &str, binds: &[Datum<'_>], effect: Effect) -> Result<Outcome> {
        self.prepare_for(effect)?;
        self.note_text(sql, effect);
        let start = self.start(sql, effect, None);
        let result = self.link.execute(sql, binds);
        self.settle(sql, start, result, |outcome| outcome.rows)
    }

    /// Runs a statement once for each row of values.
    pub(crate) fn execute_many(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        width: usize,
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        self.prepare_for(Effect::Writes)?;
        let start = self.start(sql, Effect::Writes, Some(binds.len() / width.max(1)));
        let mut rows = 0;
        // An error of `each` is ours, not the database's: it must not look like a failed statement.
        let mut own = None;
        let result = self.link.execute_many(sql, binds, width, &mut |outcome| {
            rows += outcome.rows;
            each(outcome).map_err(|error| {
                let copy = error.duplicate();
                own = Some(error);
                copy
            })
        });
        match own {
            Some(error) => {
                self.settle(sql, start, Ok(()), |()| rows)?;
                Err(error)
            }
            None => self.settle(sql, start, result, |()| rows),
        }
    }

    /// Runs a statement and shows each row of its result, all of which may be in memory at once.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        effect: Effect,
        on_row: &mut OnRow<'_>,
    ) -> Result<()> {
        self.rows(sql, binds, effect, false, on_row)
    }

    /// Runs a statement and shows each row of its result; streamed, few of them are in memory at once.
    pub(crate) fn rows(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        effect: Effect,
        streamed: bool,
        on_row: &mut OnRow<'_>,
    ) -> Result<()> {
        self.prepare_for(effect)?;
        self.note_text(sql, effect);
        let start = self.start(sql, effect, None);
        let (mut rows, mut own) = (0, None);
        let on_row: &mut OnRow<'_> = &mut |row| {
            rows += 1;
            on_row(row).map_err(|error| {
                let copy = error.duplicate();
                own = Some(error);
                copy
            })
        };
        let result = match streamed {
            true => self.link.query_streamed(sql, binds, on_row),
            false => self.link.query(sql, binds, on_row),
        };
        match own {
            Some(error) => {
                self.settle(sql, start, Ok(()), |()| rows)?;
                Err(error)
            }
            None => self.settle(sql, start, result, |()| rows),
        }
    }

    /// The names of the columns of the statement that ran last, where the client knows them without a row.
    pub(crate) fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        self.link.columns_of(sql)
    }

    /// Runs text without values: transaction control and schema changes.
    fn batch(&mut self, sql: &str) -> Result<()> {
        let start = self.start(sql, Effect::Writes, None);
        let result = self.link.batch(sql);
        self.tell_batch(sql, start, result)
    }

    /// Begins a transaction, or has the driver do so with the first statement.
    fn send_begin(&mut self, sql: &str) -> Result<()> {
        let start = self.start(sql, Effect::Writes, None);
        let result = self.link.begin(sql);
        self.tell_batch(sql, start, result)
    }

    /// Any error of the database fails the level it happened in, on every database alike, also where SQLite or MySQL would go on.
    fn note_failure(&mut self, error: &Error) {
        if self.open.is_none() || self.failed.is_some() {
            return;
        }
        let whole = matches!(
            error.kind(),
            ErrorKind::Deadlock
                | ErrorKind::SerializationFailure
                | ErrorKind::ConnectionLost
                | ErrorKind::CommitOutcomeUnknown
        ) || self.link.in_transaction() == Some(false);
        let level = if whole { 0 } else { self.depth };
        self.failed = Some(Failure { level, cause: error.duplicate() });
    }

    /// Fails the current level for a reason of ours: a flush that found rows changed by others.
    pub(crate) fn fail(&mut self, cause: &Error) {
        self.note_failure(cause);
    }

    /// Rolls back, so that the next statement sees what others wrote; the transaction counts as failed all the same.
    pub(crate) fn end_for_reading(&mut self) {
        let _ = match self.xa {
            None => self.link.batch("ROLLBACK"),
            Some(_) => self.send_rollback(),
        };
    }

    fn prepare_for(&mut self, effect: Effect) -> Result<()> {
        self.refuse_if_failed()?;
        if matches!(effect, Effect::ReadsRaw | Effect::Unknown) {
            self.raw = true;
            self.link.used_raw();
            self.may_have_written |= self.dialect().two_phase != TwoPhase::None;
        }
        self.begin_with(effect)?;
        if matches!(effect, Effect::Writes | Effect::Unknown) {
            (self.wrote, self.may_have_written) = (true, true);
            self.upgrade()?;
        }
        Ok(())
    }

    pub(crate) fn refuse_if_failed(&self) -> Result<()> {
        self.refuse_if_stuck()?;
        match &self.failed {
            None => Ok(()),
            Some(failure) => Err(Error::new(
                ErrorKind::TransactionFailed,
                format!(
                    "the transaction failed before and must be rolled back; the first error was: {}",
                    failure.cause
                ),
            )
            .with_details(failure.cause.details().clone())),
        }
    }

    fn refuse_if_stuck(&self) -> Result<()> {
        if !self.stuck {
            return Ok(());
        }
        let message = "the connection could not be rolled back, and is not used again";
        Err(Error::new(ErrorKind::ConnectionLost, message))
    }

    /// Begins a transaction, unless one is open.
    pub(crate) fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        self.refuse_if_stuck()?;
        if self.open.is_some() {
            return Ok(());
        }
        self.start_over();
        let Begin { default, write, read_only, before_read_only, isolation, upgrade_by_restart, .. } =
            self.dialect().begin;
        let text = match options.access {
            Access::Default => default,
            Access::Write => write,
            Access::ReadOnly => read_only,
        };
        if upgrade_by_restart && options.access == Access::Default {
            self.open = Some(options);
            self.begun = Begun::NotYet;
            return Ok(());
        }
        if let (Access::ReadOnly, Some(before)) = (options.access, before_read_only) {
            self.batch(before)?;
        }
        let begun = match (options.isolation, isolation) {
            (None, _) | (Some(_), IsolationChoice::AlwaysSerializable) => self.send_begin(text),
            (Some(level), IsolationChoice::InBegin) => {
                self.send_begin(&format!("{text}{}ISOLATION LEVEL {}", separator(options.access), level.sql()))
            }
            (Some(level), IsolationChoice::Before) => self
                .batch(&format!("SET TRANSACTION ISOLATION LEVEL {}", level.sql()))
                .and_then(|()| self.send_begin(text)),
        };
        if let Err(error) = begun {
            self.leave_read_only(options);
            return Err(error);
        }
        self.open = Some(options);
        Ok(())
    }

    /// What is true of every transaction that begins.
    fn start_over(&mut self) {
        (self.begun, self.depth, self.failed, self.may_have_written) = (Begun::ToWrite, 0, None, false);
    }

    /// Begins a transaction for statements that belong together, unless one is open; where that costs no message. They see one state
    /// of the database, and SQLite locks its file once for all of them. True if the caller has to end it.
    pub(crate) fn begin_to_read(&mut self) -> Result<bool> {
        if self.open.is_some() || !self.link.is_local() {
            return Ok(false);
        }
        self.begin(TransactionOptions::new()).map(|()| true)
    }
}

fn separator(access: Access) -> &'static str {
    // PostgreSQL: `BEGIN READ WRITE, ISOLATION LEVEL ..`, but `BEGIN ISOLATION LEVEL ..`
    if access == Access::Default { " " } else { ", " }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(handle) = &self.cancel {
            handle.disarm();
        }
        if self.open.is_none() && !self.raw {
            self.link.mark_clean();
        }
        self.tell_of_changes();
        self.note_write();
        // The pool rolls back, without making this thread wait for a network; only `PRAGMA query_only` is left to be undone.
        if let Some(options) = self.open
            && options.access == Access::ReadOnly
            && self.dialect().begin.after_read_only.is_some()
        {
            self.rollback();
        }
    }
}
