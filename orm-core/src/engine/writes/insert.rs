//! INSERT of many rows, and how each learns the key that the database made for it.

use super::facts::{Keys, keys_of};
use super::rowids::{can_count, insert_counted};
use super::{Rows, Source, Statement, Wanted, statements};
use crate::compile;
use crate::dialect::{Batch, Dialect};
use crate::engine::{Channel, Effect};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{Generated, Table};
use crate::value::Datum;

/// Inserts rows. With [`Wanted::GeneratedKeys`] the keys come back in the order of the rows; none for a table that has no
/// generated key.
///
/// # Errors
/// What the database refuses; `Refused` when a trigger dropped rows or made keys that cannot be matched with them;
/// `Unsupported` for a key by a server default where there is no RETURNING.
pub(crate) fn insert_many(channel: &mut Channel, rows: Rows<'_>, wanted: Wanted) -> Result<Vec<Datum<'static>>> {
    let dialect = channel.dialect();
    let Rows { table, columns, count, data } = rows;
    let mut sent_keys = Vec::new();
    let generated = match table.generated.filter(|_| wanted == Wanted::GeneratedKeys) {
        Some(key) => match columns.iter().position(|column| *column == key) {
            None => Some(key),
            Some(at) => {
                sent_keys.extend(data.iter().skip(at).step_by(columns.len()).map(|key| key.borrowed().into_owned()));
                None
            }
        },
        None => None,
    };
    let server = |key: usize| table.columns[key].generated == Generated::Server;
    let facts = channel.shared_facts();
    let source = |returning| Source { facts: &facts, dialect, table, columns, returning };
    let each = |data, count| statements(source(None), count, data);
    let returning = |key, data, count| statements(source(Some(key)), count, data);
    match (generated, dialect.batch) {
        (None, _) => {
            for Statement { sql, binds, rows } in each(data, count) {
                let outcome = channel.execute(&sql, &binds, Effect::Writes)?;
                all_written(table, outcome.rows, rows)?;
            }
            Ok(sent_keys)
        }
        (Some(key), _) if server(key) => server_keys(channel, table, key, columns, count, &data),
        (Some(key), Batch::Unnest) => returned_keys(channel, table, returning(key, data, count), Order::Sorted),
        (Some(key), Batch::ValuesLastId) if can_count(channel, table, key, count)? => {
            let keys = insert_counted(channel, Rows { table, columns, count, data })?;
            Ok(keys.into_iter().map(Datum::Int).collect())
        }
        (Some(key), Batch::ValuesReturning | Batch::ValuesFirstId)
            if count == 1 && keys_of(channel, table, key)? == Keys::Consecutive =>
        {
            last_ids(channel, table, each(data, count))
        }
        (Some(key), Batch::ValuesReturning | Batch::ValuesLastId) => {
            returned_keys(channel, table, returning(key, data, count), Order::AsArrived)
        }
        (Some(key), Batch::ValuesFirstId) if keys_of(channel, table, key)? == Keys::Consecutive => {
            counted_keys(channel, table, key, each(data, count))
        }
        (Some(key), Batch::ValuesFirstId) => {
            let width = columns.len();
            let mut data = data.into_iter();
            let single = (0..count).flat_map(|_| each(data.by_ref().take(width).collect(), 1));
            let keys = last_ids(channel, table, single)?;
            all_there(channel, table, key, &keys)?;
            Ok(keys)
        }
    }
}

/// How the keys of one statement become those of its rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The server promises no order of what it returns, but rows take their keys in order: the n-th smallest is the n-th row's.
    Sorted,
    /// They must ascend as they are, or the keys were not taken in order: SQLite gives random ones after the largest integer.
    AsArrived,
}

/// Keys by RETURNING, statement by statement.
fn returned_keys<'d>(
    channel: &mut Channel,
    table: &'static Table,
    statements: impl Iterator<Item = Statement<'d>>,
    order: Order,
) -> Result<Vec<Datum<'static>>> {
    let mut keys: Vec<Datum<'static>> = Vec::with_capacity(statements.size_hint().0);
    let mut batch: Vec<i64> = Vec::new();
    for Statement { sql, binds, rows } in statements {
        batch.clear();
        channel.query(&sql, &binds, Effect::Writes, &mut |row| {
            batch.push(row.integer(0)?.ok_or_else(|| no_key(table))?);
            Ok(())
        })?;
        all_written(table, batch.len() as u64, rows)?;
        let ascending = batch.is_sorted_by(|a, b| a < b);
        if !ascending && order == Order::Sorted && !batch.is_sorted_by(|a, b| a > b) {
            batch.sort_unstable();
        } else if !ascending {
            return Err(unmatched(table));
        }
        keys.extend(batch.iter().copied().map(Datum::Int));
    }
    Ok(keys)
}

/// Keys of statements of one row each, as the database tells them with the result.
fn last_ids<'d>(
    channel: &mut Channel,
    table: &'static Table,
    statements: impl Iterator<Item = Statement<'d>>,
) -> Result<Vec<Datum<'static>>> {
    let mut keys = Vec::new();
    for Statement { sql, binds, rows } in statements {
        let outcome = channel.execute(&sql, &binds, Effect::Writes)?;
        all_written(table, outcome.rows, rows)?;
        keys.push(Datum::Int(outcome.last_id.ok_or_else(|| no_key(table))?));
    }
    Ok(keys)
}

/// Keys counted from each statement's first one by the server's increment. The first and the last must then be there.
fn counted_keys<'d>(
    channel: &mut Channel,
    table: &'static Table,
    key: usize,
    statements: impl Iterator<Item = Statement<'d>>,
) -> Result<Vec<Datum<'static>>> {
    let check = compile::count_first_and_last(channel.dialect(), table, key);
    let mut keys = Vec::new();
    for Statement { sql, binds, rows } in statements {
        let outcome = channel.execute(&sql, &binds, Effect::Writes)?;
        all_written(table, outcome.rows, rows)?;
        let first = outcome.last_id.ok_or_else(|| no_key(table))?;
        let (mut found, mut increment) = (None, None);
        let steps = i64::try_from(rows - 1).expect("a statement has fewer rows than binds");
        let binds = [Datum::Int(first), Datum::Int(first), Datum::Int(steps)];
        channel.query(&check, &binds, Effect::Reads, &mut |row| {
            (found, increment) = (row.integer(0)?, row.integer(1)?);
            Ok(())
        })?;
        let wanted = if rows == 1 { 1 } else { 2 };
        let Some(increment) = increment.filter(|_| found == Some(wanted)) else {
            // The next attempt inserts row by row.
            channel.learn_keys(table, Keys::Returned);
            return Err(unmatched(table));
        };
        keys.extend((0..=steps).map(|step| Datum::Int(first + step * increment)));
    }
    Ok(keys)
}

/// Keys by a server default, which come in no order: one statement for each row.
fn server_keys(
    channel: &mut Channel,
    table: &'static Table,
    key: usize,
    columns: &[usize],
    count: usize,
    data: &[Datum<'_>],
) -> Result<Vec<Datum<'static>>> {
    let dialect = channel.dialect();
    if !dialect.returning.insert {
        let (field, model) = (&table.columns[key].field, table.model);
        let construct = format!("INSERT .. RETURNING, which `{model}.{field}` needs to learn its server default");
        return Err(Error::unsupported(dialect.name, construct));
    }
    let facts = channel.shared_facts();
    let source = Source { facts: &facts, dialect, table, columns, returning: Some(key) };
    let sql = source.values(1);
    let (ty, width) = (table.columns[key].ty, columns.len());
    let mut keys = Vec::with_capacity(count);
    for row in 0..count {
        channel.query(&sql, &data[row * width..(row + 1) * width], Effect::Writes, &mut |row| match row
            .value(0, &ty)?
            .into_owned()
        {
            Datum::Null => Err(no_key(table)),
            key => {
                keys.push(key);
                Ok(())
            }
        })?;
        all_written(table, keys.len() as u64, row + 1)?;
    }
    Ok(keys)
}

/// Finds out whether rows have the keys that the database told one by one: a trigger may have given them others.
fn all_there(channel: &mut Channel, table: &'static Table, key: usize, keys: &[Datum<'static>]) -> Result<()> {
    let dialect = channel.dialect();
    for some in keys.chunks(dialect.batch_sizes.first().copied().unwrap_or(1)) {
        let mut found = None;
        let sql = compile::count_keys(dialect, table, key, some.len());
        channel.query(&sql, some, Effect::Reads, &mut |row| {
            found = row.integer(0)?;
            Ok(())
        })?;
        if found.and_then(|found| usize::try_from(found).ok()) != Some(some.len()) {
            return Err(unmatched(table));
        }
    }
    Ok(())
}

pub(super) fn returning(dialect: &Dialect, table: &Table, key: usize) -> String {
    let mut returning = String::from(" RETURNING ");
    compile::quote(&mut returning, &table.columns[key].name, dialect);
    returning
}

pub(super) fn all_written(table: &Table, written: u64, sent: usize) -> Result<()> {
    if written == sent as u64 { Ok(()) } else { Err(miscounted_insert(table, written, sent)) }
}

/// An INSERT has written another number of rows than was sent.
#[cold]
pub(crate) fn miscounted_insert(table: &Table, written: u64, sent: usize) -> Error {
    let (name, dropped) = (table.name, (sent as u64).abs_diff(written));
    let what = if written < sent as u64 { "dropped" } else { "added" };
    Error::new(ErrorKind::Refused, format!("a trigger {what} {dropped} of {sent} rows of {name}"))
}

#[cold]
pub(super) fn no_key(table: &Table) -> Error {
    Error::new(ErrorKind::Refused, format!("the database generated no key for a row of {}", table.name))
}

#[cold]
pub(super) fn unmatched(table: &Table) -> Error {
    let name = table.name;
    Error::new(
        ErrorKind::Refused,
        format!(
            "the keys that the database generated for rows of {name} cannot be matched with them; is there a trigger that makes keys?"
        ),
    )
}
