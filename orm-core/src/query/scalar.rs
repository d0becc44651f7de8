//! The functions of one row that databases write in different ways. No type parameters, no SQL text.

use super::expr::Expr;
use super::node::{Node, SelectBody};
use crate::value::Type;

/// A function that the databases write in different ways.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalarCall {
    /// Which.
    pub function: ScalarFunction,
    /// The type of the result.
    pub ty: Type,
    /// Its arguments.
    pub args: Vec<Node>,
}

/// Which function. Their numbers are Rust's own and cannot carry text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum ScalarFunction {
    Round(u32),
    Floor,
    Ceil,
    SquareRoot,
    Power,
    Sign,
    Position,
    Left(u32),
    Right(u32),
    TrimStart,
    TrimEnd,
    Matches,
    Part(Part),
    Day,
    PlusDays,
    PlusSeconds,
    Now,
    /// The text at a path, which is checked when it is compiled
    JsonText(String),
    JsonContains,
    /// SQL as the caller gives it, with `{}` for each argument; checked when it is compiled
    Fragment {
        text: String,
        nullable: bool,
    },
    Array(ArrayFunction),
    /// The arguments are what is searched for and the columns. Without a language it is the one of the model's index
    Search {
        language: Option<String>,
        rank: bool,
    },
    /// The argument is a query: some rows of it, or all, on the right side of a comparison
    Quantified(Quantifier),
    /// The first moment of the part of the calendar that a date or time is in
    StartOf(Part),
    /// Whether a key of GROUP BY is rolled up in a row
    Grouping,
    /// Stands for an expression that was nested too deep: to compile it is an error.
    TooDeep,
}

/// What can be done with an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum ArrayFunction {
    /// An array of the arguments
    Build,
    ContainsAll,
    ContainedIn,
    Overlaps,
    /// The arguments are the array and an element
    Has,
    Length,
    /// Counted from 1
    Element,
    Append,
    Concat,
}

/// With how many rows of a query a comparison must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Quantifier {
    Any,
    All,
}

/// A part of a date or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl ScalarCall {
    /// True for a condition whose type has a NULL, so that it stays one where it is kept.
    pub(crate) fn keeps_null(&self) -> bool {
        matches!(self.function, ScalarFunction::Fragment { nullable: true, .. })
    }
}

impl Node {
    /// The quantifier and the query, where this is some or all rows of a query.
    pub(crate) fn quantified(&self) -> Option<(Quantifier, &SelectBody)> {
        let Node::Scalar(call) = self else { return None };
        match (&call.function, call.args.as_slice()) {
            (ScalarFunction::Quantified(quantifier), [Node::Subquery(query)]) => Some((*quantifier, query)),
            _ => None,
        }
    }
}

pub(super) fn scalar<T>(function: ScalarFunction, ty: Type, args: Vec<Node>) -> Expr<T> {
    Expr::new(Node::Scalar(Box::new(ScalarCall { function, ty, args })))
}
