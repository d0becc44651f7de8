//! The session: objects by handle, an identity map, and a unit of work over one transaction at a time.

mod changes;
mod client;
mod collections;
mod deferred;
mod each;
mod engine;
mod fetch;
mod flush;
mod followers;
mod graph;
mod hooks;
mod index;
mod info;
mod intake;
mod key;
mod levels;
mod lines;
mod listeners;
mod objects;
mod pages;
mod prefill;
mod read;
mod related;
mod results;
mod savepoint;
mod scoped;
mod slots;
mod state;
mod store;
mod two_phase;
mod watched;

pub use changes::{Change, ColumnChange, Operation};
pub use fetch::FetchManaged;
pub use graph::{Child, End, New, Planting, new};
pub use hooks::{HookContext, HookSet, Hooked, Hooks};
pub use key::{IntoKey, Wanted};
pub use related::Alone;
pub use state::{Gone, State};

use crate::engine::{Access, Engine, Isolation, Step, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model};
use deferred::Deferred;
use flush::Plan;
use index::no_object;
use info::Info;
use lines::Lines;
use listeners::Listeners;
use objects::Objects;
use std::panic::Location;

/// Objects of a database, each under a handle, and the changes that are to be written.
///
/// `add` and `session[handle]` work in memory; `flush` writes what changed, `commit` makes it permanent. Queries give handles,
/// the same handle for the same row, and see what was added before them (they flush first).
///
/// One transaction is always current: it begins with the first statement and ends with `commit` or `rollback`, which also give
/// the connection back to the pool. A session that is dropped writes nothing. `session[handle]` never talks to the database: it
/// shows the row as it was last seen; a query, `get` or `refresh` looks again.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// let mut session = engine.session();
/// let dora = session.add(user("dora"));
/// let hello = session.add(post("Hello", dora)); // refers to a row that is not there yet
/// session.commit()?;
/// assert_eq!(session[hello].author.key(), Some(&session[dora].id));
/// # Ok::<(), Error>(())
/// ```
pub struct Session {
    channel: Lines,
    objects: Objects,
    deferred: Deferred,
    autoflush: bool,
    listeners: Listeners,
    info: Info,
}

impl Session {
    #[track_caller]
    fn new(engine: Engine, options: TransactionOptions) -> Session {
        Session {
            channel: Lines::new(engine, options, Location::caller()),
            objects: Objects::new(),
            deferred: Deferred::default(),
            autoflush: true,
            listeners: Listeners::default(),
            info: Info::default(),
        }
        .prepared()
    }

    /// Transactions that write from their start: SQLite's one write lock is taken with the first statement. Say so when the
    /// session will read first and then write.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session().write();
    /// let alice = session.get::<User>(1)?.expect("alice is there"); // nobody else can write from here
    /// session[alice].admin = false;
    /// session.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write(mut self) -> Session {
        self.channel.options = self.channel.options.write();
        self
    }

    /// Transactions that only read; a flush with changes is an error. An engine with replicas begins them there, so that they may
    /// show what was true a while ago.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session().read_only();
    /// session.add(user("dora"));
    /// assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::ReadOnly);
    /// ```
    pub fn read_only(mut self) -> Session {
        self.channel.options = self.channel.options.read_only();
        self
    }

    /// Transactions that several databases commit together or not at all. A `commit` that has written in more than one prepares
    /// each, and commits when all are prepared; a refusal before that rolls all back, and its error is the one that `commit` returns.
    ///
    /// What could not be ended after the first phase, because a database was out of reach for more than a second, stays prepared with its
    /// locks: the error is a `CommitOutcomeUnknown`, [`Error::left_prepared`] names it, and [`Engine::finish`] ends it later. So it
    /// is when the program dies in between; see `docs/databases.md`. What [`begin_twophase`](crate::Connection::begin_twophase) says of each
    /// database holds here, too. A commit of one database is as ever.
    ///
    /// ```
    /// # use orm_doc::*; let engine = engine();
    /// let mut session = engine.session().two_phase();
    /// session.add(user("dora"));
    /// session.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn two_phase(mut self) -> Session {
        self.channel.options = self.channel.options.two_phase();
        self
    }

    /// Transactions of an isolation level other than the server's default.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session().isolation(Isolation::Serializable);
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn isolation(mut self, level: Isolation) -> Session {
        self.channel.options = self.channel.options.isolation(level);
        self
    }

    /// Queries do not flush first: they see only what was flushed by hand. `commit` and `savepoint` flush all the same.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut session = engine().session().without_autoflush();
    /// session.add(user("dora"));
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// session.flush()?;
    /// assert_eq!(session.count(select::<User>())?, 4);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn without_autoflush(mut self) -> Session {
        self.autoflush = false;
        self
    }

    /// Keeps one connection from now to the session's end, so that what belongs to a connection (temporary tables, variables,
    /// advisory locks) outlives a commit. The connection is reset when the session ends.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.pin();
    /// session.execute(sql("CREATE TEMPORARY TABLE wanted (id INTEGER)"))?;
    /// session.commit()?;
    /// assert_eq!(session.rows::<i64, _>(sql("SELECT count(*) FROM wanted"))?, [0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pin(&mut self) {
        self.channel.pin();
    }

    /// The engine that the session was made from.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// assert_eq!(session.engine().dialect().name, "SQLite");
    /// ```
    pub fn engine(&self) -> &Engine {
        &self.channel.engine
    }

    /// Adds a new object. Nothing is sent until the next flush; a generated key is there after it.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// assert_eq!(session[dora].id, 0); // not yet
    /// session.flush()?;
    /// assert_eq!(session[dora].id, 4);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn add<M: Model>(&mut self, object: M) -> Handle<M> {
        self.objects.add(object)
    }

    /// Adds new objects, in order.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let new = session.add_all(["dora", "eve"].map(user));
    /// session.commit()?;
    /// assert_eq!(session[new[1]].username, "eve");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn add_all<M: Model>(&mut self, objects: impl IntoIterator<Item = M>) -> Vec<Handle<M>> {
        objects.into_iter().map(|object| self.add(object)).collect()
    }

    /// Marks an object for deletion; the next flush deletes its row. An object that was never written is just forgotten.
    /// Deleting twice is the same as once.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.delete(alice);
    /// assert_eq!(session.state(alice), State::Deleting);
    /// session.commit()?;
    /// assert_eq!(session.count(select::<Post>())?, 1); // her posts went with her: on_delete = "cascade"
    /// # Ok::<(), Error>(())
    /// ```
    pub fn delete<M: Model>(&mut self, handle: Handle<M>) {
        self.objects.delete(handle);
    }

    /// The object, or `None` if it is no longer in the session or its row was deleted in this transaction.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// assert!(session.try_get(dora).is_some());
    /// session.rollback()?;
    /// assert!(session.try_get(dora).is_none());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_get<M: Model>(&self, handle: Handle<M>) -> Option<&M> {
        self.objects.locate(handle).ok()
    }

    /// Where the object stands.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// assert_eq!(session.state(dora), State::Pending);
    /// session.commit()?;
    /// assert_eq!(session.state(dora), State::Clean);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn state<M: Model>(&self, handle: Handle<M>) -> State {
        self.objects.state(handle)
    }

    /// Takes an object out of the session, with its value; its row stays, and its changes are not written.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// let user: Option<User> = session.expunge(alice);
    /// assert_eq!(user.map(|user| user.username), Some("alice".into()));
    /// assert!(session.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn expunge<M: Model>(&mut self, handle: Handle<M>) -> Option<M> {
        self.objects.expunge(handle)
    }

    /// Forgets all objects, with their unwritten changes; the transaction stays.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session[alice].admin = false;
    /// session.clear();
    /// session.commit()?; // nothing is written
    /// assert!(session.exists(select::<User>().filter(|u| u.admin))?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.objects.clear();
    }

    /// How many objects the session holds.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.all(select::<User>())?;
    /// assert_eq!(session.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True when the session holds no object.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.count(select::<User>())?;
    /// assert!(session.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes what was added, changed and deleted. When it returns, the database has answered everything.
    ///
    /// A UNIQUE value that one object leaves can be taken by another in the same flush. Where objects pass such values on in a
    /// circle or a long chain, their rows hold stand-ins for a moment: NULL, or a number at the far end of its type, or a random
    /// text. A CHECK constraint or a trigger sees these, and a version counts both writes.
    ///
    /// # Errors
    /// `InvalidReference`, `Misuse` and `UniqueViolation` (two new objects with one key; UNIQUE values that are swapped and have no
    /// stand-in) before anything is sent, after which the session can go on; what the
    /// database refuses and `StaleData`, after which the session (or the savepoint) must be rolled back; `SessionFailed` if it
    /// had failed before.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// session.flush()?;
    /// session[dora].admin = true;
    /// session.flush()?; // UPDATE users SET is_admin = ? WHERE id = ?
    /// session.rollback()?; // and none of it happened
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn flush(&mut self) -> Result<()> {
        self.called_at(Location::caller());
        self.flush_in_rounds(false)
    }

    /// Writes what there is to write. With `commit` the transaction may end with it.
    fn write_changes(&mut self, commit: bool) -> Result<()> {
        let plan = match Plan::make(&mut self.objects) {
            Ok(plan) if !(plan.is_empty() && self.deferred.is_empty()) => plan,
            nothing_to_send => {
                self.objects.tidy();
                return nothing_to_send.map(|_| ());
            }
        };
        if self.channel.options.access == Access::ReadOnly {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                "the session was made with `.read_only()`, and there are changes to write",
            ));
        }
        let _step = Step::flush();
        let Session { channel, objects, deferred, .. } = self;
        let commit = commit && deferred.is_empty();
        let result = plan.run(objects, channel, commit).and_then(|()| deferred.run(objects, channel));
        match &result {
            Ok(()) => self.objects.tidy(),
            Err(error) => self.channel.fail_all(error),
        }
        result
    }

    /// Flushes and commits. All rows count as stale then; the connection goes back to the pool.
    ///
    /// Only changed columns were written, and per column the last writer wins; `#[orm(version)]` or a lock protects a
    /// read-modify-write.
    ///
    /// # Errors
    /// As [`flush`](Session::flush); what the database refuses at COMMIT; `CommitOutcomeUnknown` when the connection was lost
    /// while the answer was due, or when one of several databases has committed and another has not; `Unsupported` when a session with
    /// [`two_phase`](Session::two_phase) wrote in several, of which one has no two phases. After an error the session must be rolled back. `Misuse` inside a savepoint, which ends on its own.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// session.add(user("alice"));
    /// assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::UniqueViolation);
    /// assert_eq!(session.count(select::<User>()).unwrap_err().kind(), ErrorKind::SessionFailed);
    /// session.rollback()?;
    /// assert_eq!(session.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn commit(&mut self) -> Result<()> {
        self.refuse_in_savepoint("commit")?;
        self.refuse_in_listener("commit")?;
        let _step = Step::commit();
        self.called_at(Location::caller());
        self.flush_in_rounds(true)?;
        // COMMIT may have gone out with the last write.
        self.channel.commit()?;
        self.objects.commit();
        self.channel.give_back();
        self.tell_of_commit();
        Ok(())
    }

    /// Takes everything since the last commit back: in the database, and in the objects, which have their old values again. Also
    /// ends the state after an error. What was added is no longer in the session.
    ///
    /// # Errors
    /// `Misuse` inside a savepoint, which is rolled back by returning an error from its closure. None otherwise: a connection that
    /// cannot roll back is given up, which comes to the same.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session[alice].username = "alicia".into();
    /// session.flush()?;
    /// session.rollback()?;
    /// assert_eq!(session[alice].username, "alice");
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn rollback(&mut self) -> Result<()> {
        self.refuse_in_savepoint("rollback")?;
        self.refuse_in_listener("rollback")?;
        self.called_at(Location::caller());
        let unknown = self.outcome_is_unknown();
        self.channel.rollback();
        self.objects.rollback();
        self.objects.forget_forced();
        self.deferred.clear();
        self.channel.give_back();
        self.tell_of_rollback(unknown);
        Ok(())
    }

    fn refuse_if_failed(&self) -> Result<()> {
        let Some(cause) = self.channel.failure() else { return Ok(()) };
        let message = format!("the session failed before and must be rolled back; the first error was: {cause}");
        Err(Error::new(ErrorKind::SessionFailed, message).with_details(cause.details().clone()))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let transaction = self.channel.in_transaction();
        f.debug_struct("Session")
            .field("objects", &self.len())
            .field("in_transaction", &transaction)
            .field("remembered", &self.objects.remembered())
            .finish_non_exhaustive()
    }
}
