//! UPDATE, DELETE and SELECT of rows by their primary keys. Their text depends on the table, the columns and the number of rows
//! only.

use super::batch::{key_condition, names, placeholder};
use super::writer::quote;
use crate::dialect::Dialect;
use crate::schema::Table;

/// `UPDATE t SET a = ?, version = version + 1 WHERE id = ? AND version = ?`
pub(crate) fn update_row(dialect: &Dialect, table: &Table, columns: &[usize]) -> String {
    let mut sql = String::from("UPDATE ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" SET ");
    for (at, &column) in columns.iter().enumerate() {
        sql.push_str(if at > 0 { ", " } else { "" });
        quote(&mut sql, &table.columns[column].name, dialect);
        sql.push_str(" = ");
        placeholder(&mut sql, dialect, at + 1);
    }
    if let Some(version) = table.version {
        let name = &table.columns[version].name;
        sql.push_str(if columns.is_empty() { "" } else { ", " });
        quote(&mut sql, name, dialect);
        sql.push_str(" = ");
        quote(&mut sql, name, dialect);
        sql.push_str(" + 1");
    }
    sql.push_str(" WHERE ");
    row_condition(&mut sql, dialect, table, columns.len() + 1);
    sql
}

/// `DELETE FROM t WHERE id = ? AND version = ?`
pub(crate) fn delete_row(dialect: &Dialect, table: &Table) -> String {
    let mut sql = String::from("DELETE FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    row_condition(&mut sql, dialect, table, 1);
    sql
}

/// `id = ?`, and the version if there is one.
fn row_condition(sql: &mut String, dialect: &Dialect, table: &Table, first: usize) {
    key_condition(sql, dialect, table, first);
    if let Some(version) = table.version {
        sql.push_str(" AND ");
        quote(sql, &table.columns[version].name, dialect);
        sql.push_str(" = ");
        placeholder(sql, dialect, first + table.primary_key.len());
    }
}

/// `SELECT id, a FROM t WHERE id = ?`
pub(crate) fn select_row(dialect: &Dialect, table: &Table, columns: &[usize]) -> String {
    let mut sql = String::from("SELECT ");
    let all: Vec<usize> = table.primary_key.iter().chain(columns).copied().collect();
    names(&mut sql, dialect, table, &all);
    sql.push_str(" FROM ");
    quote(&mut sql, table.name, dialect);
    sql.push_str(" WHERE ");
    key_condition(&mut sql, dialect, table, 1);
    sql
}
