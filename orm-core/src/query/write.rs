//! INSERT, UPDATE and DELETE as values. An UPDATE or DELETE without a filter does not compile until `.every_row()` is said.

use super::expr::{Condition, Field, GroupKey, IntoExpr};
use super::node::{Assignment, From, Join, Node, and};
use super::output::{Entity, Project};
use super::relation::table_of;
use super::scope::{SCOPE_MAX, Scope};
use crate::model::{Binding, Model};
use crate::value::{Nullability, Outer, Required, SqlType, Value};
use std::marker::PhantomData;

/// No filter was given yet.
#[derive(Clone, Copy, Debug)]
pub struct NoFilter;
/// A filter was given, or `.every_row()` said.
#[derive(Clone, Copy, Debug)]
pub struct Filtered;

/// A statement that says which rows it means.
#[diagnostic::on_unimplemented(
    message = "this statement has no filter: it would change every row",
    label = "add `.filter(..)`, or `.every_row()` if that is what you want"
)]
pub trait Guarded {}
impl Guarded for Filtered {}

/// May a right side of this nullability be stored in a column of that one?
#[diagnostic::on_unimplemented(
    message = "a value that may be NULL cannot be stored in a NOT NULL column",
    label = "this may be NULL",
    note = "give it a default: `.coalesce(..)`"
)]
pub trait Fits<Column> {}
impl<N: Nullability> Fits<Outer> for N {}
impl Fits<Required> for Required {}

/// An assignment of an UPDATE: `u.email.to("x")`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let forget = true;
/// let raise = update::<User>().set(|u| {
///     let mut set: Vec<Assign> = vec![u.admin.to(true)];
///     if forget {
///         set.push(u.email.to(None));
///     }
///     set
/// });
/// assert_eq!(connection.execute(raise.filter(|u| u.id.eq(1)))?, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an assignment does nothing by itself: return it from the closure of `set`"]
pub struct Assign(pub(crate) Assignment);

impl<T: SqlType> Field<T> {
    /// Assigns a value or expression: `u.score.to(u.score + 1.0)`, `u.email.to(None)`.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// connection.execute(update::<Post>().set(|p| p.score.to(p.score + 1.0)).filter(|p| p.id.eq(1)))?;
    /// connection.execute(update::<User>().set(|u| (u.email.to(None), u.admin.to(false))).filter(|u| u.id.eq(1)))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to<R: IntoExpr<T::Base, Null: Fits<T::Null>>>(self, value: R) -> Assign {
        let width = <T::Base as Value>::TYPE.width();
        Assign(Assignment { at: self.at, width, value: value.into_operand() })
    }
}

/// What `set` takes: an assignment, a tuple or a `Vec` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an assignment",
    label = "expected `u.column.to(value)`, or a tuple of these"
)]
pub trait Assigns {
    /// Appends the assignments.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Assignment>);
}
#[diagnostic::do_not_recommend]
impl Assigns for Assign {
    fn push_to(self, out: &mut Vec<Assignment>) {
        out.push(self.0);
    }
}
#[diagnostic::do_not_recommend]
impl Assigns for Vec<Assign> {
    fn push_to(self, out: &mut Vec<Assignment>) {
        out.extend(self.into_iter().map(|assign| assign.0));
    }
}
// impl<A: Assigns, B: Assigns> Assigns for (A, B)
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Assigns),+> Assigns for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Assignment>) {
            $(self.$i.push_to(out);)+
        }
    }
)* } }
tuples! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// The plain tree of an UPDATE.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateBody {
    pub from: From,
    /// Further tables, by inner and left joins.
    pub joins: Vec<From>,
    pub set: Vec<Assignment>,
    pub filter: Option<Node>,
    pub returning: Vec<Node>,
}

/// The plain tree of a DELETE.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteBody {
    pub from: From,
    /// Further tables, by inner and left joins.
    pub joins: Vec<From>,
    pub filter: Option<Node>,
    pub returning: Vec<Node>,
}

/// An UPDATE of a model's table.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let statement = update::<User>().set(|u| u.admin.to(true)).filter(|u| u.is(2));
/// assert_eq!(connection.execute(statement.clone())?, 1);
/// assert_eq!(connection.execute(statement)?, 1); // a row counts that is as it was
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a statement does nothing until it is executed"]
pub struct Update<M, G, S = (Entity<M>,)> {
    pub(crate) body: Box<UpdateBody>,
    pub(super) shape: PhantomData<fn() -> (M, G, S)>,
}

/// A DELETE from a model's table.
///
/// ```
/// # use orm_doc::*;
/// let statement = delete::<Post>().filter(|p| p.score.lt(2.5));
/// assert_eq!(statement.to_sql(&orm_core::dialect::SQLITE)?.sql, "DELETE FROM \"posts\" WHERE \"score\" < ?");
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a statement does nothing until it is executed"]
pub struct Delete<M, G, S = (Entity<M>,)> {
    pub(crate) body: Box<DeleteBody>,
    pub(super) shape: PhantomData<fn() -> (M, G, S)>,
}

/// Changes rows: `update::<User>().set(|u| u.admin.to(true)).filter(|u| u.id.eq(7))`.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let changed = connection.execute(update::<User>().set(|u| u.admin.to(true)).filter(|u| u.id.in_([2, 3])))?;
/// assert_eq!(changed, 2);
/// # Ok::<(), Error>(())
/// ```
pub fn update<M: Model>() -> Update<M, NoFilter> {
    let (from, _) = table_of(M::table(), Join::Inner);
    Update {
        body: Box::new(UpdateBody { from, joins: Vec::new(), set: Vec::new(), filter: None, returning: Vec::new() }),
        shape: PhantomData,
    }
}

/// Deletes rows: `delete::<Post>().filter(|p| p.score.lt(0.0))`.
///
/// The database does to the rows that refer to these what their foreign keys say. Children with `by = "session"` are deleted by a
/// session with their objects only: here they are a `ForeignKeyViolation`.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.execute(delete::<Post>().filter(|p| p.score.lt(4)))?, 2);
/// # Ok::<(), Error>(())
/// ```
pub fn delete<M: Model>() -> Delete<M, NoFilter> {
    let (from, _) = table_of(M::table(), Join::Inner);
    Delete {
        body: Box::new(DeleteBody { from, joins: Vec::new(), filter: None, returning: Vec::new() }),
        shape: PhantomData,
    }
}

/// What closures see: the fields of the changed table, and of those joined to it.
pub(super) fn args<S: Scope>(from: &From, joins: &[From]) -> S::Args {
    let mut places = [Binding { table: 0, column: 0, derived: false }; SCOPE_MAX];
    let visible = std::iter::once(from).chain(joins).filter(|table| !table.hidden);
    for (place, table) in places.iter_mut().zip(visible) {
        place.table = table.number;
    }
    S::args(&places)
}

pub(super) fn fields<M: Model>(from: &From) -> M::Fields<Required> {
    M::fields(Binding { table: from.number, column: 0, derived: false })
}

impl<M, G, S: Scope> Update<M, G, S> {
    /// What is assigned; several calls add up.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let set = update::<User>().set(|u| u.admin.to(false)).set(|u| u.email.to("x@example.org"));
    /// assert_eq!(connection.execute(set.filter(|u| u.username.eq("bob")))?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set<A: Assigns>(mut self, set: impl FnOnce(S::Args) -> A) -> Self {
        set(args::<S>(&self.body.from, &self.body.joins)).push_to(&mut self.body.set);
        self
    }

    /// Which rows; several calls are joined by AND.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let calm = update::<Post>().set(|p| p.score.to(0.0)).filter(|p| p.author.eq(1)).filter(|p| p.score.gt(4));
    /// assert_eq!(connection.execute(calm)?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn filter<C: Condition>(mut self, condition: impl FnOnce(S::Args) -> C) -> Update<M, Filtered, S> {
        let condition = condition(args::<S>(&self.body.from, &self.body.joins)).into_condition();
        self.body.filter = Some(and(self.body.filter.take(), condition));
        Update { body: self.body, shape: PhantomData }
    }

    /// All rows, on purpose.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(update::<User>().set(|u| u.admin.to(false)).every_row())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn every_row(self) -> Update<M, Filtered, S> {
        Update { body: self.body, shape: PhantomData }
    }
}

impl<M, S: Scope> Update<M, Filtered, S> {
    /// What comes back of each changed row, where the database can say it. Of a statement with joins, SQLite returns columns of
    /// the changed table alone, and MariaDB and MySQL nothing.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let raise = update::<Post>().set(|p| p.score.to(p.score * 2.0)).filter(|p| p.id.eq(1));
    /// let scores: Vec<f64> = connection.all(raise.returning(|p| p.score))?;
    /// assert_eq!(scores, [9.0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn returning<P: Project>(mut self, columns: impl FnOnce(S::Args) -> P) -> Returning<Self, P::Out> {
        columns(args::<S>(&self.body.from, &self.body.joins)).project(&mut self.body.returning);
        Returning { statement: self, shape: PhantomData }
    }
}

impl<M, G, S: Scope> Delete<M, G, S> {
    /// Which rows; several calls are joined by AND.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(delete::<User>().filter(|u| !u.posts.any(|_| true)))?, 1); // carol
    /// # Ok::<(), Error>(())
    /// ```
    pub fn filter<C: Condition>(mut self, condition: impl FnOnce(S::Args) -> C) -> Delete<M, Filtered, S> {
        let condition = condition(args::<S>(&self.body.from, &self.body.joins)).into_condition();
        self.body.filter = Some(and(self.body.filter.take(), condition));
        Delete { body: self.body, shape: PhantomData }
    }

    /// All rows, on purpose.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.execute(delete::<Post>().every_row())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn every_row(self) -> Delete<M, Filtered, S> {
        Delete { body: self.body, shape: PhantomData }
    }
}

impl<M, S: Scope> Delete<M, Filtered, S> {
    /// What comes back of each deleted row, where the database can say it. Of a statement with joins, SQLite returns columns of
    /// the changed table alone, and MariaDB and MySQL nothing.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let gone: Vec<Post> = connection.all(delete::<Post>().filter(|p| p.id.eq(3)).returning(|p| p))?;
    /// assert_eq!(gone[0].title, "A walk");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn returning<P: Project>(mut self, columns: impl FnOnce(S::Args) -> P) -> Returning<Self, P::Out> {
        columns(args::<S>(&self.body.from, &self.body.joins)).project(&mut self.body.returning);
        Returning { statement: self, shape: PhantomData }
    }
}

/// A statement that returns something of the rows it wrote: fetched like a query.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let kept: Vec<String> = connection.all(insert(&user("dora")).returning(|u| u.username))?;
/// assert_eq!(kept, ["dora"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a statement does nothing until it is executed"]
pub struct Returning<Q, O> {
    pub(crate) statement: Q,
    pub(super) shape: PhantomData<fn() -> O>,
}

/// What an INSERT does with a row that exists.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The columns whose uniqueness is meant.
    pub target: Vec<Node>,
    /// The assignments; none means "do nothing".
    pub set: Vec<Assignment>,
}

/// An INSERT of models. It borrows them and copies nothing.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let users = [user("dora"), user("eve")];
/// assert_eq!(connection.execute(insert(&users))?, 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a statement does nothing until it is executed"]
pub struct Insert<'a, M> {
    pub(crate) rows: &'a [M],
    pub(crate) from: From,
    pub(crate) conflict: Option<Conflict>,
    pub(crate) returning: Vec<Node>,
}

/// What `insert` takes: `&model`, `&[model]`, `&Vec<model>`, `&[model; N]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be inserted",
    label = "expected `&model`, `&[model]`, `&Vec<model>`",
    note = "insert borrows: write `insert(&rows)`"
)]
pub trait Insertable<'a, M> {
    /// The rows.
    #[doc(hidden)]
    fn rows(self) -> &'a [M];
}
#[diagnostic::do_not_recommend]
impl<'a, M: Model> Insertable<'a, M> for &'a M {
    fn rows(self) -> &'a [M] {
        std::slice::from_ref(self)
    }
}
#[diagnostic::do_not_recommend]
impl<'a, M: Model> Insertable<'a, M> for &'a [M] {
    fn rows(self) -> &'a [M] {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<'a, M: Model> Insertable<'a, M> for &'a Vec<M> {
    fn rows(self) -> &'a [M] {
        self
    }
}
#[diagnostic::do_not_recommend]
impl<'a, M: Model, const N: usize> Insertable<'a, M> for &'a [M; N] {
    fn rows(self) -> &'a [M] {
        self
    }
}

/// Inserts rows: `insert(&users)`. Many rows go in as few statements as the database allows, inside one transaction.
///
/// A generated key that holds its sentinel (0, or the nil UUID) is left to the database; the structs do not change: use
/// `.returning(..)` for the keys, or a session, which fills them in.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.execute(insert(&user("dora")))?, 1);
/// let more = vec![user("eve"), user("frank")];
/// let mut keys: Vec<i64> = connection.all(insert(&more).returning(|u| u.id))?;
/// keys.sort();
/// assert_eq!(keys, [5, 6]);
/// # Ok::<(), Error>(())
/// ```
pub fn insert<'a, M: Model>(rows: impl Insertable<'a, M>) -> Insert<'a, M> {
    let (from, _) = table_of(M::table(), Join::Inner);
    Insert { rows: rows.rows(), from, conflict: None, returning: Vec::new() }
}

/// An INSERT that was told which uniqueness may be violated, but not yet what then.
#[derive(Debug)]
#[must_use = "say `.do_nothing()` or `.do_update(..)`"]
pub struct OnConflict<'a, M> {
    insert: Insert<'a, M>,
    target: Vec<Node>,
}

impl<'a, M: Model> Insert<'a, M> {
    /// What happens to a row whose columns hold values that exist already.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let users = [user("alice"), user("dora")];
    /// connection.execute(insert(&users).on_conflict(|u| u.username).do_nothing())?;
    /// assert_eq!(connection.count(select::<User>())?, 4); // dora is new
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_conflict<K: GroupKey>(self, columns: impl FnOnce(M::Fields<Required>) -> K) -> OnConflict<'a, M> {
        let mut target = Vec::new();
        columns(fields::<M>(&self.from)).push_to(&mut target);
        OnConflict { insert: self, target }
    }

    /// What comes back of each row, where the database can say it. The order is the database's own.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let rows = [user("dora"), user("eve")];
    /// let mut keys: Vec<(i64, String)> = connection.all(insert(&rows).returning(|u| (u.id, u.username)))?;
    /// keys.sort();
    /// assert_eq!(keys, [(4, "dora".into()), (5, "eve".into())]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn returning<P: Project>(mut self, columns: impl FnOnce(M::Fields<Required>) -> P) -> Returning<Self, P::Out> {
        columns(fields::<M>(&self.from)).project(&mut self.returning);
        Returning { statement: self, shape: PhantomData }
    }
}

impl<'a, M: Model> OnConflict<'a, M> {
    /// Leaves the existing row as it is.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let again = user("alice");
    /// connection.execute(insert(&again).on_conflict(|u| u.username).do_nothing())?;
    /// assert!(connection.one(select::<User>().filter(|u| u.username.eq("alice")))?.admin);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn do_nothing(mut self) -> Insert<'a, M> {
        self.insert.conflict = Some(Conflict { target: self.target, set: Vec::new() });
        self.insert
    }

    /// Changes the existing row; the second argument is the row that could not be inserted.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let again = user("alice");
    /// connection.execute(insert(&again).on_conflict(|u| u.username).do_update(|_, new| new.admin.to(new.admin)))?;
    /// assert!(!connection.one(select::<User>().filter(|u| u.username.eq("alice")))?.admin);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn do_update<A: Assigns>(
        mut self,
        set: impl FnOnce(M::Fields<Required>, M::Fields<Required>) -> A,
    ) -> Insert<'a, M> {
        let new = M::fields(Binding { table: EXCLUDED, column: 0, derived: false });
        let mut assignments = Vec::new();
        set(fields::<M>(&self.insert.from), new).push_to(&mut assignments);
        self.insert.conflict = Some(Conflict { target: self.target, set: assignments });
        self.insert
    }
}

/// The number of the row that could not be inserted, as a table.
pub(crate) const EXCLUDED: u32 = 0;
