//! `Lines`: the channels of a session, one for each database that it has used, of which one is current. Knows no objects.
//!
//! Nearly every session has one: it is a plain field, and the others are asked only where all are meant.

use crate::engine::{Access, CancelHandle, Channel, Engine, Recorder, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A database by the name that models give it; none is the engine's own.
pub(super) type Bind = Option<&'static str>;

pub(super) struct Lines {
    pub(super) engine: Engine,
    pub(super) options: TransactionOptions,
    /// The place in the program that called last.
    pub(super) caller: &'static Location<'static>,
    /// What is told instead of where the session is called.
    pub(super) on_behalf_of: Option<&'static Location<'static>>,
    cancel: Option<CancelHandle>,
    recorder: Option<Recorder>,
    current: Option<Channel>,
    at: Bind,
    /// The others that are open; the one left last is the last.
    parked: Vec<(Bind, Channel)>,
    pinned: bool,
    /// Open savepoints.
    depth: usize,
    /// The common part of the names under which the databases prepare the transaction.
    pub(super) name: Option<String>,
    /// Why several could not be committed.
    failed: Option<Error>,
}

impl Lines {
    pub(super) fn new(engine: Engine, options: TransactionOptions, caller: &'static Location<'static>) -> Lines {
        Lines {
            engine,
            options,
            caller,
            on_behalf_of: None,
            cancel: None,
            recorder: None,
            current: None,
            at: None,
            parked: Vec::new(),
            pinned: false,
            depth: 0,
            name: None,
            failed: None,
        }
    }

    /// The current channel, if it is open.
    pub(super) fn as_ref(&self) -> Option<&Channel> {
        self.current.as_ref()
    }

    /// The current channel, if it is open.
    pub(super) fn as_mut(&mut self) -> Option<&mut Channel> {
        self.current.as_mut()
    }

    /// The database of the current channel.
    pub(super) fn place(&self) -> Bind {
        self.at
    }

    /// Whether no other than the current one is open.
    pub(super) fn is_alone(&self) -> bool {
        self.parked.is_empty()
    }

    /// The first error of any transaction, if one failed.
    pub(super) fn failure(&self) -> Option<&Error> {
        self.failed.as_ref().or_else(|| self.all().find_map(Channel::failure))
    }

    /// Whether a transaction is open on any of them.
    pub(super) fn in_transaction(&self) -> bool {
        self.all().any(Channel::in_transaction)
    }

    /// What was sent must not be committed.
    pub(super) fn fail_all(&mut self, error: &Error) {
        self.all_mut().for_each(|channel| channel.fail(error));
    }

    fn all(&self) -> impl Iterator<Item = &Channel> {
        self.parked.iter().map(|(_, channel)| channel).chain(&self.current)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Channel> {
        self.parked.iter_mut().map(|(_, channel)| channel).chain(&mut self.current)
    }

    /// Makes the channel of a database the current one, and begins its transaction if that was not done yet.
    ///
    /// # Errors
    /// `Misuse` for a database that the engine does not know, and those of connecting.
    pub(super) fn go_to(&mut self, bind: Bind) -> Result<()> {
        let bind = self.engine.place_of(bind);
        if bind != self.at {
            self.park();
            if let Some(at) = self.parked.iter().position(|(known, _)| *known == bind) {
                let mut channel = self.parked.remove(at).1;
                if let Some(handle) = &self.cancel {
                    channel.heed(handle.clone());
                }
                self.current = Some(channel);
            }
            self.at = bind;
        }
        self.begin()
    }

    /// The same for what writes.
    pub(super) fn go_and_write(&mut self, bind: Bind) -> Result<()> {
        self.go_to(bind)?;
        self.upgrade()
    }

    fn park(&mut self) {
        if let Some(channel) = self.current.take() {
            self.parked.push((self.at, channel));
        }
    }

    fn begin(&mut self) -> Result<()> {
        let reads = |channel: &Channel| channel.is_on_replica() && !channel.in_transaction();
        if self.options.access != Access::ReadOnly && self.current.as_ref().is_some_and(reads) {
            self.current = None; // pinned while it only read
        }
        if self.current.is_none() {
            self.current = Some(self.open(self.at)?);
        }
        let name = self.name_to_begin();
        let Lines { current: Some(channel), depth, options, caller, .. } = self else { return Ok(()) };
        channel.called_at(caller);
        let mut begun = match name {
            None => channel.begin(*options),
            Some(name) => channel.begin_named(*options, &name),
        };
        while begun.is_ok() && channel.depth() < *depth {
            begun = channel.savepoint();
        }
        if begun.is_err() && (!self.pinned || self.current.as_ref().is_some_and(Channel::is_lost)) {
            // Nothing has happened yet: the next statement may begin on another connection.
            self.current = None;
        }
        begun
    }

    /// A connection to a database.
    pub(super) fn open(&self, bind: Bind) -> Result<Channel> {
        let mut channel = match bind {
            None => self.engine.channel_for_at(self.options, self.caller)?,
            Some(bind) => self.engine.bind(bind)?.channel_for_at(self.options, self.caller)?,
        };
        if let Some(recorder) = &self.recorder {
            channel.record(recorder.clone());
        }
        if self.pinned {
            channel.raw();
        }
        if let Some(handle) = &self.cancel {
            channel.heed(handle.clone());
        }
        Ok(channel)
    }

    /// Keeps one connection from now to the end.
    pub(super) fn pin(&mut self) {
        self.pinned = true;
        self.all_mut().for_each(|channel| {
            channel.raw(); // reset when it goes back
        });
    }

    /// Keeps the statements of all, from now on.
    pub(super) fn record(&mut self, recorder: &Recorder) {
        self.recorder = Some(recorder.clone());
        self.all_mut().for_each(|channel| channel.record(recorder.clone()));
    }

    /// What ends a statement on any of them.
    pub(super) fn cancel_handle(&mut self) -> CancelHandle {
        let handle = self.cancel.get_or_insert_default().clone();
        match &mut self.current {
            Some(channel) => channel.heed(handle),
            None => handle,
        }
    }

    /// Commits each: those that only read, then the others, of which the current one is the last.
    ///
    /// # Errors
    /// The first failure; when something that others wrote was committed before, its kind is `CommitOutcomeUnknown`.
    pub(super) fn commit(&mut self) -> Result<()> {
        if let Some(failed) = self.all().find(|channel| channel.failure().is_some()) {
            failed.refuse_if_failed()?;
        }
        let caller = self.caller;
        self.all_mut().for_each(|channel| channel.called_at(caller));
        if let (true, Some(channel)) = (self.parked.is_empty(), &mut self.current) {
            self.name = None;
            return channel.commit();
        }
        let in_phases = self.options.two_phase && self.written().count() > 1;
        let result = match in_phases {
            true => self.commit_in_two_phases(),
            false => self.commit_what_read().and_then(|()| self.commit_one_by_one()),
        };
        self.name = None;
        result.inspect_err(|error| self.failed = Some(error.duplicate()))
    }

    /// The databases that may have been written in.
    pub(super) fn written(&self) -> impl Iterator<Item = &Channel> {
        self.all().filter(|channel| channel.may_have_written())
    }

    /// Commits what has written nothing.
    pub(super) fn commit_what_read(&mut self) -> Result<()> {
        self.all_mut().filter(|channel| !channel.may_have_written()).try_for_each(Channel::commit)
    }

    fn commit_one_by_one(&mut self) -> Result<()> {
        let mut committed = false;
        let result = self.all_mut().filter(|channel| channel.in_transaction()).try_for_each(|channel| {
            channel.commit()?;
            committed = true;
            Ok(())
        });
        match committed {
            false => result,
            true => result.map_err(|error| {
                let error = error.with_kind(ErrorKind::CommitOutcomeUnknown);
                error.context("the transaction in another database was committed, but then")
            }),
        }
    }

    /// Takes out the channels that may have written, each with its database.
    pub(super) fn take_written(&mut self) -> Vec<(Bind, Channel)> {
        self.park();
        self.parked.extract_if(.., |(_, channel)| channel.may_have_written()).collect()
    }

    /// Takes channels back.
    pub(super) fn put_back(&mut self, channels: impl IntoIterator<Item = (Bind, Channel)>) {
        self.parked.extend(channels);
        let current = self.parked.iter().position(|(bind, _)| *bind == self.at);
        self.current = current.map(|at| self.parked.remove(at).1);
    }

    pub(super) fn rollback(&mut self) {
        (self.name, self.failed) = (None, None);
        let caller = self.caller;
        self.all_mut().for_each(|channel| {
            channel.called_at(caller);
            channel.rollback();
        });
    }

    /// The connections go back to their pools, unless the session is pinned to them and they live.
    pub(super) fn give_back(&mut self) {
        if !self.pinned || self.all().any(Channel::is_lost) {
            self.current = None;
            self.parked.clear();
        }
    }

    /// Opens a savepoint everywhere.
    pub(super) fn savepoint_everywhere(&mut self) -> Result<()> {
        let opened = self.all_mut().try_for_each(Channel::savepoint);
        if let Err(error) = opened {
            self.roll_back_to(self.depth).ok();
            return Err(error);
        }
        self.depth += 1;
        Ok(())
    }

    /// Keeps the work since the last savepoint.
    pub(super) fn release_everywhere(&mut self) -> Result<()> {
        // What was released in one cannot be taken back with another.
        let released = self.all_mut().try_for_each(Channel::release);
        released.inspect_err(|error| self.fail_all(error))?;
        self.depth -= 1;
        Ok(())
    }

    /// Undoes the work since the last savepoint; the first error of doing so, when all have tried.
    pub(super) fn roll_back_everywhere(&mut self) -> Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.roll_back_to(self.depth)
    }

    fn roll_back_to(&mut self, depth: usize) -> Result<()> {
        let mut result = Ok(());
        for channel in self.all_mut().filter(|channel| channel.depth() > depth) {
            result = result.and(channel.rollback_to_savepoint());
        }
        result
    }
}

/// The current channel, where it was gone to.
impl Deref for Lines {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        self.current.as_ref().expect("the transaction was begun")
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut Channel {
        self.current.as_mut().expect("the transaction was begun")
    }
}
