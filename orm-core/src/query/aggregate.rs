//! The aggregates beyond the first few: of distinct values, exact averages, joined texts. Knows no SQL text.

use super::expr::{AsExpr, Expr};
use super::functions::{aggregate, type_of};
use super::node::{Aggregate, Node};
use super::window::{RowsCall, RowsFunction};
use crate::value::{Nullable, Number, SqlType, Text, Type};

/// A type of exact decimals, whose average is one too.
#[diagnostic::on_unimplemented(
    message = "only a column of exact decimals can do this",
    label = "this column holds `{Self}`"
)]
pub trait Exact: Number {}

#[cfg(feature = "rust_decimal")]
#[diagnostic::do_not_recommend]
impl Exact for rust_decimal::Decimal {}

/// The sum of the different values; NULL of no rows.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<Post>().columns(|p| (sum(p.score - p.score + 1.0), sum_distinct(p.score - p.score + 1.0)));
/// assert_eq!(connection.one(query)?, (Some(3.0), Some(1.0)));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn sum_distinct<E: AsExpr<Sql: SqlType<Base: Number>>>(of: E) -> Expr<Nullable<E::Sql>> {
    aggregate(Aggregate::Sum, Some(of.into_node()), type_of::<E>(), true)
}

/// The average of the different values, as a float; NULL of no rows.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<Post>().columns(|p| avg_distinct(p.author.cast::<i64>()));
/// assert_eq!(connection.one(query)?, Some(1.5));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn avg_distinct<E: AsExpr<Sql: SqlType<Base: Number>>>(of: E) -> Expr<Option<f64>> {
    aggregate(Aggregate::Avg, Some(of.into_node()), type_of::<E>(), true)
}

/// The average of decimals as a decimal; NULL of no rows.
///
/// An average that does not end is rounded, to as many digits as the database gives: 28 on SQLite, at least 16 on PostgreSQL,
/// four behind those of the column on MySQL and MariaDB.
///
/// ```
/// # #[cfg(feature = "rust_decimal")] {
/// use orm_core::*;
/// use rust_decimal::Decimal;
///
/// fn price(total: Field<Decimal>) -> Expr<Option<Decimal>> {
///     avg_exact(total)
/// }
/// # }
/// ```
#[must_use]
pub fn avg_exact<E: AsExpr<Sql: SqlType<Base: Exact>>>(of: E) -> Expr<Nullable<E::Sql>> {
    Expr::new(Node::Rows(Box::new(RowsCall::new(RowsFunction::ExactAverage, type_of::<E>(), Some(of.into_node())))))
}

/// The texts of the rows with a separator between; NULLs are left out, and NULL of no rows. Their order is the database's own
/// unless it is said: `string_agg(u.username, ", ").order_by(u.username)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().columns(|u| string_agg(u.email, "; ").order_by(u.email.desc()));
/// assert_eq!(connection.one(query)?, Some("carol@example.net; alice@example.org".into()));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn string_agg<E: AsExpr<Sql: SqlType<Base: Text>>>(of: E, separator: impl Into<String>) -> Expr<Option<String>> {
    let function = RowsFunction::StringAgg { separator: separator.into() };
    Expr::new(Node::Rows(Box::new(RowsCall::new(function, Type::Text, Some(of.into_node())))))
}
