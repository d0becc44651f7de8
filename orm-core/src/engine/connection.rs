//! `Connection` and `Transaction`: statements in, plain structs out.

use super::cancel::CancelHandle;
use super::channel::Channel;
use super::execute::{Execute, Fetch, Run, none};
use super::explain::Explain;
use super::iterate::RowsByKey;
use super::options::TransactionOptions;
use super::page::Page;
use super::seen::Seen;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::Model;
use crate::query::{Output, Query, Scope, Select};
use std::ops::{Deref, DerefMut};
use std::panic::Location;

/// A connection of the pool. Outside of a transaction each statement is one by itself.
///
/// It goes back to the pool when it is dropped; an open transaction is rolled back.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// let mut connection = engine.connect()?;
/// connection.execute(update::<User>().set(|u| u.admin.to(true)).filter(|u| u.id.eq(2)))?;
/// let admins: Vec<User> = connection.all(select::<User>().filter(|u| u.admin))?;
/// assert_eq!(admins.len(), 2);
/// # Ok::<(), Error>(())
/// ```
pub struct Connection {
    channel: Channel,
    seen: Seen,
}

impl Connection {
    pub(crate) fn new(channel: Channel) -> Connection {
        Connection { channel, seen: Seen::default() }
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    #[track_caller]
    pub(super) fn channel_mut(&mut self) -> &mut Channel {
        self.channel.called_at(Location::caller());
        &mut self.channel
    }

    #[track_caller]
    pub(super) fn run(&mut self) -> Run<'_> {
        self.run_at(Location::caller())
    }

    /// The same for a call from another place.
    pub(super) fn run_at(&mut self, place: &'static Location<'static>) -> Run<'_> {
        self.channel.called_at(place);
        Run { channel: &mut self.channel, resolve: &self.seen, streamed: false }
    }

    /// What the connection sees of tables with scopes.
    pub(super) fn seen_mut(&mut self) -> &mut Seen {
        &mut self.seen
    }

    /// The dialect of the server at the other end.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.dialect().name, "SQLite");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn dialect(&self) -> &'static Dialect {
        self.channel.dialect()
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// What the database refuses, `Decode` for a row that does not fit its type, `Unsupported` for what the dialect lacks.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let users: Vec<User> = connection.all(select::<User>().filter(|u| u.id.gt(1)))?;
    /// let names: Vec<String> = connection.all(select::<User>().columns(|u| u.username))?;
    /// assert_eq!((users.len(), names.len()), (2, 3));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn all<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Vec<T>> {
        self.run().all(query)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let best = connection.first(select::<Post>().order_by(|p| p.score.desc()))?;
    /// assert_eq!(best.map(|post| post.title), Some("Hello".into()));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn first<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Option<T>> {
        self.run().first(query)
    }

    /// The only row.
    ///
    /// # Errors
    /// `NotFound` when there is none, `MultipleRows` when there are several, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let bob: User = connection.one(select::<User>().filter(|u| u.username.eq("bob")))?;
    /// let error = connection.one(select::<User>().filter(|u| u.username.eq("eve"))).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn one<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<T> {
        self.one_or_none(query)?.ok_or_else(|| none("one row"))
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// `MultipleRows` when there are several, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.one_or_none(select::<User>().filter(|u| u.username.eq("eve")))?, None);
    /// assert_eq!(connection.one_or_none(select::<User>()).unwrap_err().kind(), ErrorKind::MultipleRows);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn one_or_none<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Option<T>> {
        self.run().one_or_none(query)
    }

    /// Shows each row as it arrives and keeps none: memory does not grow with the result. A query that loads relations with
    /// `.with(..)` is read as a whole first.
    ///
    /// The connection is busy meanwhile. After an error of the closure PostgreSQL and MySQL still send the rows that are left;
    /// they are thrown away before this returns.
    ///
    /// # Errors
    /// The closure's own, which ends the statement, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let mut letters = 0;
    /// connection.for_each(select::<User>(), |user: User| {
    ///     letters += user.username.len();
    ///     Ok(())
    /// })?;
    /// assert_eq!(letters, 13);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn for_each<T, Q: Fetch<T>>(&mut self, query: Q, mut each: impl FnMut(T) -> Result<()>) -> Result<()> {
        query.run_each(&mut Run { streamed: true, ..self.run() }, &mut each)
    }

    /// An iterator over the rows of a table, in the order of the primary key. A thousand rows at a time are in memory, each
    /// thousand read by a statement of its own; in between the server does nothing, so the loop may take its time and end
    /// early. Outside of a transaction, rows that others write meanwhile may be among them or not.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// for user in connection.iterate(select::<User>().filter(|u| u.admin))? {
    ///     assert_eq!(user?.username, "alice");
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Misuse` for a query with an order, groups, a limit or an offset. Each item may be an error as of [`all`](Connection::all);
    /// it is the last then.
    #[track_caller]
    pub fn iterate<M: Model>(&mut self, query: Query<M>) -> Result<RowsByKey<'_, M>> {
        RowsByKey::new(self, query)
    }

    /// How many rows a query has.
    ///
    /// # Errors
    /// `Misuse` for a query that locks rows, of which a count reads none, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.count(select::<Post>().filter(|p| p.score.gt(2)))?, 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn count<S, O>(&mut self, query: Select<S, O>) -> Result<u64> {
        self.run().count(query.body())
    }

    /// Whether a query has a row.
    ///
    /// # Errors
    /// `Misuse` for a query that locks rows, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert!(connection.exists(select::<User>().filter(|u| u.admin))?);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn exists<S, O>(&mut self, query: Select<S, O>) -> Result<bool> {
        self.run().exists(query.body())
    }

    /// One page of a query and how many rows there are in all; pages count from 1. Order the query by something unique, or
    /// rows may come twice.
    ///
    /// # Errors
    /// `Misuse` for page 0, a page size of 0 or a limit with ties, and as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let page = connection.paginate(select::<User>().order_by(|u| u.id), 2, 2)?;
    /// assert_eq!((page.items[0].username.as_str(), page.total, page.has_next()), ("carol", 3, false));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        page: u64,
        per_page: u64,
    ) -> Result<Page<O::Plain>> {
        self.run().page(query, page, per_page)
    }

    /// Runs a statement and tells how many rows it wrote (matched, for an update).
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let changed = connection.execute(update::<User>().set(|u| u.admin.to(true)).filter(|u| !u.admin))?;
    /// assert_eq!(changed, 2);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn execute(&mut self, statement: impl Execute) -> Result<u64> {
        statement.run(&mut self.run())
    }

    /// What the database would do for a statement, in its own words: which indexes it uses, and where it reads whole tables. The
    /// statement is not run. The words differ between databases and their versions: they are for people.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let plan = connection.explain(select::<User>().filter(|u| u.email.eq("bob@example.org")))?;
    /// assert!(plan.contains("SCAN"), "no index helps: {plan}");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// What the database refuses, `Unsupported` for what the dialect lacks.
    #[track_caller]
    pub fn explain(&mut self, statement: impl Explain) -> Result<String> {
        self.run().explain(&statement)
    }

    /// Begins a transaction; inside of one, a savepoint. It is rolled back unless [`Transaction::commit`] is called.
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let mut transaction = connection.begin()?;
    /// transaction.execute(insert(&user("dora")))?;
    /// let mut savepoint = transaction.begin()?;
    /// savepoint.execute(delete::<User>().every_row())?;
    /// savepoint.rollback()?;
    /// transaction.commit()?;
    /// assert_eq!(connection.count(select::<User>())?, 4);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn begin(&mut self) -> Result<Transaction<'_>> {
        self.begin_with(TransactionOptions::new())
    }

    /// Begins a transaction with options; inside of one, a savepoint, and the options mean nothing.
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let transaction = connection.begin_with(TransactionOptions::new().read_only())?;
    /// drop(transaction); // rolled back
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn begin_with(&mut self, options: TransactionOptions) -> Result<Transaction<'_>> {
        self.channel.called_at(Location::caller());
        let nested = self.channel.in_transaction();
        if nested {
            self.channel.savepoint()?;
        } else {
            self.channel.begin(options)?;
        }
        Ok(Transaction { nested, ended: false, connection: self })
    }

    /// Runs a closure in a transaction (inside of one, in a savepoint): commits when it returns `Ok`, rolls back when it
    /// returns `Err` or panics.
    ///
    /// # Errors
    /// The closure's own; what the database refuses. A database error that the closure hid is returned all the same.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// connection.transaction(|transaction| transaction.execute(insert(&user("dora"))))?;
    /// assert!(!connection.in_transaction());
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        self.transaction_with(TransactionOptions::new().write(), work)
    }

    #[track_caller]
    pub(super) fn transaction_with<T>(
        &mut self,
        options: TransactionOptions,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut transaction = self.begin_with(options)?;
        let result = work(&mut transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Whether a transaction is open on the connection.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let transaction = connection.begin()?;
    /// assert!(transaction.in_transaction());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn in_transaction(&self) -> bool {
        self.channel.in_transaction()
    }

    /// What ends a statement of this connection from another thread, until the connection goes back to the pool.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let handle = connection.cancel_handle();
    /// std::thread::spawn(move || handle.cancel()); // ends what runs then, if anything does
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cancel_handle(&mut self) -> CancelHandle {
        self.channel.cancel_handle()
    }

    /// The driver's connection, as the layers of this library see it. The connection is reset before others get it.
    /// [`with_raw`](Connection::with_raw) gives the client crate's own type.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// connection.driver_connection().batch("CREATE TABLE notes (text TEXT); CREATE TABLE more_notes (text TEXT)")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn driver_connection(&mut self) -> &mut dyn crate::driver::Connection {
        self.channel.lend()
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = self.channel.in_transaction();
        f.debug_struct("Connection")
            .field("dialect", &self.dialect().name)
            .field("in_transaction", &open)
            .finish_non_exhaustive()
    }
}

/// A transaction, or inside of one a savepoint. Everything that a [`Connection`] does is done in it; dropped without
/// [`commit`](Transaction::commit), it is rolled back.
///
/// The first database error fails it on every database alike: nothing more is sent, and `commit` returns that error, until
/// it is rolled back. A savepoint around a statement that may fail keeps the rest alive.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let mut transaction = connection.begin()?;
/// transaction.execute(delete::<Post>().every_row())?;
/// drop(transaction);
/// assert_eq!(connection.count(select::<Post>())?, 3);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Transaction<'c> {
    connection: &'c mut Connection,
    nested: bool,
    ended: bool,
}

impl Transaction<'_> {
    /// Commits, or keeps the work of a savepoint as part of the transaction around it.
    ///
    /// # Errors
    /// The first error of a failed transaction, which is rolled back; what the database refuses at COMMIT;
    /// `CommitOutcomeUnknown` when the connection was lost while the answer was due.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let mut transaction = connection.begin()?;
    /// transaction.execute(delete::<Post>().every_row())?;
    /// transaction.commit()?;
    /// assert_eq!(connection.count(select::<Post>())?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn commit(mut self) -> Result<()> {
        let channel = &mut self.connection.channel;
        channel.called_at(Location::caller());
        let result = if self.nested { channel.release() } else { channel.commit() };
        if result.is_ok() {
            self.ended = true;
        }
        result
    }

    /// Undoes everything since it began.
    ///
    /// # Errors
    /// For a savepoint, when the whole transaction is lost.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let mut transaction = connection.begin()?;
    /// transaction.execute(delete::<Post>().every_row())?;
    /// transaction.rollback()?;
    /// assert_eq!(connection.count(select::<Post>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn rollback(mut self) -> Result<()> {
        self.undo()
    }

    #[track_caller]
    fn undo(&mut self) -> Result<()> {
        self.ended = true;
        let channel = &mut self.connection.channel;
        channel.called_at(Location::caller());
        if self.nested {
            return channel.rollback_to_savepoint();
        }
        channel.rollback();
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // A savepoint that cannot be rolled back has failed the transaction around it, which will say so.
            let _ = self.undo();
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection
    }
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").field("nested", &self.nested).finish_non_exhaustive()
    }
}
