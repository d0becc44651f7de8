//! Rows of values as a table.

use super::expr::Literal;
use super::node::{From, Join, Node, Source, ValuesBody, next_table};
use super::output::Scalar;
use super::scope::Tabular;
use super::scoping::Scoping;
use super::source::IntoSource;
use crate::value::{SqlType, Type, Value};
use std::fmt;
use std::marker::PhantomData;

/// Rows of values, used as a table. Made by [`values`].
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let marks = values([(2_i64, "silver"), (3, "gold")]);
/// assert_eq!(connection.count(select_from(marks))?, 2);
/// # Ok::<(), Error>(())
/// ```
pub struct Values<O> {
    body: ValuesBody,
    shape: PhantomData<fn() -> O>,
}

impl<O> Clone for Values<O> {
    fn clone(&self) -> Self {
        Values { body: self.body.clone(), shape: PhantomData }
    }
}

impl<O> fmt::Debug for Values<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

/// Rows of values as a table: tuples of what [`val`](super::val) takes, up to eight wide. No row at all is a table without rows.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let marks = values([(2_i64, "silver"), (3, "gold"), (9, "none")]);
/// let marked: Vec<(String, String)> = connection.all(
///     select::<User>()
///         .join_on(marks, |(u, (id, _))| u.id.eq(id))
///         .order_by(|(u, _)| u.id)
///         .columns(|(u, (_, mark))| (u.username, mark)),
/// )?;
/// assert_eq!(marked, [("bob".into(), "silver".into()), ("carol".into(), "gold".into())]);
/// # Ok::<(), Error>(())
/// ```
///
/// The numbers have the types of the columns that they are compared with, here `i64`: a literal alone is `i32`.
pub fn values<R: ValuesRow>(rows: impl IntoIterator<Item = R>) -> Values<R::Shape> {
    let mut types = Vec::new();
    R::types(&mut types);
    let rows = rows.into_iter().map(R::into_nodes).collect();
    Values { body: ValuesBody { types, rows }, shape: PhantomData }
}

impl<O: Tabular> IntoSource<O> for Values<O> {
    fn into_source(self, join: Join, _lateral: bool) -> From {
        From {
            number: next_table(),
            source: Source::Values(self.body),
            join,
            on: None,
            hidden: false,
            scoping: Scoping::Full,
        }
    }
}

/// A row of [`values`]: a tuple of values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of values",
    label = "expected a tuple of values, up to eight"
)]
pub trait ValuesRow {
    /// The row's shape.
    type Shape: Tabular;
    /// The types of the columns.
    #[doc(hidden)]
    fn types(out: &mut Vec<Type>);
    /// The values.
    #[doc(hidden)]
    fn into_nodes(self) -> Vec<Node>;
}

// impl<A: Literal, B: Literal> ValuesRow for (A, B) { type Shape = (Scalar<A::Sql>, Scalar<B::Sql>); .. }
macro_rules! rows { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Literal),+> ValuesRow for ($($t,)+) {
        type Shape = ($(Scalar<$t::Sql>,)+);
        fn types(out: &mut Vec<Type>) {
            $(<<$t::Sql as SqlType>::Base as Value>::TYPE.flatten(out);)+
        }
        fn into_nodes(self) -> Vec<Node> {
            vec![$(self.$i.into_literal()),+]
        }
    }
)* } }
rows! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
