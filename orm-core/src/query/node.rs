//! The plain core of every query: enums and structs that can be printed, compared and walked. No type parameters, no SQL text.

use crate::model::Binding;
use crate::schema::Table;
use crate::value::{Datum, Type};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub use super::clause::{Group, Lock, LockStrength, LockWait};
pub use super::few::Few;
pub use super::vocabulary::{Aggregate, Function, LikeKind};

/// An SQL expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// The columns of one field; several for a reference to a composite key.
    Column {
        /// The table and first column.
        at: Binding,
        /// The field's type.
        ty: Type,
    },
    /// All columns of a table.
    Entity {
        /// The table and first column.
        at: Binding,
        /// The model's table.
        table: &'static Table,
    },
    /// A value, sent beside the text.
    Bind {
        /// The value.
        datum: Datum<'static>,
        /// Its type, for databases that must be told.
        ty: Type,
    },
    /// `NOT x`, `-x`
    Unary(UnaryOp, Box<Node>),
    /// `x IS NULL`, or `IS NOT NULL`
    IsNull {
        /// The operand.
        of: Box<Node>,
        /// `IS NOT NULL`
        negated: bool,
    },
    /// `a = b`, `a + b`, ..
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The type of the operands.
        ty: Type,
        /// The operands, left and right.
        sides: Box<[Node; 2]>,
    },
    /// `a AND b AND ..` or `a OR b OR ..`: one node for the whole chain, so that one built in a loop is not deep
    Logic {
        /// Which.
        op: LogicOp,
        /// At least two conditions, none of which is a chain of the same operator.
        parts: Vec<Node>,
    },
    /// `x BETWEEN low AND high`
    Between {
        /// The type of the operands.
        ty: Type,
        /// The operand and its two bounds.
        parts: Box<[Node; 3]>,
    },
    /// `x IN (a, b, ..)`; never empty, never holding NULL
    InList {
        /// The operand.
        of: Box<Node>,
        /// The type of the operands.
        ty: Type,
        /// The list.
        items: Vec<Node>,
    },
    /// `x IN (SELECT ..)`
    InQuery {
        /// The operand.
        of: Box<Node>,
        /// The query.
        query: Box<SelectBody>,
    },
    /// Text search by a pattern.
    Like {
        /// What the pattern means.
        kind: LikeKind,
        /// The text.
        of: Box<Node>,
        /// The pattern, or the part to find.
        pattern: Box<Node>,
    },
    /// A function of the small portable vocabulary.
    Call {
        /// Which.
        function: Function,
        /// The type of the result.
        ty: Type,
        /// Its arguments.
        args: Vec<Node>,
    },
    /// A function by its name in the database.
    Named {
        /// The name.
        name: String,
        /// The type of the result.
        ty: Type,
        /// Its arguments.
        args: Vec<Node>,
    },
    /// An aggregate function.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// The type of the operand.
        ty: Type,
        /// The operand; none for `count(*)`.
        of: Option<Box<Node>>,
        /// Only distinct values count.
        distinct: bool,
    },
    /// A function of several rows with more than its operand: a filter, an order, a window.
    Rows(Box<super::window::RowsCall>),
    /// A function that the databases write in different ways.
    Scalar(Box<super::scalar::ScalarCall>),
    /// `CAST(x AS type)`
    Cast {
        /// The operand.
        of: Box<Node>,
        /// The wanted type.
        ty: Type,
    },
    /// `CASE WHEN .. THEN .. ELSE .. END`
    Case {
        /// Conditions and values.
        arms: Vec<(Node, Node)>,
        /// The value otherwise.
        otherwise: Option<Box<Node>>,
        /// The type of the values.
        ty: Type,
    },
    /// `EXISTS (SELECT ..)`
    Exists(Box<SelectBody>),
    /// A query of one column and at most one row, as a value.
    Subquery(Box<SelectBody>),
    /// `(a, b)`
    Row(Vec<Node>),
    /// `TRUE` or `FALSE`
    Constant(bool),
}

/// An operator of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum UnaryOp {
    Not,
    Negate,
}

/// An operator of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum BinaryOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Equal, or both NULL
    Same,
    /// Not [`Same`](BinaryOp::Same)
    NotSame,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

/// An operator of many conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum LogicOp {
    And,
    Or,
}

/// A column or expression to order by.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// By what.
    pub node: Node,
    /// From large to small.
    pub descending: bool,
    /// Where NULLs go, if it was said.
    pub nulls: Option<Nulls>,
}

/// Where NULLs go in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Nulls {
    First,
    Last,
}

/// A SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SelectBody {
    /// `SELECT DISTINCT`
    pub distinct: bool,
    /// `SELECT DISTINCT ON (..)`
    pub distinct_on: Vec<Node>,
    /// What is selected.
    pub columns: Few<Node>,
    /// The tables, joined in this order.
    pub from: Few<From>,
    /// `WHERE`
    pub filter: Option<Node>,
    /// `GROUP BY`
    pub group: Vec<Group>,
    /// `HAVING`
    pub having: Option<Node>,
    /// `ORDER BY`
    pub order: Vec<Order>,
    /// `LIMIT`
    pub limit: Option<u64>,
    /// The limit is followed by the rows that are equal to its last one in the order.
    pub ties: bool,
    /// `OFFSET`
    pub offset: Option<u64>,
    /// `FOR UPDATE` and the like
    pub lock: Option<Lock>,
    /// Relations that are loaded beside the rows, by statements of their own.
    pub loads: Vec<super::load::LoadSpec>,
    /// How much of its tables is seen at least, in all of it.
    pub scoping: super::scoping::Scoping,
}

/// A table of a SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// Its number, unique in the process until the query is compiled.
    pub number: u32,
    /// What it is.
    pub source: Source,
    /// How it is joined to the tables before it.
    pub join: Join,
    /// The condition of the join.
    pub on: Option<Node>,
    /// True for a link table: closures do not see it.
    pub hidden: bool,
    /// How much of the table is seen at least.
    pub scoping: super::scoping::Scoping,
}

/// What stands in FROM.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A table.
    Table(&'static Table),
    /// A query; `lateral` when it may name the tables before it.
    Query {
        /// The query.
        body: Box<SelectBody>,
        /// `LATERAL`
        lateral: bool,
    },
    /// Queries between which UNION, INTERSECT or EXCEPT stands.
    Compound(Box<CompoundBody>),
    /// A query of the WITH clause; everything that names it shares it.
    Cte(Arc<CteBody>),
    /// Rows of values.
    Values(ValuesBody),
}

/// `a UNION b EXCEPT c`, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct CompoundBody {
    /// The first query, which names the columns.
    pub first: SelectBody,
    /// The others, each with what stands before it.
    pub rest: Vec<(SetOperator, SelectBody)>,
}

/// What stands between two queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum SetOperator {
    Union,
    UnionAll,
    Intersect,
    IntersectAll,
    Except,
    ExceptAll,
}

/// A query of the WITH clause.
#[derive(Clone, Debug, PartialEq)]
pub struct CteBody {
    /// Its number, unique in the process until the statement is compiled.
    pub number: u32,
    /// The types of its columns.
    pub types: Vec<Type>,
    /// What it consists of.
    pub query: CteQuery,
}

/// What a query of the WITH clause consists of.
#[derive(Clone, Debug, PartialEq)]
pub enum CteQuery {
    /// A query.
    Plain(Box<SelectBody>),
    /// Rows to start from, and those that each row leads to.
    Recursive {
        /// The rows to start from.
        start: Box<SelectBody>,
        /// `UnionAll`, or `Union` to follow no row twice.
        operator: SetOperator,
        /// The rows that the rows found last lead to.
        step: Box<SelectBody>,
    },
    /// A statement that changes rows, and the rows that it returns.
    Write(Box<super::cte_write::WriteBody>),
    /// The rows found last: how the step of a recursive query names it.
    Itself,
}

/// Rows of values.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuesBody {
    /// The types of the columns.
    pub types: Vec<Type>,
    /// The rows; each has a value for one or more columns.
    pub rows: Vec<Vec<Node>>,
}

/// How a table is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Join {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

/// One assignment of an UPDATE: the first column, how many, and the value.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The column's position in its table, and the table.
    pub at: Binding,
    /// How many columns the value has.
    pub width: usize,
    /// The value.
    pub value: Node,
}

static NEXT_TABLE: AtomicU32 = AtomicU32::new(1);

/// A number for a table of a query that no other table of any query being built has.
pub(crate) fn next_table() -> u32 {
    NEXT_TABLE.fetch_add(1, Ordering::Relaxed)
}

impl Node {
    /// A value.
    pub fn bind(datum: Datum<'static>, ty: Type) -> Node {
        Node::Bind { datum, ty }
    }

    /// The type of the expression, where it has one of its own.
    pub fn ty(&self) -> Option<Type> {
        match self {
            Node::Column { ty, .. }
            | Node::Bind { ty, .. }
            | Node::Call { ty, .. }
            | Node::Named { ty, .. }
            | Node::Cast { ty, .. }
            | Node::Case { ty, .. } => Some(*ty),
            Node::Unary(UnaryOp::Negate, of) => of.ty(),
            Node::Aggregate { function: Aggregate::Count, .. } => Some(Type::I64),
            Node::Aggregate { function: Aggregate::Avg, .. } => Some(Type::F64),
            Node::Aggregate { ty, .. } => Some(*ty),
            Node::Rows(call) => call.result(),
            Node::Scalar(call) => Some(call.ty),
            Node::Binary { op, ty, .. } => Some(if op.is_arithmetic() { *ty } else { Type::Bool }),
            Node::Subquery(query) => query.columns.first().and_then(Node::ty),
            Node::Unary(UnaryOp::Not, _)
            | Node::Logic { .. }
            | Node::IsNull { .. }
            | Node::Between { .. }
            | Node::InList { .. }
            | Node::InQuery { .. }
            | Node::Like { .. }
            | Node::Exists(_)
            | Node::Constant(_) => Some(Type::Bool),
            Node::Entity { .. } | Node::Row(_) => None,
        }
    }

    /// True for a value of several columns.
    pub fn is_wide(&self) -> bool {
        match self {
            Node::Row(_) | Node::Entity { .. } => true,
            other => other.ty().is_some_and(|ty| ty.width() > 1),
        }
    }

    /// True for a condition: its result is true, false or unknown.
    pub fn is_condition(&self) -> bool {
        match self {
            Node::Binary { op, .. } => !op.is_arithmetic(),
            // What is the opposite of a nullable column is nullable, too.
            Node::Unary(UnaryOp::Not, of) => of.is_condition(),
            Node::Logic { .. }
            | Node::Between { .. }
            | Node::InList { .. }
            | Node::InQuery { .. }
            | Node::Like { .. } => true,
            Node::IsNull { .. } | Node::Exists(_) | Node::Constant(_) => false, // never unknown
            Node::Scalar(call) => call.ty == Type::Bool && !call.keeps_null(),
            _ => false,
        }
    }
}

impl BinaryOp {
    /// True for `+ - * / %`.
    pub fn is_arithmetic(self) -> bool {
        matches!(self, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem)
    }
}

impl SelectBody {
    /// The table, when this is all columns and rows of one table and nothing else, so that it can be joined as it is.
    pub fn bare_table(&self) -> Option<&'static Table> {
        let SelectBody { columns, from, loads, .. } = self;
        let ([From { number, source: Source::Table(table), .. }], [Node::Entity { at, .. }]) =
            (from.as_slice(), columns.as_slice())
        else {
            return None;
        };
        let whole = SelectBody { columns: columns.clone(), from: from.clone(), ..SelectBody::default() };
        (at.table == *number && loads.is_empty() && *self == whole).then_some(table)
    }
}

/// `left AND right`, where left may be nothing.
pub(crate) fn and(left: Option<Node>, right: Node) -> Node {
    match left {
        None => right,
        Some(left) => logic(LogicOp::And, left, right),
    }
}

/// Joins two conditions; a side that is a chain of the same operator is continued.
pub(crate) fn logic(op: LogicOp, left: Node, right: Node) -> Node {
    let mut parts = chain(op, left);
    parts.append(&mut chain(op, right));
    Node::Logic { op, parts }
}

fn chain(wanted: LogicOp, node: Node) -> Vec<Node> {
    match node {
        Node::Logic { op, parts } if op == wanted => parts,
        other => vec![super::depth::part(other)],
    }
}
