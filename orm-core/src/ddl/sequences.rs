//! Sequences behind generated keys: where they go on after rows that brought keys of their own.

use super::Schema;
use super::text::name;
use crate::dialect::ExplicitKeys;
use crate::driver::Connection;
use crate::error::{Context, Result};
use crate::schema::{Generated, Table};
use crate::value::Datum;

impl Schema {
    /// Lets generated keys go on behind the largest key of each table, see [`sync_sequences`](Schema::sync_sequences).
    ///
    /// # Errors
    /// Those of the database.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// Schema::of::<User>().sync_sequences_on(connection.driver_connection())?; // nothing to do: this is SQLite
    /// # Ok::<(), Error>(())
    /// ```
    pub fn sync_sequences_on(&self, connection: &mut dyn Connection) -> Result<()> {
        match connection.dialect().explicit_keys {
            ExplicitKeys::Counted => Ok(()),
            ExplicitKeys::Ignored => self.tables().iter().try_for_each(|table| {
                sync(connection, table).context(|| format!("bring the sequence of {} up to its keys", table.name))
            }),
        }
    }
}

/// Moves the sequence of a table's generated key up, and never down: a key of a deleted row is not given again. A column without
/// a sequence is left alone.
fn sync(connection: &mut dyn Connection, table: &Table) -> Result<()> {
    let sequence = |at: &usize| table.columns[*at].generated == Generated::Sequence;
    let Some(column) = table.generated.filter(sequence).map(|at| &table.columns[at].name) else { return Ok(()) };
    let dialect = connection.dialect();
    let (quoted, key) = (name(dialect, table.name)?, name(dialect, column)?);
    let sql = format!(
        "SELECT setval(own.sequence, greatest(held.largest, coalesce(pg_sequence_last_value(own.sequence), 0))) \
         FROM (SELECT pg_get_serial_sequence($1, $2)::regclass AS sequence) AS own, \
         (SELECT max({key})::bigint AS largest FROM {quoted}) AS held \
         WHERE own.sequence IS NOT NULL AND held.largest > 0"
    );
    // The first is read as an identifier, quotes and all, and the second as a plain text.
    let binds = [Datum::Text(quoted.into()), Datum::Text(column.as_str().into())];
    connection.query(&sql, &binds, &mut |_| Ok(())).map_err(|error| error.with_statement(&sql))
}
