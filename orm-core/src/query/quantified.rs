//! Comparison with some or all rows of a query. Knows no SQL text.

use super::expr::IntoExpr;
use super::node::{Node, SelectBody};
use super::output::Scalar;
use super::scalar::{Quantifier, ScalarCall, ScalarFunction};
use super::select::Select;
use crate::value::{Outer, SqlType, Value};
use std::marker::PhantomData;

/// Some or all rows of a query of one column. Made by [`any_row`] and [`all_rows`].
#[derive(Clone, Debug)]
#[must_use = "it stands on the right side of a comparison: `p.score.gt(all_rows(..))`"]
pub struct Quantified<T> {
    quantifier: Quantifier,
    query: Box<SelectBody>,
    ty: PhantomData<fn() -> T>,
}

/// Any row of a query of one column, on the right side of a comparison: `x > ANY (SELECT ..)`. It holds if it holds for one row;
/// for an empty query it does not.
///
/// A comparison with a NULL among the rows is unknown, and so is the whole where no other row decides it. It may stand behind
/// `eq`, `ne`, `lt`, `le`, `gt` and `ge` and nowhere else, which is known when the statement is compiled: a `Misuse` error.
///
/// ```
/// # use orm_doc::*;
/// let of_bob = || select::<Post>().filter(|p| p.author.eq(2)).columns(|p| p.score);
/// assert_eq!(titles(select::<Post>().filter(|p| p.score.gt(any_row(of_bob())))), ["Hello"]);
/// assert_eq!(titles(select::<Post>().filter(|p| p.score.eq(any_row(of_bob())))), ["A walk"]);
/// ```
pub fn any_row<S, T: SqlType>(query: Select<S, Scalar<T>>) -> Quantified<T::Base> {
    Quantified { quantifier: Quantifier::Any, query: query.into_body(), ty: PhantomData }
}

/// All rows of a query of one column, on the right side of a comparison: `x >= ALL (SELECT ..)`. It holds unless it fails for a
/// row; for an empty query it holds. Otherwise as [`any_row`].
///
/// ```
/// # use orm_doc::*;
/// let all = select::<Post>().columns(|p| p.score);
/// assert_eq!(titles(select::<Post>().filter(|p| p.score.ge(all_rows(all)))), ["Hello"]);
/// ```
pub fn all_rows<S, T: SqlType>(query: Select<S, Scalar<T>>) -> Quantified<T::Base> {
    Quantified { quantifier: Quantifier::All, query: query.into_body(), ty: PhantomData }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoExpr<T> for Quantified<T> {
    type Null = Outer;
    fn into_operand(self) -> Node {
        let Quantified { quantifier, query, ty: _ } = self;
        let function = ScalarFunction::Quantified(quantifier);
        Node::Scalar(Box::new(ScalarCall { function, ty: T::TYPE, args: vec![Node::Subquery(query)] }))
    }
}
