//! The engine: a driver, its dialect and its pool; connections and transactions over them.

mod binds;
mod cancel;
mod channel;
mod connection;
mod copy;
mod cursor;
mod execute;
mod explain;
mod extension;
mod insert;
mod insert_query;
mod iterate;
mod keyset;
#[cfg(feature = "metrics")]
mod measure;
mod notify;
mod observe;
mod options;
mod page;
mod pool_events;
mod raw_client;
mod raw_rows;
mod record;
mod replicas;
mod retry;
mod seen;
mod slow;
mod step;
mod test_transaction;
#[cfg(feature = "tracing")]
mod trace;
mod two_phase;
mod violation;
mod writes;

pub use cancel::CancelHandle;
pub(crate) use channel::{Channel, Effect, Fate, Fault};
pub use connection::{Connection, Transaction};
pub use execute::{Execute, Fetch, Run, Touched};
pub(crate) use execute::{effect_of, none, several, table_name, touched_by};
pub use explain::Explain;
pub(crate) use insert::{Batch, RowData, check, is_sentinel, row_data};
pub use iterate::RowsByKey;
pub use keyset::KeysetPage;
pub(crate) use keyset::Paging;
pub use notify::Notifications;
pub use observe::Executed;
pub(crate) use observe::Observers;
pub use options::{Access, Isolation, TransactionOptions};
pub use page::{Page, PageEdges};
pub use record::{Recorded, Recorder, Recording};
pub(crate) use replicas::OwnWrites;
use replicas::Replicas;
pub(crate) use retry::Attempts;
pub use retry::RetryOptions;
pub(crate) use step::Step;
pub use two_phase::{Prepared, TwoPhase};
pub(crate) use violation::complete;
use writes::Facts;
pub(crate) use writes::{
    Checked, Rows, Source, Wanted, WriteError, checked_delete, checked_insert, checked_update, delete_holders,
    delete_many, insert_many, miscounted_insert, select_by_keys, select_holders, update_many,
};

use crate::ddl::Schema;
use crate::dialect::Dialect;
use crate::driver::Driver;
use crate::error::Result;
use crate::pool::{Pool, PoolOptions, PoolStatus};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A database: its driver, dialect and pool of connections. Made once for a program, by `create_engine(url)`; cloning shares it.
///
/// Nothing is connected until the first connection is asked for.
///
/// ```
/// # use orm_doc::*;
/// let engine = create_engine("sqlite::memory:")?;
/// let for_a_thread = engine.clone(); // the same pool
/// assert_eq!(for_a_thread.dialect().name, "SQLite");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
    replicas: Option<Arc<Replicas>>,
    /// Noted only where there are replicas that may not have them yet.
    own_writes: Option<Arc<OwnWrites>>,
    /// The other databases of the application.
    binds: Option<Arc<binds::Binds>>,
    /// Which of them this one is.
    name: Option<Arc<str>>,
}

struct Inner {
    pool: Pool,
    observers: Arc<Observers>,
    facts: Arc<Facts>,
    extension: extension::Extension,
}

impl Engine {
    /// An engine over a driver: what `create_engine` calls after it found the driver for a URL.
    ///
    /// # Errors
    /// `Misuse` for pool options that contradict each other.
    pub fn new(driver: Arc<dyn Driver>, options: PoolOptions) -> Result<Engine> {
        let pool = Pool::new(driver, options)?;
        Ok(Engine {
            inner: Arc::new(Inner {
                pool,
                observers: Arc::default(),
                facts: Arc::default(),
                extension: Default::default(),
            }),
            replicas: None,
            own_writes: None,
            binds: None,
            name: None,
        })
    }

    /// The dialect. Behind a `mysql` URL, whether the server is MySQL or MariaDB is known from the first connection on.
    ///
    /// ```
    /// # use orm_doc::*;
    /// if !engine().dialect().returning.update {
    ///     println!("UPDATE .. RETURNING has to be done without");
    /// }
    /// ```
    pub fn dialect(&self) -> &'static Dialect {
        self.inner.pool.driver().dialect()
    }

    /// A connection from the pool, which returns there when it is dropped. It is one to the primary, whatever is begun on it.
    ///
    /// # Errors
    /// `PoolTimeout` when none became free in time; the error of connecting.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let mut connection = engine.connect()?;
    /// assert_eq!(connection.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn connect(&self) -> Result<Connection> {
        Ok(Connection::new(self.channel()?))
    }

    /// Runs a closure in a transaction that writes: commits when it returns `Ok`, rolls back when it returns `Err` or panics.
    ///
    /// # Errors
    /// The closure's own, and those of [`connect`](Engine::connect) and [`Transaction::commit`].
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let result: Result<()> = engine.transaction(|transaction| {
    ///     transaction.execute(delete::<Post>().every_row())?;
    ///     Err(Error::refused("better not"))
    /// });
    /// assert_eq!(result.unwrap_err().kind(), ErrorKind::Refused);
    /// assert_eq!(engine.connect()?.count(select::<Post>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn transaction<T>(&self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T>) -> Result<T> {
        self.transaction_with(TransactionOptions::new().write(), work)
    }

    /// The same for a transaction begun with options; one that only reads may go to a replica.
    ///
    /// # Errors
    /// As [`transaction`](Engine::transaction).
    ///
    /// ```
    /// # use orm_doc::*; let engine = engine();
    /// let users = engine.transaction_with(TransactionOptions::new().read_only(), |transaction| transaction.all(select::<User>()))?;
    /// assert_eq!(users.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn transaction_with<T>(
        &self,
        options: TransactionOptions,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        Connection::new(self.channel_for(options)?).transaction_with(options, work)
    }

    /// Calls a closure after each statement, on the thread that ran it. Bound values are never shown; raw SQL is as the program
    /// wrote it, and [`Executed::masked_sql`] hides the literals in it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let engine = engine();
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&seen);
    /// engine.on_statement(move |executed| log.lock().expect("no listener panics").push(executed.sql.to_owned()));
    /// engine.connect()?.count(select::<User>())?;
    /// assert_eq!(seen.lock().expect("no listener panics").len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_statement(&self, listener: impl Fn(&Executed<'_>) + Send + Sync + 'static) {
        self.inner.observers.add(Arc::new(listener));
    }

    /// The pool, for its status and its maintenance.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().close_expired();
    /// assert_eq!(engine.pool().status().in_use, 0);
    /// ```
    pub fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    /// How many connections there are and what they do.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let engine = engine();
    /// let connection = engine.connect()?;
    /// assert_eq!(engine.pool_status().in_use, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn pool_status(&self) -> PoolStatus {
        self.inner.pool.status()
    }

    #[track_caller]
    pub(crate) fn channel(&self) -> Result<Channel> {
        self.channel_at(Location::caller())
    }

    /// The same for a call from another place.
    pub(crate) fn channel_at(&self, place: &'static Location<'static>) -> Result<Channel> {
        let Inner { pool, observers, facts, extension: _ } = &*self.inner;
        Ok(Channel::new(pool.get_at(place)?, Arc::clone(observers), Arc::clone(facts), place)
            .noting(self.own_writes.clone()))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("driver", self.inner.pool.driver()).finish_non_exhaustive()
    }
}

impl Schema {
    /// Creates the tables that are not there, with their indexes and constraints. Twice is no error; tables that are there are
    /// left as they are.
    ///
    /// # Errors
    /// What the database refuses; where it can, everything is rolled back then.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = create_engine("sqlite::memory:")?;
    /// Schema::of::<(User, Post)>().create_all(&engine)?;
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn create_all(&self, engine: &Engine) -> Result<()> {
        engine
            .by_database(self.tables())?
            .into_iter()
            .try_for_each(|(engine, tables)| self.of_one_database(tables).create_all_on(&mut **engine.channel()?.raw()))
    }

    /// Drops the tables that are there, in reverse order.
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// Schema::of::<Membership>().drop_all(&engine)?; // and the tables that it refers to
    /// assert_eq!(engine.connect()?.count(select::<User>()).unwrap_err().kind(), ErrorKind::UndefinedTable);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn drop_all(&self, engine: &Engine) -> Result<()> {
        engine
            .by_database(self.tables())?
            .into_iter()
            .try_for_each(|(engine, tables)| self.of_one_database(tables).drop_all_on(&mut **engine.channel()?.raw()))
    }

    /// Compares the tables with the database's catalogue: what is missing or different.
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = create_engine("sqlite::memory:")?;
    /// assert_eq!(Schema::of::<User>().verify(&engine)?.len(), 1); // the table is missing
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn verify(&self, engine: &Engine) -> Result<Vec<crate::ddl::Mismatch>> {
        let mut found = Vec::new();
        for (engine, tables) in engine.by_database(self.tables())? {
            found.extend(self.of_one_database(tables).verify_on(&mut **engine.channel()?.raw())?);
        }
        Ok(found)
    }

    /// Lets generated keys go on behind the largest key of each table: PostgreSQL does not count rows that were inserted with
    /// keys of their own, and would give one of these again. Nothing is sent where the database counts them itself. Nobody else
    /// should insert meanwhile.
    ///
    /// # Errors
    /// What the database refuses.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.connect()?.execute(insert(&User { id: 1000, ..user("dora") }))?;
    /// Schema::of::<User>().sync_sequences(&engine)?;
    /// let mut session = engine.session();
    /// let eve = session.add(user("eve"));
    /// session.commit()?;
    /// assert_eq!(session[eve].id, 1001);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn sync_sequences(&self, engine: &Engine) -> Result<()> {
        engine.by_database(self.tables())?.into_iter().try_for_each(|(engine, tables)| {
            self.of_one_database(tables).sync_sequences_on(&mut **engine.channel()?.raw())
        })
    }
}
