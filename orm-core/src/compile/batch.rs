//! Model-shaped statements: INSERT of many rows, and conditions on primary keys. Their text depends on the table, the columns
//! and the number of rows only.

use super::writer::quote;
use crate::dialect::{DefaultValues, Dialect, Placeholder};
use crate::schema::Table;
use crate::value::Type;
use std::fmt::Write as _;

/// Which columns of a table an INSERT sends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InsertShape {
    /// The columns, ascending.
    pub columns: Vec<usize>,
}

pub(super) fn placeholder(out: &mut String, dialect: &Dialect, number: usize) {
    match dialect.placeholder {
        Placeholder::Question => out.push('?'),
        Placeholder::Dollar => {
            let _ = write!(out, "${number}");
        }
    }
}

pub(super) fn names(out: &mut String, dialect: &Dialect, table: &Table, columns: &[usize]) {
    for (at, &column) in columns.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        quote(out, &table.columns[column].name, dialect);
    }
}

/// `INSERT INTO t (a, b) VALUES (?, ?), (?, ?)`
pub fn insert_rows(dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) -> String {
    let mut sql = String::with_capacity(64 + rows * columns.len() * 4);
    sql.push_str("INSERT INTO ");
    quote(&mut sql, table.name, dialect);
    if columns.is_empty() && dialect.default_values == DefaultValues::Clause {
        sql.push_str(" DEFAULT VALUES");
        return sql;
    }
    sql.push_str(" (");
    names(&mut sql, dialect, table, columns);
    sql.push_str(") VALUES ");
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row > 0 { ", (" } else { "(" });
        for at in 0..columns.len() {
            sql.push_str(if at > 0 { ", " } else { "" });
            number += 1;
            placeholder(&mut sql, dialect, number);
        }
        sql.push(')');
    }
    sql
}

/// `INSERT INTO t (a, b) SELECT d.a, d.b FROM unnest($1::BIGINT[], $2::TEXT[]) WITH ORDINALITY AS d(a, b, n) ORDER BY d.n`:
/// one text for any number of rows. `None` where a column cannot travel in an array of its own.
pub fn insert_unnest(dialect: &Dialect, table: &Table, columns: &[usize]) -> Option<String> {
    if !dialect.arrays || columns.is_empty() {
        return None;
    }
    let mut sql = String::from("INSERT INTO ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" (");
    names(&mut sql, dialect, table, columns);
    sql.push_str(") SELECT ");
    for at in 0..columns.len() {
        let _ = write!(sql, "{}d.c{at}", if at > 0 { ", " } else { "" });
    }
    sql.push_str(" FROM ");
    unnest(&mut sql, dialect, table, columns)?;
    sql.push_str(" ORDER BY d.n");
    Some(sql)
}

/// `unnest($1::BIGINT[], $2::TEXT[]) WITH ORDINALITY AS d(c0, c1, n)`. `None` where a column cannot travel in an array.
pub(super) fn unnest(sql: &mut String, dialect: &Dialect, table: &Table, columns: &[usize]) -> Option<()> {
    sql.push_str("unnest(");
    for (at, &column) in columns.iter().enumerate() {
        let ty = array_element(dialect, table.columns[column].ty)?;
        let _ = write!(sql, "{}${}::{ty}[]", if at > 0 { ", " } else { "" }, at + 1);
    }
    sql.push_str(") WITH ORDINALITY AS d(");
    for at in 0..columns.len() {
        let _ = write!(sql, "c{at}, ");
    }
    sql.push_str("n)");
    Some(())
}

/// The type of an array's elements; none for a type that is an array itself, which `unnest` would flatten.
pub(crate) fn array_element(dialect: &Dialect, ty: Type) -> Option<&'static str> {
    let names = &dialect.casts;
    Some(match ty {
        Type::Bool => names.bool,
        Type::I8 | Type::I16 | Type::U8 => names.i16,
        Type::I32 | Type::U16 => names.i32,
        Type::I64 | Type::U32 | Type::U64 => names.signed,
        Type::F32 => names.f32,
        Type::F64 => names.f64,
        Type::Text | Type::Enum(_) => names.text,
        Type::Bytes => names.bytes,
        Type::Date => names.date,
        Type::Time => names.time,
        Type::DateTime => names.datetime,
        Type::Timestamp => names.timestamp,
        Type::Uuid => names.uuid,
        Type::Decimal => names.decimal,
        Type::Json => names.json,
        Type::Array(_) | Type::Row(_) => return None,
    })
}

/// `"id" = $1`, or `"a" = $1 AND "b" = $2` for a composite key, with numbers from `first` on.
pub fn key_condition(out: &mut String, dialect: &Dialect, table: &Table, first: usize) {
    for (at, &column) in table.primary_key.iter().enumerate() {
        out.push_str(if at > 0 { " AND " } else { "" });
        quote(out, &table.columns[column].name, dialect);
        out.push_str(" = ");
        placeholder(out, dialect, first + at);
    }
}
