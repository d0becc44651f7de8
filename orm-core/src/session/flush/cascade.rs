//! Loaded objects follow what the database does to their rows when the rows they refer to are deleted.

use crate::model::Reference;
use crate::query::LoadKey;
use crate::schema::{Action, Table};
use crate::session::objects::Objects;
use crate::session::state::State;
use crate::session::store::Store;
use crate::value::Writer;
use std::collections::HashSet;

/// The rows of these keys were deleted: children that cascade are deleted, those set to NULL lose their reference; and so on for
/// the children's children.
pub(super) fn follow(objects: &mut Objects, table: &'static Table, keys: HashSet<LoadKey>) {
    let mut waiting = vec![(table, keys)];
    while let Some((table, keys)) = waiting.pop() {
        let children: Vec<(usize, &'static Table)> = objects
            .stores()
            .map(|(number, store)| (number, store.table()))
            .filter(|(_, child)| child.followed().any(|key| (key.target)() == table))
            .collect();
        for (number, child) in children {
            let gone = follow_in(objects, number, child, table, &keys);
            if !gone.is_empty() {
                waiting.push((child, gone));
            }
        }
    }
}

/// Whether the database does something to loaded objects of any table when rows of this one are deleted.
pub(super) fn takes_along(objects: &Objects, table: &'static Table) -> bool {
    let follows = |child: &'static Table| {
        let mut keys = child.followed().filter(|key| (key.target)() == table);
        keys.any(|key| matches!(key.on_delete, Action::Cascade | Action::SetNull))
    };
    objects.stores().any(|(_, store)| follows(store.table()))
}

/// The loaded objects of one child table; returns the keys of those that were deleted with their parents.
fn follow_in(
    objects: &mut Objects,
    number: usize,
    child: &'static Table,
    parent: &'static Table,
    keys: &HashSet<LoadKey>,
) -> HashSet<LoadKey> {
    let mut gone = HashSet::new();
    let store = objects.store(number);
    for slot in store.clean().into_iter().chain(store.deleting()) {
        let mut hits: Vec<(usize, Action)> = Vec::new();
        objects.store_any(number).base_references(slot, &mut |column, reference| {
            let key = child.followed().find(|key| key.columns[0] == column && (key.target)() == parent);
            let mut row = Writer::default();
            row.push(reference.key().into_owned(), 1);
            if let Some(key) = key.filter(|_| keys.contains(&LoadKey::of(&row.data)))
                && matches!(key.on_delete, Action::Cascade | Action::SetNull)
            {
                hits.push((column, key.on_delete));
            }
        });
        if hits.is_empty() {
            continue;
        }
        objects.remember(number, slot);
        let store = objects.store_any(number);
        if hits.iter().any(|(_, action)| *action == Action::Cascade) {
            if let Some(key) = store.stored_key(slot) {
                gone.insert(LoadKey::of(&key));
            }
            store.removed(slot);
        } else {
            hits.iter().for_each(|(column, _)| clear(store, slot, *column));
        }
    }
    gone
}

/// The row has lost a reference, so the base has, too; a new one that the program set meanwhile stays.
fn clear(store: &mut dyn Store, slot: u32, column: usize) {
    let clear = &mut |at: usize, reference: &mut dyn Reference| {
        if at == column {
            reference.clear();
        }
    };
    let is_there = store.meta(slot).is_some_and(|meta| matches!(meta.state, State::Clean | State::Deleting));
    if is_there && !store.changed(slot).contains(&column) {
        store.references(slot, clear);
    }
    store.base_references(slot, clear);
}
