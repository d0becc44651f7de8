//! UPDATE of many rows by primary key, each with values of its own.

use super::WriteError;
use crate::compile;
use crate::engine::Channel;
use crate::schema::Table;
use crate::value::Datum;

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
    let sql = compile::update_row(channel.dialect(), table, columns);
    one_by_one(channel, &sql, count, &data)
}

/// One execution for each row; the count of each tells whether it was there.
pub(super) fn one_by_one(channel: &mut Channel, sql: &str, count: usize, data: &[Datum<'_>]) -> Result<(), WriteError> {
    let (mut stale, mut position) = (Vec::new(), 0);
    channel.execute_many(sql, data, data.len() / count.max(1), &mut |outcome| {
        if outcome.rows == 0 {
            stale.push(position);
        }
        position += 1;
        Ok(())
    })?;
    if stale.is_empty() { Ok(()) } else { Err(WriteError::Stale(Some(stale))) }
}
