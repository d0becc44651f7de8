//! Which tables change when others do, by the actions of their foreign keys.

use crate::schema::{Action, Table};

/// Of these tables, the ones whose rows may be other than read after a write to `table`: itself, and what follows it.
pub(super) fn followers(table: &'static Table, tables: &[&'static Table]) -> Vec<&'static Table> {
    let mut changed = vec![table];
    let mut next = 0;
    while let Some(target) = changed.get(next).copied() {
        let follows = |table: &&&'static Table| {
            let mut keys = table.foreign_keys.iter().filter(|key| (key.target)() == target);
            keys.any(|key| !(is_refusal(key.on_delete) && is_refusal(key.on_update)))
        };
        let more: Vec<_> = tables.iter().filter(follows).filter(|table| !changed.contains(table)).copied().collect();
        changed.extend(more);
        next += 1;
    }
    changed
}

fn is_refusal(action: Action) -> bool {
    matches!(action, Action::NoAction | Action::Restrict)
}
