//! Common table expressions: queries of the WITH clause, which several places of a statement use by reference.

use super::cte_write::IntoCte;
use super::node::{CteBody, CteQuery, From, Join, SetOperator, Source, next_table};
use super::scope::Tabular;
use super::scoping::Scoping;
use super::select::Select;
use super::source::IntoSource;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A query of the WITH clause. Made by [`cte`] and [`recursive`]; used as a table, as often as needed, by reference:
/// `select_from(&totals)`, `.join_on(&totals, ..)`.
///
/// The statement that uses it, in whatever depth, begins with `WITH`; a clone is the same query.
///
/// ```
/// # use orm_doc::*;
/// fn counts() -> Cte<(Scalar<Ref<User>>, Scalar<i64>)> {
///     cte(select::<Post>().group_by(|p| p.author).columns(|p| (p.author, count(p))))
/// }
/// assert_eq!(engine().connect()?.count(select_from(&counts()))?, 2);
/// # Ok::<(), Error>(())
/// ```
pub struct Cte<O> {
    body: Arc<CteBody>,
    shape: PhantomData<fn() -> O>,
}

impl<O> Clone for Cte<O> {
    fn clone(&self) -> Self {
        Cte { body: Arc::clone(&self.body), shape: PhantomData }
    }
}

impl<O> fmt::Debug for Cte<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

/// Gives a query a place in the WITH clause, so that a statement can use it several times.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let counts = cte(select::<Post>().group_by(|p| p.author).columns(|p| (p.author, count(p))));
/// let busiest = select::<User>()
///     .join_on(&counts, |(u, (author, _))| author.eq(u.id))
///     .filter(|(_, (_, posts))| posts.eq(select_from(&counts).columns(|(_, posts)| max(posts))))
///     .columns(|(u, _)| u.username);
/// assert_eq!(connection.all(busiest)?, ["alice"]);
/// # Ok::<(), Error>(())
/// ```
///
/// It cannot use columns of the query around it: it stands at the top of the statement. MariaDB has no WITH in front of UPDATE
/// and DELETE; there it is an error of kind `Unsupported`.
///
/// On PostgreSQL it may also be a statement that changes rows and returns something of them. It is carried out once and whole,
/// however little of it is read, and all parts of the statement see the tables as they were before. A session takes a query with
/// such a part for a write: it reads all rows anew afterwards. On the other databases it is an `Unsupported` error.
///
/// ```
/// # use orm_doc::*;
/// let gone = cte(delete::<Post>().filter(|p| p.score.lt(3)).returning(|p| (p.title, p.author)));
/// let query = select_from(gone).columns(|(title, _)| title);
/// assert!(query.to_sql(&orm_core::dialect::POSTGRES)?.sql.starts_with(r#"WITH cte0 (c0, c1) AS (DELETE FROM "posts""#));
/// # Ok::<(), Error>(())
/// ```
pub fn cte<O: Tabular>(query: impl IntoCte<O>) -> Cte<O> {
    let (types, query) = query.into_cte();
    Cte::new(next_table(), types, query)
}

/// A query that follows its own rows: those of `start`, then those that `step` finds from the rows found last, until it finds
/// none. Both have the same columns.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let powers = recursive(select_from(values([(1_i64,)])), |found| {
///     select_from(found).filter(|(n,)| n.lt(50)).columns(|(n,)| (n * 2,))
/// });
/// let all: Vec<(i64,)> = connection.all(select_from(&powers))?;
/// assert_eq!(all, [(1,), (2,), (4,), (8,), (16,), (32,), (64,)]);
/// # Ok::<(), Error>(())
/// ```
///
/// A tree in a table, with the depth of each row:
///
/// ```
/// # mod shop { use orm_doc::*; fn tree<M: Model<Key = i64>>(parent: impl Fn(M::Fields<Required>) -> Field<Option<i64>>) {
/// let tree = recursive(
///     select::<M>().filter(|row| parent(row).is_null()).columns(|row| (row, val(0_i64))),
///     |tree| {
///         select::<M>()
///             .join_on(tree, |(row, (above, _))| above.is(parent(row)))
///             .columns(|(row, (_, depth))| (row, depth + 1))
///     },
/// );
/// # } }
/// ```
///
/// Rows that lead to each other in a circle never end: use [`recursive_distinct`], or count the depth and filter by it.
pub fn recursive<S, S2, O: Tabular>(start: Select<S, O>, step: impl FnOnce(Cte<O>) -> Select<S2, O>) -> Cte<O> {
    follow(start, SetOperator::UnionAll, step)
}

/// As [`recursive`], but a row that was found before is not followed again, so that circles end. A row is all its columns: do
/// not count the depth in one.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let around = recursive_distinct(select_from(values([(0_i64,)])), |found| {
///     select_from(found).columns(|(n,)| ((n + 2) % 6,)) // 0, 2, 4, and 0 again
/// });
/// assert_eq!(connection.all::<(i64,), _>(select_from(&around))?.len(), 3);
/// # Ok::<(), Error>(())
/// ```
pub fn recursive_distinct<S, S2, O: Tabular>(
    start: Select<S, O>,
    step: impl FnOnce(Cte<O>) -> Select<S2, O>,
) -> Cte<O> {
    follow(start, SetOperator::Union, step)
}

fn follow<S, S2, O: Tabular>(
    start: Select<S, O>,
    operator: SetOperator,
    step: impl FnOnce(Cte<O>) -> Select<S2, O>,
) -> Cte<O> {
    let start = start.into_body();
    let (number, types) = (next_table(), start.types());
    let step = step(Cte::new(number, types.clone(), CteQuery::Itself)).into_body();
    Cte::new(number, types, CteQuery::Recursive { start, operator, step })
}

impl<O> Cte<O> {
    fn new(number: u32, types: Vec<crate::value::Type>, query: CteQuery) -> Cte<O> {
        Cte { body: Arc::new(CteBody { number, types, query }), shape: PhantomData }
    }
}

impl<O: Tabular> IntoSource<O> for Cte<O> {
    fn into_source(self, join: Join, _lateral: bool) -> From {
        From {
            number: next_table(),
            source: Source::Cte(self.body),
            join,
            on: None,
            hidden: false,
            scoping: Scoping::Full,
        }
    }
}
impl<O: Tabular> IntoSource<O> for &Cte<O> {
    fn into_source(self, join: Join, lateral: bool) -> From {
        self.clone().into_source(join, lateral)
    }
}
