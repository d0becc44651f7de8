//! What an UPDATE or DELETE that did not find its rows becomes: an error that names them.

use super::act::Flush;
use crate::engine::{WriteError, complete, select_by_keys};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Table;
use crate::value::Datum;
use std::collections::HashMap;

impl Flush<'_> {
    /// The error of a write, if it has one.
    pub(super) fn settle(
        &mut self,
        written: std::result::Result<(), WriteError>,
        table: &'static Table,
        slots: &[u32],
        doing: &str,
    ) -> Result<()> {
        let positions = match written {
            Ok(()) => return Ok(()),
            Err(WriteError::Database(error)) => {
                return Err(complete(error, table).context(format_args!("{doing} {}", table.name)));
            }
            Err(WriteError::Stale(positions)) => positions,
        };
        let named = match positions {
            Some(positions) => positions,
            None => self.find_stale(table, slots),
        };
        let store = self.objects.store(table.number);
        let keys: Vec<String> =
            named.iter().take(10).filter_map(|&at| store.stored_key(slots[at])).map(|key| key_text(&key)).collect();
        let more = if named.len() > 10 { ", .." } else { "" };
        let message = format!(
            "{doing} {}: `{}` with key {}{more} was changed or deleted by another transaction since it was read",
            table.name,
            table.model,
            keys.join(", ")
        );
        Err(Error::new(ErrorKind::StaleData, message))
    }

    /// The database told only that some rows did not match. Its transaction is rolled back, so that what others wrote can be
    /// seen, and the rows are compared; inside of a savepoint, where that cannot be done, all are named.
    fn find_stale(&mut self, table: &'static Table, slots: &[u32]) -> Vec<usize> {
        let all = (0..slots.len()).collect();
        if self.channel.depth() > 0 {
            return all;
        }
        self.channel.end_for_reading();
        let store = self.objects.store(table.number);
        let keys: Vec<Datum<'_>> = slots.iter().flat_map(|slot| store.stored_key(*slot).unwrap_or_default()).collect();
        let columns: Vec<usize> = table.version.into_iter().collect();
        let mut found: HashMap<u32, bool> = HashMap::new();
        let width = table.primary_key.len();
        let read = select_by_keys(self.channel, table, &columns, &keys, &mut |row| {
            if let Some(slot) = store.slot_of(row) {
                let version = table.version.map(|version| store.base_values(slot).swap_remove(version));
                let same = match version {
                    Some(version) => row.integer(width)?.map(Datum::Int) == Some(version),
                    None => true,
                };
                found.insert(slot, same);
            }
            Ok(())
        });
        let stale: Vec<usize> = (0..slots.len()).filter(|at| found.get(&slots[*at]) != Some(&true)).collect();
        if read.is_err() || stale.is_empty() { all } else { stale }
    }
}

pub(super) fn key_text(key: &[Datum<'_>]) -> String {
    let text = |datum: &Datum<'_>| match datum {
        Datum::Int(value) => value.to_string(),
        Datum::UInt(value) => value.to_string(),
        Datum::Text(text) => format!("{text:?}"),
        Datum::Uuid(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => format!("{other:?}"),
    };
    match key {
        [only] => text(only),
        several => format!("({})", several.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}
