//! Expressions as plain data: what they are made of, their types, and how large their values can get. Knows no database.

use std::fmt;

/// The types of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Float,
    Text,
    Bool,
}

/// A value that is not NULL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Int(i64),
    Float(f64),
    Text(String),
    Bool(bool),
}

/// What an operation does to its operands. Each is a method of the query language.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// The first or second column of a type
    Column(Ty, usize),
    Literal(Ty, Option<Value>),
    Neg,
    Add,
    Sub,
    Mul,
    /// By zero it is NULL: written as `a / b.nullif(0)`, because PostgreSQL refuses to divide by zero and the others do not
    Div,
    Rem,
    /// `x / 4.0`, which is exact
    Quarter,
    Abs,
    Sign,
    Floor,
    Ceil,
    /// An integer as a float
    AsFloat,
    /// An integer as a text
    AsText,
    /// An integer as a text as an integer
    ThroughText,
    Length,
    Position,
    Lower,
    Upper,
    Trim,
    TrimStart,
    TrimEnd,
    Concat,
    Replace,
    Substring(i32, i32),
    Left(u32),
    Right(u32),
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Same,
    NotSame,
    Between,
    In,
    NotIn,
    IsNull,
    IsNotNull,
    And,
    Or,
    Not,
    Like(String),
    Ilike(String),
    Contains,
    StartsWith,
    EndsWith,
    /// Conditions and values by turns; one more operand is the value where no condition holds
    Case(Ty),
    Coalesce,
    NullIf,
}

/// An expression.
#[derive(Clone, PartialEq)]
pub(crate) struct Tree {
    pub(crate) op: Op,
    pub(crate) of: Vec<Tree>,
}

impl Tree {
    pub(crate) fn new(op: Op, of: impl Into<Vec<Tree>>) -> Tree {
        Tree { op, of: of.into() }
    }

    pub(crate) fn ty(&self) -> Ty {
        match &self.op {
            Op::Column(ty, _) | Op::Literal(ty, _) | Op::Case(ty) => *ty,
            Op::Neg | Op::Add | Op::Sub | Op::Mul | Op::Abs | Op::Coalesce | Op::NullIf => self.of[0].ty(),
            Op::Div | Op::Rem | Op::Sign | Op::ThroughText | Op::Length | Op::Position => Ty::Int,
            Op::Quarter | Op::Floor | Op::Ceil | Op::AsFloat => Ty::Float,
            Op::AsText | Op::Lower | Op::Upper | Op::Trim | Op::TrimStart | Op::TrimEnd | Op::Concat => Ty::Text,
            Op::Replace | Op::Substring(..) | Op::Left(_) | Op::Right(_) => Ty::Text,
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Same | Op::NotSame => Ty::Bool,
            Op::Between | Op::In | Op::NotIn | Op::IsNull | Op::IsNotNull | Op::And | Op::Or | Op::Not => Ty::Bool,
            Op::Like(_) | Op::Ilike(_) | Op::Contains | Op::StartsWith | Op::EndsWith => Ty::Bool,
        }
    }

    /// True for what has the type `Expr<bool>`, which has no NULL: unknown becomes false where it is kept as a value.
    pub(crate) fn is_condition(&self) -> bool {
        match &self.op {
            Op::Column(..) | Op::Literal(..) | Op::Case(_) | Op::NullIf => false,
            Op::Not => self.of[0].is_condition(),
            Op::Coalesce => self.of[1].is_condition(),
            _ => self.ty() == Ty::Bool,
        }
    }

    /// True for NULL written out, which `eq`, `ne` and `in_` take as a question for NULL.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.op, Op::Literal(_, None))
    }

    /// The largest number, or the most characters, that can come out.
    pub(crate) fn bound(&self) -> f64 {
        let all = || self.of.iter().map(Tree::bound);
        match &self.op {
            Op::Column(..) | Op::Literal(..) => 64.0,
            Op::Add | Op::Sub | Op::Concat => all().sum(),
            Op::Mul => all().product(),
            Op::Replace => self.of[0].bound() * (1.0 + self.of[2].bound()),
            Op::AsText => 24.0,
            _ => all().fold(24.0, f64::max),
        }
    }

    /// How many binary digits behind the point there can be.
    pub(crate) fn fraction(&self) -> u32 {
        let all = self.of.iter().map(Tree::fraction);
        match &self.op {
            Op::Column(Ty::Float, _) | Op::Literal(Ty::Float, _) => 2,
            Op::Quarter => self.of[0].fraction() + 2,
            Op::Mul => all.sum(),
            _ => all.max().unwrap_or(0),
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Op::Column(ty, number) => return write!(f, "{ty:?}#{number}"),
            Op::Literal(ty, None) => return write!(f, "NULL::{ty:?}"),
            Op::Literal(_, Some(value)) => return write!(f, "{value:?}"),
            op => write!(f, "{op:?}[")?,
        }
        for (number, operand) in self.of.iter().enumerate() {
            write!(f, "{}{operand:?}", if number > 0 { ", " } else { "" })?;
        }
        write!(f, "]")
    }
}
