//! Which of its rows a SELECT gives, beyond `distinct`, `limit` and `offset`. Knows no SQL text.

use super::expr::GroupKey;
use super::node::{BinaryOp, From, Node, SelectBody, Source};
use super::output::Output;
use super::scope::Scope;
use super::select::Select;

impl<S: Scope, O: Output> Select<S, O> {
    /// Only the first row for each value of the keys, in the order of the query, which has to begin with the keys; without an
    /// order, which row it is is up to the database. PostgreSQL has it; elsewhere number the rows by
    /// [`row_number`](super::row_number) in a query inside and keep those with 1.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let best = select::<Post>().distinct_on(|p| p.author).order_by(|p| (p.author, p.score.desc())); // of each author
    /// assert!(best.to_sql(&orm_core::dialect::POSTGRES)?.sql.starts_with("SELECT DISTINCT ON (\"author_id\")"));
    ///
    /// let mut connection = engine().connect()?; // this is SQLite
    /// let numbered = select::<Post>().columns(|p| {
    ///     (p.title, row_number().over(|w| w.partition_by(p.author).order_by(p.score.desc())))
    /// });
    /// let best = select_from(numbered).filter(|(_, number)| number.eq(1)).columns(|(title, _)| title);
    /// assert_eq!(connection.all(best.order_by(|(title, _)| title))?, ["A walk", "Hello"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn distinct_on<K: GroupKey>(mut self, keys: impl FnOnce(S::Args) -> K) -> Self {
        let keys = keys(self.args());
        keys.push_to(&mut self.body_mut().distinct_on);
        self
    }

    /// At most so many rows, and those that are equal to the last of them in the order of the query, without which it is a
    /// `Misuse`. Takes the place of [`limit`](Select::limit). PostgreSQL 13 and MariaDB 10.6 have it; elsewhere
    /// [`rank`](super::rank) in a query inside gives the same.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let top = select::<Post>().order_by(|p| p.score.desc()).limit_with_ties(3);
    /// assert!(top.to_sql(&orm_core::dialect::POSTGRES)?.sql.ends_with("FETCH FIRST 3 ROWS WITH TIES"));
    ///
    /// let mut connection = engine().connect()?; // this is SQLite
    /// let ranked = select::<Post>().columns(|p| (p.title, rank().over(|w| w.order_by(p.score.desc()))));
    /// let top = select_from(ranked).filter(|(_, rank)| rank.le(2)).order_by(|(_, rank)| rank);
    /// assert_eq!(connection.all(top)?, [("Hello".into(), 1), ("A walk".into(), 2)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn limit_with_ties(mut self, rows: u64) -> Self {
        let body = self.body_mut();
        (body.limit, body.ties) = (Some(rows), true);
        self
    }
}

impl<S, O> Select<S, O> {
    /// The same for at most so many rows, as far as the database can say so: of a limit with ties that is smaller, more may come.
    pub(crate) fn bounded(mut self, rows: u64) -> Self {
        let body = self.body_mut();
        if body.is_of_one_key() {
            return self; // counting to a limit costs SQLite a tenth of the query
        }
        match body.limit {
            Some(limit) if body.ties && limit > 0 && limit < rows => {}
            // The ties come behind the limit, so that so many rows are the first of them with and without.
            limit => (body.limit, body.ties) = (Some(limit.map_or(rows, |limit| limit.min(rows))), false),
        }
        self
    }
}

impl SelectBody {
    /// True for the rows of one table that have one primary key: there is at most one, or the database knows of no such key.
    fn is_of_one_key(&self) -> bool {
        let ([From { number, source: Source::Table(table), .. }], Some(Node::Binary { op: BinaryOp::Eq, sides, .. })) =
            (self.from.as_slice(), &self.filter)
        else {
            return false;
        };
        match (&**sides, table.primary_key.as_slice()) {
            ([Node::Column { at, .. }, Node::Bind { .. }], [key]) => {
                at.table == *number && usize::from(at.column) == *key && self.limit.is_none()
            }
            _ => false,
        }
    }
}
