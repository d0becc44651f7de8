//! The functions of one row that databases write in different ways. No type parameters, no SQL text.

use super::expr::Expr;
use super::node::Node;
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
    /// Whether a key of GROUP BY is rolled up in a row
    Grouping,
    /// Stands for an expression that was nested too deep: to compile it is an error.
    TooDeep,
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

pub(super) fn scalar<T>(function: ScalarFunction, ty: Type, args: Vec<Node>) -> Expr<T> {
    Expr::new(Node::Scalar(Box::new(ScalarCall { function, ty, args })))
}
