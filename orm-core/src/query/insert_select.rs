//! INSERT of the rows of a query: `insert_into::<User>().select(query, |u| (u.username, u.email))`.

use super::expr::{Field, IntoExpr};
use super::node::{From, Join, Node, SelectBody};
use super::output::{Project, Scalar};
use super::relation::table_of;
use super::select::Select;
use super::write::{Conflict, Fits, Returning, fields};
use crate::model::{Binding, Model};
use crate::value::{Required, SqlType, Value};
use std::fmt;
use std::marker::PhantomData;

/// Columns that take the rows of a query: each a type that fits, in the query's order.
#[diagnostic::on_unimplemented(
    message = "these columns cannot take the rows of that query",
    label = "`{Self}` does not fit rows of `{Rows}`",
    note = "give as many columns as the query selects, in its order and of its types; a NOT NULL column takes nothing that may be NULL: `.coalesce(..)`"
)]
pub trait Accepts<Rows> {
    /// Appends the columns.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<(Binding, usize)>);
}
// What could be assigned could be inserted: a key is taken by a reference, too.
#[diagnostic::do_not_recommend]
impl<T: SqlType, X> Accepts<Scalar<X>> for Field<T>
where
    Field<X>: IntoExpr<T::Base, Null: Fits<T::Null>>,
{
    fn push_to(self, out: &mut Vec<(Binding, usize)>) {
        out.push((self.at, <T::Base as Value>::TYPE.width()));
    }
}

// impl<A: Accepts<X>, B: Accepts<Y>, X, Y> Accepts<(X, Y)> for (A, B)
macro_rules! tuples { ($(($($t:ident $x:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Accepts<$x>, $x),+> Accepts<($($x,)+)> for ($($t,)+) {
        fn push_to(self, out: &mut Vec<(Binding, usize)>) {
            $(self.$i.push_to(out);)+
        }
    }
)* } }
tuples! {
    (A0 X0 0) (A0 X0 0, A1 X1 1) (A0 X0 0, A1 X1 1, A2 X2 2) (A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3)
    (A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4) (A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5)
    (A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6)
    (A0 X0 0, A1 X1 1, A2 X2 2, A3 X3 3, A4 X4 4, A5 X5 5, A6 X6 6, A7 X7 7)
}

/// The plain tree of an INSERT of a query's rows.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct InsertSelectBody {
    pub from: From,
    /// The first column and the width of each field.
    pub columns: Vec<(Binding, usize)>,
    pub query: Box<SelectBody>,
    pub conflict: Option<Conflict>,
    pub returning: Vec<Node>,
}

/// A table that rows are to be inserted into. Made by [`insert_into`].
#[must_use = "say which rows: `.select(..)`"]
pub struct InsertInto<M>(PhantomData<fn() -> M>);

/// An INSERT of the rows of a query.
#[must_use = "a statement does nothing until it is executed"]
pub struct InsertSelect<M> {
    pub(crate) body: Box<InsertSelectBody>,
    pub(super) shape: PhantomData<fn() -> M>,
}

/// Inserts the rows of a query, which never leave the database.
///
/// Columns that are not named get their defaults, or are NULL. Nothing of a model runs: a key that the program generates must be
/// among the columns.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let titles = select::<User>().filter(|u| u.admin).columns(|u| (u.username, u.id, val(1.5)));
/// assert_eq!(connection.execute(insert_into::<Post>().select(titles, |p| (p.title, p.author, p.score)))?, 1);
/// assert_eq!(connection.count(select::<Post>().filter(|p| p.title.eq("alice")))?, 1);
/// # Ok::<(), Error>(())
/// ```
pub fn insert_into<M: Model>() -> InsertInto<M> {
    InsertInto(PhantomData)
}

impl<M: Model> InsertInto<M> {
    /// The rows, and the columns that take them.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let names = select::<User>().columns(|u| (u.username.upper(), u.admin));
    /// connection.execute(insert_into::<User>().select(names, |u| (u.username, u.admin)))?;
    /// assert_eq!(connection.count(select::<User>())?, 6);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn select<S, O, C: Accepts<O>>(
        self,
        query: Select<S, O>,
        columns: impl FnOnce(M::Fields<Required>) -> C,
    ) -> InsertSelect<M> {
        let (from, _) = table_of(M::table(), Join::Inner);
        let mut taken = Vec::new();
        columns(fields::<M>(&from)).push_to(&mut taken);
        let query = query.into_body();
        let body = InsertSelectBody { from, columns: taken, query, conflict: None, returning: Vec::new() };
        InsertSelect { body: Box::new(body), shape: PhantomData }
    }
}

impl<M: Model> InsertSelect<M> {
    /// What comes back of each row, where the database can say it. The order is the database's own.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let names = select::<User>().columns(|u| (u.username.upper(), u.admin));
    /// let ids = connection.all(insert_into::<User>().select(names, |u| (u.username, u.admin)).returning(|u| u.id))?;
    /// assert_eq!(ids.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn returning<P: Project>(mut self, columns: impl FnOnce(M::Fields<Required>) -> P) -> Returning<Self, P::Out> {
        columns(fields::<M>(&self.body.from)).project(&mut self.body.returning);
        Returning { statement: self, shape: PhantomData }
    }
}

impl<M> Clone for InsertInto<M> {
    fn clone(&self) -> Self {
        InsertInto(PhantomData)
    }
}
impl<M: Model> fmt::Debug for InsertInto<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InsertInto").field(&M::table().name).finish()
    }
}
impl<M> Clone for InsertSelect<M> {
    fn clone(&self) -> Self {
        InsertSelect { body: self.body.clone(), shape: PhantomData }
    }
}
impl<M> fmt::Debug for InsertSelect<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertSelect").field("body", &self.body).finish()
    }
}
