//! What is known of the tables' keys, and when it is forgotten: raw SQL may have made and dropped tables and triggers.

use super::{Channel, Effect};
use crate::engine::writes::{Keys, KnownKeys};
use crate::schema::Table;

/// What this connection learnt by itself since it ran raw SQL: it may have temporary tables and triggers that others do not see.
#[derive(Default)]
pub(super) struct OwnKeys {
    known: KnownKeys,
    /// Others may have learnt something before what was done here was theirs to see.
    untold: bool,
}

impl Channel {
    /// What was learnt about the keys of a table.
    pub(crate) fn known_keys(&self, table: &Table) -> Option<Keys> {
        match &self.own_keys {
            Some(own) => own.known.get(&table.number).copied(),
            None => self.facts.keys().get(&table.number).copied(),
        }
    }

    /// Notes what is known of the keys of a table.
    pub(crate) fn learn_keys(&mut self, table: &Table, keys: Keys) {
        match &mut self.own_keys {
            Some(own) => own.known.insert(table.number, keys),
            None => self.facts.keys().insert(table.number, keys),
        };
    }

    /// Tables and triggers may be made or dropped by what runs next.
    pub(super) fn forget_keys(&mut self) {
        self.own_keys = Some(OwnKeys { known: KnownKeys::default(), untold: true });
        self.facts.keys().clear();
    }

    /// The same for a statement, unless its text shows that it changes rows only.
    pub(super) fn note_text(&mut self, sql: &str, effect: Effect) {
        if effect == Effect::Unknown && !is_change_of_rows(sql) {
            self.forget_keys();
        }
    }

    /// Tables and triggers may be as they were before.
    pub(super) fn forget_own_keys(&mut self) {
        if let Some(own) = &mut self.own_keys {
            own.known.clear();
        }
    }

    /// A transaction is over: what it did to tables and triggers is there for others, or for nobody.
    pub(super) fn tell_of_changes(&mut self) {
        if self.own_keys.as_mut().is_some_and(|own| std::mem::take(&mut own.untold)) {
            self.forget_own_keys();
            self.facts.keys().clear();
        }
    }
}

fn is_change_of_rows(sql: &str) -> bool {
    let text = sql.trim_start().as_bytes();
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    ["insert ", "update ", "delete ", "replace "].into_iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::is_change_of_rows;

    #[test]
    fn changes_of_rows_are_told_from_changes_of_tables() {
        for sql in ["INSERT INTO t VALUES (1)", "  update t SET a = 1", "Delete FROM t", "REPLACE INTO t VALUES (1)"] {
            assert!(is_change_of_rows(sql), "{sql}");
        }
        for sql in ["", "CREATE TRIGGER insert_t", "DROP TABLE t", "updates", "CALL insert_all()", "-- x\nDROP TABLE t"]
        {
            assert!(!is_change_of_rows(sql), "{sql}");
        }
    }
}
