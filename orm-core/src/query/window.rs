//! Windows: the functions that look at several rows, and `.over(..)` on these and on aggregates. Knows no SQL text.

use super::expr::{AsExpr, Condition, Expr, GroupKey, Orders};
use super::functions::type_of;
use super::node::{Aggregate, Node, Order, and};
use crate::value::{Nullable, SqlType, Type};

/// A function of several rows with all that it can have beside its operand.
#[derive(Clone, Debug, PartialEq)]
pub struct RowsCall {
    /// Which.
    pub function: RowsFunction,
    /// The type of the operand, and of what comes out where the function gives back a value that it was given.
    pub ty: Type,
    /// The operand; none for `count(*)` and the ranks.
    pub of: Option<Node>,
    /// Which rows count.
    pub filter: Option<Node>,
    /// In which order the rows come to the function.
    pub order: Vec<Order>,
    /// The rows around the current one.
    pub over: Option<Window>,
}

/// The functions of several rows. Their numbers are Rust's own and cannot carry text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum RowsFunction {
    Aggregate {
        function: Aggregate,
        distinct: bool,
    },
    ExactAverage,
    StringAgg {
        separator: String,
    },
    ArrayAgg,
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile(u32),
    Lag(u32),
    Lead(u32),
    FirstValue,
    LastValue,
    NthValue(u32),
    /// Something that is none of these: to compile it is an error.
    Other,
}

impl RowsFunction {
    /// True for what makes one value of a group of rows.
    pub fn is_aggregate(&self) -> bool {
        match self {
            RowsFunction::Aggregate { .. } | RowsFunction::ExactAverage => true,
            other => other.takes_order(),
        }
    }

    /// True for an aggregate whose result depends on the order of the rows.
    pub(crate) fn takes_order(&self) -> bool {
        matches!(self, RowsFunction::StringAgg { .. } | RowsFunction::ArrayAgg)
    }
}

impl RowsCall {
    pub(crate) fn new(function: RowsFunction, ty: Type, of: Option<Node>) -> RowsCall {
        RowsCall { function, ty, of, filter: None, order: Vec::new(), over: None }
    }

    fn of(node: Node) -> RowsCall {
        match node {
            Node::Rows(call) => *call,
            Node::Aggregate { function, ty, of, distinct } => {
                RowsCall::new(RowsFunction::Aggregate { function, distinct }, ty, of.map(|of| *of))
            }
            other => {
                let ty = other.ty().unwrap_or(Type::Bool);
                RowsCall::new(RowsFunction::Other, ty, Some(other))
            }
        }
    }

    fn into_expr<T>(self) -> Expr<T> {
        Expr::new(Node::Rows(Box::new(self)))
    }

    /// The type of what comes out.
    pub fn result(&self) -> Option<Type> {
        Some(match &self.function {
            RowsFunction::Aggregate { function: Aggregate::Count, .. } => Type::I64,
            RowsFunction::Aggregate { function: Aggregate::Avg, .. } => Type::F64,
            _ => self.ty,
        })
    }

    /// The expressions in it.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let window = self.over.iter().flat_map(|over| over.partition.iter().chain(over.order.iter().map(|o| &o.node)));
        self.of.iter().chain(&self.filter).chain(self.order.iter().map(|order| &order.node)).chain(window)
    }

    /// The expressions in it.
    pub(crate) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let RowsCall { function: _, ty: _, of, filter, order, over } = self;
        let window = over.iter_mut().flat_map(|Window { name: _, partition, order, frame: _, excluded: _ }| {
            partition.iter_mut().chain(order.iter_mut().map(|order| &mut order.node))
        });
        of.iter_mut().chain(filter).chain(order.iter_mut().map(|order| &mut order.node)).chain(window)
    }
}

/// The rows that a function sees, as `.over(|w| ..)` builds it. Without a partition it is all rows of the result.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// fn best_first(p: orm_doc::PostFields<Required>) -> impl Fn(Window) -> Window {
///     move |w| w.partition_by(p.author).order_by(p.score.desc())
/// }
/// let places = select::<Post>().order_by(|p| p.id).columns(|p| rank().over(best_first(p)));
/// assert_eq!(connection.all(places)?, [1, 2, 1]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    pub(crate) name: Option<String>,
    pub(crate) partition: Vec<Node>,
    pub(crate) order: Vec<Order>,
    pub(crate) frame: Option<FrameClause>,
    pub(crate) excluded: Option<Excluded>,
}

/// `ROWS BETWEEN start AND end`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameClause {
    pub(crate) unit: FrameUnit,
    pub(crate) start: Frame,
    pub(crate) end: Frame,
}

/// What the ends of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameUnit {
    Rows,
    Range,
    Groups,
}

/// What is left out of a frame, as [`Window::exclude`] says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    /// The current row
    CurrentRow,
    /// The current row and those that are equal to it in the order
    Group,
    /// The rows that are equal to the current one in the order, but not itself
    Ties,
}

/// One end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frame {
    /// The first row of the partition
    UnboundedPreceding,
    /// So many rows before the current one; in a range, rows whose order is smaller by at most so much; in groups, so many groups
    Preceding(u32),
    /// The current row; in a range and in groups, with those that are equal to it in the order
    CurrentRow,
    /// So many rows behind the current one; in a range, rows whose order is larger by at most so much; in groups, so many groups
    Following(u32),
    /// The last row of the partition
    UnboundedFollowing,
}

impl Window {
    /// Only rows that are equal in a column, an expression, or each of a tuple of these.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let best = select::<Post>().order_by(|p| p.id).columns(|p| (p.title, max(p.score).over(|w| w.partition_by(p.author))));
    /// let rows: Vec<(String, Option<f64>)> = connection.all(best)?;
    /// assert_eq!(rows[1], ("Rust for breakfast".into(), Some(4.5)));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn partition_by(mut self, key: impl GroupKey) -> Window {
        key.push_to(&mut self.partition);
        self
    }

    /// The order of the rows. An aggregate then sees the rows up to the current one and those equal to it in the order.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let running = select::<Post>().order_by(|p| p.id).columns(|p| sum(p.score).over(|w| w.order_by(p.id)));
    /// assert_eq!(connection.all(running)?, [Some(4.5), Some(6.5), Some(9.5)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn order_by(mut self, order: impl Orders) -> Window {
        order.push_to(&mut self.order);
        self
    }

    /// Only so many rows around the current one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let pairs = select::<Post>().order_by(|p| p.id).columns(|p| {
    ///     sum(p.score).over(|w| w.order_by(p.id).rows_between(Frame::Preceding(1), Frame::CurrentRow))
    /// });
    /// assert_eq!(connection.all(pairs)?, [Some(4.5), Some(6.5), Some(5.0)]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn rows_between(self, start: Frame, end: Frame) -> Window {
        self.framed(FrameUnit::Rows, start, end)
    }

    /// Only rows whose place in the order is so near to the current one's. A distance needs an order by a single number.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let near = select::<Post>().order_by(|p| p.id).columns(|p| {
    ///     count(p).over(|w| w.order_by(p.score).range_between(Frame::Preceding(1), Frame::Following(1)))
    /// });
    /// assert_eq!(connection.all(near)?, [1, 2, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn range_between(self, start: Frame, end: Frame) -> Window {
        self.framed(FrameUnit::Range, start, end)
    }
}

impl<T: SqlType> Expr<T> {
    /// The function over the rows around the current one: `sum(e.salary).over(|w| w.partition_by(e.department))`. An empty
    /// window, `.over(|w| w)`, is all rows.
    ///
    /// Only an aggregate or a window function has rows to look at: to run anything else with a window, or a window function
    /// without one, is a `Misuse` error.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let ranked = select::<Post>().order_by(|p| p.id).columns(|p| {
    ///     (p.title, row_number().over(|w| w.partition_by(p.author).order_by(p.score.asc())))
    /// });
    /// let rows: Vec<(String, i64)> = connection.all(ranked)?;
    /// assert_eq!(rows[0], ("Hello".into(), 2));
    ///
    /// let error = connection.all(select::<Post>().columns(|p| (p.score + 1.0).over(|w| w))).expect_err("no aggregate");
    /// assert_eq!(error.kind(), ErrorKind::Misuse);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn over(self, window: impl FnOnce(Window) -> Window) -> Expr<T> {
        let mut call = RowsCall::of(self.node);
        if call.over.is_some() {
            call = RowsCall::new(RowsFunction::Other, call.ty, Some(Node::Rows(Box::new(call))));
        }
        call.over = Some(window(Window::default()));
        call.into_expr()
    }

    /// An aggregate of those rows only for which a condition holds. On anything else it is a `Misuse` error to run it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let counts = select::<Post>().columns(|p| (count_all(), count_all().filter(p.score.gt(2.5))));
    /// assert_eq!(connection.one(counts)?, (3, 2));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn filter(self, condition: impl Condition) -> Expr<T> {
        let mut call = RowsCall::of(self.node);
        call.filter = Some(and(call.filter.take(), condition.into_condition()));
        call.into_expr()
    }

    /// The order in which the rows come to [`string_agg`](super::string_agg). On anything else it is a `Misuse` error to run
    /// it: the order of a window is said in `.over(..)`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let titles = select::<Post>().columns(|p| string_agg(p.title, ", ").order_by(p.title));
    /// assert_eq!(connection.one(titles)?, Some("A walk, Hello, Rust for breakfast".into()));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn order_by(self, order: impl Orders) -> Expr<T> {
        let mut call = RowsCall::of(self.node);
        order.push_to(&mut call.order);
        call.into_expr()
    }
}

fn window<T>(function: RowsFunction, ty: Type, of: Option<Node>) -> Expr<T> {
    RowsCall::new(function, ty, of).into_expr()
}

/// The number of the row in its window, from 1. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| row_number().over(|w| w.order_by(u.id.desc())));
/// assert_eq!(connection.all(query)?, [3, 2, 1]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn row_number() -> Expr<i64> {
    window(RowsFunction::RowNumber, Type::I64, None)
}

/// The rank in the window's order: equal rows have the same, and the next has as many more as there were. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| {
///     (rank().over(|w| w.order_by(u.admin)), dense_rank().over(|w| w.order_by(u.admin)))
/// });
/// assert_eq!(connection.all(query)?, [(3, 2), (1, 1), (1, 1)]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn rank() -> Expr<i64> {
    window(RowsFunction::Rank, Type::I64, None)
}

/// The rank without gaps behind equal rows; see [`rank`]. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| dense_rank().over(|w| w.order_by(u.admin)));
/// assert_eq!(connection.all(query)?, [2, 1, 1]); // alice is the admin
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn dense_rank() -> Expr<i64> {
    window(RowsFunction::DenseRank, Type::I64, None)
}

/// The rank as a part of the window: 0 for the first rows, 1 for the last. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| percent_rank().over(|w| w.order_by(u.id)));
/// assert_eq!(connection.all(query)?, [0.0, 0.5, 1.0]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn percent_rank() -> Expr<f64> {
    window(RowsFunction::PercentRank, Type::F64, None)
}

/// Which part of the window's rows come up to this one in the order, from above 0 to 1. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<Group>().order_by(|g| g.name).columns(|g| cume_dist().over(|w| w.order_by(g.name)));
/// assert_eq!(connection.all(query)?, [0.5, 1.0]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn cume_dist() -> Expr<f64> {
    window(RowsFunction::CumeDist, Type::F64, None)
}

/// The number, from 1, of the part in which the row is when the window is cut into so many parts of about the same size.
/// Needs `.over(..)`; zero parts are a `Misuse` error.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| ntile(2).over(|w| w.order_by(u.id)));
/// assert_eq!(connection.all(query)?, [1, 1, 2]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn ntile(parts: u32) -> Expr<i64> {
    window(RowsFunction::Ntile(parts), Type::I64, None)
}

fn value<E: AsExpr>(function: RowsFunction, of: E) -> Expr<Nullable<E::Sql>> {
    window(function, type_of::<E>(), Some(of.into_node()))
}

/// The value so many rows before the current one; NULL where there is none. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| {
///     (lag(u.username, 1).over(|w| w.order_by(u.id)), lead(u.id, 1).over(|w| w.order_by(u.id)))
/// });
/// let rows: Vec<(Option<String>, Option<i64>)> = connection.all(query)?;
/// assert_eq!(rows, [(None, Some(2)), (Some("alice".into()), Some(3)), (Some("bob".into()), None)]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn lag<E: AsExpr>(of: E, rows: u32) -> Expr<Nullable<E::Sql>> {
    value(RowsFunction::Lag(rows), of)
}

/// The value so many rows behind the current one; NULL where there is none. See [`lag`]. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| lead(u.username, 1).over(|w| w.order_by(u.id)));
/// assert_eq!(connection.all(query)?, [Some("bob".to_owned()), Some("carol".into()), None]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn lead<E: AsExpr>(of: E, rows: u32) -> Expr<Nullable<E::Sql>> {
    value(RowsFunction::Lead(rows), of)
}

/// The value of the first row of the frame; NULL where the frame has no row. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<Post>().order_by(|p| p.id).columns(|p| first_value(p.title).over(|w| w.order_by(p.score)));
/// assert_eq!(connection.first(query)?, Some(Some("Rust for breakfast".into())));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn first_value<E: AsExpr>(of: E) -> Expr<Nullable<E::Sql>> {
    value(RowsFunction::FirstValue, of)
}

/// The value of the last row of the frame, which in an order ends with the current row unless it is told otherwise. NULL where
/// the frame has no row. Needs `.over(..)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let whole = |w: Window| w.rows_between(Frame::UnboundedPreceding, Frame::UnboundedFollowing);
/// let query = select::<Post>().columns(|p| last_value(p.title).over(|w| whole(w.order_by(p.score))));
/// assert_eq!(connection.first(query)?, Some(Some("Hello".into())));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn last_value<E: AsExpr>(of: E) -> Expr<Nullable<E::Sql>> {
    value(RowsFunction::LastValue, of)
}

/// The value of the frame's row with this number, from 1; NULL where the frame has fewer. Needs `.over(..)`; zero is a `Misuse`
/// error.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.id).columns(|u| nth_value(u.id, 2).over(|w| w.order_by(u.id)));
/// assert_eq!(connection.all(query)?, [None, Some(2), Some(2)]);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn nth_value<E: AsExpr>(of: E, number: u32) -> Expr<Nullable<E::Sql>> {
    value(RowsFunction::NthValue(number), of)
}
