//! Common table expressions: queries of the WITH clause, which several places of a statement use by reference.

use super::node::{CteBody, CteQuery, From, Join, SetOperator, Source, next_table};
use super::scope::Tabular;
use super::select::{IntoSource, Select};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A query of the WITH clause. Made by [`cte`] and [`recursive`]; used as a table, as often as needed, by reference:
/// `select_from(&totals)`, `.join_on(&totals, ..)`.
///
/// The statement that uses it, in whatever depth, begins with `WITH`; a clone is the same query.
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
/// use orm::prelude::*;
/// # #[derive(Model, Clone)] struct Sale { #[orm(primary_key)] id: i64, shop: String, amount: i64 }
/// # fn main() -> orm::Result<()> {
/// # let engine = orm::create_engine("sqlite::memory:")?;
/// # Schema::of::<Sale>().create_all(&engine)?;
/// # let mut connection = engine.connect()?;
/// # let sale = |shop: &str, amount| Sale { id: 0, shop: shop.into(), amount };
/// connection.execute(insert(&[sale("north", 3), sale("north", 4), sale("south", 5)]))?;
/// let totals = cte(select::<Sale>().group_by(|s| s.shop).columns(|s| (s.shop, sum(s.amount))));
/// let best: Vec<String> = connection.all(
///     select_from(&totals)
///         .filter(|(_, total)| total.eq(select_from(&totals).columns(|(_, total)| max(total))))
///         .columns(|(shop, _)| shop),
/// )?;
/// assert_eq!(best, ["north"]);
/// # Ok(())
/// # }
/// ```
///
/// It cannot use columns of the query around it: it stands at the top of the statement. MariaDB has no WITH in front of UPDATE
/// and DELETE; there it is an error of kind `Unsupported`.
pub fn cte<S, O: Tabular>(query: Select<S, O>) -> Cte<O> {
    let body = query.into_body();
    Cte::new(next_table(), body.types(), CteQuery::Plain(body))
}

/// A query that follows its own rows: those of `start`, then those that `step` finds from the rows found last, until it finds
/// none. Both have the same columns.
///
/// ```
/// use orm::prelude::*;
/// #[derive(Model, Clone)]
/// struct Employee {
///     #[orm(primary_key)]
///     id: i64,
///     name: String,
///     reports_to: Option<Ref<Employee>>,
/// }
/// # fn main() -> orm::Result<()> {
/// # let engine = orm::create_engine("sqlite::memory:")?;
/// # Schema::of::<Employee>().create_all(&engine)?;
/// # let mut connection = engine.connect()?;
/// # let employee = |id, name: &str, boss: Option<i64>| Employee { id, name: name.into(), reports_to: boss.map(Ref::from) };
/// # connection.execute(insert(&[employee(1, "Ada", None), employee(2, "Bob", Some(1)), employee(3, "Cyd", Some(2))]))?;
/// let tree = recursive(
///     select::<Employee>().filter(|e| e.reports_to.is_null()).columns(|e| (e, val(0_i64))),
///     |tree| {
///         select::<Employee>()
///             .join_on(tree, |(e, (boss, _))| e.reports_to.eq(boss.id))
///             .columns(|(e, (_, depth))| (e, depth + 1))
///     },
/// );
/// let rows: Vec<(String, i64)> =
///     connection.all(select_from(&tree).order_by(|(_, depth)| depth).columns(|(e, depth)| (e.name, depth)))?;
/// assert_eq!(rows, [("Ada".into(), 0), ("Bob".into(), 1), ("Cyd".into(), 2)]);
/// # Ok(())
/// # }
/// ```
///
/// Rows that lead to each other in a circle never end: use [`recursive_distinct`], or count the depth and filter by it.
pub fn recursive<S, S2, O: Tabular>(start: Select<S, O>, step: impl FnOnce(Cte<O>) -> Select<S2, O>) -> Cte<O> {
    follow(start, SetOperator::UnionAll, step)
}

/// As [`recursive`], but a row that was found before is not followed again, so that circles end. A row is all its columns: do
/// not count the depth in one.
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
        From { number: next_table(), source: Source::Cte(self.body), join, on: None, hidden: false }
    }
}
impl<O: Tabular> IntoSource<O> for &Cte<O> {
    fn into_source(self, join: Join, lateral: bool) -> From {
        self.clone().into_source(join, lateral)
    }
}
