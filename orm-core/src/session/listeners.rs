//! Listeners of a session: closures that see what is flushed, committed and rolled back as data. The rounds of a flush.

use super::Session;
use super::changes::{Change, settle, unflushed};
use super::hooks::run_hooks;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

/// So often may listeners give the session work in one flush.
const ROUNDS: usize = 16;

type OnFlush = Arc<dyn Fn(&mut Session, &[Change]) -> Result<()> + Send + Sync>;
type OnEnd = Arc<dyn Fn(&Session, &[Change]) + Send + Sync>;
type OnSession = Arc<dyn Fn(&mut Session) + Send + Sync>;

/// The listeners of a session.
#[derive(Default)]
pub(super) struct Listeners {
    before_flush: Vec<OnFlush>,
    after_flush: Vec<OnFlush>,
    after_commit: Vec<OnEnd>,
    after_rollback: Vec<OnEnd>,
    /// True while one of the first two runs.
    running: bool,
    /// What was flushed in the transaction, for the last two.
    journal: Vec<Change>,
}

impl Listeners {
    fn hear_of_flushes(&self) -> bool {
        !(self.before_flush.is_empty() && self.after_flush.is_empty()) || self.hear_of_ends()
    }

    fn hear_of_ends(&self) -> bool {
        !(self.after_commit.is_empty() && self.after_rollback.is_empty())
    }
}

impl Session {
    /// Calls a closure before each flush that has something to write, with the changes as data: what was added, changed and
    /// deleted by the program so far. The closure may change objects, add and delete; that is flushed, too. Hooks run after it.
    ///
    /// In the closure queries see the database as it is before the flush; to flush, commit or roll back there is `Misuse`. An
    /// error of it ends the flush before anything is sent.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.before_flush(|session, changes| {
    ///     for post in changes.iter().filter_map(Change::handle::<Post>) {
    ///         let title = session[post].title.trim().to_owned();
    ///         session[post].title = title;
    ///     }
    ///     Ok(())
    /// });
    /// let post = session.add(post("  Spaces  ", 1));
    /// session.commit()?;
    /// assert_eq!(session[post].title, "Spaces");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn before_flush(&mut self, listener: impl Fn(&mut Session, &[Change]) -> Result<()> + Send + Sync + 'static) {
        self.listeners.before_flush.push(Arc::new(listener));
    }

    /// Calls a closure after each flush that wrote something, with the changes as they were written: keys are there, and what
    /// hooks did is among them. What the closure adds or changes is flushed in a further round, which calls it again; after 16
    /// rounds the flush is an error.
    ///
    /// An error of it fails the session (or the savepoint), which must be rolled back: nothing is committed without it. Links,
    /// expressions (`link`, `set`), bulk statements and what foreign keys do in the database are not among the changes.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.after_flush(|_, changes| {
    ///     for change in changes {
    ///         println!("{:?} {} {:?}", change.operation, change.table, change.key); // Insert users [Int(4)]
    ///     }
    ///     Ok(())
    /// });
    /// session.add(user("dora"));
    /// session.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_flush(&mut self, listener: impl Fn(&mut Session, &[Change]) -> Result<()> + Send + Sync + 'static) {
        self.listeners.after_flush.push(Arc::new(listener));
    }

    /// Calls a closure after each commit, with all changes of the transaction as they were flushed, in order; those of a savepoint
    /// that was rolled back are not among them. The place to tell others: what it says has happened.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// use std::sync::{Arc, Mutex};
    ///
    /// let outbox = Arc::new(Mutex::new(Vec::new()));
    /// let letters = Arc::clone(&outbox);
    /// session.after_commit(move |session, changes| {
    ///     let new = changes.iter().filter(|change| change.operation == Operation::Insert);
    ///     let users = new.filter_map(Change::handle::<User>).map(|user| session[user].username.clone());
    ///     letters.lock().expect("no listener panics").extend(users);
    /// });
    /// session.add(user("dora"));
    /// session.flush()?;
    /// assert!(outbox.lock().expect("no listener panics").is_empty());
    /// session.commit()?;
    /// assert_eq!(*outbox.lock().expect("no listener panics"), ["dora"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_commit(&mut self, listener: impl Fn(&Session, &[Change]) + Send + Sync + 'static) {
        self.listeners.after_commit.push(Arc::new(listener));
    }

    /// Calls a closure after each `rollback`, with the changes that had been flushed and are taken back. A session that is dropped
    /// calls nothing; `with_session` and `retry` roll back when their closure fails. Nothing is called either when a commit may
    /// have happened (`CommitOutcomeUnknown`).
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.after_rollback(|_, changes| println!("{} changes were taken back", changes.len()));
    /// session.add(user("dora"));
    /// session.flush()?;
    /// session.rollback()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_rollback(&mut self, listener: impl Fn(&Session, &[Change]) + Send + Sync + 'static) {
        self.listeners.after_rollback.push(Arc::new(listener));
    }

    /// Flushes until nothing waits: listeners and hooks may add to what there is to write. With `commit` the transaction may end
    /// with it, unless a listener has a word in that.
    pub(super) fn flush_in_rounds(&mut self, commit: bool) -> Result<()> {
        self.refuse_if_failed()?;
        self.refuse_in_listener("flush")?;
        if !self.objects.has_changes() && self.deferred.is_empty() {
            return Ok(());
        }
        if !self.listeners.hear_of_flushes() {
            run_hooks(&mut self.objects, &self.info, &self.deferred.targets())?;
            return self.write_scoped(commit);
        }
        for _ in 0..ROUNDS {
            let changes = unflushed(&self.objects);
            if changes.is_empty() && self.deferred.is_empty() {
                return self.write_scoped(false); // and forgets what was touched and left equal
            }
            self.tell(|listeners| &listeners.before_flush, &changes)?;
            run_hooks(&mut self.objects, &self.info, &self.deferred.targets())?;
            let mut changes = unflushed(&self.objects);
            self.write_scoped(false)?;
            settle(&mut changes, &self.objects);
            if let Err(error) = self.tell(|listeners| &listeners.after_flush, &changes) {
                return Err(self.fail(error));
            }
            if self.listeners.hear_of_ends() {
                self.listeners.journal.extend(changes);
            }
        }
        let message = format!("the listeners of the session gave it something to flush in each of {ROUNDS} rounds");
        Err(self.fail(Error::new(ErrorKind::Misuse, message)))
    }

    /// What was sent must not be committed.
    fn fail(&mut self, error: Error) -> Error {
        self.channel.fail_all(&error);
        error
    }

    fn tell(&mut self, which: fn(&Listeners) -> &Vec<OnFlush>, changes: &[Change]) -> Result<()> {
        let listeners = which(&self.listeners).clone();
        if listeners.is_empty() || (changes.is_empty() && self.deferred.is_empty()) {
            return Ok(());
        }
        let running = Running::begin(self);
        listeners.iter().try_for_each(|listener| listener(running.session, changes))
    }

    pub(super) fn tell_of_commit(&mut self) {
        let changes = std::mem::take(&mut self.listeners.journal);
        for listener in &self.listeners.after_commit {
            listener(self, &changes);
        }
    }

    /// Whether the last commit may have happened: its connection was lost before the answer.
    pub(super) fn outcome_is_unknown(&self) -> bool {
        self.channel.failure().is_some_and(|error| error.kind() == ErrorKind::CommitOutcomeUnknown)
    }

    /// Nothing is told of changes that may be in the database.
    pub(super) fn tell_of_rollback(&mut self, unknown: bool) {
        let changes = std::mem::take(&mut self.listeners.journal);
        if unknown {
            return;
        }
        for listener in &self.listeners.after_rollback {
            listener(self, &changes);
        }
    }

    /// Where the changes of a savepoint begin.
    pub(super) fn journal_position(&self) -> usize {
        self.listeners.journal.len()
    }

    /// Forgets the changes of a savepoint that was rolled back.
    pub(super) fn cut_journal(&mut self, position: usize) {
        self.listeners.journal.truncate(position);
    }

    pub(super) fn in_listener(&self) -> bool {
        self.listeners.running
    }

    /// Refuses what would begin or end a flush in the middle of one.
    pub(super) fn refuse_in_listener(&self, what: &str) -> Result<()> {
        if !self.in_listener() {
            return Ok(());
        }
        let message =
            format!("`{what}` inside of `before_flush` or `after_flush`, which are parts of a flush themselves");
        Err(Error::new(ErrorKind::Misuse, message))
    }
}

/// The session while a listener runs, also when that panics.
struct Running<'s> {
    session: &'s mut Session,
}

impl Running<'_> {
    fn begin(session: &mut Session) -> Running<'_> {
        session.listeners.running = true;
        Running { session }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.session.listeners.running = false;
    }
}

/// What is done with each session of an engine when it is made.
struct Preparations(Vec<OnSession>);

impl Engine {
    /// Calls a closure with each session that is made from this engine from now on (and by its clones): the place to give all of
    /// them the same listeners.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.on_session(|session| {
    ///     session.before_flush(|_, changes| match changes.iter().find(|change| change.operation == Operation::Delete) {
    ///         Some(change) => Err(Error::refused(format!("a row of {} is not deleted", change.table))),
    ///         None => Ok(()),
    ///     });
    /// });
    /// let result = engine.with_session(|session| {
    ///     let alice = session.get::<User>(1)?.expect("alice is there");
    ///     session.delete(alice);
    ///     Ok(())
    /// });
    /// assert_eq!(result.unwrap_err().kind(), ErrorKind::Refused);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_session(&self, prepare: impl Fn(&mut Session) + Send + Sync + 'static) {
        self.extend(|known: Option<&Preparations>| {
            let mut all = known.map(|known| known.0.clone()).unwrap_or_default();
            all.push(Arc::new(prepare));
            Preparations(all)
        });
    }
}

impl Session {
    /// What the engine does with each session.
    pub(super) fn prepared(mut self) -> Session {
        if let Some(preparations) = self.channel.engine.extension::<Preparations>() {
            preparations.0.iter().for_each(|prepare| prepare(&mut self));
        }
        self
    }
}
