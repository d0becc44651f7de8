//! INSERT of a query's rows and of defaults as text.

use super::Compiled;
use super::dml::target;
use super::select::Columns;
use super::writer::{Resolve, SqlWriter};
use crate::dialect::{DefaultValues, Dialect, UpsertQuery};
use crate::error::Result;
use crate::query::node::{CteBody, Node, SelectBody};
use crate::query::{Conflict, EXCLUDED, InsertDefaultsBody, InsertSelectBody};
use std::fmt::Write as _;

/// The text and values of an INSERT of a query's rows.
///
/// # Errors
/// `Unsupported` for what the dialect does not have.
pub fn insert_select_statement<'q>(
    body: &'q InsertSelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    let (ctes, in_front) = writer.with_of_insert(&body.query);
    if in_front {
        writer.with_clause(&ctes)?;
        writer.insert_select(body, &[])?;
    } else {
        writer.insert_select(body, &ctes)?;
    }
    writer.finish()
}

/// The text of an INSERT of defaults.
///
/// # Errors
/// `Unsupported` for what the dialect does not have.
pub fn insert_defaults_statement<'q>(
    body: &'q InsertDefaultsBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Compiled<'q>> {
    let mut writer = SqlWriter::new(dialect, resolve);
    writer.insert_defaults(body)?;
    writer.finish()
}

impl<'q> SqlWriter<'q, '_> {
    /// An INSERT of a query's rows, with those queries of the WITH clause that were not written yet.
    pub(super) fn insert_select(&mut self, body: &'q InsertSelectBody, ctes: &[&'q CteBody]) -> Result<()> {
        let InsertSelectBody { from, columns, query, conflict, returning } = body;
        let table = target(from);
        self.refuse_unowned(table, query.scoping)?;
        self.push("INSERT INTO ");
        self.ident(table.name);
        self.push(" (");
        let all = columns.iter().flat_map(|(at, width)| (0..*width).map(|offset| usize::from(at.column) + offset));
        let all: Vec<usize> = all.collect();
        let mut names = String::new();
        for (position, &column) in all.iter().enumerate() {
            names.push_str(if position > 0 { ", " } else { "" });
            super::quote(&mut names, &table.columns[column].name, self.dialect);
        }
        self.push(&names);
        self.push(") ");
        self.with_clause(ctes)?;
        self.qualified = !query.is_flat() || conflict.is_some();
        match conflict {
            None => self.select(query, Columns::Plain)?,
            Some(conflict) => self.offered(query, conflict, &all, &names)?,
        }
        self.tables.clear();
        self.declare_own(from.number, table);
        if let Some(conflict) = conflict {
            (self.qualified, self.in_conflict) = (true, true);
            let key = table.generated.is_none() || all.iter().any(|column| table.is_key(*column));
            self.conflict(conflict, from, key, "")?;
            self.in_conflict = false;
        }
        self.qualified = !returning.iter().all(Node::is_flat);
        self.returning(returning, self.dialect.returning.insert, "INSERT .. RETURNING")?;
        self.tables.clear();
        Ok(())
    }

    /// The query of an INSERT that says what happens to a row that exists.
    fn offered(&mut self, query: &'q SelectBody, conflict: &Conflict, columns: &[usize], names: &str) -> Result<()> {
        let ends_in_from = query.filter.is_none() || query.as_compound().is_some();
        match self.dialect.upsert_query {
            UpsertQuery::Filtered if ends_in_from => {
                self.push("SELECT * FROM ");
                self.table_query(|w| w.select(query, Columns::Numbered))?;
                let _ = write!(self.sql, " AS t{} WHERE TRUE", self.aliases);
                self.aliases += 1;
                Ok(())
            }
            UpsertQuery::Named if !conflict.set.is_empty() => {
                let mut unknown = false;
                for assign in &conflict.set {
                    assign.value.each_column(&mut |at, width| {
                        let own = usize::from(at.column);
                        unknown |= at.table == EXCLUDED && !(own..own + width).all(|column| columns.contains(&column));
                    });
                }
                if unknown {
                    return self.unsupported("the value of a column that the INSERT leaves out, in ON CONFLICT");
                }
                self.push("SELECT * FROM ");
                self.table_query(|w| w.select(query, Columns::Numbered))?;
                let _ = write!(self.sql, " AS new ({names})");
                Ok(())
            }
            UpsertQuery::Plain | UpsertQuery::Filtered | UpsertQuery::Named => self.select(query, Columns::Plain),
        }
    }

    /// An INSERT of one row of defaults.
    pub(super) fn insert_defaults(&mut self, body: &'q InsertDefaultsBody) -> Result<()> {
        let InsertDefaultsBody { from, returning } = body;
        let table = target(from);
        self.refuse_unowned(table, from.scoping)?;
        self.push("INSERT INTO ");
        self.ident(table.name);
        self.push(match self.dialect.default_values {
            DefaultValues::Clause => " DEFAULT VALUES",
            DefaultValues::EmptyLists => " () VALUES ()",
        });
        self.declare_own(from.number, table);
        self.qualified = !returning.iter().all(Node::is_flat);
        self.returning(returning, self.dialect.returning.insert, "INSERT .. RETURNING")?;
        self.tables.clear();
        Ok(())
    }
}
