//! `SqlWriter`: text and values together, names quoted, tables named.

use super::Compiled;
use super::scope::Surroundings;
use crate::dialect::{Dialect, Placeholder};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::window::Window;
use crate::query::{EXCLUDED, MAX_DEPTH, Scoping};
use crate::schema::Table;
use crate::value::{Datum, RawHandle, Type};
use std::fmt::Write as _;

/// Who knows the objects that a statement names by handle, and whose rows it sees.
pub type Resolve<'r> = dyn Surroundings + 'r;

/// For statements outside of a session: no object can be named there.
///
/// # Errors
/// Always `InvalidReference`.
pub fn unresolved(_handle: RawHandle) -> Result<Datum<'static>> {
    Err(Error::new(
        ErrorKind::InvalidReference,
        "a handle, or a `Ref` to an object without a key, means something only in its own session",
    ))
}

/// The text and values of a statement under construction.
pub struct SqlWriter<'q, 'r> {
    pub(super) dialect: &'static Dialect,
    pub(super) sql: String,
    pub(super) binds: Vec<Datum<'q>>,
    pub(super) tables: Vec<TableName>,
    /// Whether columns carry their table's name.
    pub(super) qualified: bool,
    /// Whether the row that an INSERT could not insert has a name here.
    pub(super) in_conflict: bool,
    /// The numbers of the queries of the WITH clause, in its order.
    pub(super) ctes: Vec<u32>,
    /// The windows with names of the SELECT that is being written.
    pub(super) windows: Vec<&'q Window>,
    /// The table that the statement changes.
    pub(super) changed: Option<&'static Table>,
    pub(super) resolve: &'r Resolve<'r>,
    /// How much of the tables is seen where the statement is written.
    pub(super) scoping: Scoping,
    depth: usize,
    pub(super) aliases: usize,
    /// The first table, and one that is in another database.
    apart: (Option<&'static Table>, Option<&'static Table>),
}

/// A table in scope and how columns name it.
pub(super) struct TableName {
    pub(super) number: u32,
    pub(super) table: Option<&'static Table>,
    pub(super) name: Naming,
}

/// How a column of a table is named.
#[derive(Clone, Copy)]
pub(super) enum Naming {
    /// `t1.`
    Alias(usize),
    /// The table's own name: the target of an INSERT, UPDATE or DELETE.
    Own,
}

/// Appends a name in the dialect's quotes, doubled inside.
pub fn quote(out: &mut String, name: &str, dialect: &Dialect) {
    out.push(dialect.quote);
    for (at, part) in name.split(dialect.quote).enumerate() {
        if at > 0 {
            out.extend([dialect.quote; 2]);
        }
        out.push_str(part);
    }
    out.push(dialect.quote);
}

#[cold]
fn in_two_databases(first: &Table, other: &Table) -> Error {
    let place = |table: &Table| match table.bind {
        Some(bind) => format!("{} is in `{bind}`", table.name),
        None => format!("{} is in the engine's own database", table.name),
    };
    let message = format!("one statement cannot name tables of two databases: {}, {}", place(first), place(other));
    Error::new(ErrorKind::Misuse, message)
}

/// The error for an expression that is nested too deep.
pub(super) fn too_deep() -> Error {
    Error::new(ErrorKind::OutOfRange, format!("an expression is nested deeper than {MAX_DEPTH} levels"))
}

impl<'q, 'r> SqlWriter<'q, 'r> {
    /// An empty statement.
    pub fn new(dialect: &'static Dialect, resolve: &'r Resolve<'r>) -> Self {
        let sql = String::with_capacity(128);
        SqlWriter {
            dialect,
            sql,
            binds: Vec::new(),
            tables: Vec::new(),
            qualified: false,
            in_conflict: false,
            ctes: Vec::new(),
            windows: Vec::new(),
            changed: None,
            resolve,
            scoping: resolve.scoping(),
            depth: 0,
            aliases: 0,
            apart: (None, None),
        }
    }

    /// The finished statement.
    ///
    /// # Errors
    /// `OutOfRange` for more values than the database takes, `Misuse` for tables of two databases.
    pub fn finish(self) -> Result<Compiled<'q>> {
        if let (Some(first), Some(other)) = self.apart {
            return Err(in_two_databases(first, other));
        }
        if self.binds.len() > self.dialect.max_binds {
            let (count, name, most) = (self.binds.len(), self.dialect.name, self.dialect.max_binds);
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!("the statement has {count} values, and {name} takes at most {most}"),
            ));
        }
        Ok(Compiled { sql: self.sql, binds: self.binds })
    }

    /// Appends text.
    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Appends a quoted name.
    pub(super) fn ident(&mut self, name: &str) {
        quote(&mut self.sql, name, self.dialect);
    }

    /// Appends the parts with a separator between.
    pub(super) fn list<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.push(separator);
            }
            each(self, item)?;
        }
        Ok(())
    }

    /// Appends one placeholder and its value.
    pub(super) fn placeholder(&mut self, datum: Datum<'q>) {
        self.binds.push(datum);
        match self.dialect.placeholder {
            Placeholder::Question => self.sql.push('?'),
            Placeholder::Dollar => {
                let _ = write!(self.sql, "${}", self.binds.len());
            }
        }
    }

    /// Appends a value: one placeholder, or a row of them.
    pub(super) fn value(&mut self, datum: Datum<'q>) -> Result<()> {
        match datum {
            Datum::Pending(handle) => {
                let key = self.resolve.key(handle)?;
                self.value(key)
            }
            Datum::Invalid(reason) => Err(Error::new(ErrorKind::InvalidValue, reason)),
            Datum::Row(parts) => {
                self.push("(");
                self.list(", ", parts, |w, part| w.value(part))?;
                self.push(")");
                Ok(())
            }
            single => {
                self.placeholder(single);
                Ok(())
            }
        }
    }

    /// Brings a table into scope under the next alias.
    pub(super) fn declare(&mut self, number: u32, table: Option<&'static Table>) -> Naming {
        debug_assert!(
            !self.tables.iter().any(|known| known.number == number),
            "a query binds a table of the query around it"
        );
        if let Some(table) = table {
            self.compare_database(table);
        }
        let name = Naming::Alias(self.aliases);
        self.aliases += 1;
        self.tables.push(TableName { number, table, name });
        name
    }

    /// Brings the target of a statement into scope under its own name.
    pub(super) fn declare_own(&mut self, number: u32, table: &'static Table) {
        self.changed = Some(table);
        self.compare_database(table);
        self.tables.push(TableName { number, table: Some(table), name: Naming::Own });
    }

    fn compare_database(&mut self, table: &'static Table) {
        match self.apart.0 {
            Some(first) if first.bind != table.bind => self.apart.1 = Some(table),
            Some(_) => {}
            None => self.apart.0 = Some(table),
        }
    }

    /// Appends the name of a table in scope, for `name.column`.
    pub(super) fn table_name(&mut self, naming: Naming, table: Option<&'static Table>) {
        match (naming, table) {
            (Naming::Own, Some(table)) => self.ident(table.name),
            (Naming::Alias(alias), _) => {
                let _ = write!(self.sql, "t{alias}");
            }
            (Naming::Own, None) => {}
        }
    }

    /// Appends a column of a table in scope, `offset` columns behind a place.
    ///
    /// # Errors
    /// `Misuse` for a table that is not in scope: a field was carried out of its closure.
    pub(super) fn column(&mut self, at: Binding, offset: usize) -> Result<()> {
        let index = usize::from(at.column) + offset;
        if at.table == EXCLUDED && self.in_conflict {
            return self.excluded(index);
        }
        let Some(found) = self.tables.iter().rev().find(|known| known.number == at.table) else {
            return Err(Error::new(
                ErrorKind::Misuse,
                "a column of a table that is not in this query: fields belong to the closure that got them",
            ));
        };
        let (name, table) = (found.name, found.table);
        if self.qualified {
            self.table_name(name, table);
            self.push(".");
        }
        match table {
            Some(table) => self.ident(&table.columns[index].name),
            None => {
                let _ = write!(self.sql, "c{index}");
            }
        }
        Ok(())
    }

    /// True for the table that the statement changes, where a query inside must not read it.
    pub(super) fn is_closed(&self, table: &'static Table) -> bool {
        !self.dialect.reads_own_target && self.changed == Some(table)
    }

    /// Appends the columns of a field: one, or a row of them.
    pub(super) fn field(&mut self, at: Binding, ty: Type) -> Result<()> {
        match ty.width() {
            1 => self.column(at, 0),
            width => {
                self.push("(");
                self.list(", ", 0..width, |w, offset| w.column(at, offset))?;
                self.push(")");
                Ok(())
            }
        }
    }

    /// Runs a part one level deeper.
    pub(super) fn deeper(&mut self, part: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    /// What this dialect does not have.
    pub(super) fn unsupported<T>(&self, construct: &str) -> Result<T> {
        Err(Error::unsupported(self.dialect.name, construct))
    }
}
