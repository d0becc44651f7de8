//! The smaller clauses of a SELECT as text: DISTINCT, GROUP BY, ORDER BY, LIMIT and locks.

use super::select::Columns;
use super::writer::{Naming, SqlWriter};
use crate::dialect::{Rollup, RowLocks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::node::{Group, Lock, LockStrength, LockWait, Node, Order, SelectBody, Source};
use crate::value::Type;
use std::fmt::Write as _;

impl<'q> SqlWriter<'q, '_> {
    /// SELECT with DISTINCT or DISTINCT ON.
    pub(super) fn distinct(&mut self, body: &'q SelectBody) -> Result<()> {
        let SelectBody { distinct, distinct_on, order, .. } = body;
        if distinct_on.is_empty() {
            self.push(if *distinct { "SELECT DISTINCT " } else { "SELECT " });
            return Ok(());
        }
        if !self.dialect.distinct_on {
            let instead =
                "DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1";
            return self.unsupported(instead);
        }
        if *distinct {
            return Err(Error::new(ErrorKind::Misuse, "a query has `distinct` or `distinct_on`, not both"));
        }
        begins_with(order, distinct_on)?;
        self.push("SELECT DISTINCT ON (");
        self.keys(distinct_on)?;
        self.push(") ");
        Ok(())
    }

    /// Keys of GROUP BY and the like, separated by commas.
    pub(super) fn keys(&mut self, keys: &'q [Node]) -> Result<()> {
        self.list(", ", keys, |w, key| match key {
            Node::Column { at, ty } if ty.width() > 1 => w.list(", ", 0..ty.width(), |w, offset| w.column(*at, offset)),
            other => {
                w.node(other)?;
                w.collation(other.ty().unwrap_or(Type::Text));
                Ok(())
            }
        })
    }

    pub(super) fn group(&mut self, group: &'q [Group]) -> Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        self.push(" GROUP BY ");
        self.list(", ", group, |w, term| match (term, w.dialect.clauses.rollup) {
            (Group::Key(key), _) => w.keys(std::slice::from_ref(key)),
            (Group::Rollup(keys), Rollup::Term) => w.term("ROLLUP (", keys),
            (Group::Cube(keys), Rollup::Term) => w.term("CUBE (", keys),
            (Group::Sets(sets), Rollup::Term) => {
                w.push("GROUPING SETS (");
                w.list(", ", sets, |w, keys| w.term("(", keys))?;
                w.push(")");
                Ok(())
            }
            (Group::Rollup(_), Rollup::None) => w.unsupported("ROLLUP"),
            (Group::Cube(_), _) => w.unsupported("CUBE"),
            (Group::Sets(_), _) => w.unsupported("GROUPING SETS"),
            (Group::Rollup(_), _) if group.len() > 1 => w.unsupported("ROLLUP beside other keys of `group_by`"),
            (Group::Rollup(keys), _) if keys.iter().any(Node::is_wide) => {
                w.unsupported("ROLLUP of a key of several columns")
            }
            (Group::Rollup(keys), Rollup::Suffix | Rollup::UnorderedSuffix) => {
                w.keys(keys)?;
                w.push(" WITH ROLLUP");
                Ok(())
            }
        })
    }

    /// `ROLLUP (a, (b, c))`: a key of several columns stays one.
    fn term(&mut self, opening: &str, keys: &'q [Node]) -> Result<()> {
        self.push(opening);
        self.list(", ", keys, |w, key| {
            let wide = key.is_wide();
            w.push(if wide { "(" } else { "" });
            w.keys(std::slice::from_ref(key))?;
            w.push(if wide { ")" } else { "" });
            Ok(())
        })?;
        self.push(")");
        Ok(())
    }

    /// Whether a key was rolled up.
    pub(super) fn grouping(&mut self, key: &'q Node) -> Result<()> {
        if !self.dialect.clauses.grouping {
            return self.unsupported("GROUPING");
        }
        self.push("(GROUPING(");
        self.argument(key)?;
        self.push(") = 1)");
        Ok(())
    }

    /// True where a SELECT cannot have this order itself.
    pub(super) fn orders_outside(&self, body: &SelectBody) -> bool {
        self.dialect.clauses.rollup == Rollup::UnorderedSuffix && !body.order.is_empty() && rolls_up(body)
    }

    /// `SELECT c0 FROM (SELECT .. AS c0, .. AS o0 .. WITH ROLLUP) AS t1 ORDER BY o0`: in the derived table the order is columns.
    pub(super) fn ordered_outside(&mut self, body: &'q SelectBody) -> Result<()> {
        let SelectBody { distinct, distinct_on, columns, order, lock, loads, .. } = body;
        if *distinct || lock.is_some() || !loads.is_empty() || !distinct_on.is_empty() {
            return self.unsupported("an order beside ROLLUP and DISTINCT, a lock or `with`");
        }
        let mut names: Vec<(Term<'q>, String)> =
            columns.iter().flat_map(terms).zip((0..).map(|at| format!("c{at}"))).collect();
        self.push("SELECT ");
        let selected = names.len();
        self.list(", ", 0..selected, |w, at| {
            let _ = write!(w.sql, "c{at}");
            Ok(())
        })?;
        self.push(" FROM ");
        self.table_query(|w| {
            w.scoped(body, Columns::Numbered, |w| {
                w.push("SELECT ");
                w.numbered(columns, false)?;
                order.iter().try_for_each(|order| w.order_columns(order, &mut names))?;
                w.after_columns(body)
            })
        })?;
        let _ = write!(self.sql, " AS t{} ORDER BY ", self.aliases);
        self.aliases += 1;
        self.list(", ", order, |w, order| {
            w.list(", ", terms(&order.node), |w, term| {
                let name = names.iter().find(|(known, _)| *known == term).map_or("", |(_, name)| name);
                w.order_term(order, |w| {
                    w.push(name);
                    Ok(())
                })
            })
        })?;
        self.extent(body)
    }

    /// `, x AS o0`, unless it is selected already: a key that stands twice beside WITH ROLLUP is NULL in one place only.
    fn order_columns(&mut self, order: &'q Order, names: &mut Vec<(Term<'q>, String)>) -> Result<()> {
        if matches!(order.node, Node::Row(_) | Node::Entity { .. }) {
            return self.unsupported("an order by a whole table or row");
        }
        for term in terms(&order.node) {
            if names.iter().any(|(known, _)| *known == term) {
                continue;
            }
            self.push(", ");
            match term {
                Term::Column(at) => self.column(at, 0)?,
                Term::Other(node) => self.node(node)?,
            }
            let name = format!("o{}", names.len());
            self.push(" AS ");
            self.push(&name);
            names.push((term, name));
        }
        Ok(())
    }

    /// Where a key that is rolled up becomes NULL only in one of the places in which it is selected.
    pub(super) fn refuse_keys_twice(&self, body: &SelectBody) -> Result<()> {
        if self.dialect.clauses.rollup != Rollup::UnorderedSuffix || !rolls_up(body) {
            return Ok(());
        }
        let columns: Vec<Term<'_>> = body.columns.iter().flat_map(terms).collect();
        let twice = |(at, term): (usize, &Term<'_>)| matches!(term, Term::Column(_)) && columns[..at].contains(term);
        if columns.iter().enumerate().any(twice) {
            return self.unsupported("ROLLUP beside a column that is selected twice");
        }
        Ok(())
    }

    /// ORDER BY
    pub(super) fn ordered(&mut self, order: &'q [Order]) -> Result<()> {
        if order.is_empty() {
            return Ok(());
        }
        self.push(" ORDER BY ");
        self.list(", ", order, |w, order| w.order(order))
    }

    /// LIMIT and OFFSET. The numbers are Rust's own and cannot carry text, so they stand in the SQL.
    pub(super) fn extent(&mut self, body: &SelectBody) -> Result<()> {
        let SelectBody { limit, ties, offset, order, lock, .. } = body;
        match (limit, offset) {
            (Some(limit), _) if *ties => {
                if !self.dialect.clauses.limit_with_ties {
                    return self
                        .unsupported("a limit with ties; keep the first by `rank().over(..)` in a query inside");
                }
                if order.is_empty() {
                    let message = "`limit_with_ties` needs an order, which tells what is equal";
                    return Err(Error::new(ErrorKind::Misuse, message));
                }
                if lock.as_ref().is_some_and(|lock| lock.wait == LockWait::SkipLocked) {
                    let message =
                        "`limit_with_ties` cannot stand beside `skip_locked`: which rows are equal would be unknown";
                    return Err(Error::new(ErrorKind::Misuse, message));
                }
                if let Some(offset) = offset {
                    let _ = write!(self.sql, " OFFSET {offset} ROWS");
                }
                let _ = write!(self.sql, " FETCH FIRST {limit} ROWS WITH TIES");
                return Ok(());
            }
            (Some(limit), _) => {
                let _ = write!(self.sql, " LIMIT {limit}");
            }
            (None, Some(_)) => {
                if let Some(all) = self.dialect.offset_without_limit {
                    let _ = write!(self.sql, " LIMIT {all}");
                }
            }
            (None, None) => {}
        }
        if let Some(offset) = offset {
            let _ = write!(self.sql, " OFFSET {offset}");
        }
        Ok(())
    }

    pub(super) fn lock(&mut self, body: &SelectBody) -> Result<()> {
        let Some(Lock { strength, wait, of }) = &body.lock else { return Ok(()) };
        if !body.from.iter().any(|from| matches!(from.source, Source::Table(_))) {
            return Err(Error::new(
                ErrorKind::Misuse,
                "only rows of tables can be locked, not those of a union, a CTE or another query",
            ));
        }
        self.push(match (strength, self.dialect.row_locks) {
            (LockStrength::Unsaid, _) => {
                let message = "`skip_locked`, `no_wait` and `of` need `for_update` or `for_share` on the same query";
                return Err(Error::new(ErrorKind::Misuse, message));
            }
            (_, RowLocks::None) => {
                return self.unsupported("row locks; a session made with `.write()` locks the whole database");
            }
            (LockStrength::Update, _) => " FOR UPDATE",
            (LockStrength::Share, RowLocks::ForShare) => " FOR SHARE",
            (LockStrength::Share, RowLocks::LockInShareMode) => " LOCK IN SHARE MODE",
        });
        match self.dialect.row_locks {
            _ if of.is_empty() => {}
            RowLocks::ForShare => {
                self.push(" OF ");
                self.list(", ", of, |w, at| w.locked_table(body, *at))?;
            }
            RowLocks::None | RowLocks::LockInShareMode => {
                return self.unsupported("a lock of some of the tables (`of`)");
            }
        }
        self.push(match wait {
            LockWait::Wait => "",
            LockWait::NoWait => " NOWAIT",
            LockWait::SkipLocked => " SKIP LOCKED",
        });
        Ok(())
    }

    fn locked_table(&mut self, body: &SelectBody, at: Binding) -> Result<()> {
        let from = body.from.iter().find(|from| from.number == at.table);
        let Some(Source::Table(table)) = from.map(|from| &from.source) else {
            let message = "`of` takes tables of the same query: only rows of tables can be locked";
            return Err(Error::new(ErrorKind::Misuse, message));
        };
        let known = self.tables.iter().rev().find(|known| known.number == at.table);
        let name = known.map(|known| known.name).filter(|_| self.qualified).unwrap_or(Naming::Own);
        self.table_name(name, Some(*table));
        Ok(())
    }
}

fn rolls_up(body: &SelectBody) -> bool {
    body.group.iter().any(|term| matches!(term, Group::Rollup(_)))
}

/// DISTINCT ON keeps the first row of each, so the order, if there is one, has to begin with its keys.
fn begins_with(order: &[Order], keys: &[Node]) -> Result<()> {
    let wanted: Vec<Term<'_>> = keys.iter().flat_map(terms).collect();
    let mut seen = Vec::new();
    for term in order.iter().flat_map(|order| terms(&order.node)) {
        if wanted.contains(&term) {
            seen.push(term);
        } else if wanted.iter().all(|key| seen.contains(key)) {
            return Ok(());
        } else {
            let message = "`order_by` has to begin with the keys of `distinct_on`: the first row of each is kept";
            return Err(Error::new(ErrorKind::Misuse, message));
        }
    }
    Ok(())
}

/// One column or expression.
#[derive(Clone, Copy, PartialEq)]
enum Term<'n> {
    Column(Binding),
    Other(&'n Node),
}

fn terms(node: &Node) -> Vec<Term<'_>> {
    let columns = |at: Binding, width: usize| (0..width).map(|offset| Term::Column(at.offset(offset))).collect();
    match node {
        Node::Column { at, ty } => columns(*at, ty.width()),
        Node::Entity { at, table } => columns(*at, table.columns.len()),
        other => vec![Term::Other(other)],
    }
}
