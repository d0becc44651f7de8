//! `Recorder`: the statements of one session, connection or thread, kept as data. Knows nothing of how they are run.

use super::connection::Connection;
use super::observe::Executed;
use super::{Engine, Observers};
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

const LIMIT: usize = 1000;
/// A longer text is cut.
const LONGEST_TEXT: usize = 16 * 1024;

/// Collects statements: what a debug page shows of a request. Cloning shares it.
///
/// Given to a session ([`Session::record`](crate::Session::record)), to a connection ([`Connection::record`]) or to a thread
/// ([`Engine::record_thread`]); one recorder can be given to several. It keeps the last 1000, or as many as it is told.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// let recorder = Recorder::new();
/// let mut session = engine.session();
/// session.record(&recorder);
/// session.all(select::<User>().filter(|u| u.username.eq("bob")))?;
///
/// let statements = recorder.statements();
/// let select = statements.iter().find(|statement| statement.sql.starts_with("SELECT")).expect("it was sent");
/// assert!(select.sql.contains("?") && !select.sql.contains("bob")); // values are never kept
/// assert_eq!(select.rows, 1);
/// println!("{}:{} took {:?}", select.location.file(), select.location.line(), select.duration);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Log>>);

struct Log {
    statements: VecDeque<Recorded>,
    limit: usize,
    total: u64,
    time: Duration,
}

/// A statement that a [`Recorder`] has seen.
///
/// ```
/// # use orm_doc::*;
/// let (engine, recorder) = (engine(), Recorder::new());
/// let mut connection = engine.connect()?;
/// connection.record(&recorder);
/// connection.count(select::<User>())?;
/// let only: Recorded = recorder.take().remove(0);
/// assert_eq!((only.operation.as_str(), only.table.as_deref(), only.rows), ("SELECT", Some("users"), 1));
/// assert_eq!(only.location.file(), file!());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The text without values, as of [`Executed::masked_sql`]; cut if it is longer than 16 KiB.
    pub sql: String,
    /// The verb: `SELECT`.
    pub operation: String,
    /// The first table, if it is plain to see.
    pub table: Option<String>,
    /// Rows read or written.
    pub rows: u64,
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub duration: Duration,
    /// The place in the program that called for it.
    pub location: &'static Location<'static>,
    /// For how many rows of values it was sent at once; `None` for a statement by itself.
    pub batch: Option<usize>,
    /// The text of the error, if it failed.
    pub error: Option<String>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder::new()
    }
}

impl Recorder {
    /// One that keeps the last 1000 statements.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert!(Recorder::new().statements().is_empty());
    /// ```
    pub fn new() -> Recorder {
        Recorder::with_limit(LIMIT)
    }

    /// One that keeps the last so many; at least one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (engine, recorder) = (engine(), Recorder::with_limit(2));
    /// let mut connection = engine.connect()?;
    /// connection.record(&recorder);
    /// for _ in 0..5 {
    ///     connection.count(select::<User>())?;
    /// }
    /// assert_eq!((recorder.statements().len(), recorder.total()), (2, 5));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_limit(statements: usize) -> Recorder {
        let limit = statements.max(1);
        Recorder(Arc::new(Mutex::new(Log { statements: VecDeque::new(), limit, total: 0, time: Duration::ZERO })))
    }

    /// The statements that are kept, in the order in which they ended.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (engine, recorder) = (engine(), Recorder::new());
    /// let mut connection = engine.connect()?;
    /// connection.record(&recorder);
    /// connection.count(select::<User>())?;
    /// assert_eq!(recorder.statements().len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn statements(&self) -> Vec<Recorded> {
        self.log().statements.iter().cloned().collect()
    }

    /// The same, and begins anew.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (engine, recorder) = (engine(), Recorder::new());
    /// let mut connection = engine.connect()?;
    /// connection.record(&recorder);
    /// connection.count(select::<User>())?;
    /// assert_eq!((recorder.take().len(), recorder.take().len(), recorder.total()), (1, 0, 0));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn take(&self) -> Vec<Recorded> {
        let mut log = self.log();
        (log.total, log.time) = (0, Duration::ZERO);
        std::mem::take(&mut log.statements).into()
    }

    /// How many statements there were, kept or not.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(Recorder::new().total(), 0);
    /// ```
    pub fn total(&self) -> u64 {
        self.log().total
    }

    /// How long all of them took, kept or not.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert!(Recorder::new().time().is_zero());
    /// ```
    pub fn time(&self) -> Duration {
        self.log().time
    }

    /// Whether both are the same recorder.
    pub(super) fn is(&self, other: &Recorder) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn note(&self, executed: &Executed<'_>) {
        let mut sql = executed.masked_sql().into_owned();
        if sql.len() > LONGEST_TEXT {
            let end = (0..=LONGEST_TEXT).rev().find(|at| sql.is_char_boundary(*at)).unwrap_or(0);
            sql.truncate(end);
            sql.push('…');
        }
        let statement = Recorded {
            sql,
            operation: executed.operation().to_owned(),
            table: executed.table().map(String::from),
            rows: executed.rows,
            began: Instant::now().checked_sub(executed.duration).unwrap_or_else(Instant::now),
            duration: executed.duration,
            location: executed.location,
            batch: executed.batch,
            error: executed.error.map(ToString::to_string),
        };
        let mut log = self.log();
        log.total += 1;
        log.time += executed.duration;
        if log.statements.len() == log.limit {
            log.statements.pop_front();
        }
        log.statements.push_back(statement);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.log();
        f.debug_struct("Recorder").field("total", &log.total).field("time", &log.time).finish_non_exhaustive()
    }
}

/// A thread's statements are recorded until this is dropped. Made by [`Engine::record_thread`].
///
/// ```
/// # use orm_doc::*;
/// let (engine, recorder) = (engine(), Recorder::new());
/// let recording: Recording = engine.record_thread(&recorder);
/// engine.connect()?.count(select::<User>())?;
/// drop(recording);
/// engine.connect()?.count(select::<User>())?;
/// assert_eq!(recorder.total(), 1);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "nothing is recorded once it is dropped"]
pub struct Recording {
    observers: Arc<Observers>,
    thread: ThreadId,
    recorder: Recorder,
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.observers.remove_thread(self.thread, &self.recorder);
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("thread", &self.thread).finish_non_exhaustive()
    }
}

impl Engine {
    /// Records every statement that the calling thread sends through this engine, by whichever session or connection, until what
    /// is returned is dropped: for the work of one request that runs on one thread.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (engine, recorder) = (engine(), Recorder::new());
    /// let _recording = engine.record_thread(&recorder);
    /// engine.with_session(|session| Ok(session.add(user("dora"))))?;
    /// let operations: Vec<String> = recorder.take().into_iter().map(|statement| statement.operation).collect();
    /// assert_eq!(operations.last().map(String::as_str), Some("COMMIT"));
    /// assert!(operations.contains(&"INSERT".to_owned()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn record_thread(&self, recorder: &Recorder) -> Recording {
        let (observers, thread) = (Arc::clone(&self.inner.observers), thread::current().id());
        observers.add_thread(thread, recorder);
        Recording { observers, thread, recorder: recorder.clone() }
    }
}

impl Connection {
    /// Records the statements of this connection from now on.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (engine, recorder) = (engine(), Recorder::new());
    /// let mut connection = engine.connect()?;
    /// connection.record(&recorder);
    /// connection.count(select::<User>())?;
    /// assert_eq!(recorder.total(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn record(&mut self, recorder: &Recorder) {
        self.channel_mut().record(recorder.clone());
    }
}
