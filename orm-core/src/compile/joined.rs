//! Statements that read other tables while they write: UPDATE and DELETE with joins, and INSERT .. SELECT.

use super::Compiled;
use super::dml::target;
use super::scope::tenant_of;
use super::select::Columns;
use super::writer::{Resolve, SqlWriter};
use crate::dialect::{DeleteJoin, Dialect, UpdateJoin};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::node::{From, Node};
use crate::query::{DeleteBody, InsertSelectBody, UpdateBody};

/// An UPDATE that assigns something and has joins.
pub(super) fn update<'q>(
    body: &'q UpdateBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let UpdateBody { from, joins, set, filter, returning: _ } = body;
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.changes(from, set)?;
    writer.declare_joined(from, joins);
    writer.push("UPDATE ");
    writer.aliased(from);
    match dialect.update_join {
        UpdateJoin::From => {
            writer.push(" SET ");
            writer.assignments(set, from, false)?;
            writer.next_version(set, from, false)?;
            writer.push(" FROM ");
            writer.listed(from, joins, filter.as_ref())?;
        }
        UpdateJoin::Join => {
            writer.joined(joins)?;
            writer.push(" SET ");
            writer.assignments(set, from, true)?;
            writer.next_version(set, from, true)?;
            writer.filter_of(std::iter::once(from).chain(joins), filter.as_ref())?;
        }
    }
    writer.finish()
}

/// A DELETE that has joins.
pub(super) fn delete<'q>(
    body: &'q DeleteBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let DeleteBody { from, joins, filter, returning: _ } = body;
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.changes(from, &[])?;
    writer.declare_joined(from, joins);
    match dialect.delete_join {
        DeleteJoin::Using => {
            writer.push("DELETE FROM ");
            writer.aliased(from);
            writer.push(" USING ");
            writer.listed(from, joins, filter.as_ref())?;
        }
        DeleteJoin::Join => {
            writer.push("DELETE ");
            writer.alias_of(from);
            writer.push(" FROM ");
            writer.aliased(from);
            writer.joined(joins)?;
            writer.filter_of(std::iter::once(from).chain(joins), filter.as_ref())?;
        }
        DeleteJoin::KeyQuery => {
            let table = target(from);
            let key = &table.primary_key;
            writer.push("DELETE FROM ");
            writer.ident(table.name);
            writer.push(" WHERE (");
            writer.list(", ", key, |w, &column| {
                w.ident(&table.columns[column].name);
                Ok(())
            })?;
            writer.push(") IN (SELECT ");
            let at = Binding { table: from.number, column: 0, derived: false };
            writer.list(", ", key, |w, &column| w.column(at, column))?;
            writer.push(" FROM ");
            writer.aliased(from);
            writer.joined(joins)?;
            writer.filter_of(std::iter::once(from).chain(joins), filter.as_ref())?;
            writer.push(")");
        }
    }
    writer.finish()
}

/// The text and values of an INSERT of a query's rows.
///
/// # Errors
/// `Unsupported` for what the dialect does not have.
pub fn insert_select_statement<'q>(
    body: &'q InsertSelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let InsertSelectBody { from, columns, query, returning } = body;
    let table = target(from);
    let mut writer = SqlWriter::new(dialect, resolve);
    if tenant_of(table, resolve, query.scoping)?.is_some() {
        let message = format!(
            "an insert into {} from a query does not know whose the rows are; only an `unscoped` query may fill it",
            table.name
        );
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    writer.push("INSERT INTO ");
    writer.ident(table.name);
    writer.push(" (");
    let all = columns.iter().flat_map(|(at, width)| (0..*width).map(|offset| usize::from(at.column) + offset));
    writer.list(", ", all, |w, column| {
        w.ident(&table.columns[column].name);
        Ok(())
    })?;
    writer.push(") ");
    writer.qualified = !query.is_flat();
    writer.select(query, Columns::Plain)?;
    writer.tables.clear();
    writer.declare_own(from.number, table);
    writer.qualified = !returning.iter().all(Node::is_flat);
    writer.returning(returning, dialect.returning.insert, "INSERT .. RETURNING")?;
    writer.finish()
}

impl<'q> SqlWriter<'q, '_> {
    /// Every table gets an alias, the changed one too: it may be among the joined ones once more.
    fn declare_joined(&mut self, from: &From, joins: &[From]) {
        (self.qualified, self.changed) = (true, Some(target(from)));
        for table in std::iter::once(from).chain(joins) {
            self.declare(table.number, Some(target(table)));
        }
    }

    fn alias_of(&mut self, from: &From) {
        let known = self.tables.iter().find(|known| known.number == from.number);
        let name = known.expect("every table of the statement was declared").name;
        self.table_name(name, None);
    }

    /// `table AS t0`
    fn aliased(&mut self, from: &From) {
        self.ident(target(from).name);
        self.push(" AS ");
        self.alias_of(from);
    }

    /// ` JOIN table AS t1 ON ..`
    fn joined(&mut self, joins: &'q [From]) -> Result<()> {
        for table in joins {
            self.push(" JOIN ");
            self.aliased(table);
            if let Some(on) = &table.on {
                self.push(" ON ");
                self.node(on)?;
            }
        }
        Ok(())
    }

    /// `table AS t1, table AS t2 WHERE ..`, where the conditions of the joins are part of WHERE.
    fn listed(&mut self, from: &From, joins: &'q [From], filter: Option<&'q Node>) -> Result<()> {
        self.list(", ", joins, |w, table| {
            w.aliased(table);
            Ok(())
        })?;
        self.push(" WHERE ");
        self.list(" AND ", joins.iter().filter_map(|table| table.on.as_ref()), |w, on| w.node(on))?;
        if let Some(filter) = filter {
            self.push(" AND ");
            self.operand(filter)?;
        }
        let all = std::iter::once(from).chain(joins);
        let scoped: Vec<&From> = all.filter(|from| self.scoped_table(from).is_some()).collect();
        if !scoped.is_empty() {
            self.push(" AND ");
            self.and_conditions(&scoped)?;
        }
        Ok(())
    }
}
