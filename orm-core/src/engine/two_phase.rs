//! Transactions in two phases, for work that several databases commit together or not at all.

use super::{Connection, Engine};
use crate::error::{Fate, LeftPrepared, Result};
use std::ops::{Deref, DerefMut};

/// A transaction that can be prepared. Everything that a [`Connection`] does is done in it; dropped, it is rolled back.
///
/// ```no_run
/// # use orm_doc::*; let (shop, bank) = (engine(), engine());
/// let (mut shop, mut bank) = (shop.connect()?, bank.connect()?);
/// let mut sale = shop.begin_twophase("order-17-shop")?;
/// let mut payment = bank.begin_twophase("order-17-bank")?;
/// sale.execute(insert(&user("dora")))?;
/// payment.execute(delete::<Post>().every_row())?;
/// let (sale, payment) = (sale.prepare()?, payment.prepare()?); // from here on either can be committed, whatever happens
/// // The place to write down, in a third place or in one of the two, that order 17 is decided.
/// sale.commit()?;
/// payment.commit()?;
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a transaction that is dropped is rolled back"]
pub struct TwoPhase<'c> {
    /// `None` once it has ended.
    connection: Option<&'c mut Connection>,
    id: String,
}

/// A transaction that the database has written down: it outlives the connection, the program and the server, and holds its locks
/// until it is committed or rolled back. Dropped, it stays as it is.
#[must_use = "a prepared transaction keeps its locks until it is committed or rolled back"]
pub struct Prepared<'c> {
    /// `None` once it has ended.
    connection: Option<&'c mut Connection>,
    id: String,
}

impl Connection {
    /// Begins a transaction that can be prepared, under a name of up to 64 bytes that no other one has: on PostgreSQL by `PREPARE
    /// TRANSACTION`, on MariaDB and MySQL by `XA`.
    ///
    /// PostgreSQL needs `max_prepared_transactions` above 0, which is its default on no installation; it says so at `prepare`. MySQL
    /// needs the privilege XA_RECOVER_ADMIN to tell the names. On MariaDB and MySQL tables cannot be made in it.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.begin_twophase("order-17").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on SQLite; `InvalidValue` for a name that is empty, too long, or holds NUL or a backslash; `Misuse` in a
    /// transaction; `AlreadyExists` for a name that is taken, on PostgreSQL at `prepare`; what the database refuses.
    #[track_caller]
    pub fn begin_twophase(&mut self, id: &str) -> Result<TwoPhase<'_>> {
        self.channel_mut().begin_two_phase(id)?;
        Ok(TwoPhase { connection: Some(self), id: id.to_owned() })
    }

    /// The names of the transactions that are prepared and not ended, whoever prepared them: on PostgreSQL in this database, on MariaDB
    /// and MySQL on this server. Names that no text can hold are left out.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.recover_twophase().unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on SQLite; what the database refuses.
    #[track_caller]
    pub fn recover_twophase(&mut self) -> Result<Vec<String>> {
        self.channel_mut().prepared_ids()
    }

    /// Commits a prepared transaction by its name, from any connection of the same user.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.commit_prepared("order-17").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is none of the name, which after a `CommitOutcomeUnknown` says that it was ended; `CommitOutcomeUnknown`
    /// when the connection was lost meanwhile; `Unsupported` on SQLite; `Misuse` in a transaction; what the database refuses.
    /// MariaDB says `Database` as long as it has not noticed that the connection which prepared it is gone.
    #[track_caller]
    pub fn commit_prepared(&mut self, id: &str) -> Result<()> {
        self.channel_mut().end_prepared(id, Fate::Commit)
    }

    /// Rolls a prepared transaction back by its name, as [`commit_prepared`](Connection::commit_prepared) commits it.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.rollback_prepared("order-17").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`commit_prepared`](Connection::commit_prepared).
    #[track_caller]
    pub fn rollback_prepared(&mut self, id: &str) -> Result<()> {
        self.channel_mut().end_prepared(id, Fate::Rollback)
    }
}

impl Engine {
    /// The names of the transactions that are prepared and not ended: what a program looks at when it starts, to end what it left
    /// behind. See [`Connection::recover_twophase`].
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(engine().recover_twophase().unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// ```
    ///
    /// # Errors
    /// As there, and those of [`connect`](Engine::connect).
    #[track_caller]
    pub fn recover_twophase(&self) -> Result<Vec<String>> {
        self.connect()?.recover_twophase()
    }

    /// Ends what a commit in two phases left prepared, as its [error](crate::Error::left_prepared) told.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let left = LeftPrepared { id: "order-17".into(), bind: None, fate: Fate::Commit };
    /// assert_eq!(engine().finish(&left).unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// ```
    ///
    /// # Errors
    /// As [`Connection::commit_prepared`], of which `NotFound` says that somebody has ended it since; `Misuse` for a database that this
    /// engine does not know; those of [`connect`](Engine::connect).
    #[track_caller]
    pub fn finish(&self, left: &LeftPrepared) -> Result<()> {
        let LeftPrepared { id, bind, fate } = left;
        let mut connection = match bind {
            None => self.connect()?,
            Some(bind) => self.bind(bind)?.connect()?,
        };
        connection.channel_mut().end_prepared(id, *fate)
    }
}

impl<'c> TwoPhase<'c> {
    /// The name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Has the database write everything down, so that a commit cannot fail any more.
    ///
    /// # Errors
    /// The first error of a failed transaction; what the database refuses, after which it is rolled back; `CommitOutcomeUnknown` when
    /// the connection was lost meanwhile: [`recover_twophase`](Connection::recover_twophase) tells whether the name is there.
    #[track_caller]
    pub fn prepare(mut self) -> Result<Prepared<'c>> {
        let id = std::mem::take(&mut self.id);
        self.channel().prepare_two_phase(&id)?;
        Ok(Prepared { connection: self.connection.take(), id })
    }

    /// Commits in one phase, as a plain transaction.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit).
    #[track_caller]
    pub fn commit(mut self) -> Result<()> {
        self.channel().commit()?;
        self.connection = None;
        Ok(())
    }

    /// Undoes everything since it began.
    ///
    /// # Errors
    /// None so far: a connection that cannot roll back is not used again.
    #[track_caller]
    pub fn rollback(mut self) -> Result<()> {
        self.channel().rollback();
        self.connection = None;
        Ok(())
    }

    fn channel(&mut self) -> &mut super::Channel {
        self.connection.as_mut().expect(OPEN).channel_mut()
    }
}

const OPEN: &str = "a transaction has its connection until it ends";

impl Prepared<'_> {
    /// The name, by which any connection can end it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Commits.
    ///
    /// # Errors
    /// As [`Connection::commit_prepared`]. The transaction stays prepared then, or was ended: its name tells.
    #[track_caller]
    pub fn commit(self) -> Result<()> {
        self.end(Fate::Commit)
    }

    /// Rolls back.
    ///
    /// # Errors
    /// As [`Connection::commit_prepared`].
    #[track_caller]
    pub fn rollback(self) -> Result<()> {
        self.end(Fate::Rollback)
    }

    fn end(mut self, fate: Fate) -> Result<()> {
        let channel = self.connection.as_mut().expect(OPEN).channel_mut();
        channel.end_prepared(&self.id, fate)?;
        self.connection = None;
        Ok(())
    }
}

impl Drop for TwoPhase<'_> {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.channel_mut().rollback();
        }
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.channel_mut().let_go_of_prepared();
        }
    }
}

impl Deref for TwoPhase<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection.as_deref().expect(OPEN)
    }
}

impl DerefMut for TwoPhase<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_deref_mut().expect(OPEN)
    }
}

impl std::fmt::Debug for TwoPhase<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwoPhase").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("id", &self.id).finish_non_exhaustive()
    }
}
