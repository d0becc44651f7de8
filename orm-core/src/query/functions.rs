//! The free functions of the query language: aggregates, `exists`, `case`, `val`, and functions by name.

use super::expr::{AsExpr, Expr, Field, IntoExpr, Literal};
use super::node::{Aggregate, Node};
use super::ops::call;
use super::output::Scalar;
use super::select::Select;
use crate::model::Fields;
use crate::query::node::Function;
use crate::value::{Nullability, Nullable, Number, Outer, Required, SqlType, Value};
use std::marker::PhantomData;

/// A plain value as an expression, where a column is expected: `columns(|u| (u.id, val("x")))`.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let rows: Vec<(i64, String)> = connection.all(select::<User>().columns(|u| (u.id, val("user"))))?;
/// # Ok::<(), Error>(())
/// ```
pub fn val<T: Literal>(value: T) -> Expr<T::Sql> {
    Expr::new(value.into_literal())
}

/// What `count` takes: a column or expression (its NULLs do not count), or a table (its rows count).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be counted",
    label = "expected a table, a column or an expression"
)]
pub trait Countable {
    /// What is counted.
    #[doc(hidden)]
    fn into_counted(self) -> Node;
}
impl<T: SqlType> Countable for Field<T> {
    fn into_counted(self) -> Node {
        self.into_node()
    }
}
impl<T: SqlType> Countable for Expr<T> {
    fn into_counted(self) -> Node {
        self.into_node()
    }
}
/// The rows of a table: 0 behind a left join without a match, because its primary key is counted.
impl<F: Fields> Countable for F {
    fn into_counted(self) -> Node {
        let table = <F::Model as crate::model::Model>::table();
        let key = table.primary_key[0];
        Node::Column { at: self.binding().offset(key), ty: table.columns[key].ty }
    }
}

pub(super) fn aggregate<T>(function: Aggregate, of: Option<Node>, ty: crate::value::Type, distinct: bool) -> Expr<T> {
    Expr::new(Node::Aggregate { function, ty, of: of.map(Box::new), distinct })
}

/// How many rows have a value: `count(u)`, `count(p.id)`.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let posts: Vec<(String, i64)> = connection.all(
///     select::<User>().left_join(|u| u.posts).group_by(|(u, _)| u.username).columns(|(u, p)| (u.username, count(p))),
/// )?;
/// assert!(posts.contains(&("carol".into(), 0)));
/// # Ok::<(), Error>(())
/// ```
pub fn count(what: impl Countable) -> Expr<i64> {
    aggregate(Aggregate::Count, Some(what.into_counted()), crate::value::Type::I64, false)
}

/// How many rows.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<User>().columns(|_| count_all()))?, 3);
/// # Ok::<(), Error>(())
/// ```
pub fn count_all() -> Expr<i64> {
    aggregate(Aggregate::Count, None, crate::value::Type::I64, false)
}

/// How many different values.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<Post>().columns(|p| count_distinct(p.author)))?, 2);
/// # Ok::<(), Error>(())
/// ```
pub fn count_distinct<E: AsExpr>(of: E) -> Expr<i64> {
    aggregate(Aggregate::Count, Some(of.into_node()), crate::value::Type::I64, true)
}

/// The sum; NULL of no rows. Its type is the column's: a sum that leaves its range is an error, not a wrong number.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<Post>().columns(|p| sum(p.score)))?, Some(9.5));
/// # Ok::<(), Error>(())
/// ```
pub fn sum<E: AsExpr<Sql: SqlType<Base: Number>>>(of: E) -> Expr<Nullable<E::Sql>> {
    aggregate(Aggregate::Sum, Some(of.into_node()), type_of::<E>(), false)
}

/// The average, as a float; NULL of no rows.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<Post>().filter(|p| p.score.gt(9)).columns(|p| avg(p.score)))?, None);
/// # Ok::<(), Error>(())
/// ```
pub fn avg<E: AsExpr<Sql: SqlType<Base: Number>>>(of: E) -> Expr<Option<f64>> {
    aggregate(Aggregate::Avg, Some(of.into_node()), type_of::<E>(), false)
}

/// The smallest value; NULL of no rows.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<Post>().columns(|p| (min(p.score), max(p.score))))?, (Some(2.0), Some(4.5)));
/// # Ok::<(), Error>(())
/// ```
pub fn min<E: AsExpr>(of: E) -> Expr<Nullable<E::Sql>> {
    aggregate(Aggregate::Min, Some(of.into_node()), type_of::<E>(), false)
}

/// The largest value; NULL of no rows.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.one(select::<User>().columns(|u| max(u.username)))?, Some("carol".into()));
/// # Ok::<(), Error>(())
/// ```
pub fn max<E: AsExpr>(of: E) -> Expr<Nullable<E::Sql>> {
    aggregate(Aggregate::Max, Some(of.into_node()), type_of::<E>(), false)
}

pub(super) fn type_of<E: AsExpr>() -> crate::value::Type {
    <<E::Sql as SqlType>::Base as Value>::TYPE
}

/// A value, or another where it is NULL.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(of_alice(|u| coalesce(u.email, "nowhere")), "alice@example.org");
/// ```
pub fn coalesce<E: AsExpr, R: IntoExpr<<E::Sql as SqlType>::Base>>(
    of: E,
    or: R,
) -> Expr<<R::Null as Nullability>::Of<<E::Sql as SqlType>::Base>> {
    Expr::new(call(Function::Coalesce, type_of::<E>(), vec![of.into_node(), or.into_operand()]))
}

/// A value as another type, as the database converts it: `cast::<i64, _>(u.age)`.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(of_alice(|u| cast::<f64, _>(u.id)), 1.0);
/// ```
pub fn cast<U: Value, E: AsExpr>(of: E) -> Expr<<<E::Sql as SqlType>::Null as Nullability>::Of<U>> {
    Expr::new(Node::Cast { of: Box::new(of.into_node()), ty: U::TYPE })
}

/// True when the query finds a row. It may use the columns of the query around it.
///
/// ```
/// # use orm_doc::*;
/// let writers = select::<User>().filter(|u| exists(select::<Post>().filter(move |p| p.author.eq(u.id))));
/// assert_eq!(names(writers), ["alice", "bob"]);
/// ```
pub fn exists<S, O>(query: Select<S, O>) -> Expr<bool> {
    Expr::new(Node::Exists(query.into_body()))
}

/// A query of one column as a value; NULL when it finds no row, an error of the database when it finds several.
///
/// ```
/// # use orm_doc::*;
/// let best = |u: UserFields<Required>| subquery(select::<Post>().filter(move |p| p.author.eq(u.id)).columns(|p| max(p.score)));
/// assert_eq!(of_alice(best), Some(4.5));
/// ```
pub fn subquery<S, T: SqlType>(query: Select<S, Scalar<T>>) -> Expr<Nullable<T>> {
    Expr::new(Node::Subquery(query.into_body()))
}

/// A function of the database by its name, typed by the caller: `function::<f64>("sqrt", [arg(p.score)])`.
///
/// The name is written into the SQL text: letters, digits, `_` and `.` only.
///
/// # Panics
/// If the name holds any other character: it is code, never data.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(of_alice(|u| function::<i64>("instr", [arg(u.username), arg(val("c"))])), 4);
/// ```
#[track_caller]
pub fn function<T: SqlType>(name: &str, args: impl IntoIterator<Item = Argument>) -> Expr<T> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    assert!(plain, "`{name}` is not the name of a function: letters, digits, `_` and `.` only");
    let args = args.into_iter().map(|argument| argument.0).collect();
    Expr::new(Node::Named { name: name.to_owned(), ty: <T::Base as Value>::TYPE, args })
}

/// An argument of [`function`].
#[derive(Clone, Debug)]
pub struct Argument(Node);

/// A column, expression or (through [`val`]) value as an argument of [`function`].
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(of_alice(|u| function::<String>("hex", [arg(u.username.substring(1, 1))])), "61");
/// ```
pub fn arg(of: impl AsExpr) -> Argument {
    Argument(of.into_node())
}

/// `CASE WHEN .. THEN .. ELSE .. END`. The result's type cannot be inferred from a literal, so it is said once:
/// `case::<String>().when(u.age.gt(18), "adult").otherwise("child")`.
///
/// ```
/// # use orm_doc::*;
/// let role = of_alice(|u| case::<String>().when(u.admin, "admin").when(u.email.is_null(), "guest").otherwise("member"));
/// assert_eq!(role, "admin");
/// ```
pub fn case<T: Value>() -> Case<T> {
    Case { arms: Vec::new(), ty: PhantomData }
}

/// A `CASE` under construction.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().columns(|u| (u.username, case::<i64>().when(u.admin, 2).when(u.email.is_null(), 0).otherwise(1)));
/// let ranks: Vec<(String, i64)> = connection.all(query)?;
/// assert_eq!(ranks[1], ("bob".into(), 0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Case<T, N = Required> {
    arms: Vec<(Node, Node)>,
    ty: PhantomData<fn() -> (T, N)>,
}

impl<T: Value, N: Nullability> Case<T, N> {
    /// The value where the condition holds and none before it did. With a value that may be NULL the whole may be NULL.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(of_alice(|u| case::<i64>().when(u.id.eq(1), 10).when(u.admin, 20).end()), Some(10));
    /// let email: Option<String> = of_alice(|u| case::<String>().when(u.admin, u.email).otherwise("none"));
    /// assert_eq!(email, Some("alice@example.org".into()));
    /// ```
    pub fn when<R: IntoExpr<T>>(mut self, condition: impl IntoExpr<bool>, then: R) -> Case<T, N::Or<R::Null>> {
        self.arms.push((condition.into_operand(), then.into_operand()));
        Case { arms: self.arms, ty: PhantomData }
    }

    /// The same, ready for values that may be NULL: where branches are added in a loop, the type must be known before the first.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let names = of_alice(|u| {
    ///     let mut contact = case::<String>().nullable();
    ///     for id in [3, 1] {
    ///         contact = contact.when(u.id.eq(id), u.email);
    ///     }
    ///     contact.otherwise("unknown")
    /// });
    /// assert_eq!(names.as_deref(), Some("alice@example.org"));
    /// ```
    pub fn nullable(self) -> Case<T, Outer> {
        Case { arms: self.arms, ty: PhantomData }
    }

    /// The value where no condition holds.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(of_alice(|u| case::<i64>().when(u.id.gt(1), u.id).otherwise(0)), 0);
    /// ```
    pub fn otherwise<R: IntoExpr<T>>(self, value: R) -> Expr<<N::Or<R::Null> as Nullability>::Of<T>> {
        let value = Some(Box::new(value.into_operand()));
        Expr::new(Node::Case { arms: self.arms, otherwise: value, ty: T::TYPE })
    }

    /// NULL where no condition holds.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(of_alice(|u| case::<i64>().when(u.id.gt(1), u.id).end()), None);
    /// ```
    pub fn end(self) -> Expr<Option<T>> {
        Expr::new(Node::Case { arms: self.arms, otherwise: None, ty: T::TYPE })
    }
}

/// What a `case` lacks that says nothing of the rows in which no condition holds. Nothing has it: it is here for its message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this `case` has no end",
    label = "expected `.otherwise(..)` or `.end()` before this",
    note = "a `case` says what it is where no condition holds: `.otherwise(value)`, or `.end()` for NULL"
)]
pub trait Ended {
    /// The tree under it.
    fn ended(self) -> Node;
}

// impl<T, N> Case<T, N> { pub fn eq<R>(self, _: R) -> Expr<bool> where Self: Ended {..} .. }: without these, the message is that a
// `case` is no iterator.
macro_rules! comparisons { ($($name:ident)*) => {
    impl<T: Value, N: Nullability> Case<T, N> { $(
        #[doc(hidden)]
        pub fn $name<R>(self, _: R) -> Expr<bool>
        where
            Self: Ended,
        {
            Expr::new(self.ended())
        }
    )* }
} }
comparisons! { eq ne lt le gt ge }
