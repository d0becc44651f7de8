//! How much of a table a statement sees: the rows that are not deleted, those of one tenant, or all.

use super::select::Select;
use super::write::{Delete, Update};

/// How much of the tables with `#[orm(soft_delete)]` and `#[orm(tenant)]` a statement sees.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scoping {
    /// The rows of the tenant that are not deleted.
    #[default]
    Full,
    /// All rows of the tenant.
    WithDeleted,
    /// All rows.
    Lifted,
}

impl<S, O> Select<S, O> {
    /// Sees deleted rows, too, of every model with `#[orm(soft_delete)]` in the query, its subqueries and its loads.
    ///
    /// ```standalone_crate
    /// # extern crate orm_doc as orm;
    /// use orm::prelude::*;
    /// #[derive(Model, Clone, Debug, PartialEq)]
    /// #[orm(table = "notes")]
    /// struct Note {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     text: String,
    ///     #[orm(soft_delete)]
    ///     deleted: bool,
    /// }
    ///
    /// let engine = orm::create_engine("sqlite::memory:")?;
    /// Schema::of::<Note>().create_all(&engine)?;
    /// let mut session = engine.session();
    /// let note = session.add(Note { id: 0, text: "call bob".into(), deleted: false });
    /// session.commit()?;
    /// session.delete(note);
    /// session.commit()?; // UPDATE notes SET deleted = ? WHERE id = ?
    /// assert_eq!(session.count(select::<Note>())?, 0);
    /// assert_eq!(session.count(select::<Note>().with_deleted())?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_deleted(mut self) -> Self {
        self.lift(Scoping::WithDeleted);
        self
    }

    /// Sees all rows: deleted ones, and those of all tenants. For the reports of the people who run the service.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let everything = select::<User>().unscoped();
    /// # let _ = everything;
    /// ```
    pub fn unscoped(mut self) -> Self {
        self.lift(Scoping::Lifted);
        self
    }
}

impl<M, G, S> Update<M, G, S> {
    /// Updates deleted rows, too.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(update::<User>().set(|u| u.email.to(None)).every_row().with_deleted())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_deleted(mut self) -> Self {
        self.body.from.scoping = self.body.from.scoping.max(Scoping::WithDeleted);
        self
    }

    /// Updates deleted rows, too, and those of all tenants.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(update::<User>().set(|u| u.email.to(None)).every_row().unscoped())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unscoped(mut self) -> Self {
        self.body.from.scoping = Scoping::Lifted;
        self
    }
}

impl<M, G, S> Delete<M, G, S> {
    /// Deletes the rows, too, that are marked as deleted: what empties the bin.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(delete::<User>().every_row().with_deleted())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_deleted(mut self) -> Self {
        self.body.from.scoping = self.body.from.scoping.max(Scoping::WithDeleted);
        self
    }

    /// Deletes the rows, too, that are marked as deleted, and those of all tenants.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(delete::<User>().every_row().unscoped())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unscoped(mut self) -> Self {
        self.body.from.scoping = Scoping::Lifted;
        self
    }
}
