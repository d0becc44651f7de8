//! Rows that the session deletes with the rows they refer to, by statement: `on_delete = "cascade", by = "session"`. Nothing is
//! loaded but the keys of rows that others refer to in turn.

use super::order::table_ranks;
use crate::engine::{Channel, complete, delete_holders, select_holders};
use crate::error::{Context, Result};
use crate::query::LoadKey;
use crate::schema::{Action, ForeignKey, Table};
use crate::session::lines::Lines;
use crate::session::objects::Objects;
use crate::value::Datum;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

type Key = Vec<Datum<'static>>;

/// Rows of a table that are about to go.
struct Level {
    table: &'static Table,
    keys: Vec<Key>,
}

/// One DELETE: the rows whose columns hold one of the values.
struct Removal {
    table: &'static Table,
    columns: Vec<usize>,
    values: Vec<Key>,
    level: usize,
}

/// The rows that are gone with others, by table.
pub(super) type Gone = Vec<(&'static Table, HashSet<LoadKey>)>;

/// Whether the session may have to delete rows itself before rows of this table.
pub(super) fn go_by_session(objects: &Objects, table: &'static Table) -> bool {
    Families::around(objects, table).reaches(table)
}

/// Deletes what refers to rows that are about to be deleted, children's children first. Returns the rows that are gone with these,
/// as far as their keys are known now: those to which others refer.
pub(super) fn delete(objects: &Objects, channel: &mut Lines, table: &'static Table, keys: &[Key]) -> Result<Gone> {
    let families = Families::around(objects, table);
    if !families.reaches(table) {
        return Ok(Vec::new());
    }
    let mut levels = vec![Level { table, keys: keys.to_vec() }];
    let mut seen: HashSet<(usize, LoadKey)> = keys.iter().map(|key| (table.number, LoadKey::of(key))).collect();
    let mut removals: Vec<Removal> = Vec::new();
    let mut next = 0;
    while next < levels.len() {
        let parents = std::mem::take(&mut levels[next].keys);
        for (child, foreign) in families.children(levels[next].table) {
            let mut removal =
                Removal { table: child, columns: foreign.columns.clone(), values: parents.clone(), level: next };
            if families.reaches(child) {
                channel.go_and_write(child.bind)?;
                let mut keys = holders(channel, child, &foreign.columns, &parents)?;
                keys.retain(|key| seen.insert((child.number, LoadKey::of(key))));
                // By their own keys: others of these values are deleted where they were first found.
                (removal.columns, removal.values) = (child.primary_key.clone(), keys.clone());
                if !keys.is_empty() {
                    levels.push(Level { table: child, keys });
                }
            }
            if foreign.by_session && !removal.values.is_empty() {
                removals.push(removal);
            }
        }
        // Taken above; what is loaded of them follows later.
        levels[next].keys = parents;
        next += 1;
    }
    let ranks = table_ranks(removals.iter().map(|removal| removal.table));
    removals.sort_by_key(|removal| Reverse((ranks[&removal.table.number], removal.level)));
    for Removal { table, columns, values, level: _ } in removals {
        channel.go_and_write(table.bind)?;
        let values: Vec<Datum<'_>> = values.iter().flatten().map(Datum::borrowed).collect();
        delete_holders(channel, table, &columns, &values)
            .map_err(|error| complete(error, table).context(format_args!("delete from {}", table.name)))?;
    }
    channel.go_and_write(table.bind)?;
    let gone = |Level { table, keys }: Level| (table, keys.iter().map(|key| LoadKey::of(key)).collect());
    Ok(levels.into_iter().skip(1).map(gone).collect())
}

/// The keys of the rows that refer to these.
fn holders(channel: &mut Channel, table: &Table, columns: &[usize], parents: &[Key]) -> Result<Vec<Key>> {
    let values: Vec<Datum<'_>> = parents.iter().flatten().map(Datum::borrowed).collect();
    let mut keys = Vec::new();
    select_holders(channel, table, columns, &values, &mut |row| {
        let part = |(at, column): (usize, &usize)| Ok(row.value(at, &table.columns[*column].ty)?.into_owned());
        keys.push(table.primary_key.iter().enumerate().map(part).collect::<Result<Key>>()?);
        Ok(())
    })
    .context(|| format!("find the rows of {} that go with others", table.name))?;
    Ok(keys)
}

/// Which tables refer to which by foreign keys that cascade, as far as the session knows them: by the relations of their models,
/// and by the objects it has had.
pub(super) struct Families {
    children: HashMap<usize, Vec<(&'static Table, &'static ForeignKey)>>,
    /// The tables some of whose rows the session would delete with rows of this one.
    reaching: HashSet<usize>,
}

impl Families {
    pub(super) fn around(objects: &Objects, table: &'static Table) -> Families {
        let mut tables: Vec<&'static Table> = objects.stores().map(|(_, store)| store.table()).chain([table]).collect();
        let mut seen = HashSet::new();
        tables.retain(|table| seen.insert(table.number));
        let mut next = 0;
        while let Some(known) = tables.get(next).copied() {
            tables.extend(known.dependents.iter().map(|table| table()).filter(|table| seen.insert(table.number)));
            next += 1;
        }
        Families::of(&tables)
    }

    fn of(tables: &[&'static Table]) -> Families {
        let mut families = Families { children: HashMap::new(), reaching: HashSet::new() };
        let mut parents: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut reaching = Vec::new();
        for table in tables {
            for key in table.followed().filter(|key| key.on_delete == Action::Cascade) {
                let target = (key.target)().number;
                families.children.entry(target).or_default().push((*table, key));
                parents.entry(table.number).or_default().push(target);
                if key.by_session {
                    reaching.push(target);
                }
            }
        }
        while let Some(table) = reaching.pop() {
            if families.reaching.insert(table) {
                reaching.extend(parents.get(&table).into_iter().flatten());
            }
        }
        families
    }

    pub(super) fn children(&self, table: &Table) -> impl Iterator<Item = (&'static Table, &'static ForeignKey)> {
        self.children.get(&table.number).into_iter().flatten().copied()
    }

    fn reaches(&self, table: &Table) -> bool {
        self.reaching.contains(&table.number)
    }
}
