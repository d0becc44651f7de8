//! SELECT as text, one function for each clause in SQL order.

use super::Compiled;
use super::connected;
use super::scope::keeps_unmatched;
use super::window;
use super::writer::{Resolve, SqlWriter};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::{From, Join, Node, SelectBody, Source};
use crate::query::{LoadSpec, check_groups};
use crate::value::Type;
use std::fmt::Write as _;

/// The text and values of a SELECT.
///
/// # Errors
/// `Unsupported` for what the dialect does not have.
pub fn select_statement<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.qualified = !body.is_flat();
    writer.with(body)?;
    writer.select(body, Columns::Plain)?;
    writer.finish()
}

/// `SELECT COUNT(*)` of the rows of a SELECT.
///
/// # Errors
/// As [`select_statement`].
pub fn count_statement<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    refuse_lock(body, "a count")?;
    let plain = body.group.is_empty()
        && body.having.is_none()
        && !body.distinct
        && body.distinct_on.is_empty()
        && body.limit.is_none()
        && body.offset.is_none();
    writer.qualified = !body.is_flat();
    writer.with(body)?;
    if plain && !body.columns.iter().any(Node::is_aggregated) {
        writer.push("SELECT COUNT(*)");
        writer.tables_and_filter(body)?;
    } else {
        writer.push("SELECT COUNT(*) FROM (");
        writer.select(body, Columns::Numbered)?;
        writer.push(") AS counted");
    }
    writer.finish()
}

/// `SELECT EXISTS (..)` of a SELECT.
///
/// # Errors
/// As [`select_statement`].
pub fn exists_statement<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    refuse_lock(body, "a test for a row")?;
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.qualified = !body.is_flat();
    writer.with(body)?;
    writer.push("SELECT EXISTS (");
    writer.tested(body)?;
    writer.push(")");
    writer.finish()
}

/// Only rows that are read are locked, on every database.
fn refuse_lock(body: &SelectBody, what: &str) -> Result<()> {
    if body.lock.is_none() {
        return Ok(());
    }
    let message =
        format!("{what} locks no rows: lock them by the query that reads them, and ask here without `for_update`");
    Err(Error::new(ErrorKind::Misuse, message))
}

/// What a SELECT's list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// The result.
    Plain,
    /// A derived table: the columns are named by position.
    Numbered,
    /// Nothing: only whether there is a row.
    Unread,
}

impl<'q> SqlWriter<'q, '_> {
    /// A query inside an expression.
    pub(super) fn nested(&mut self, body: &'q SelectBody) -> Result<()> {
        self.inside(body, Columns::Plain)
    }

    /// A query inside another; its tables go out of scope behind it.
    fn inside(&mut self, body: &'q SelectBody, list: Columns) -> Result<()> {
        self.deeper(|w| {
            let tables = w.tables.len();
            w.select(body, list)?;
            w.tables.truncate(tables);
            Ok(())
        })
    }

    /// A query that is only asked for a row. Its columns matter where they decide how many rows there are.
    pub(super) fn tested(&mut self, body: &'q SelectBody) -> Result<()> {
        if body.ties {
            return self.limited(body);
        }
        let counts = body.distinct || !body.group.is_empty() || body.having.is_some();
        let counts = counts || body.columns.iter().any(Node::is_aggregated);
        self.inside(body, if counts { Columns::Plain } else { Columns::Unread })
    }

    /// A query by way of a derived table, where the database takes no limit, or drops the order of a limit with ties.
    pub(super) fn limited(&mut self, body: &'q SelectBody) -> Result<()> {
        self.push("SELECT * FROM (");
        self.derived(body)?;
        self.push(") AS limited");
        Ok(())
    }

    /// A query as a table, whose columns are named by position.
    pub(super) fn derived(&mut self, body: &'q SelectBody) -> Result<()> {
        self.inside(body, Columns::Numbered)
    }

    /// The whole SELECT.
    pub(super) fn select(&mut self, body: &'q SelectBody, list: Columns) -> Result<()> {
        match body.as_compound() {
            Some(compound) => self.seeing(body.scoping, |w| w.compound(compound, list)),
            None => self.clauses(body, list, false),
        }
    }

    /// SELECT and all that follows it. `compared` when its rows are compared with those of another query.
    pub(super) fn clauses(&mut self, body: &'q SelectBody, list: Columns, compared: bool) -> Result<()> {
        self.refuse_keys_twice(body)?;
        if self.orders_outside(body) {
            return self.ordered_outside(body);
        }
        // All are named here, so that a new one is not forgotten: those without a use are written by the functions below.
        let SelectBody {
            distinct,
            distinct_on,
            columns,
            from: _,
            filter: _,
            group: _,
            having: _,
            order,
            limit: _,
            ties: _,
            offset: _,
            lock: _,
            loads,
            scoping: _,
        } = body;
        self.scoped(body, list, |w| {
            let compared = compared || *distinct || !distinct_on.is_empty();
            w.distinct(body)?;
            match list {
                Columns::Plain => {
                    w.list(", ", columns, |w, column| {
                        w.projected(column)?;
                        w.collation(column.ty().filter(|_| compared).unwrap_or(Type::Text));
                        Ok(())
                    })?;
                    w.load_keys(loads)?;
                }
                Columns::Numbered => w.numbered(columns, compared)?,
                Columns::Unread => w.push("TRUE"),
            }
            w.after_columns(body)?;
            w.ordered(order)?;
            w.extent(body)?;
            w.lock(body)
        })
    }

    /// FROM to WINDOW.
    pub(super) fn after_columns(&mut self, body: &'q SelectBody) -> Result<()> {
        self.from(&body.from)?;
        self.where_(&body.from, body.filter.as_ref())?;
        self.group(&body.group)?;
        if let Some(having) = &body.having {
            self.push(" HAVING ");
            self.node(having)?;
        }
        self.named_windows()
    }

    /// Writes a SELECT with its tables and windows in scope.
    pub(super) fn scoped(
        &mut self,
        body: &'q SelectBody,
        list: Columns,
        select: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        connected::check(&body.from, body.filter.as_ref())?;
        check_groups(body)?;
        self.declare_all(&body.from);
        let windows = window::named(body, list)?;
        let around = std::mem::replace(&mut self.windows, windows);
        self.seeing(body.scoping, select)?;
        self.windows = around;
        Ok(())
    }

    /// FROM and WHERE alone, for a count.
    fn tables_and_filter(&mut self, body: &'q SelectBody) -> Result<()> {
        connected::check(&body.from, body.filter.as_ref())?;
        self.declare_all(&body.from);
        self.from(&body.from)?;
        self.where_(&body.from, body.filter.as_ref())
    }

    /// Columns are written before FROM, so the tables get their names first.
    fn declare_all(&mut self, from: &'q [From]) {
        for from in from {
            let table = match &from.source {
                Source::Table(table) => Some(*table),
                Source::Query { .. } | Source::Compound(_) | Source::Cte(_) | Source::Values(_) => None,
            };
            self.declare(from.number, table);
        }
    }

    /// The keys of the rows whose relations are loaded by further statements.
    fn load_keys(&mut self, loads: &[LoadSpec]) -> Result<()> {
        for load in loads {
            for node in load.owner_key() {
                if let Node::Column { at, .. } = node {
                    self.push(", ");
                    self.column(at, 0)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn numbered(&mut self, columns: &'q [Node], compared: bool) -> Result<()> {
        let mut next = 0;
        self.list(", ", columns, |w, column| match column {
            Node::Entity { at, table } => w.list(", ", 0..table.columns.len(), |w, offset| {
                w.column(*at, offset)?;
                w.position(&mut next);
                Ok(())
            }),
            Node::Column { at, ty } if ty.width() > 1 => w.list(", ", 0..ty.width(), |w, offset| {
                w.column(*at, offset)?;
                w.position(&mut next);
                Ok(())
            }),
            single => {
                w.projected(single)?;
                w.collation(single.ty().filter(|_| compared).unwrap_or(Type::Text));
                w.position(&mut next);
                Ok(())
            }
        })
    }

    /// ` AS c0`
    fn position(&mut self, next: &mut usize) {
        let _ = write!(self.sql, " AS c{next}");
        *next += 1;
    }

    fn from(&mut self, from: &'q [From]) -> Result<()> {
        let unmatched = keeps_unmatched(from);
        let mut waiting = None;
        for (at, table) in from.iter().enumerate() {
            let From { number, source, join, on, hidden, scoping: _ } = table;
            let lateral = matches!(source, Source::Query { lateral: true, .. });
            match (at, join) {
                (0, _) => self.push(" FROM "),
                (_, Join::Inner) if on.is_none() => self.push(" CROSS JOIN "),
                (_, Join::Inner) => self.push(" JOIN "),
                (_, Join::Left) if waiting.is_some() => self.push(" JOIN "),
                (_, Join::Left) => self.push(" LEFT JOIN "),
                (_, Join::Right) if self.dialect.right_join => self.push(" RIGHT JOIN "),
                (_, Join::Full) if self.dialect.full_join => self.push(" FULL JOIN "),
                (_, Join::Right) => return self.unsupported("RIGHT JOIN"),
                (_, Join::Full) => return self.unsupported("FULL JOIN"),
                (_, Join::Cross) => self.push(" CROSS JOIN "),
            }
            // A link whose other end is not seen leads nowhere: both are joined to each other first.
            let pair = *hidden && *join == Join::Left && !unmatched;
            let pair = pair && from.get(at + 1).is_some_and(|end| self.scoped_table(end).is_some());
            self.push(if pair { "(" } else { "" });
            if lateral {
                if !self.dialect.lateral {
                    return self.unsupported("LATERAL joins");
                }
                self.push("LATERAL ");
            }
            match source {
                Source::Table(closed) if unmatched && self.scoped_table(table).is_some() => {
                    self.closed_table(table, closed)?;
                }
                Source::Table(table) if self.is_closed(table) => {
                    self.push("(SELECT * FROM ");
                    self.real_table(table)?;
                    self.push(")");
                }
                Source::Table(table) => self.real_table(table)?,
                Source::Query { body, .. } => self.table_query(|w| w.select(body, Columns::Numbered))?,
                Source::Compound(compound) => self.table_query(|w| w.compound(compound, Columns::Numbered))?,
                Source::Values(values) => self.table_query(|w| w.values(values))?,
                Source::Cte(cte) => self.cte_name(cte.number)?,
            }
            if self.qualified {
                let known = self.tables.iter().rev().find(|known| known.number == *number);
                let name = known.expect("every table of FROM was declared").name;
                self.push(" AS ");
                self.table_name(name, None);
            }
            if pair {
                waiting = on.as_ref().map(|on| (table, on));
            } else if let Some(on) = on {
                self.on(table, on, !unmatched)?;
                if let Some((link, on)) = waiting.take() {
                    self.push(")");
                    self.on(link, on, true)?;
                }
            }
        }
        Ok(())
    }

    /// WHERE with the conditions of the tables that have no ON.
    fn where_(&mut self, from: &'q [From], filter: Option<&'q Node>) -> Result<()> {
        if keeps_unmatched(from) {
            return self.filter(filter);
        }
        self.filter_of(
            from.iter().enumerate().filter(|(at, from)| *at == 0 || from.on.is_none()).map(|(_, from)| from),
            filter,
        )
    }

    /// A query in FROM; its tables go out of scope behind it.
    pub(super) fn table_query(&mut self, query: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.push("(");
        self.deeper(|w| {
            let tables = w.tables.len();
            query(w)?;
            w.tables.truncate(tables);
            Ok(())
        })?;
        self.push(")");
        Ok(())
    }

    /// WHERE, also of UPDATE and DELETE.
    pub(super) fn filter(&mut self, filter: Option<&'q Node>) -> Result<()> {
        if let Some(filter) = filter {
            self.push(" WHERE ");
            self.node(filter)?;
        }
        Ok(())
    }
}
