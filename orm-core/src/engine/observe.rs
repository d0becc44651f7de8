//! Who is told of each statement: listeners of the program, recorders, and `tracing`. Values are never told.

use super::channel::Effect;
use super::record::Recorder;
#[cfg(feature = "tracing")]
use super::trace;
use crate::dialect::Dialect;
use crate::driver::Place;
use crate::error::Error;
use crate::pool::Pooled;
use crate::query::{masked, summary};
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// A statement that was run.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// engine.on_statement(|executed: &Executed<'_>| {
///     println!("{} in {:?}, asked for at {}", executed.masked_sql(), executed.duration, executed.location);
/// });
/// ```
#[non_exhaustive]
pub struct Executed<'e> {
    /// The text that was sent, with placeholders for values. Raw SQL and fragments are as the program wrote them;
    /// [`masked_sql`](Executed::masked_sql) hides the literals in raw SQL. A write that was sent together with others
    /// (`postgresql+wire://`) is told without the check of its number of rows that stands around it there.
    pub sql: &'e str,
    /// Rows read or written.
    pub rows: u64,
    /// How long the database and the reading of its answer took, with what the program does for each row in a `for_each`; of
    /// what was sent together, how long all of it took.
    pub duration: Duration,
    /// The error, if it failed.
    pub error: Option<&'e Error>,
    /// The place in the program that called for it. For the writes of a flush it is that of the `flush`, the `commit` or the
    /// query that flushed.
    pub location: &'static Location<'static>,
    /// How many times it was executed, each time with values of its own; `None` for a statement by itself.
    pub batch: Option<usize>,
    /// The dialect that it is written in.
    pub dialect: &'static Dialect,
    /// Where the database is.
    pub place: &'e Place,
    raw: bool,
}

impl Executed<'_> {
    /// The text without values, for logs: in raw SQL each text and number is a `?`, and comments are left out. What the query
    /// language wrote is as it is, because there values never are in the text.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let (engine, log) = (engine(), Arc::new(Mutex::new(String::new())));
    /// let notes = Arc::clone(&log);
    /// engine.on_statement(move |executed| *notes.lock().expect("no panic") = executed.masked_sql().into_owned());
    /// engine.connect()?.execute(sql("UPDATE users SET email = 'secret@example.org' WHERE id = 2"))?;
    /// assert_eq!(*log.lock().expect("no panic"), "UPDATE users SET email = ? WHERE id = ?");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn masked_sql(&self) -> Cow<'_, str> {
        match self.raw {
            true => Cow::Owned(masked(self.sql, self.dialect.strings)),
            false => Cow::Borrowed(self.sql),
        }
    }

    /// The verb: `SELECT`, `INSERT`, `BEGIN`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// engine().on_statement(|executed| println!("{} {:?}", executed.operation(), executed.table()));
    /// ```
    pub fn operation(&self) -> &str {
        summary(self.sql, self.dialect.strings).operation
    }

    /// The first table that is read or written, if it is plain to see in the text.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let (engine, tables) = (engine(), Arc::new(Mutex::new(Vec::new())));
    /// let notes = Arc::clone(&tables);
    /// engine.on_statement(move |executed| {
    ///     notes.lock().expect("no panic").push((executed.operation().to_owned(), executed.table().map(String::from)));
    /// });
    /// engine.connect()?.count(select::<User>())?;
    /// assert_eq!(*tables.lock().expect("no panic"), [("SELECT".to_owned(), Some("users".to_owned()))]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn table(&self) -> Option<Cow<'_, str>> {
        summary(self.sql, self.dialect.strings).table
    }
}

/// Shows the text without values.
impl fmt::Debug for Executed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Executed { sql: _, rows, duration, error, location, batch, dialect: _, place: _, raw: _ } = self;
        f.debug_struct("Executed")
            .field("sql", &self.masked_sql())
            .field("rows", rows)
            .field("duration", duration)
            .field("error", &error.map(Error::kind))
            .field("location", &format_args!("{location}"))
            .field("batch", batch)
            .finish()
    }
}

type Listener = dyn Fn(&Executed<'_>) + Send + Sync;

/// Those who are told of the statements of an engine.
#[derive(Default)]
pub(crate) struct Observers {
    listening: RwLock<Arc<Listening>>,
    any: AtomicBool,
}

#[derive(Clone, Default)]
struct Listening {
    listeners: Vec<Arc<Listener>>,
    /// Recorders of what single threads do.
    threads: Vec<(ThreadId, Recorder)>,
}

impl Observers {
    pub(crate) fn add(&self, listener: Arc<Listener>) {
        self.change(|listening| listening.listeners.push(listener));
    }

    /// The listeners of the program, to whom others can be added that the first observers do not know.
    pub(super) fn copied(&self) -> Observers {
        let copy = Observers::default();
        let known = Arc::clone(&self.listening.read().unwrap_or_else(PoisonError::into_inner));
        copy.change(|listening| listening.listeners.clone_from(&known.listeners));
        copy
    }

    pub(super) fn add_thread(&self, thread: ThreadId, recorder: &Recorder) {
        self.change(|listening| listening.threads.push((thread, recorder.clone())));
    }

    pub(super) fn remove_thread(&self, thread: ThreadId, recorder: &Recorder) {
        self.change(|listening| {
            let found = listening.threads.iter().rposition(|(of, known)| *of == thread && known.is(recorder));
            found.map(|at| listening.threads.remove(at));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Listening)) {
        let mut shared = self.listening.write().unwrap_or_else(PoisonError::into_inner);
        let listening = Arc::make_mut(&mut shared);
        change(listening);
        self.any.store(!(listening.listeners.is_empty() && listening.threads.is_empty()), Ordering::Release);
    }

    /// True when somebody listens, so that time need not be taken otherwise.
    #[inline]
    fn any(&self) -> bool {
        #[cfg(feature = "tracing")]
        if trace::is_on() {
            return true;
        }
        self.any.load(Ordering::Acquire)
    }

    fn tell(&self, executed: &Executed<'_>) {
        // A share, so that nothing is locked while they run.
        let listening = Arc::clone(&self.listening.read().unwrap_or_else(PoisonError::into_inner));
        for (_, recorder) in listening.threads.iter().filter(|(thread, _)| *thread == thread::current().id()) {
            recorder.note(executed);
        }
        for listener in &listening.listeners {
            listener(executed);
        }
    }
}

/// What one connection tells the observers of its engine, and a recorder of its own.
pub(super) struct Watch {
    observers: Arc<Observers>,
    pub(super) recorder: Option<Recorder>,
    /// The place in the program that called last.
    pub(super) caller: &'static Location<'static>,
}

/// A statement under way that somebody wants to hear of.
pub(super) struct Started {
    at: Instant,
    raw: bool,
    batch: Option<usize>,
    #[cfg(feature = "tracing")]
    span: trace::Statement,
}

impl Watch {
    pub(super) fn new(observers: Arc<Observers>, caller: &'static Location<'static>) -> Watch {
        Watch { observers, recorder: None, caller }
    }

    /// Whether anybody wants to know of statements.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.observers.any() || self.recorder.is_some()
    }

    /// Notes that a statement begins.
    #[cold]
    pub(super) fn start(&self, sql: &str, effect: Effect, batch: Option<usize>, link: &Pooled) -> Started {
        let raw = matches!(effect, Effect::ReadsRaw | Effect::Unknown);
        #[cfg(feature = "tracing")]
        let span = {
            let (rows, duration, error) = (0, Duration::ZERO, None);
            let (dialect, place) = (link.dialect(), link.place());
            let begun = Executed { sql, rows, duration, error, location: self.caller, batch, dialect, place, raw };
            trace::Statement::begin(&begun)
        };
        #[cfg(not(feature = "tracing"))]
        let _ = (sql, link);
        Started {
            at: Instant::now(),
            raw,
            batch,
            #[cfg(feature = "tracing")]
            span,
        }
    }

    /// Tells of a statement that has ended.
    #[cold]
    pub(super) fn end(&self, started: Started, sql: &str, rows: u64, error: Option<&Error>, link: &Pooled) {
        let batch = started.batch;
        self.end_all(started, std::iter::once((sql, rows, error)), batch, link);
    }

    /// Tells of statements that were sent together and have ended: text, rows, and the error of one that failed.
    #[cold]
    pub(super) fn end_together<'s>(
        &'s self,
        started: Started,
        ended: impl Iterator<Item = (&'s str, u64, Option<&'s Error>)>,
        link: &'s Pooled,
    ) {
        self.end_all(started, ended, None, link);
    }

    fn end_all<'s>(
        &'s self,
        started: Started,
        ended: impl Iterator<Item = (&'s str, u64, Option<&'s Error>)>,
        batch: Option<usize>,
        link: &'s Pooled,
    ) {
        let (duration, raw) = (started.at.elapsed(), started.raw);
        let (dialect, place) = (link.dialect(), link.place());
        for (sql, rows, error) in ended {
            let executed = Executed { sql, rows, duration, error, location: self.caller, batch, dialect, place, raw };
            #[cfg(feature = "tracing")]
            started.span.tell(&executed);
            if let Some(recorder) = &self.recorder {
                recorder.note(&executed);
            }
            self.observers.tell(&executed);
        }
    }

    /// Tells the log of a statement that failed.
    #[cfg(feature = "tracing")]
    #[cold]
    pub(super) fn warn(&self, error: &Error, sql: &str, dialect: &'static Dialect) {
        trace::failed(&masked(sql, dialect.strings), error);
    }
}
