//! UPDATE of many rows by primary key, each with values of its own.

use super::chunk::{arrays, fixed_size, rows_within, weight};
use super::facts::Facts;
use super::{Form, WriteError, fresh_unless, not_unique};
use crate::compile;
use crate::dialect::{Dialect, UpdateMany};
use crate::engine::{Channel, Effect};
use crate::error::Error;
use crate::schema::Table;
use crate::value::Datum;
use std::sync::Arc;

/// How many rows one UPDATE of a join has. Larger ones gain nothing any more: each row is a SELECT that the server must plan.
const JOIN_SIZES: &[usize] = &[200, 50, 10, 3, 1];

/// Longer texts and bytes go by themselves: MySQL makes at most VARCHAR(65535) of a CAST, and cuts what is longer or refuses it.
/// Nothing is lost by that, since such rows fill a packet soon.
const JOIN_BYTES: usize = 16_000;

/// Updates rows by primary key.
///
/// Each row of `data` has the new values of `columns`, then the old key in the order of `table.primary_key`, then the old
/// version if there is one; the version column itself is not among `columns`.
///
/// # Errors
/// `Stale` when a row is gone or has another version; what the database refuses.
pub(crate) fn update_many(
    channel: &mut Channel,
    table: &'static Table,
    columns: &[usize],
    count: usize,
    data: Vec<Datum<'_>>,
) -> Result<(), WriteError> {
    let dialect = channel.dialect();
    let nothing = columns.is_empty() && table.version.is_none();
    if count == 0 || nothing {
        return Ok(());
    }
    let (facts, place) = (channel.shared_facts(), (dialect, table));
    let many = count > 1 && !columns.iter().any(|column| table.is_key(*column));
    match dialect.update_many {
        UpdateMany::Unnest if many => {
            if let Some(sql) = arrays_text(&facts, place, columns) {
                return by_arrays(channel, table, &sql, count, data);
            }
        }
        UpdateMany::JoinUnion if many => {
            if join_text(&facts, place, columns, 1).is_some() {
                return by_join(channel, table, columns, count, &data);
            }
        }
        UpdateMany::Loop | UpdateMany::Unnest | UpdateMany::JoinUnion => {}
    }
    one_by_one(channel, table, &row_text(&facts, place, columns), count, &data)
}

pub(super) fn row_text(facts: &Facts, (dialect, table): (&Dialect, &Table), columns: &[usize]) -> Arc<str> {
    facts.text(Form::Update, (dialect, table), columns, 1, || compile::update_row(dialect, table, columns))
}

pub(super) fn arrays_text(facts: &Facts, (dialect, table): (&Dialect, &Table), columns: &[usize]) -> Option<Arc<str>> {
    let write = || compile::update_unnest(dialect, table, columns);
    facts.text_if_any(Form::UpdateArrays, (dialect, table), columns, 0, write)
}

fn join_text(facts: &Facts, (dialect, table): (&Dialect, &Table), columns: &[usize], rows: usize) -> Option<Arc<str>> {
    let write = || compile::update_join(dialect, table, columns, rows);
    facts.text_if_any(Form::UpdateJoin, (dialect, table), columns, rows, write)
}

/// One execution for each row; the count of each tells whether it was there.
pub(super) fn one_by_one(
    channel: &mut Channel,
    table: &Table,
    sql: &str,
    count: usize,
    data: &[Datum<'_>],
) -> Result<(), WriteError> {
    let (mut stale, mut position) = (Vec::new(), 0);
    channel.execute_many(sql, data, data.len() / count, &mut |outcome| {
        match outcome.rows {
            0 => stale.push(position),
            1 => {}
            _ => return Err(not_unique(table)),
        }
        position += 1;
        Ok(())
    })?;
    fresh_unless(stale)
}

/// One statement for any number of rows, which tells the places of those that it found.
pub(super) fn by_arrays(
    channel: &mut Channel,
    table: &Table,
    sql: &str,
    count: usize,
    data: Vec<Datum<'_>>,
) -> Result<(), WriteError> {
    let (width, mut data, mut start) = (data.len() / count, data.into_iter(), 0);
    let mut found = vec![false; count];
    while start < count {
        let rows = rows_within(channel.dialect().statement_bytes, data.as_slice(), width, count - start);
        let binds = arrays(&mut data, width, rows);
        let part = &mut found[start..start + rows];
        channel.query(sql, &binds, Effect::Writes, &mut |row| {
            let place = row.integer(0)?.and_then(|place| usize::try_from(place - 1).ok());
            let place = place.and_then(|place| part.get_mut(place));
            let place = place.ok_or_else(|| Error::decode("a row was found that was not asked for"))?;
            if std::mem::replace(place, true) { Err(not_unique(table)) } else { Ok(()) }
        })?;
        start += rows;
    }
    fresh_unless((0..count).filter(|position| !found[*position]).collect())
}

/// A few hundred rows at a time, joined with the table. Only the number of rows found comes back.
fn by_join(
    channel: &mut Channel,
    table: &Table,
    columns: &[usize],
    count: usize,
    data: &[Datum<'_>],
) -> Result<(), WriteError> {
    let dialect = channel.dialect();
    let (width, mut rest, mut left) = (data.len() / count, data, count);
    let facts = channel.shared_facts();
    while left > 0 {
        let short = rest
            .chunks(width)
            .take(JOIN_SIZES[0])
            .take_while(|row| row.iter().all(|datum| weight(datum) <= JOIN_BYTES));
        let rows = fixed_size(dialect, JOIN_SIZES, rest, width, short.count().clamp(1, left));
        let sql = match rows {
            1 => Some(row_text(&facts, (dialect, table), columns)),
            _ => join_text(&facts, (dialect, table), columns, rows),
        };
        let sql = sql.expect("whether the columns can be joined does not depend on the number of rows");
        let (now, later) = rest.split_at(rows * width);
        let outcome = channel.execute(&sql, now, Effect::Writes)?;
        if outcome.rows > rows as u64 {
            return Err(not_unique(table).into());
        }
        if outcome.rows < rows as u64 {
            return Err(WriteError::Stale(None));
        }
        (rest, left) = (later, left - rows);
    }
    Ok(())
}
