//! Few rows of one table in one statement that fails when it does not write them all. Its answer need not be waited for before
//! others are sent, COMMIT among them.

use super::chunk::{arrays, weight};
use super::{Form, Source, delete, update};
use crate::compile::{self, Expected};
use crate::schema::Generated;
use crate::value::Datum;
use std::sync::Arc;

/// More rows than this gain nothing by not being waited for.
const ROWS_MAX: usize = 100;

/// Nor do more bytes.
const BYTES_MAX: usize = 8 * 1024;

/// A write that checks itself.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) sql: Arc<str>,
    /// The same without the check, which is what observers and errors tell.
    pub(crate) write: Arc<str>,
    pub(crate) binds: Vec<Datum<'static>>,
    /// How many rows it writes.
    pub(crate) rows: usize,
    /// Whether it returns the key of its one row.
    pub(crate) key: bool,
}

/// An INSERT. `None` where the rows are too many for one small statement, or their keys could not be told apart.
pub(crate) fn checked_insert(source: Source<'_>, count: usize, data: &[Datum<'_>]) -> Option<Checked> {
    let Source { table, columns, .. } = source;
    let key = table.generated.filter(|key| !columns.contains(key));
    let unmatched = key.is_some_and(|key| count != 1 || table.columns[key].generated != Generated::Sequence);
    if unmatched || !is_small(data, count) {
        return None;
    }
    let source = Source { returning: key, ..source };
    match (count, key) {
        (1, None) => single(&source, Form::Insert, source.values(1), data),
        (1, Some(_)) => single(&source, Form::InsertReturning, source.values(1), data),
        _ => several(&source, (Form::InsertArrays, source.arrays()?), false, count, data),
    }
}

/// An UPDATE by primary key; `data` as for [`update_many`](super::update_many).
pub(crate) fn checked_update(source: Source<'_>, count: usize, data: &[Datum<'_>]) -> Option<Checked> {
    if !is_small(data, count) {
        return None;
    }
    let Source { facts, dialect, table, columns, .. } = source;
    let moves_keys = columns.iter().any(|column| table.is_key(*column));
    match count {
        1 => single(&source, Form::Update, update::row_text(facts, (dialect, table), columns), data),
        _ if moves_keys => None,
        _ => {
            let write = update::arrays_text(facts, (dialect, table), columns)?;
            several(&source, (Form::UpdateArrays, write), true, count, data)
        }
    }
}

/// A DELETE by primary key, of no columns; `data` as for [`delete_many`](super::delete_many).
pub(crate) fn checked_delete(source: Source<'_>, count: usize, data: &[Datum<'_>]) -> Option<Checked> {
    let Source { facts, dialect, table, .. } = source;
    match count {
        _ if !is_small(data, count) => None,
        1 => single(&source, Form::Delete, delete::row_text(facts, (dialect, table)), data),
        _ => {
            let write = delete::arrays_text(facts, (dialect, table))?;
            several(&source, (Form::DeleteArrays, write), true, count, data)
        }
    }
}

fn single(source: &Source<'_>, form: Form, write: Arc<str>, data: &[Datum<'_>]) -> Option<Checked> {
    let Source { facts, dialect, table, columns, returning: key } = *source;
    let check = || compile::checked(&write, key.is_some(), key, Expected::One, table, dialect);
    let sql = facts.checked_text(form, (dialect, table), columns, check);
    Some(Checked { sql, write, binds: owned(data), rows: 1, key: key.is_some() })
}

fn several(
    source: &Source<'_>,
    (form, write): (Form, Arc<str>),
    returns: bool,
    count: usize,
    data: &[Datum<'_>],
) -> Option<Checked> {
    let Source { facts, dialect, table, columns, returning: _ } = *source;
    let mut binds = arrays(&mut owned(data).into_iter(), data.len() / count, count);
    binds.push(Datum::Int(i64::try_from(count).ok()?));
    let check = || compile::checked(&write, returns, None, Expected::Bound(binds.len()), table, dialect);
    let sql = facts.checked_text(form, (dialect, table), columns, check);
    Some(Checked { sql, write, binds, rows: count, key: false })
}

fn is_small(data: &[Datum<'_>], count: usize) -> bool {
    (1..=ROWS_MAX).contains(&count) && data.iter().map(weight).sum::<usize>() <= BYTES_MAX
}

fn owned(data: &[Datum<'_>]) -> Vec<Datum<'static>> {
    data.iter().map(|datum| datum.borrowed().into_owned()).collect()
}
