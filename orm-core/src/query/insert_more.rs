//! INSERT of a query's rows where a row exists already, and INSERT of nothing but defaults.

use super::expr::GroupKey;
use super::insert_select::{InsertInto, InsertSelect};
use super::node::{From, Join, Node};
use super::output::Project;
use super::relation::table_of;
use super::write::{Assigns, Conflict, EXCLUDED, Returning, fields};
use crate::model::{Binding, Model};
use crate::value::Required;
use std::fmt;
use std::marker::PhantomData;

/// An INSERT of a query's rows that was told which uniqueness may be violated, but not yet what then.
#[derive(Debug)]
#[must_use = "say `.do_nothing()` or `.do_update(..)`"]
pub struct OnConflictSelect<M> {
    insert: InsertSelect<M>,
    target: Vec<Node>,
}

impl<M: Model> InsertSelect<M> {
    /// What happens to a row whose columns hold values that exist already, as of [`Insert::on_conflict`](crate::Insert::on_conflict).
    ///
    /// MariaDB and MySQL react to any unique key of the table, so there it is an `Unsupported` error where the table has another
    /// one, or the rows bring a primary key of their own.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let names = || select::<User>().columns(|u| (u.username, val(false)));
    /// let copies = insert_into::<User>().select(names(), |u| (u.username, u.admin));
    /// assert_eq!(connection.execute(copies.on_conflict(|u| u.username).do_nothing())?, 0);
    /// let copies = insert_into::<User>().select(names(), |u| (u.username, u.admin));
    /// connection.execute(copies.on_conflict(|u| u.username).do_update(|u, new| u.admin.to(new.admin)))?;
    /// assert_eq!(connection.count(select::<User>().filter(|u| u.admin))?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_conflict<K: GroupKey>(self, columns: impl FnOnce(M::Fields<Required>) -> K) -> OnConflictSelect<M> {
        let mut target = Vec::new();
        columns(fields::<M>(&self.body.from)).push_to(&mut target);
        OnConflictSelect { insert: self, target }
    }
}

impl<M: Model> OnConflictSelect<M> {
    /// Leaves the existing row as it is.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let names = select::<User>().columns(|u| (u.username, val(false)));
    /// let copies = insert_into::<User>().select(names, |u| (u.username, u.admin)).on_conflict(|u| u.username);
    /// assert_eq!(connection.execute(copies.do_nothing())?, 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn do_nothing(mut self) -> InsertSelect<M> {
        self.insert.body.conflict = Some(Conflict { target: self.target, set: Vec::new() });
        self.insert
    }

    /// Changes the existing row; the second argument is the row that could not be inserted.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let names = select::<User>().columns(|u| (u.username, val(true)));
    /// let copies = insert_into::<User>().select(names, |u| (u.username, u.admin)).on_conflict(|u| u.username);
    /// assert_eq!(connection.execute(copies.do_update(|u, new| u.admin.to(new.admin)))?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn do_update<A: Assigns>(
        mut self,
        set: impl FnOnce(M::Fields<Required>, M::Fields<Required>) -> A,
    ) -> InsertSelect<M> {
        let new = M::fields(Binding { table: EXCLUDED, column: 0, derived: false });
        let mut assignments = Vec::new();
        set(fields::<M>(&self.insert.body.from), new).push_to(&mut assignments);
        self.insert.body.conflict = Some(Conflict { target: self.target, set: assignments });
        self.insert
    }
}

/// The plain tree of an INSERT of one row of defaults.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct InsertDefaultsBody {
    pub from: From,
    pub returning: Vec<Node>,
}

/// An INSERT of one row that has nothing but defaults.
#[must_use = "a statement does nothing until it is executed"]
pub struct InsertDefaults<M> {
    pub(crate) body: Box<InsertDefaultsBody>,
    shape: PhantomData<fn() -> M>,
}

impl<M: Model> InsertInto<M> {
    /// One row of which every column gets its default, or is NULL. A NOT NULL column without a default is the database's error.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let nobody = connection.execute(insert_into::<User>().default_values());
    /// assert_eq!(nobody.expect_err("a user has a name").kind(), ErrorKind::NotNullViolation);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn default_values(self) -> InsertDefaults<M> {
        let (from, _) = table_of(M::table(), Join::Inner);
        InsertDefaults { body: Box::new(InsertDefaultsBody { from, returning: Vec::new() }), shape: PhantomData }
    }
}

impl<M: Model> InsertDefaults<M> {
    /// What comes back of the row, where the database can say it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let row = insert_into::<User>().default_values().returning(|u| u.id);
    /// let id: Result<i64, Error> = engine().connect()?.one(row);
    /// assert_eq!(id.unwrap_err().kind(), ErrorKind::NotNullViolation); // a user has a name
    /// # Ok::<(), Error>(())
    /// ```
    pub fn returning<P: Project>(mut self, columns: impl FnOnce(M::Fields<Required>) -> P) -> Returning<Self, P::Out> {
        columns(fields::<M>(&self.body.from)).project(&mut self.body.returning);
        Returning { statement: self, shape: PhantomData }
    }
}

impl<M> Clone for InsertDefaults<M> {
    fn clone(&self) -> Self {
        InsertDefaults { body: self.body.clone(), shape: PhantomData }
    }
}
impl<M> fmt::Debug for InsertDefaults<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertDefaults").field("body", &self.body).finish()
    }
}
