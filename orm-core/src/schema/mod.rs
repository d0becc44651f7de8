//! Tables as data: what the derive writes (`Definition`), and the table built from it once (`Table`). Knows no SQL.

mod build;
mod constraint;
mod definition;
#[cfg(test)]
mod tests;

pub use constraint::{Action, Check, Condition, ForeignKey, FullTextIndex, Index, Unique};
pub use definition::{Computed, Definition, FieldKind, FieldSpec, FullTextSpec, Generated, IndexSpec, Target};

use crate::value::Type;

/// A table with its columns and constraints; built once for each model, at its first use.
#[derive(Debug)]
pub struct Table {
    /// Its number in this process: sessions find their store of the model by it.
    pub number: usize,
    /// The name in the database.
    pub name: &'static str,
    /// The name of the Rust struct, for messages.
    pub model: &'static str,
    /// The database that it is in, where that is not the engine's own.
    pub bind: Option<&'static str>,
    /// All columns in the order of the struct's fields.
    pub columns: Vec<Column>,
    /// Where each field's columns are, in the order of the fields.
    pub fields: Vec<FieldColumns>,
    /// The columns of the primary key.
    pub primary_key: Vec<usize>,
    /// The name of the primary key constraint.
    pub primary_key_name: String,
    /// The column that the database (or, for UUIDs, this library) generates when it holds its sentinel.
    pub generated: Option<usize>,
    /// The column of the version counter.
    pub version: Option<usize>,
    /// The column that marks a row as deleted: an optional time, or a truth value.
    pub soft_delete: Option<usize>,
    /// The column that says whose the row is.
    pub tenant: Option<usize>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// UNIQUE constraints.
    pub uniques: Vec<Unique>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// Indexes for full-text search.
    pub full_texts: Vec<FullTextIndex>,
    /// CHECK constraints.
    pub checks: Vec<Check>,
    /// The comment, kept by the databases that keep comments.
    pub comment: Option<&'static str>,
    /// The tables that this one's relations name: where a session looks for rows that refer to rows of this one.
    pub dependents: Vec<fn() -> &'static Table>,
}

/// The columns of one field of the struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldColumns {
    /// The field's name; for a field of an embedded struct `address.city`.
    pub name: String,
    /// The first column.
    pub start: usize,
    /// How many columns.
    pub width: usize,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name in the database.
    pub name: String,
    /// The field of the struct, for messages.
    pub field: String,
    /// The type.
    pub ty: Type,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The most characters (text) or bytes; VARCHAR instead of TEXT.
    pub length: Option<u32>,
    /// Digits in all and after the point, of a decimal.
    pub precision: Option<(u8, u8)>,
    /// An SQL expression that the database uses when an INSERT leaves the column out.
    pub server_default: Option<&'static str>,
    /// An SQL expression that the database computes the column from.
    pub computed: Option<Computed>,
    /// Who makes the value of a key column.
    pub generated: Generated,
    /// The field is an `Auto<T>`: it may be left to the server's default.
    pub auto: bool,
    /// A trigger writes it: read back after each write.
    pub read_back: bool,
    /// A collation by its name in the database.
    pub collation: Option<&'static str>,
    /// True when the column is part of the primary key, a UNIQUE constraint, an index or a foreign key.
    pub indexed: bool,
    /// The comment, kept by the databases that keep comments.
    pub comment: Option<&'static str>,
}

impl Table {
    /// The position of a column by its name in the database.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The columns of a field by the field's name (`author`, `address.city`).
    pub fn field(&self, name: &str) -> Option<&FieldColumns> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The table, told which others its relations name.
    #[must_use]
    pub fn with_dependents(mut self, dependents: &[fn() -> &'static Table]) -> Table {
        self.dependents.extend_from_slice(dependents);
        self
    }

    /// The foreign keys that the database knows: those to tables that are in it, too.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = &ForeignKey> {
        self.foreign_keys.iter().filter(|key| (key.target)().bind == self.bind)
    }

    /// The foreign keys by which rows go with others: the database sees to it, or the session.
    pub(crate) fn followed(&self) -> impl Iterator<Item = &ForeignKey> {
        self.foreign_keys.iter().filter(|key| key.by_session || (key.target)().bind == self.bind)
    }

    /// True when the column is part of the primary key.
    pub fn is_key(&self, column: usize) -> bool {
        self.primary_key.contains(&column)
    }
}

/// Tables are equal when they are the same table: there is one for each model.
impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Table {}
