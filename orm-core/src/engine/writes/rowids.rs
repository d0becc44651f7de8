//! The keys of SQLite's rows without RETURNING, which copies what it returns into a table of its own: a row takes the number behind
//! the largest one, so that the keys of a statement are those up to the last, if nothing gets between its rows.
//! <https://www.sqlite.org/autoinc.html>

use super::facts::{Form, Keys, keys_of};
use super::insert::{all_written, no_key, unmatched};
use super::{Rows, Source, runs};
use crate::compile;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;

/// Whether [`insert_counted`] can tell the keys of so many new rows. It cannot where a trigger might insert others between them,
/// outside of a transaction, where another program might, and where SQLite would run out of numbers and give random ones.
///
/// # Errors
/// What the database refuses.
pub(crate) fn can_count(channel: &mut Channel, table: &'static Table, key: usize, count: usize) -> Result<bool> {
    Ok(match keys_of(channel, table, key)? {
        Keys::Returned => false,
        // The number of a trigger's rows is forgotten when the trigger ends: https://www.sqlite.org/c3ref/last_insert_rowid.html
        Keys::LastOfOne | Keys::Consecutive if count == 1 => true,
        Keys::LastOfOne => false,
        Keys::Consecutive => channel.in_transaction() && has_room(channel, table, key, count)?,
    })
}

/// True when so many numbers are left behind the largest key.
fn has_room(channel: &mut Channel, table: &Table, key: usize, count: usize) -> Result<bool> {
    let dialect = channel.dialect();
    let write = || compile::largest_key(dialect, table, key);
    let sql = channel.facts().text(Form::LargestKey, (dialect, table), &[], 0, write);
    let mut largest = None;
    // Like the INSERT that follows: a read would begin a transaction that may not be able to write.
    channel.query(&sql, &[], Effect::Writes, &mut |row| {
        largest = row.integer(0)?;
        Ok(())
    })?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(largest.unwrap_or(0).max(0).checked_add(count).is_some())
}

/// Inserts rows of which [`can_count`] is true, and tells their keys.
///
/// # Errors
/// What the database refuses; `Refused` when a trigger dropped rows, or wrote others that could have keys between theirs: it was
/// made by another program since the table's triggers were asked for, and is known the next time.
pub(crate) fn insert_counted(channel: &mut Channel, rows: Rows<'_>) -> Result<Vec<i64>> {
    let Rows { table, columns, count, data } = rows;
    let mut keys: Vec<i64> = Vec::with_capacity(count);
    let (facts, dialect) = (channel.shared_facts(), channel.dialect());
    let source = Source { facts: &facts, dialect, table, columns, returning: None };
    for run in runs(source, count, &data) {
        let mut is_counted = true;
        let result = run.execute(channel, &mut |outcome| {
            all_written(table, outcome.rows, run.rows)?;
            let last = outcome.last_id.ok_or_else(|| no_key(table))?;
            let first = i64::try_from(run.rows).ok().and_then(|rows| last.checked_sub(rows - 1));
            let alone = run.rows == 1 || outcome.besides == 0;
            let first = first.filter(|first| alone && keys.last().is_none_or(|key| key < first));
            is_counted = first.is_some();
            keys.extend(first.ok_or_else(|| unmatched(table))?..=last);
            Ok(())
        });
        if let (false, Err(error)) = (is_counted, &result) {
            channel.learn_keys(table, Keys::LastOfOne);
            channel.fail(error);
        }
        result?;
    }
    Ok(keys)
}
