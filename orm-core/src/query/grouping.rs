//! What `group_by` takes beside keys: subtotals by `rollup`, `cube` and `grouping_sets`. Knows no SQL text.

use super::expr::{AsExpr, Expr, GroupKey};
use super::node::{Group, Node};
use super::scalar::{ScalarFunction, scalar};
use crate::value::{Nullable, Type};

/// What `group_by` takes: columns, expressions, a whole table, or a tuple of these; or [`rollup`], [`cube`] or
/// [`grouping_sets`] of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be grouped by",
    label = "expected a column, an expression, a table, or a tuple of these"
)]
pub trait Groups {
    /// Appends the terms.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Group>);
}
#[diagnostic::do_not_recommend]
impl<K: GroupKey> Groups for K {
    fn push_to(self, out: &mut Vec<Group>) {
        out.extend(keys_of(self).into_iter().map(Group::Key));
    }
}
#[diagnostic::do_not_recommend]
impl Groups for Subtotals {
    fn push_to(self, out: &mut Vec<Group>) {
        out.push(self.0);
    }
}

/// What [`rollup`], [`cube`] and [`grouping_sets`] give to `group_by`.
#[derive(Clone, Debug)]
pub struct Subtotals(Group);

fn keys_of(keys: impl GroupKey) -> Vec<Node> {
    let mut nodes = Vec::new();
    keys.push_to(&mut nodes);
    nodes
}

/// A row for each group, for each group of all keys but the last, and so on, and one for all rows together: subtotals and a
/// total. SQLite does not have it; MySQL and MariaDB know no other keys beside it, and no key of several columns.
///
/// In the rows of subtotals the keys that were left out are NULL, whatever the type of the column: select them by [`rolled`], or
/// such a row is a `Decode` error. Where a key can itself be NULL, [`grouping`] tells the two apart. Ask for such rows by
/// `grouping`, or around the query by [`select_from`](super::select_from): MariaDB holds a key for NOT NULL in `having`.
///
/// ```
/// # use orm_doc::*;
/// let sales = select::<Post>()
///     .group_by(|p| rollup((p.author, p.title)))
///     .columns(|p| (rolled(p.author), rolled(p.title), sum(p.score)));
/// assert!(sales.to_sql(&orm_core::dialect::POSTGRES)?.sql.ends_with("GROUP BY ROLLUP (\"author_id\", \"title\")"));
/// assert!(sales.to_sql(&orm_core::dialect::MYSQL)?.sql.ends_with("GROUP BY `author_id`, `title` WITH ROLLUP"));
///
/// let mut connection = engine().connect()?; // this is SQLite
/// let rows: Result<Vec<(Option<Ref<User>>, Option<String>, Option<f64>)>> = connection.all(sales);
/// assert_eq!(rows.unwrap_err().kind(), ErrorKind::Unsupported);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn rollup(keys: impl GroupKey) -> Subtotals {
    Subtotals(Group::Rollup(keys_of(keys)))
}

/// As [`rollup`], but for every selection of the keys. PostgreSQL has it.
///
/// ```
/// # use orm_doc::*;
/// let cubed = select::<Post>().group_by(|p| cube((p.author, p.title))).columns(|p| (rolled(p.title), count(p)));
/// assert!(cubed.to_sql(&orm_core::dialect::POSTGRES)?.sql.ends_with("GROUP BY CUBE (\"author_id\", \"title\")"));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn cube(keys: impl GroupKey) -> Subtotals {
    Subtotals(Group::Cube(keys_of(keys)))
}

/// As [`rollup`], but for each of these lists of keys; `()` is all rows together. PostgreSQL has it.
///
/// ```
/// # use orm_doc::*;
/// let sets = select::<Post>().group_by(|p| grouping_sets(((p.author, p.title), p.author, ()))).columns(|p| count(p));
/// let text = sets.to_sql(&orm_core::dialect::POSTGRES)?.sql;
/// assert!(text.ends_with("GROUP BY GROUPING SETS ((\"author_id\", \"title\"), (\"author_id\"), ())"));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn grouping_sets(sets: impl GroupingSets) -> Subtotals {
    let mut lists = Vec::new();
    sets.push_to(&mut lists);
    Subtotals(Group::Sets(lists))
}

/// A key as it is in the rows of [`rollup`], [`cube`] and [`grouping_sets`]: NULL where it was left out.
///
/// ```
/// # use orm_doc::*;
/// fn counts() -> Select<(Entity<User>,), (Scalar<Option<bool>>, Scalar<i64>)> {
///     select::<User>().group_by(|u| rollup(u.admin)).columns(|u| (rolled(u.admin), count(u)))
/// }
/// assert!(counts().to_sql(&orm_core::dialect::POSTGRES).is_ok());
/// ```
#[must_use]
pub fn rolled<E: AsExpr>(key: E) -> Expr<Nullable<E::Sql>> {
    Expr::new(key.into_node())
}

/// Whether a key was left out in a row of [`rollup`], [`cube`] or [`grouping_sets`], and so is NULL there. MariaDB and SQLite do
/// not have it.
///
/// ```
/// # use orm_doc::*;
/// let counts = select::<User>().group_by(|u| rollup(u.email)).columns(|u| (grouping(u.email), count(u)));
/// assert!(counts.to_sql(&orm_core::dialect::MYSQL)?.sql.contains("GROUPING(`email`)"));
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn grouping<E: AsExpr>(key: E) -> Expr<bool> {
    scalar(ScalarFunction::Grouping, Type::Bool, vec![key.into_node()])
}

/// One list of [`grouping_sets`]: keys, or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be grouped by",
    label = "expected a column, an expression, a table, a tuple of these, or `()`"
)]
pub trait GroupingSet {
    /// The keys.
    #[doc(hidden)]
    fn into_keys(self) -> Vec<Node>;
}
#[diagnostic::do_not_recommend]
impl<K: GroupKey> GroupingSet for K {
    fn into_keys(self) -> Vec<Node> {
        keys_of(self)
    }
}
impl GroupingSet for () {
    fn into_keys(self) -> Vec<Node> {
        Vec::new()
    }
}

/// What [`grouping_sets`] takes: a tuple of lists of keys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of lists of keys",
    label = "expected a tuple such as `((a, b), a, ())`"
)]
pub trait GroupingSets {
    /// Appends the lists.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Vec<Node>>);
}

// impl<A: GroupingSet, B: GroupingSet> GroupingSets for (A, B) {..}
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    impl<$($t: GroupingSet),+> GroupingSets for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Vec<Node>>) {
            $(out.push(self.$i.into_keys());)+
        }
    }
)* } }
tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5) }
