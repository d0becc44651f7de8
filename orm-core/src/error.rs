//! The one error type: an opaque box with a kind that callers act upon. Knows nothing of databases or clients.

mod prepared;

pub use prepared::{Fate, LeftPrepared};

use std::error::Error as StdError;
use std::fmt;

/// The result of everything in this library that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, in the words of the caller.
///
/// One word wide. [`kind`](Error::kind) is what a program acts upon, `Display` is one sentence for people, and the error of
/// the client library, if there was one, is the [`source`](StdError::source). No text of this type ever holds a password or a
/// bound value, with one exception: the message that a database itself wrote, which is only in the source.
///
/// ```
/// use orm_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no user has the key 7").context("load the profile page");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "load the profile page: no user has the key 7");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    details: Details,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a database tells about a failure beside its kind.
///
/// ```
/// # use orm_core::*;
/// let details = Details { code: Some("23505".into()), table: Some("users".into()), ..Details::default() };
/// let error = Error::new(ErrorKind::UniqueViolation, "this user exists").with_details(details);
/// assert_eq!((error.code(), error.table()), (Some("23505"), Some("users")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The database's own code: SQLSTATE, SQLite's extended result code, or MySQL's error number.
    pub code: Option<String>,
    /// The name of the violated constraint, where the database tells it.
    pub constraint: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The columns concerned.
    pub columns: Vec<String>,
    /// The SQL text that failed, without its values.
    pub statement: Option<String>,
    /// What a commit in two phases left behind.
    pub left_prepared: Vec<LeftPrepared>,
}

/// The kinds of failure that a caller can act upon.
///
/// The kinds and the codes behind them follow the manuals of the databases: SQLite's extended result codes, PostgreSQL's
/// appendix A, MySQL's server error reference.
///
/// ```
/// # use orm_doc::*;
/// let error = engine().transaction(|transaction| transaction.execute(insert(&user("alice")))).unwrap_err();
/// match error.kind() {
///     ErrorKind::UniqueViolation => println!("this name is taken"),
///     other => println!("{other:?}: {error}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A row with this value of a UNIQUE or PRIMARY KEY exists already.
    UniqueViolation,
    /// A row refers to a row that does not exist, or is still referred to.
    ForeignKeyViolation,
    /// NULL, or nothing, for a NOT NULL column.
    NotNullViolation,
    /// A CHECK constraint was not satisfied.
    CheckViolation,
    /// PostgreSQL's EXCLUDE constraint was not satisfied.
    ExclusionViolation,
    /// The transaction cannot be put in order with others; run the whole transaction again.
    SerializationFailure,
    /// Two transactions waited for each other; run the whole transaction again.
    Deadlock,
    /// A lock was not free within the time allowed (or at once, with `no_wait`); includes SQLite's BUSY.
    LockTimeout,
    /// The statement ran longer than allowed and was ended.
    StatementTimeout,
    /// The statement was cancelled by somebody.
    Cancelled,
    /// The connection is gone. A transaction that was open on it is lost; a new connection may work.
    ConnectionLost,
    /// The connection was lost while COMMIT was under way: it may or may not have happened. Never retried by this library. Also a
    /// commit of several databases that is not whole: [`Error::left_prepared`] tells what is to be ended.
    CommitOutcomeUnknown,
    /// No connection could be made.
    ConnectFailed,
    /// The database refused the user name or password.
    AuthenticationFailed,
    /// No encrypted connection could be made: the server offers none, or its certificate does not prove who it is.
    TlsFailed,
    /// The server has no database of this name.
    UnknownDatabase,
    /// The server takes no more connections for now.
    TooManyConnections,
    /// No connection became free in the pool within the time allowed.
    PoolTimeout,
    /// The transaction, or the database, is read-only by the program's own choice: `.read_only()`, a SQLite file without the right.
    ReadOnly,
    /// The server does not accept writes: most likely it is a standby now, and another has become the primary. The pool opens new
    /// connections from here on, so that the next transaction may find that one.
    ReadOnlyServer,
    /// The disk, or the space given to the database, is full.
    StorageFull,
    /// The database file is damaged.
    Corrupt,
    /// The operating system failed to read or write.
    Io,
    /// A table that the statement names does not exist.
    UndefinedTable,
    /// A column that the statement names does not exist.
    UndefinedColumn,
    /// A table, index or other thing of this name exists already.
    AlreadyExists,
    /// The database cannot parse the statement.
    Syntax,
    /// The transaction failed before and must be rolled back first.
    TransactionFailed,
    /// The session failed before and must be rolled back first.
    SessionFailed,
    /// No row where exactly one was expected.
    NotFound,
    /// More than one row where at most one was expected.
    MultipleRows,
    /// A row that was to be changed is gone, or was changed by another transaction.
    StaleData,
    /// A reference to an object that is not, or no longer, in the session.
    InvalidReference,
    /// A text that is no cursor of a page, or one of another order: what was sent by whoever asked for the page.
    InvalidCursor,
    /// A value of the database does not fit the Rust type it is read into.
    Decode,
    /// A value does not fit the column's or the database's range.
    OutOfRange,
    /// A text is not valid in the database's encoding (for example NUL on PostgreSQL), or too long.
    InvalidValue,
    /// The database, or the driver, cannot do this; the text names both.
    Unsupported,
    /// The database URL, or an option in it, is not right.
    InvalidUrl,
    /// The library was configured or called in a way that cannot work.
    Misuse,
    /// A hook or a caller's own code refused.
    Refused,
    /// Any other error of a database.
    Database,
}

impl ErrorKind {
    pub(crate) fn is_retryable(self) -> bool {
        matches!(self, ErrorKind::SerializationFailure | ErrorKind::Deadlock | ErrorKind::LockTimeout)
    }
}

impl Error {
    /// An error of a kind, with a sentence about it (lower case, no full stop, no values of other users' rows).
    ///
    /// ```
    /// # use orm_core::*;
    /// let error = Error::new(ErrorKind::Refused, "the shop is closed");
    /// assert_eq!(error.to_string(), "the shop is closed");
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { kind, message: message.into(), details: Details::default(), source: None }))
    }

    /// Adds what the database told about the failure.
    pub fn with_details(mut self, details: Details) -> Error {
        self.0.details = details;
        self
    }

    /// Keeps the client library's error as the source.
    ///
    /// ```
    /// # use orm_core::*;
    /// let cause = std::io::Error::other("no route to host");
    /// let error = Error::new(ErrorKind::ConnectFailed, "the server cannot be reached").with_source(cause);
    /// assert_eq!(std::error::Error::source(&error).map(|source| source.to_string()).as_deref(), Some("no route to host"));
    /// ```
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// Notes the SQL text that failed, if none is noted yet.
    ///
    /// ```
    /// # use orm_core::*;
    /// let error = Error::new(ErrorKind::Syntax, "the statement has a mistake").with_statement("SELEC 1");
    /// assert_eq!(error.statement(), Some("SELEC 1"));
    /// ```
    pub fn with_statement(mut self, sql: &str) -> Error {
        self.0.details.statement.get_or_insert_with(|| sql.to_owned());
        self
    }

    /// Puts what the caller was doing in front of the sentence.
    ///
    /// ```
    /// # use orm_core::*;
    /// let error = Error::new(ErrorKind::Refused, "the shop is closed").context("take the order");
    /// assert_eq!(error.to_string(), "take the order: the shop is closed");
    /// ```
    pub fn context(mut self, doing: impl fmt::Display) -> Error {
        self.0.message = format!("{doing}: {}", self.0.message);
        self
    }

    /// The same failure as another kind, when a layer above knows better what it means.
    ///
    /// ```
    /// # use orm_core::*;
    /// let error = Error::new(ErrorKind::NotFound, "no row").with_kind(ErrorKind::StaleData);
    /// assert_eq!(error.kind(), ErrorKind::StaleData);
    /// ```
    pub fn with_kind(mut self, kind: ErrorKind) -> Error {
        self.0.kind = kind;
        self
    }

    /// An error of the caller's own code, to leave a transaction with: it is the source, and `Display` shows its text.
    ///
    /// ```
    /// use orm_core::{Error, ErrorKind};
    ///
    /// let error = Error::refused(std::fmt::Error);
    /// assert_eq!(error.kind(), ErrorKind::Refused);
    /// ```
    pub fn refused(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        let cause = cause.into();
        Error::new(ErrorKind::Refused, cause.to_string()).with_source(cause)
    }

    /// A construct that a dialect does not have.
    ///
    /// ```
    /// # use orm_core::*;
    /// let error = Error::unsupported("SQLite", "row locks");
    /// assert_eq!(error.to_string(), "SQLite does not have row locks");
    /// ```
    pub fn unsupported(dialect: &str, construct: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Unsupported, format!("{dialect} does not have {construct}"))
    }

    /// A value that cannot be read as the wanted type.
    ///
    /// ```
    /// # use orm_core::*;
    /// assert_eq!(Error::decode("`blue` is no size").kind(), ErrorKind::Decode);
    /// ```
    pub fn decode(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Decode, message)
    }

    /// What kind of failure it was.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = orm_doc::create_engine("sqlite://host/file.db").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidUrl);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The violated constraint's name, where the database tells it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = engine().transaction(|transaction| transaction.execute(insert(&post("Hello", 99)))).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    /// assert_eq!(error.constraint(), None); // SQLite does not tell it, the others do
    /// ```
    pub fn constraint(&self) -> Option<&str> {
        self.0.details.constraint.as_deref()
    }

    /// The table concerned, where known.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = engine().transaction(|transaction| transaction.execute(insert(&user("alice")))).unwrap_err();
    /// assert_eq!(error.table(), Some("users"));
    /// ```
    pub fn table(&self) -> Option<&str> {
        self.0.details.table.as_deref()
    }

    /// The columns concerned, where known.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = engine().transaction(|transaction| transaction.execute(insert(&user("alice")))).unwrap_err();
    /// assert_eq!(error.columns(), ["username"]);
    /// ```
    pub fn columns(&self) -> &[String] {
        &self.0.details.columns
    }

    /// The SQL text that failed, without its values.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let error = connection.execute(sql("SELEC 1")).unwrap_err();
    /// assert_eq!((error.kind(), error.statement()), (ErrorKind::Syntax, Some("SELEC 1")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn statement(&self) -> Option<&str> {
        self.0.details.statement.as_deref()
    }

    /// The database's own code for the failure.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let error = engine().transaction(|transaction| transaction.execute(insert(&user("alice")))).unwrap_err();
    /// assert_eq!(error.code(), Some("2067")); // SQLITE_CONSTRAINT_UNIQUE
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.0.details.code.as_deref()
    }

    /// The transactions that a commit in two phases left prepared, with what is to become of them.
    ///
    /// ```
    /// # use orm_doc::*; let engine = engine(); let mut session = engine.session().two_phase();
    /// if let Err(error) = session.commit() {
    ///     for left in error.left_prepared() {
    ///         engine.finish(left)?; // now, or when the database is there again
    ///     }
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_prepared(&self) -> &[LeftPrepared] {
        &self.0.details.left_prepared
    }

    /// Notes what a commit in two phases left behind.
    pub(crate) fn with_left_prepared(mut self, left: Vec<LeftPrepared>) -> Error {
        self.0.details.left_prepared = left;
        self
    }

    /// Everything that the database told beside the kind.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let error = connection.execute(sql("SELEC 1")).unwrap_err();
    /// assert!(error.details().code.is_some());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn details(&self) -> &Details {
        &self.0.details
    }

    /// True when the same transaction may succeed if it is run again from its start.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert!(Error::new(ErrorKind::Deadlock, "two transactions waited for each other").is_retryable());
    /// assert!(!Error::new(ErrorKind::CommitOutcomeUnknown, "the connection was lost").is_retryable());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.kind().is_retryable()
    }

    /// True when the connection is of no further use.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert!(Error::new(ErrorKind::ConnectionLost, "the server closed the connection").is_disconnect());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_disconnect(&self) -> bool {
        matches!(self.kind(), ErrorKind::ConnectionLost | ErrorKind::CommitOutcomeUnknown)
    }

    /// A copy without the source, for a failed session that must tell its first cause again and again.
    pub(crate) fn duplicate(&self) -> Error {
        let Inner { kind, message, details, source: _ } = &*self.0;
        Error(Box::new(Inner { kind: *kind, message: message.clone(), details: details.clone(), source: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, details, source } = &*self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", kind).field("message", message);
        if *details != Details::default() {
            debug.field("details", details);
        }
        if let Some(source) = source {
            debug.field("source", &format_args!("{}", Chain(&**source)));
        }
        debug.finish()
    }
}

/// An error with its causes: some clients say nothing themselves and everything in the cause.
struct Chain<'e>(&'e (dyn StdError + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// Adds what the caller was doing to the error of a result.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::Context;
///
/// let result = engine().connect()?.count(select::<User>()).context(|| "count the users");
/// assert_eq!(result?, 3);
/// # Ok::<(), Error>(())
/// ```
pub trait Context<T> {
    /// `connection.execute(..).context(|| format!("insert into {table}"))?`
    fn context<D: fmt::Display>(self, doing: impl FnOnce() -> D) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context<D: fmt::Display>(self, doing: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| error.context(doing()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word_and_can_cross_threads() {
        fn crosses_threads<T: Send + Sync>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn shows_the_cause_only_as_source() {
        let cause = std::io::Error::other("the driver's own words");
        let error = Error::new(ErrorKind::ConnectionLost, "the server closed the connection").with_source(cause);
        assert_eq!(error.to_string(), "the server closed the connection");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the driver's own words"));
    }
}
