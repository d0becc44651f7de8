//! The SQL functions and the collation for exact decimals, registered on every connection.

use rusqlite::Connection;

pub(super) fn register(_connection: &Connection) -> rusqlite::Result<()> {
    Ok(())
}
