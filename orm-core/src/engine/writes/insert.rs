//! INSERT of many rows, and how each learns the key that the database made for it.

use super::{Rows, Wanted};
use crate::compile;
use crate::dialect::Batch;
use crate::engine::{Channel, Effect};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Generated;
use crate::value::Datum;

/// Inserts rows. With [`Wanted::GeneratedKeys`] the keys come back in the order of the rows.
///
/// # Errors
/// What the database refuses; `Database` when a trigger dropped rows; `Unsupported` for a key by a server default where there
/// is no RETURNING.
pub(crate) fn insert_many(channel: &mut Channel, rows: Rows<'_>, wanted: Wanted) -> Result<Vec<Datum<'static>>> {
    let Rows { table, columns, count, data } = rows;
    let dialect = channel.dialect();
    let generated = table.generated.filter(|_| wanted == Wanted::GeneratedKeys);
    let mut keys = Vec::new();
    for row in 0..count {
        let binds = &data[row * columns.len()..(row + 1) * columns.len()];
        let mut sql = compile::insert_rows(dialect, table, columns, 1);
        let Some(generated) = generated else {
            channel.execute(&sql, binds, Effect::Writes)?;
            continue;
        };
        let column = &table.columns[generated];
        let mut key = None;
        if column.generated == Generated::Sequence && dialect.batch != Batch::Unnest {
            key = channel.execute(&sql, binds, Effect::Writes)?.last_id.map(Datum::Int);
        } else if dialect.returning.insert {
            sql.push_str(" RETURNING ");
            compile::quote(&mut sql, &column.name, dialect);
            channel.query(&sql, binds, Effect::Writes, &mut |row| {
                key = Some(row.value(0, &column.ty)?.into_owned());
                Ok(())
            })?;
        } else {
            return Err(Error::unsupported(dialect.name, "INSERT .. RETURNING"));
        }
        keys.push(key.ok_or_else(|| Error::new(ErrorKind::Database, "the database generated no key"))?);
    }
    Ok(keys)
}
