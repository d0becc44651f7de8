//! DELETE of many rows by primary key.

use super::chunk::fixed_size;
use super::update::{by_arrays, one_by_one};
use super::{Facts, Form, WriteError, fresh_unless, not_unique, select_by_keys};
use crate::compile;
use crate::dialect::{Dialect, UpdateMany};
use crate::engine::{Channel, Effect};
use crate::schema::Table;
use crate::value::Datum;
use std::sync::Arc;

/// Deletes rows by primary key; each row of `data` has the key, then the version if there is one.
///
/// With `cascades` a row may be gone because a cascade of the same statements took it: then no row may be left, and that is all.
///
/// # Errors
/// `Stale` when a row is gone or has another version; what the database refuses.
pub(crate) fn delete_many(
    channel: &mut Channel,
    table: &'static Table,
    count: usize,
    data: Vec<Datum<'_>>,
    cascades: bool,
) -> Result<(), WriteError> {
    if count == 0 {
        return Ok(());
    }
    let (width, key) = (data.len() / count, table.primary_key.len());
    let keys: Vec<Datum<'_>> = match cascades {
        true => data.chunks(width).flat_map(|row| &row[..key]).map(|part| part.borrowed().into_owned()).collect(),
        false => Vec::new(),
    };
    match send(channel, table, count, data) {
        Err(WriteError::Stale(positions)) if cascades => {
            settle(channel, table, &keys, positions.unwrap_or_else(|| (0..count).collect()))
        }
        result => result,
    }
}

fn send(channel: &mut Channel, table: &'static Table, count: usize, data: Vec<Datum<'_>>) -> Result<(), WriteError> {
    let dialect = channel.dialect();
    let (facts, place) = (channel.shared_facts(), (dialect, table));
    match dialect.update_many {
        UpdateMany::Unnest if count > 1 => {
            if let Some(sql) = arrays_text(&facts, place) {
                return by_arrays(channel, table, &sql, count, data);
            }
        }
        UpdateMany::JoinUnion if count > 1 => return by_lists(channel, table, count, &data),
        UpdateMany::Loop | UpdateMany::Unnest | UpdateMany::JoinUnion => {}
    }
    one_by_one(channel, table, &row_text(&facts, place), count, &data)
}

pub(super) fn row_text(facts: &Facts, (dialect, table): (&Dialect, &Table)) -> Arc<str> {
    facts.text(Form::Delete, (dialect, table), &[], 1, || compile::delete_row(dialect, table))
}

pub(super) fn arrays_text(facts: &Facts, (dialect, table): (&Dialect, &Table)) -> Option<Arc<str>> {
    facts.text_if_any(Form::DeleteArrays, (dialect, table), &[], 0, || compile::delete_unnest(dialect, table))
}

/// A few sizes of lists of keys. Only the number of rows found comes back.
fn by_lists(channel: &mut Channel, table: &Table, count: usize, data: &[Datum<'_>]) -> Result<(), WriteError> {
    let dialect = channel.dialect();
    let (width, mut rest, mut left, mut found) = (data.len() / count, data, count, 0);
    let facts = channel.shared_facts();
    while left > 0 {
        let rows = fixed_size(dialect, dialect.batch_sizes, rest, width, left);
        let sql = match rows {
            1 => row_text(&facts, (dialect, table)),
            _ => facts.text(Form::Delete, (dialect, table), &[], rows, || compile::delete_list(dialect, table, rows)),
        };
        let (now, later) = rest.split_at(rows * width);
        let outcome = channel.execute(&sql, now, Effect::Writes)?;
        if outcome.rows > rows as u64 {
            return Err(not_unique(table).into());
        }
        found += outcome.rows;
        (rest, left) = (later, left - rows);
    }
    if found < count as u64 { Err(WriteError::Stale(None)) } else { Ok(()) }
}

/// Rows that were not counted: a cascade took them, or they are still there.
fn settle(
    channel: &mut Channel,
    table: &'static Table,
    keys: &[Datum<'_>],
    positions: Vec<usize>,
) -> Result<(), WriteError> {
    let width = table.primary_key.len();
    let key_at = |position: usize| &keys[position * width..(position + 1) * width];
    let asked: Vec<Datum<'_>> = positions.iter().flat_map(|at| key_at(*at)).map(Datum::borrowed).collect();
    let mut left: Vec<Vec<Datum<'static>>> = Vec::new();
    select_by_keys(channel, table, &[], &asked, &mut |row| {
        let part = |(at, column): (usize, &usize)| Ok(row.value(at, &table.columns[*column].ty)?.into_owned());
        left.push(table.primary_key.iter().enumerate().map(part).collect::<crate::Result<_>>()?);
        Ok(())
    })?;
    let stale: Vec<usize> =
        positions.into_iter().filter(|position| left.iter().any(|key| key == key_at(*position))).collect();
    match stale.len() == left.len() {
        true => fresh_unless(stale),
        // Keys that the database holds equal and Rust does not: it is known that rows are left, but not which.
        false => Err(WriteError::Stale(None)),
    }
}
