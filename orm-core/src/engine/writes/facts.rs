//! What an engine learns once: whether the keys of a batch can be counted from the first one, and the text that reads a row by its
//! key.

use crate::dialect::Dialect;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was learnt about tables, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Whether a statement's generated keys follow one another.
    consecutive: Mutex<HashMap<usize, bool>>,
    /// The SELECT of a row by its key, for a dialect's name.
    by_key: Mutex<Texts>,
}

type Texts = HashMap<(usize, &'static str), Arc<str>, foldhash::fast::RandomState>;

impl Facts {
    fn consecutive(&self) -> MutexGuard<'_, HashMap<usize, bool>> {
        // Each entry is whole by itself, so a panic of another thread spoils nothing.
        self.consecutive.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The SELECT of a row by its key, if it was written before.
    pub(crate) fn by_key(&self, table: &Table, dialect: &Dialect) -> Option<Arc<str>> {
        let texts = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(&(table.number, dialect.name)).cloned()
    }

    /// Keeps the SELECT of a row by its key.
    pub(crate) fn keep_by_key(&self, table: &Table, dialect: &Dialect, sql: &str) {
        let mut texts = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert((table.number, dialect.name), sql.into());
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
