//! What must be known of a table before the keys of a batch can be counted from the first one; asked once for each engine.

use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// What was learnt about tables, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Whether a statement's generated keys follow one another.
    consecutive: Mutex<HashMap<usize, bool>>,
}

impl Facts {
    fn consecutive(&self) -> MutexGuard<'_, HashMap<usize, bool>> {
        // Each entry is whole by itself, so a panic of another thread spoils nothing.
        self.consecutive.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Notes that the keys of a table do not follow one another after all.
    pub(super) fn not_consecutive(&self, table: &Table) {
        self.consecutive().insert(table.number, false);
    }
}

/// An InnoDB table without a trigger that could make keys of its own. Whoever may not see a table's triggers finds none, which
/// is why the keys are checked after the INSERT too.
/// <https://dev.mysql.com/doc/refman/9.0/en/innodb-auto-increment-handling.html>
const IS_CONSECUTIVE: &str = "SELECT (SELECT COUNT(*) FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND ENGINE = 'InnoDB'), \
     (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() \
     AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'INSERT' AND ACTION_TIMING = 'BEFORE')";

/// Whether the keys that one INSERT generates in the table follow one another by the server's increment.
///
/// # Errors
/// What the database refuses.
pub(super) fn is_consecutive(channel: &mut Channel, table: &'static Table) -> Result<bool> {
    if let Some(known) = channel.facts().consecutive().get(&table.number) {
        return Ok(*known);
    }
    let mut answer = false;
    let name = [Datum::text(table.name), Datum::text(table.name)];
    channel.query(IS_CONSECUTIVE, &name, Effect::Reads, &mut |row| {
        answer = row.integer(0)? == Some(1) && row.integer(1)? == Some(0);
        Ok(())
    })?;
    channel.facts().consecutive().insert(table.number, answer);
    Ok(answer)
}
