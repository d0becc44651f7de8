//! UPDATE and DELETE as text, and what follows the rows of an INSERT.

use super::Compiled;
use super::writer::{Resolve, SqlWriter, TableName};
use crate::dialect::{Dialect, Upsert};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::node::{Assignment, From, Node, Source};
use crate::query::{Conflict, DeleteBody, EXCLUDED, UpdateBody};
use crate::schema::Table;

pub(super) fn target(from: &From) -> &'static Table {
    match &from.source {
        Source::Table(table) => table,
        Source::Query { .. } | Source::Compound(_) | Source::Cte(_) | Source::Values(_) => {
            unreachable!("an UPDATE, DELETE or INSERT is made of a model's table")
        }
    }
}

/// The text and values of an UPDATE. A versioned table's version goes up by one unless the statement assigns it.
///
/// # Errors
/// `Misuse` when nothing is assigned, `Unsupported` for what the dialect does not have.
pub fn update_statement<'q>(
    body: &'q UpdateBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.with_before_write(body.nodes())?;
    writer.update(body)?;
    writer.finish()
}

/// The text and values of a DELETE.
///
/// # Errors
/// `Unsupported` for what the dialect does not have.
pub fn delete_statement<'q>(
    body: &'q DeleteBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.with_before_write(body.nodes())?;
    writer.delete(body)?;
    writer.finish()
}

/// ON CONFLICT and RETURNING behind the rows of an INSERT.
///
/// # Errors
/// `Unsupported` for what the dialect does not have or cannot mean.
pub fn insert_tail<'q>(
    head: String,
    binds: Vec<crate::value::Datum<'q>>,
    from: &'q From,
    conflict: Option<&'q Conflict>,
    returning: &'q [Node],
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.sql = head;
    writer.binds = binds;
    writer.declare_own(from.number, target(from));
    if let Some(conflict) = conflict {
        (writer.qualified, writer.in_conflict) = (true, true);
        writer.conflict(conflict, from, target(from).generated.is_none(), " AS new")?;
        writer.in_conflict = false;
    }
    writer.qualified = !returning.iter().all(Node::is_flat);
    writer.returning(returning, dialect.returning.insert, "INSERT .. RETURNING")?;
    writer.finish()
}

impl<'q> SqlWriter<'q, '_> {
    /// An UPDATE without its WITH.
    pub(super) fn update(&mut self, body: &'q UpdateBody) -> Result<()> {
        let UpdateBody { from, joins, set, filter: _, returning: _ } = body;
        if set.is_empty() {
            let message = format!("an update of {} assigns nothing: use `.set(..)`", target(from).name);
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        if !joins.is_empty() {
            return self.seeing(from.scoping, |w| w.update_joined(body));
        }
        self.seeing(from.scoping, |w| w.update_one(body))?;
        self.tables.clear();
        Ok(())
    }

    fn update_one(&mut self, body: &'q UpdateBody) -> Result<()> {
        let UpdateBody { from, joins: _, set, filter, returning } = body;
        self.refuse_move(from, set)?;
        self.target(from, body.nodes());
        self.push("UPDATE ");
        self.ident(target(from).name);
        self.push(" SET ");
        self.assignments(set, from, false)?;
        self.next_version(set, from, false)?;
        self.filter_of([from], filter.as_ref())?;
        self.returning(returning, self.dialect.returning.update, "UPDATE .. RETURNING")
    }

    /// A DELETE without its WITH.
    pub(super) fn delete(&mut self, body: &'q DeleteBody) -> Result<()> {
        let DeleteBody { from, joins, filter: _, returning: _ } = body;
        if !joins.is_empty() {
            return self.seeing(from.scoping, |w| w.delete_joined(body));
        }
        self.seeing(from.scoping, |w| w.delete_one(body))?;
        self.tables.clear();
        Ok(())
    }

    fn delete_one(&mut self, body: &'q DeleteBody) -> Result<()> {
        let DeleteBody { from, joins: _, filter, returning } = body;
        self.target(from, body.nodes());
        self.push("DELETE FROM ");
        self.ident(target(from).name);
        self.filter_of([from], filter.as_ref())?;
        self.returning(returning, self.dialect.returning.delete, "DELETE .. RETURNING")
    }

    /// The table that the statement changes; its columns carry its name only where a query inside might confuse them.
    fn target(&mut self, from: &From, mut parts: impl Iterator<Item = &'q Node>) {
        self.declare_own(from.number, target(from));
        self.qualified = !parts.all(Node::is_flat);
    }

    /// The columns and values behind SET; `named` when the columns there carry their table's name.
    pub(super) fn assignments(&mut self, set: &'q [Assignment], from: &From, named: bool) -> Result<()> {
        // The row that could not be inserted has the same columns: `new.email.to(new.email)` assigns the existing row's.
        let own = [from.number, EXCLUDED];
        if let Some(other) = set.iter().find(|assign| !own.contains(&assign.at.table)) {
            return Err(foreign_assignment(target(from), self.tables.iter().find(|own| own.number == other.at.table)));
        }
        if self.dialect.sequential_set {
            refuse_reading_assigned(set, self.dialect, named)?;
        }
        self.list(", ", set, |w, assign| match assign.width {
            1 => {
                w.column_equals(assign.at, 0, from, named)?;
                w.assigned(&assign.value)
            }
            _ => w.wide_assignment(assign, from, named),
        })
    }

    /// `column = `
    fn column_equals(&mut self, at: Binding, offset: usize, from: &From, named: bool) -> Result<()> {
        if named {
            self.column(at, offset)?;
        } else {
            self.ident(&target(from).columns[usize::from(at.column) + offset].name);
        }
        self.push(" = ");
        Ok(())
    }

    /// A reference to a composite key, column by column: not every database assigns a row.
    fn wide_assignment(&mut self, assign: &'q Assignment, from: &From, named: bool) -> Result<()> {
        let Assignment { at: to, width, value } = assign;
        match value {
            Node::Column { at, .. } => self.list(", ", 0..*width, |w, offset| {
                w.column_equals(*to, offset, from, named)?;
                w.column(*at, offset)
            }),
            Node::Bind { datum, .. } => {
                let mut parts = crate::value::Writer::default();
                parts.push(datum.borrowed(), *width);
                self.list(", ", parts.data.into_iter().enumerate(), |w, (offset, part)| {
                    w.column_equals(*to, offset, from, named)?;
                    w.value(part)
                })
            }
            _ => self.unsupported("an expression of several columns in an assignment"),
        }
    }

    /// The version of a versioned table goes up, unless the statement assigns it.
    pub(super) fn next_version(&mut self, set: &[Assignment], from: &From, named: bool) -> Result<()> {
        let Some(version) = target(from).version else { return Ok(()) };
        if set.iter().any(|assign| usize::from(assign.at.column) == version) {
            return Ok(());
        }
        let at = Binding { table: from.number, column: 0, derived: false };
        self.push(", ");
        self.column_equals(at, version, from, named)?;
        self.column(at, version)?;
        self.push(" + 1");
        Ok(())
    }

    /// What is done with a row that exists. `key` when a row brings its own primary key; `alias` names the new row where it
    /// needs a name.
    pub(super) fn conflict(&mut self, conflict: &'q Conflict, from: &From, key: bool, alias: &str) -> Result<()> {
        let table = target(from);
        let Conflict { target, set } = conflict;
        match self.dialect.upsert {
            Upsert::OnConflict => {
                self.push(" ON CONFLICT (");
                self.list(", ", target, |w, column| w.conflict_column(column, table))?;
                self.push(if set.is_empty() { ") DO NOTHING" } else { ") DO UPDATE SET " });
            }
            Upsert::OnDuplicateKeyValues | Upsert::OnDuplicateKeyAlias => {
                self.check_only_unique(target, table, key)?;
                let named = self.dialect.upsert == Upsert::OnDuplicateKeyAlias && !set.is_empty();
                self.push(if named { alias } else { "" });
                self.push(" ON DUPLICATE KEY UPDATE ");
                if set.is_empty() {
                    // Writes nothing, yet does not hide other errors as INSERT IGNORE would.
                    let key = &table.columns[table.primary_key[0]].name;
                    self.ident(key);
                    self.push(" = ");
                    self.ident(table.name);
                    self.push(".");
                    self.ident(key);
                }
            }
        }
        self.assignments(set, from, false)
    }

    fn conflict_column(&mut self, column: &'q Node, table: &'static Table) -> Result<()> {
        match column {
            Node::Column { at, ty } => self.list(", ", 0..ty.width(), |w, offset| {
                w.ident(&table.columns[usize::from(at.column) + offset].name);
                Ok(())
            }),
            _ => self.unsupported("ON CONFLICT of anything but columns"),
        }
    }

    /// ON DUPLICATE KEY means any unique key of the table, so it is the same as ON CONFLICT only where there is no other.
    fn check_only_unique(&self, target: &[Node], table: &'static Table, key: bool) -> Result<()> {
        let mut columns: Vec<usize> = Vec::new();
        for node in target {
            let Node::Column { at, ty } = node else { return self.unsupported("ON CONFLICT of anything but columns") };
            columns.extend((0..ty.width()).map(|offset| usize::from(at.column) + offset));
        }
        columns.sort_unstable();
        let same = |key: &[usize]| {
            let mut key = key.to_vec();
            key.sort_unstable();
            key == columns
        };
        let uniques = table.uniques.iter().map(|unique| unique.columns.as_slice());
        let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| index.columns.as_slice());
        let keys: Vec<&[usize]> = uniques.chain(indexes).collect();
        let is_key = same(&table.primary_key);
        if !is_key && !keys.iter().any(|key| same(key)) {
            return self.unsupported(&format!("ON CONFLICT of columns of {} that are no unique key", table.name));
        }
        // A primary key that the database generates cannot conflict.
        let others = keys.iter().any(|key| !same(key)) || (!is_key && key);
        if others {
            let construct = format!(
                "ON CONFLICT of one unique key of {} where there are several (it would react to any of them)",
                table.name
            );
            return self.unsupported(&construct);
        }
        Ok(())
    }

    /// A column of the row that could not be inserted.
    pub(super) fn excluded(&mut self, index: usize) -> Result<()> {
        let Some(table) = self.tables.first().and_then(|own| own.table) else {
            return self.unsupported("the row that could not be inserted outside of an upsert");
        };
        let name = &table.columns[index].name;
        match self.dialect.upsert {
            Upsert::OnConflict => self.push("excluded."),
            Upsert::OnDuplicateKeyAlias => self.push("new."),
            Upsert::OnDuplicateKeyValues => {
                self.push("VALUES(");
                self.ident(name);
                self.push(")");
                return Ok(());
            }
        }
        self.ident(name);
        Ok(())
    }

    pub(super) fn returning(&mut self, columns: &'q [Node], possible: bool, construct: &str) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        if !possible {
            return self.unsupported(construct);
        }
        self.push(" RETURNING ");
        self.list(", ", columns, |w, column| w.projected(column))
    }
}

#[cold]
fn foreign_assignment(table: &Table, other: Option<&TableName>) -> Error {
    let other = other.and_then(|own| own.table).map_or("another statement", |table| table.name);
    let message = format!("a statement that changes {} cannot assign a column of {other}", table.name);
    Error::new(ErrorKind::Misuse, message)
}

/// Where SET works from left to right, an assignment that reads a column assigned before it would see the new value. With
/// joins the order is the server's own.
fn refuse_reading_assigned(set: &[Assignment], dialect: &Dialect, any_order: bool) -> Result<()> {
    for (at, assign) in set.iter().enumerate() {
        let table = assign.at.table;
        let others = if any_order { &set[at + 1..] } else { &[] };
        let assigned = set[..at]
            .iter()
            .chain(others)
            .flat_map(|before| (0..before.width).map(|offset| usize::from(before.at.column) + offset));
        let assigned: Vec<usize> = assigned.collect();
        if !assigned.is_empty() && reads(&assign.value, table, &assigned) {
            let construct = "assignments that read a column assigned earlier in the same UPDATE as it was before";
            return Err(Error::unsupported(dialect.name, construct));
        }
    }
    Ok(())
}

fn reads(node: &Node, table: u32, columns: &[usize]) -> bool {
    let mut found = false;
    node.each_column(&mut |at, width| {
        let range = usize::from(at.column)..usize::from(at.column) + width;
        found |= at.table == table && at.table != EXCLUDED && columns.iter().any(|column| range.contains(column));
    });
    found
}
