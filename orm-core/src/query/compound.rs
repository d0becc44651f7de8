//! UNION, INTERSECT and EXCEPT: queries whose rows have one type, put together to one query.

use super::depth::bounded_query;
use super::node::{CompoundBody, Few, From, Join, Node, SelectBody, SetOperator, Source, next_table};
use super::output::Output;
use super::scope::Tabular;
use super::scoping::Scoping;
use super::select::Select;
use super::source::positions;

/// Queries put together by [`union`](Select::union) and the like: a query again, with one table, the rows of all of them. So
/// `order_by`, `limit`, `filter`, `with`, `count` and the others mean the whole, and it can stand wherever a query can.
pub type Compound<O> = Select<(O,), O>;

/// A query with rows of the shape `O`, to be put together with others of that shape. The shape is a parameter, so that a mistake
/// prints one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not have the rows `{O}` of the query that it is put together with",
    label = "expected a query of the same columns",
    note = "queries of a UNION, INTERSECT or EXCEPT select the same types in the same order: see `.columns(..)` and `.cast::<T>()`"
)]
pub trait Rows<O> {
    /// The plain tree.
    #[doc(hidden)]
    fn into_rows(self) -> SelectBody;
}
impl<S, O> Rows<O> for Select<S, O> {
    fn into_rows(self) -> SelectBody {
        *self.into_body()
    }
}

/// The rows of two queries, also those that are in both. As [`Select::union_all`].
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let admins = select::<User>().filter(|u| u.admin).columns(|u| u.id);
/// let all = union_all(admins, select::<User>().columns(|u| u.id));
/// assert_eq!(connection.count(all)?, 4);
/// # Ok::<(), Error>(())
/// ```
pub fn union_all<O: Tabular>(first: impl Rows<O>, second: impl Rows<O>) -> Compound<O> {
    combine(first.into_rows(), SetOperator::UnionAll, second.into_rows())
}

impl<S, O: Output> Select<S, O> {
    /// The rows that are in this query or in another, each once. NULL is the same as NULL.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let names = select::<User>().filter(|u| u.admin).columns(|u| u.username);
    /// let both = names.union(select::<Post>().filter(|p| p.score.gt(2.5)).columns(|p| p.title));
    /// assert_eq!(connection.all(both.order_by(|text| text.desc()))?, ["alice", "Hello", "A walk"]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// Both queries keep an order and limit of their own; those that follow mean the whole. A further `union` adds a query to
    /// all before it: `a.union(b).except(c)` is `(a UNION b) EXCEPT c`.
    pub fn union(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::Union, other.into_rows())
    }

    /// The rows of this query and of another, also those that are in both: faster than [`union`](Select::union), since nothing
    /// is compared.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let admins = select::<User>().filter(|u| u.admin).columns(|u| u.id);
    /// let all = admins.union_all(select::<User>().columns(|u| u.id));
    /// assert_eq!(connection.all(all.order_by(|id| id))?, [1, 1, 2, 3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn union_all(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::UnionAll, other.into_rows())
    }

    /// The rows that are in this query and also in another, each once. Needs MySQL 8.0.31.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let known = select::<User>().filter(|u| u.email.is_not_null()).columns(|u| u.id);
    /// let both = known.intersect(select::<User>().filter(|u| !u.admin).columns(|u| u.id));
    /// assert_eq!(connection.all(both)?, [3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn intersect(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::Intersect, other.into_rows())
    }

    /// The rows of this query that are not in another, each once. Needs MySQL 8.0.31.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let rest = select::<User>().columns(|u| u.id).except(select::<User>().filter(|u| u.admin).columns(|u| u.id));
    /// assert_eq!(connection.all(rest.order_by(|id| id))?, [2, 3]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn except(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::Except, other.into_rows())
    }

    /// The rows that are in this query and also in another, each as often as in the one that has it less often. SQLite does not
    /// have it; needs MySQL 8.0.31.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let authors = || select::<Post>().columns(|p| p.author);
    /// let both = authors().intersect_all(authors());
    /// assert!(both.to_sql(&orm_core::dialect::POSTGRES)?.sql.contains("INTERSECT ALL"));
    /// assert_eq!(connection.all(both).unwrap_err().kind(), ErrorKind::Unsupported); // this is SQLite
    /// # Ok::<(), Error>(())
    /// ```
    pub fn intersect_all(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::IntersectAll, other.into_rows())
    }

    /// The rows of this query without those of another: each of those takes away one that is equal to it. SQLite does not have
    /// it; needs MySQL 8.0.31.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let authors = || select::<Post>().columns(|p| p.author);
    /// let rest = authors().except_all(authors().limit(1)); // one post less of one author
    /// assert!(rest.to_sql(&orm_core::dialect::POSTGRES)?.sql.contains("EXCEPT ALL"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn except_all(self, other: impl Rows<O>) -> Compound<O>
    where
        O: Tabular,
    {
        combine(self.into_rows(), SetOperator::ExceptAll, other.into_rows())
    }
}

fn combine<O: Tabular>(first: SelectBody, operator: SetOperator, second: SelectBody) -> Compound<O> {
    let second = bounded_query(Box::new(second));
    let compound = match extensible(first, operator) {
        Ok(mut compound) => {
            compound.rest.push((operator, *second));
            compound
        }
        Err(first) => Box::new(CompoundBody { first: *bounded_query(first), rest: vec![(operator, *second)] }),
    };
    let source = Source::Compound(compound);
    let from =
        From { number: next_table(), source, join: Join::Inner, on: None, hidden: false, scoping: Scoping::Full };
    Select::from_body(SelectBody { columns: positions(&from).into(), from: Few::one(from), ..SelectBody::default() })
}

impl SetOperator {
    /// True for INTERSECT, which the standard reads before UNION and EXCEPT.
    fn binds_closer(self) -> bool {
        matches!(self, SetOperator::Intersect | SetOperator::IntersectAll)
    }
}

/// A chain to which one more query can be added. Where INTERSECT binds closer than what is before it, it cannot: SQLite reads
/// from left to right there, the others do not.
fn extensible(body: SelectBody, next: SetOperator) -> Result<Box<CompoundBody>, Box<SelectBody>> {
    let same_everywhere = |compound: &CompoundBody| {
        !next.binds_closer() || compound.rest.iter().all(|(operator, _)| operator.binds_closer())
    };
    if !body.as_compound().is_some_and(same_everywhere) {
        return Err(Box::new(body));
    }
    match body.from.into_iter().next() {
        Some(From { source: Source::Compound(compound), .. }) => Ok(compound),
        _ => unreachable!("the one table of this query is a compound"),
    }
}

impl SelectBody {
    /// The chain of queries, if the query adds nothing to it: no order, no filter, not even another order of the columns.
    pub(crate) fn as_compound(&self) -> Option<&CompoundBody> {
        let SelectBody {
            distinct,
            distinct_on,
            columns,
            from,
            filter,
            group,
            having,
            order,
            limit,
            ties: _, // belongs to the limit
            offset,
            lock,
            loads,
            scoping: _,
        } = self;
        let [From { number, source: Source::Compound(compound), .. }] = from.as_slice() else { return None };
        let bare = !distinct
            && distinct_on.is_empty()
            && filter.is_none()
            && group.is_empty()
            && having.is_none()
            && order.is_empty();
        let bare = bare && limit.is_none() && offset.is_none() && lock.is_none() && loads.is_empty();
        let mut types = compound.first.types().into_iter().enumerate();
        let in_place = |column: &Node| match (column, types.next()) {
            (Node::Column { at, ty }, Some((position, own))) => {
                at.table == *number && usize::from(at.column) == position && *ty == own
            }
            _ => false,
        };
        (bare && columns.iter().all(in_place) && types.next().is_none()).then_some(compound)
    }
}
