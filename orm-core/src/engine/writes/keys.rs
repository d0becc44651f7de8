//! SELECT of rows by their primary keys.

use super::chunk::{arrays, rows_within};
use crate::compile;
use crate::driver::OnRow;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;

/// Reads the key columns, then `columns`, of the rows with these keys, which lie one after another in `keys`. The rows come in
/// any order; a key without a row is no error.
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
    let dialect = channel.dialect();
    let (width, mut rest) = (table.primary_key.len(), keys);
    if let Some(sql) = compile::select_array(dialect, table, columns).filter(|_| rest.len() > width) {
        while !rest.is_empty() {
            let rows = rows_within(dialect.statement_bytes, rest, width, rest.len() / width);
            let (now, later) = rest.split_at(rows * width);
            let mut now = now.iter().map(Datum::borrowed).collect::<Vec<_>>().into_iter();
            channel.query(&sql, &arrays(&mut now, width, rows), Effect::Reads, on_row)?;
            rest = later;
        }
        return Ok(());
    }
    let mut text = (0, String::new());
    while !rest.is_empty() {
        let count = rest.len() / width;
        let size = padded_size(dialect.batch_sizes, dialect.max_binds / width, count);
        let rows = rows_within(dialect.statement_bytes, rest, width, count.min(size));
        if text.0 != size {
            text = (size, compile::select_list(dialect, table, columns, size));
        }
        let (now, later) = rest.split_at(rows * width);
        if rows == size {
            channel.query(&text.1, now, Effect::Reads, on_row)?;
        } else {
            let last = &now[now.len() - width..];
            let padding = std::iter::repeat_n(last, size - rows).flatten();
            let binds: Vec<Datum<'_>> = now.iter().chain(padding).map(Datum::borrowed).collect();
            channel.query(&text.1, &binds, Effect::Reads, on_row)?;
        }
        rest = later;
    }
    Ok(())
}

/// The smallest of a few sizes that holds all keys, or else the largest that is possible: the rest is filled up by repeating a
/// key, which finds no row twice.
fn padded_size(sizes: &[usize], most: usize, count: usize) -> usize {
    let possible = || sizes.iter().copied().filter(|size| *size <= most);
    possible().filter(|size| *size >= count).min().or_else(|| possible().max()).unwrap_or(1)
}
