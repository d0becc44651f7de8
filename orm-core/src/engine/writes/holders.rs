//! Rows found by the values that some of their columns hold: the children of rows that are about to go.

use super::chunk::fixed_size;
use crate::compile;
use crate::driver::OnRow;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;

/// Reads the keys of the rows whose `columns` hold one of these values, which lie one after another.
///
/// # Errors
/// What the database refuses, and those of `on_row`.
pub(crate) fn select_holders(
    channel: &mut Channel,
    table: &Table,
    columns: &[usize],
    values: &[Datum<'_>],
    on_row: &mut OnRow<'_>,
) -> Result<()> {
    in_parts(channel, columns.len(), values, &mut |channel, rows, values| {
        let sql = compile::select_holders(channel.dialect(), table, columns, rows);
        channel.query(&sql, values, Effect::Reads, on_row).map(|_| ())
    })
}

/// Deletes the rows whose `columns` hold one of these values; none is no error.
///
/// # Errors
/// What the database refuses.
pub(crate) fn delete_holders(
    channel: &mut Channel,
    table: &Table,
    columns: &[usize],
    values: &[Datum<'_>],
) -> Result<()> {
    in_parts(channel, columns.len(), values, &mut |channel, rows, values| {
        let sql = compile::delete_holders(channel.dialect(), table, columns, rows);
        channel.execute(&sql, values, Effect::Writes).map(|_| ())
    })
}

fn in_parts(
    channel: &mut Channel,
    width: usize,
    mut values: &[Datum<'_>],
    send: &mut dyn FnMut(&mut Channel, usize, &[Datum<'_>]) -> Result<()>,
) -> Result<()> {
    while !values.is_empty() {
        let dialect = channel.dialect();
        let rows = fixed_size(dialect, dialect.batch_sizes, values, width, values.len() / width);
        let (now, later) = values.split_at(rows * width);
        send(channel, rows, now)?;
        values = later;
    }
    Ok(())
}
