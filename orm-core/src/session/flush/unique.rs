//! Finds which rows of a flush take UNIQUE values that other rows of it free. Compares values as Rust knows them: what a
//! collation, a padded type or an expression index holds equal beyond that is left to the database, which may then refuse.

use super::gather::Gathered;
use super::order::{Operation, Take, late_deletes};
use super::stand_in;
use crate::query::LoadKey;
use crate::schema::Table;
use crate::session::objects::Objects;
use crate::value::Datum;
use std::collections::{HashMap, HashSet};

/// The UNIQUE constraints of a table, the primary key and unique indexes included: the name and the columns of each.
pub(super) fn unique_keys(table: &Table) -> impl Iterator<Item = (&str, &[usize])> {
    let primary = (table.primary_key_name.as_str(), table.primary_key.as_slice());
    let uniques = table.uniques.iter().map(|unique| (unique.name.as_str(), unique.columns.as_slice()));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let indexes = indexes.map(|index| (index.name.as_str(), index.columns.as_slice()));
    std::iter::once(primary).chain(uniques).chain(indexes)
}

/// A value by which it is found: table, constraint, value.
type ValueKey = (usize, usize, LoadKey);

/// Adds what each insert and update takes from other rows.
pub(super) fn connect(objects: &Objects, gathered: &mut Gathered) {
    let freed = freed(objects, gathered);
    if freed.is_empty() {
        return;
    }
    let tables: HashSet<usize> = freed.keys().map(|(table, _, _)| *table).collect();
    for at in 0..gathered.changes.len() {
        let change = &gathered.changes[at];
        if change.operation == Operation::Delete || !tables.contains(&change.table.number) {
            continue;
        }
        let (table, columns) = (change.table, &gathered.columns[at]);
        let values = objects.store(table.number).values(change.slot);
        let mut takes = Vec::new();
        for (constraint, (_, key)) in unique_keys(table).enumerate() {
            let changed = change.operation == Operation::Insert || key.iter().any(|column| columns.contains(column));
            let value = if changed { value_of(objects, table, key, &values) } else { None };
            let held = value.and_then(|value| freed.get(&(table.number, constraint, value)));
            if let Some(&(from, stand_in)) = held.filter(|(from, _)| *from != at) {
                takes.push(Take { from, constraint, stand_in });
            }
        }
        gathered.changes[at].takes = takes;
    }
}

/// The values that updates leave and late deletes hold, with the change and the column where a stand-in can be.
fn freed(objects: &Objects, gathered: &Gathered) -> HashMap<ValueKey, (usize, Option<usize>)> {
    let late = late_deletes(&gathered.changes);
    let mut freed = HashMap::new();
    for (at, change) in gathered.changes.iter().enumerate() {
        let (table, columns) = (change.table, &gathered.columns[at]);
        let leaves = |key: &[usize]| match change.operation {
            Operation::Insert => false,
            Operation::Update => key.iter().any(|column| columns.contains(column)),
            Operation::Delete => late.contains(&at),
        };
        if !unique_keys(table).any(|(_, key)| leaves(key)) {
            continue;
        }
        let row_slot = gathered.switches.get(&(table.number, change.slot)).copied().unwrap_or(change.slot);
        let values = objects.store(table.number).base_values(row_slot);
        for (constraint, (_, key)) in unique_keys(table).enumerate().filter(|(_, (_, key))| leaves(key)) {
            let Some(value) = value_of(objects, table, key, &values) else { continue };
            // What an update does not change anyway is not to be written by it.
            let changed = |column: &usize| change.operation == Operation::Delete || columns.contains(column);
            let candidates = key.iter().copied().filter(changed);
            freed.insert((table.number, constraint, value), (at, stand_in::column(table, candidates)));
        }
    }
    freed
}

/// The value of a constraint's columns; `None` for one that cannot be in anybody's way or is not known yet.
fn value_of(objects: &Objects, table: &Table, key: &[usize], values: &[Datum<'_>]) -> Option<LoadKey> {
    let known = |&column: &usize| match &values[column] {
        _ if table.columns[column].computed.is_some() => None,
        Datum::Null | Datum::Default | Datum::Invalid(_) => None,
        Datum::Pending(raw) => {
            let foreign = table.foreign_keys.iter().find(|foreign| foreign.columns.contains(&column))?;
            let part = foreign.columns.iter().position(|part| *part == column)?;
            objects.meta_of(*raw).ok()?;
            let key = objects.store(raw.model as usize).stored_key(raw.slot)?;
            Some(key.get(part)?.borrowed().into_owned())
        }
        known => Some(known.borrowed()),
    };
    let parts: Vec<Datum<'_>> = key.iter().map(known).collect::<Option<_>>()?;
    Some(LoadKey::of(&parts))
}
