//! SELECT of rows by their primary keys.

use crate::compile;
use crate::driver::OnRow;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;

/// Reads the key columns, then `columns`, of the rows with these keys, which lie one after another in `keys`.
///
/// # Errors
/// What the database refuses, and those of `on_row`.
pub(crate) fn select_by_keys(
    channel: &mut Channel,
    table: &'static Table,
    columns: &[usize],
    keys: &[Datum<'_>],
    on_row: &mut OnRow<'_>,
) -> Result<()> {
    let sql = compile::select_row(channel.dialect(), table, columns);
    for key in keys.chunks(table.primary_key.len()) {
        channel.query(&sql, key, Effect::Reads, on_row)?;
    }
    Ok(())
}
