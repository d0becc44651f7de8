//! Few rows of one table in one statement that fails when it does not write them all. Its answer need not be waited for before
//! others are sent, COMMIT among them.

use super::chunk::{arrays, weight};
use super::insert::returning;
use crate::compile::{self, Expected};
use crate::dialect::Dialect;
use crate::schema::{Generated, Table};
use crate::value::Datum;

/// More rows than this gain nothing by not being waited for.
const ROWS_MAX: usize = 100;

/// Nor do more bytes.
const BYTES_MAX: usize = 8 * 1024;

/// A write that checks itself.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) sql: String,
    /// The same without the check, which is what observers and errors tell.
    pub(crate) write: String,
    pub(crate) binds: Vec<Datum<'static>>,
    /// How many rows it writes.
    pub(crate) rows: usize,
    /// Whether it returns the key of its one row.
    pub(crate) key: bool,
}

/// An INSERT. `None` where the rows are too many for one small statement, or their keys could not be told apart.
pub(crate) fn checked_insert(
    dialect: &Dialect,
    table: &Table,
    columns: &[usize],
    count: usize,
    data: &[Datum<'_>],
) -> Option<Checked> {
    let key = table.generated.filter(|key| !columns.contains(key));
    let unmatched = key.is_some_and(|key| count != 1 || table.columns[key].generated != Generated::Sequence);
    if unmatched || !is_small(data, count) {
        return None;
    }
    match count {
        1 => {
            let mut write = compile::insert_rows(dialect, table, columns, 1);
            key.into_iter().for_each(|key| write.push_str(&returning(dialect, table, key)));
            single(dialect, table, write, key, data)
        }
        count => several(dialect, table, compile::insert_unnest(dialect, table, columns)?, false, count, data),
    }
}

/// An UPDATE by primary key; `data` as for [`update_many`](super::update_many).
pub(crate) fn checked_update(
    dialect: &Dialect,
    table: &Table,
    columns: &[usize],
    count: usize,
    data: &[Datum<'_>],
) -> Option<Checked> {
    if !is_small(data, count) {
        return None;
    }
    let moves_keys = columns.iter().any(|column| table.is_key(*column));
    match count {
        1 => single(dialect, table, compile::update_row(dialect, table, columns), None, data),
        _ if moves_keys => None,
        _ => several(dialect, table, compile::update_unnest(dialect, table, columns)?, true, count, data),
    }
}

/// A DELETE by primary key; `data` as for [`delete_many`](super::delete_many).
pub(crate) fn checked_delete(dialect: &Dialect, table: &Table, count: usize, data: &[Datum<'_>]) -> Option<Checked> {
    match count {
        _ if !is_small(data, count) => None,
        1 => single(dialect, table, compile::delete_row(dialect, table), None, data),
        _ => several(dialect, table, compile::delete_unnest(dialect, table)?, true, count, data),
    }
}

fn single(dialect: &Dialect, table: &Table, write: String, key: Option<usize>, data: &[Datum<'_>]) -> Option<Checked> {
    let sql = compile::checked(&write, key.is_some(), key, Expected::One, table, dialect);
    Some(Checked { sql, write, binds: owned(data), rows: 1, key: key.is_some() })
}

fn several(
    dialect: &Dialect,
    table: &Table,
    write: String,
    returns: bool,
    count: usize,
    data: &[Datum<'_>],
) -> Option<Checked> {
    let width = data.len() / count;
    let mut binds = arrays(&mut owned(data).into_iter(), width, count);
    binds.push(Datum::Int(i64::try_from(count).ok()?));
    let sql = compile::checked(&write, returns, None, Expected::Bound(binds.len()), table, dialect);
    Some(Checked { sql, write, binds, rows: count, key: false })
}

fn is_small(data: &[Datum<'_>], count: usize) -> bool {
    (1..=ROWS_MAX).contains(&count) && data.iter().map(weight).sum::<usize>() <= BYTES_MAX
}

fn owned(data: &[Datum<'_>]) -> Vec<Datum<'static>> {
    data.iter().map(|datum| datum.borrowed().into_owned()).collect()
}
