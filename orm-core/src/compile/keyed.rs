//! UPDATE, DELETE and SELECT of rows by their primary keys. Their text depends on the table, the columns and the number of rows
//! only.

use super::batch::{array_element, key_condition, names, placeholder, unnest};
use super::writer::quote;
use crate::dialect::{Dialect, KeyLists, UpdateJoin};
use crate::schema::{Column, Table};
use crate::value::Type;
use std::fmt::Write as _;

/// What is sent of a row that is found by its key: the columns, the key, the version.
pub(crate) fn sent_with_key(table: &Table, columns: &[usize]) -> Vec<usize> {
    columns.iter().chain(&table.primary_key).copied().chain(table.version).collect()
}

/// `UPDATE t SET a = ?, version = version + 1 WHERE id = ? AND version = ?`
pub(crate) fn update_row(dialect: &Dialect, table: &Table, columns: &[usize]) -> String {
    let mut sql = String::from("UPDATE ");
    quote(&mut sql, table.name, dialect);
    assignments(&mut sql, dialect, table, columns, "", &mut |sql, at| placeholder(sql, dialect, at + 1));
    row_condition(&mut sql, dialect, table, columns.len() + 1);
    sql
}

/// `UPDATE t AS t SET a = d.c0 FROM unnest($1::..[], $2::..[]) WITH ORDINALITY AS d(c0, c1, n) WHERE t.id = d.c1 RETURNING d.n`,
/// which tells the rows it found by their places in the arrays. `None` where a column cannot travel in an array.
pub(crate) fn update_unnest(dialect: &Dialect, table: &Table, columns: &[usize]) -> Option<String> {
    let mut sql = String::from("UPDATE ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" AS t");
    assignments(&mut sql, dialect, table, columns, "t.", &mut from_source);
    sql.push_str(" FROM ");
    unnest(&mut sql, dialect, table, &sent_with_key(table, columns))?;
    sql.push_str(" WHERE ");
    joined(&mut sql, dialect, table, columns.len());
    sql.push_str(" RETURNING d.n");
    Some(sql)
}

/// `UPDATE t AS t JOIN (SELECT CAST(? AS ..) AS c0, .. UNION ALL SELECT ..) AS d ON t.id = d.c1 SET t.a = d.c0`. `None` for a
/// column that no CAST keeps as it is.
pub(crate) fn update_join(dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) -> Option<String> {
    let sent = sent_with_key(table, columns);
    // Each row says its types: servers differ in what they make of a placeholder in a SELECT list, and would compare it as
    // text or as a float.
    let casts = sent.iter().enumerate().map(|(at, &column)| cast(dialect, table, column, at >= columns.len()));
    let casts = casts.collect::<Option<Vec<String>>>()?;
    let mut sql = String::with_capacity(128 + rows * (20 + casts.iter().map(|cast| cast.len() + 2).sum::<usize>()));
    sql.push_str("UPDATE ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" AS t JOIN (");
    for row in 0..rows {
        sql.push_str(if row > 0 { " UNION ALL SELECT " } else { "SELECT " });
        for (at, cast) in casts.iter().enumerate() {
            sql.push_str(if at > 0 { ", " } else { "" });
            sql.push_str(cast);
            if row == 0 {
                let _ = write!(sql, " AS c{at}");
            }
        }
    }
    sql.push_str(") AS d ON ");
    joined(&mut sql, dialect, table, columns.len());
    assignments(&mut sql, dialect, table, columns, "t.", &mut from_source);
    Some(sql)
}

/// `CAST(? AS ..)` as a type that holds every value of the column.
fn cast(dialect: &Dialect, table: &Table, column: usize, compared: bool) -> Option<String> {
    let names = &dialect.casts;
    let Column { ty, precision, collation, .. } = &table.columns[column];
    let name = match ty {
        Type::Bool | Type::I8 | Type::I16 | Type::I32 | Type::I64 => names.signed,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => names.unsigned,
        // An `f32` travels as a double, which holds it exactly.
        Type::F32 | Type::F64 => names.f64,
        // A text becomes JSON when it is assigned; not every database has a cast to it.
        Type::Text | Type::Enum(_) | Type::Json => names.text,
        Type::Bytes => names.bytes,
        Type::Date => names.date,
        Type::Time => names.time,
        Type::DateTime => names.datetime,
        Type::Timestamp => names.timestamp,
        Type::Uuid => names.uuid,
        Type::Decimal => match precision {
            Some((digits, scale)) => {
                let name = dialect.types.decimal_digits;
                let name = name.replace("{p}", &digits.to_string()).replace("{s}", &scale.to_string());
                return Some(format!("CAST(? AS {name})"));
            }
            None => names.decimal,
        },
        Type::Array(_) | Type::Row(_) => return None,
    };
    let mut cast = format!("CAST(? AS {name})");
    // A derived column has the connection's collation, and two collations cannot be compared, unless one is binary.
    if compared && let (Type::Text | Type::Enum(_), Some(collation)) = (ty, collation.or(dialect.binary_collation)) {
        let _ = write!(cast, " COLLATE {collation}");
    }
    Some(cast)
}

/// `DELETE FROM t WHERE id = ? AND version = ?`
pub(crate) fn delete_row(dialect: &Dialect, table: &Table) -> String {
    let mut sql = String::from("DELETE FROM ");
    quote(&mut sql, table.name, dialect);
    row_condition(&mut sql, dialect, table, 1);
    sql
}

/// `DELETE FROM t AS t USING unnest($1::..[]) WITH ORDINALITY AS d(c0, n) WHERE t.id = d.c0 RETURNING d.n`. `None` where a
/// column cannot travel in an array.
pub(crate) fn delete_unnest(dialect: &Dialect, table: &Table) -> Option<String> {
    let mut sql = String::from("DELETE FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" AS t USING ");
    unnest(&mut sql, dialect, table, &sent_with_key(table, &[]))?;
    sql.push_str(" WHERE ");
    joined(&mut sql, dialect, table, 0);
    sql.push_str(" RETURNING d.n");
    Some(sql)
}

/// `DELETE FROM t WHERE id IN (?, ?)`, or `(id, version) IN ((?, ?), (?, ?))`
pub(crate) fn delete_list(dialect: &Dialect, table: &Table, rows: usize) -> String {
    let mut sql = String::from("DELETE FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    in_list(&mut sql, dialect, table, &sent_with_key(table, &[]), rows);
    sql
}

/// `SELECT id, a FROM t WHERE id = ANY($1::..[])`: one text for any number of keys. `None` where there are no arrays.
pub(crate) fn select_array(dialect: &Dialect, table: &Table, columns: &[usize]) -> Option<String> {
    if dialect.key_lists != KeyLists::Arrays {
        return None;
    }
    let mut sql = select(dialect, table, columns);
    if let [key] = table.primary_key[..] {
        names(&mut sql, dialect, table, &[key]);
        let _ = write!(sql, " = ANY($1::{}[])", array_element(dialect, table.columns[key].ty)?);
        return Some(sql);
    }
    sql.push('(');
    names(&mut sql, dialect, table, &table.primary_key);
    sql.push_str(") IN (SELECT ");
    for at in 0..table.primary_key.len() {
        sql.push_str(if at > 0 { ", " } else { "" });
        from_source(&mut sql, at);
    }
    sql.push_str(" FROM ");
    unnest(&mut sql, dialect, table, &table.primary_key)?;
    sql.push(')');
    Some(sql)
}

/// `SELECT id, a FROM t WHERE id IN (?, ?)`
pub(crate) fn select_list(dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) -> String {
    let mut sql = select(dialect, table, columns);
    in_list(&mut sql, dialect, table, &table.primary_key, rows);
    sql
}

/// `SELECT id FROM t WHERE a IN (?, ..)`: the keys of the rows that hold one of these values.
pub(crate) fn select_holders(dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) -> String {
    let mut sql = select(dialect, table, &[]);
    in_list(&mut sql, dialect, table, columns, rows);
    sql
}

/// `DELETE FROM t WHERE a IN (?, ..)`: the rows that hold one of these values, however many there are.
pub(crate) fn delete_holders(dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) -> String {
    let mut sql = String::from("DELETE FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    in_list(&mut sql, dialect, table, columns, rows);
    sql
}

/// `SELECT COUNT(*), @@auto_increment_increment FROM t WHERE id IN (?, ? + ? * @@auto_increment_increment)`: the first key of a
/// batch, again, and the number of steps to the last.
pub(crate) fn count_first_and_last(dialect: &Dialect, table: &Table, key: usize) -> String {
    let mut sql = String::from("SELECT COUNT(*), @@auto_increment_increment FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    names(&mut sql, dialect, table, &[key]);
    sql.push_str(" IN (?, ? + ? * @@auto_increment_increment)");
    sql
}

/// `SELECT MAX(id) FROM t`
pub(crate) fn largest_key(dialect: &Dialect, table: &Table, key: usize) -> String {
    let mut sql = String::from("SELECT MAX(");
    names(&mut sql, dialect, table, &[key]);
    sql.push_str(") FROM ");
    quote(&mut sql, table.name, dialect);
    sql
}

/// `SELECT COUNT(*) FROM t WHERE id IN (?, ?)`
pub(crate) fn count_keys(dialect: &Dialect, table: &Table, key: usize, rows: usize) -> String {
    let mut sql = String::from("SELECT COUNT(*) FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    in_list(&mut sql, dialect, table, &[key], rows);
    sql
}

/// `SELECT id, a FROM t WHERE `
fn select(dialect: &Dialect, table: &Table, columns: &[usize]) -> String {
    let mut sql = String::from("SELECT ");
    let all: Vec<usize> = table.primary_key.iter().chain(columns).copied().collect();
    names(&mut sql, dialect, table, &all);
    sql.push_str(" FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    sql
}

/// ` SET a = .., version = version + 1`, each value as `value` writes it. The version is last: where assignments see those
/// before them, nothing reads it any more.
fn assignments(
    sql: &mut String,
    dialect: &Dialect,
    table: &Table,
    columns: &[usize],
    owner: &str,
    value: &mut dyn FnMut(&mut String, usize),
) {
    // An UPDATE of a join must say which of its tables it changes; an UPDATE .. FROM must not.
    let target = match dialect.update_join {
        UpdateJoin::Join => owner,
        UpdateJoin::From => "",
    };
    for (at, &column) in columns.iter().enumerate() {
        sql.push_str(if at > 0 { ", " } else { " SET " });
        sql.push_str(target);
        quote(sql, &table.columns[column].name, dialect);
        sql.push_str(" = ");
        value(sql, at);
    }
    if let Some(version) = table.version {
        let name = &table.columns[version].name;
        sql.push_str(if columns.is_empty() { " SET " } else { ", " });
        sql.push_str(target);
        quote(sql, name, dialect);
        sql.push_str(" = ");
        sql.push_str(owner);
        quote(sql, name, dialect);
        sql.push_str(" + 1");
    }
}

/// A column of the rows that were sent.
fn from_source(sql: &mut String, at: usize) {
    let _ = write!(sql, "d.c{at}");
}

/// ` WHERE id = ?`, and the version if there is one.
fn row_condition(sql: &mut String, dialect: &Dialect, table: &Table, first: usize) {
    sql.push_str(" WHERE ");
    key_condition(sql, dialect, table, first);
    if let Some(version) = table.version {
        sql.push_str(" AND ");
        quote(sql, &table.columns[version].name, dialect);
        sql.push_str(" = ");
        placeholder(sql, dialect, first + table.primary_key.len());
    }
}

/// `t.id = d.c1`, and the version if there is one; the key is at `first` of what was sent.
fn joined(sql: &mut String, dialect: &Dialect, table: &Table, first: usize) {
    for (at, &column) in table.primary_key.iter().chain(&table.version).enumerate() {
        sql.push_str(if at > 0 { " AND t." } else { "t." });
        quote(sql, &table.columns[column].name, dialect);
        sql.push_str(" = ");
        from_source(sql, first + at);
    }
}

/// `id IN (?, ?)` or `(a, b) IN ((?, ?), (?, ?))`
fn in_list(sql: &mut String, dialect: &Dialect, table: &Table, columns: &[usize], rows: usize) {
    let single = columns.len() == 1;
    sql.push_str(if single { "" } else { "(" });
    names(sql, dialect, table, columns);
    sql.push_str(if single { " IN (" } else { ") IN (" });
    // SQLite has lists of single values only: https://www.sqlite.org/rowvalue.html section 2.2
    sql.push_str(if !single && dialect.key_lists == KeyLists::Values { "VALUES " } else { "" });
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row > 0 { ", " } else { "" });
        sql.push_str(if single { "" } else { "(" });
        for at in 0..columns.len() {
            sql.push_str(if at > 0 { ", " } else { "" });
            number += 1;
            placeholder(sql, dialect, number);
        }
        sql.push_str(if single { "" } else { ")" });
    }
    sql.push(')');
}

#[cfg(test)]
mod tests;
