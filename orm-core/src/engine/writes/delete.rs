//! DELETE of many rows by primary key.

use super::update::one_by_one;
use super::{WriteError, select_by_keys};
use crate::compile;
use crate::engine::Channel;
use crate::schema::Table;
use crate::value::Datum;

/// Deletes rows by primary key; each row of `data` has the key, then the version if there is one.
///
/// With `cascades` a row may be gone because a cascade of the same statement took it: then no row may be left, and that is all.
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
    let sql = compile::delete_row(channel.dialect(), table);
    match one_by_one(channel, &sql, count, &data) {
        Err(WriteError::Stale(Some(missing))) if cascades => {
            let (width, key) = (data.len() / count.max(1), table.primary_key.len());
            let mut stale = Vec::new();
            for position in missing {
                let row = &data[position * width..];
                select_by_keys(channel, table, &[], &row[..key], &mut |_| {
                    stale.push(position);
                    Ok(())
                })?;
            }
            if stale.is_empty() { Ok(()) } else { Err(WriteError::Stale(Some(stale))) }
        }
        result => result,
    }
}
