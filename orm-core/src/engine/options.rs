//! How a transaction is begun.

/// What a transaction may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Reads, and writes when it comes to that. On SQLite a transaction that has read and then writes fails with
    /// `SerializationFailure` if another wrote in between.
    #[default]
    Default,
    /// Writes: SQLite takes its one write lock at the start.
    Write,
    /// Only reads; a write is an error.
    ReadOnly,
}

/// How much a transaction sees of others. SQLite is always serializable, which is at least what was asked for.
///
/// ```
/// # use orm_core::*;
/// let options = TransactionOptions::new().isolation(Isolation::RepeatableRead);
/// assert_ne!(options, TransactionOptions::new());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Also what others have not committed (PostgreSQL: the same as read committed).
    ReadUncommitted,
    /// What others have committed before each statement.
    ReadCommitted,
    /// What others have committed before the transaction.
    RepeatableRead,
    /// As if transactions ran one after another.
    Serializable,
}

impl Isolation {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Isolation::ReadUncommitted => "READ UNCOMMITTED",
            Isolation::ReadCommitted => "READ COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE READ",
            Isolation::Serializable => "SERIALIZABLE",
        }
    }
}

/// How a transaction is begun: what it may do, and how much it sees of others.
///
/// ```
/// use orm_core::{Isolation, TransactionOptions};
///
/// let options = TransactionOptions::new().write().isolation(Isolation::Serializable);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    pub(crate) access: Access,
    pub(crate) isolation: Option<Isolation>,
    pub(crate) two_phase: bool,
}

impl TransactionOptions {
    /// The database's defaults.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let mut transaction = connection.begin_with(TransactionOptions::new())?; // as `begin()`
    /// transaction.execute(delete::<Post>().every_row())?;
    /// transaction.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new() -> TransactionOptions {
        TransactionOptions::default()
    }

    /// A transaction that writes.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let mut transaction = connection.begin_with(TransactionOptions::new().write())?; // SQLite: BEGIN IMMEDIATE
    /// transaction.execute(delete::<Post>().every_row())?;
    /// transaction.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn write(mut self) -> TransactionOptions {
        self.access = Access::Write;
        self
    }

    /// A transaction that only reads.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let options = TransactionOptions::new().read_only();
    /// let mut transaction = connection.begin_with(options)?;
    /// assert_eq!(transaction.execute(delete::<Post>().every_row()).unwrap_err().kind(), ErrorKind::ReadOnly);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_only(mut self) -> TransactionOptions {
        self.access = Access::ReadOnly;
        self
    }

    /// Where a session writes in several databases, they are committed together or not at all: as
    /// [`Session::two_phase`](crate::Session::two_phase). For one database that holds anyway, and nothing changes.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let options = RetryOptions::new(5).transaction(TransactionOptions::new().write().two_phase());
    /// let users = engine().retry(options, |session| session.count(select::<User>()))?;
    /// assert_eq!(users, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn two_phase(mut self) -> TransactionOptions {
        self.two_phase = true;
        self
    }

    /// With an isolation level other than the server's default.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let options = TransactionOptions::new().isolation(Isolation::Serializable);
    /// connection.begin_with(options)?.commit()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn isolation(mut self, level: Isolation) -> TransactionOptions {
        self.isolation = Some(level);
        self
    }
}
