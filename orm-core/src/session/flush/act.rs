//! Carries the steps of a flush out: values from the stores into statements, keys and versions back.

use super::gather::Gathered;
use super::order::{Operation, Step};
use super::queue::{Queue, What};
use super::{cascade, children, stand_in};
use crate::engine::{
    Batch, RowData, Rows, Source, Wanted, check, checked_delete, checked_insert, checked_update, complete, delete_many,
    insert_many, select_by_keys, update_many,
};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::query::LoadKey;
use crate::row::Data;
use crate::schema::{Action, Table};
use crate::session::lines::Lines;
use crate::session::objects::Objects;
use crate::session::state::State;
use crate::value::Datum;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Runs the steps in order. Where the driver can do that, small writes wait for each other and are sent together, the last of
/// them with COMMIT if the transaction is to end with this flush.
pub(super) fn act(
    gathered: Gathered,
    steps: Vec<Step>,
    objects: &mut Objects,
    channel: &mut Lines,
    commit: bool,
) -> Result<()> {
    // References that are set by a later step stay NULL until then.
    let postponed: HashSet<(usize, usize)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Point { change, column, to_null: false } => Some((*change, *column)),
            _ => None,
        })
        .collect();
    let queue = Queue::default();
    let mut flush =
        Flush { gathered, postponed, versions: HashMap::new(), objects, channel, waits: false, place: None, queue };
    steps.into_iter().try_for_each(|step| match step {
        Step::Write { operation: Operation::Insert, changes, .. } => flush.insert(&changes),
        Step::Write { operation: Operation::Update, changes, .. } => flush.update(&changes),
        Step::Write { operation: Operation::Delete, changes, .. } => flush.delete(&changes),
        Step::Point { change, column, to_null } => flush.point(change, column, to_null),
        Step::Free { column, changes } => flush.free(column, &changes),
    })?;
    let commit = commit && flush.channel.is_alone();
    flush.send_queue(commit)
}

pub(super) struct Flush<'f> {
    gathered: Gathered,
    postponed: HashSet<(usize, usize)>,
    /// The versions of rows that were written and are to be written again, by table and slot.
    versions: HashMap<(usize, u32), i64>,
    pub(super) objects: &'f mut Objects,
    /// Whoever uses it for anything but the queue sends the queue first.
    pub(super) channel: &'f mut Lines,
    /// The database that was gone to last, once one was.
    place: Option<Option<&'static str>>,
    /// Whether small writes wait in the queue.
    waits: bool,
    pub(super) queue: Queue,
}

/// What became of rows to insert.
struct Inserted {
    /// The keys that the database made for changes.
    keys: Vec<(usize, Datum<'static>)>,
    /// The changes that were sent; the others wait.
    sent: Vec<usize>,
    /// The columns to read back.
    read_back: Vec<usize>,
}

impl Flush<'_> {
    /// The table of changes, whose database is gone to.
    fn table(&mut self, changes: &[usize]) -> Result<&'static Table> {
        let table = self.gathered.changes[changes[0]].table;
        if self.place != Some(table.bind) {
            self.send_queue(false)?;
            self.channel.go_and_write(table.bind)?;
            (self.place, self.waits) = (Some(table.bind), self.channel.sends_together());
        }
        Ok(table)
    }

    /// Puts the keys of written objects into the references to them.
    fn resolve(&mut self, change: usize) -> Result<()> {
        let (table, slot) = (self.gathered.changes[change].table, self.gathered.changes[change].slot);
        if table.foreign_keys.is_empty() {
            return Ok(());
        }
        let mut pending = Vec::new();
        self.objects.store_any(table.number).references(slot, &mut |column, reference| {
            if let Some(raw) = reference.pending() {
                pending.push((column, raw));
            }
        });
        for (wanted, raw) in pending {
            if self.postponed.contains(&(change, wanted)) {
                continue;
            }
            if self.queue.owes_key(raw.model as usize, raw.slot) {
                self.send_queue(false)?;
            }
            let Some(key) = self.objects.store(raw.model as usize).own_key_any(raw.slot) else { continue };
            self.objects.store_any(table.number).references(slot, &mut |column, reference| {
                if column == wanted {
                    reference.resolve(&*key);
                }
            });
        }
        Ok(())
    }

    fn insert(&mut self, changes: &[usize]) -> Result<()> {
        let table = self.table(changes)?;
        self.settle_deletes()?;
        for &change in changes {
            self.resolve(change)?;
            self.set_version(table, self.gathered.changes[change].slot, 1)?;
        }
        let Inserted { keys, sent, read_back } = self.insert_batches(table, changes)?;
        let epoch = self.objects.epoch();
        let store = self.objects.store_any(table.number);
        for (change, key) in keys {
            store.read_columns(self.gathered.changes[change].slot, table.generated.as_slice(), &Data(&[key]), 0)?;
        }
        let slots: Vec<u32> = sent.iter().map(|&change| self.gathered.changes[change].slot).collect();
        for &slot in &slots {
            store.written(slot, Some(epoch));
        }
        self.read_back(table, &slots, &read_back)
    }

    /// Sends the rows, or has them wait to be sent.
    fn insert_batches(&mut self, table: &'static Table, changes: &[usize]) -> Result<Inserted> {
        let store = self.objects.store(table.number);
        let (mut batches, mut members): (Vec<Batch<'_>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        let mut read_back =
            table.columns.iter().map(|column| column.computed.is_some() || column.read_back).collect::<Vec<_>>();
        let mut row = RowData::default();
        for &change in changes {
            store.row_into(self.gathered.changes[change].slot, &mut row)?;
            for (at, datum) in row.data.iter().enumerate() {
                read_back[at] |= matches!(datum, Datum::Default);
            }
            for (_, column) in self.postponed.iter().filter(|(postponed, _)| *postponed == change) {
                null_reference(table, &mut row.data, *column);
            }
            let batch = Batch::take(&mut batches, &mut row, changes.len());
            members.resize_with(batches.len(), Vec::new);
            members[batch].push(change);
        }
        let mut inserted = Inserted { keys: Vec::new(), sent: Vec::new(), read_back: positions(&read_back) };
        if self.waits && inserted.read_back.is_empty() {
            let (facts, dialect) = (self.channel.facts(), self.channel.dialect());
            let check = |Batch { columns, count, data }: &Batch<'_>| {
                checked_insert(Source { facts, dialect, table, columns, returning: None }, *count, data)
            };
            if let Some(writes) = batches.iter().map(check).collect::<Option<Vec<_>>>() {
                for (write, members) in writes.into_iter().zip(members) {
                    let slots = members.iter().map(|&change| self.gathered.changes[change].slot).collect();
                    self.queue.push(write, table, What::Insert, slots);
                }
                return Ok(inserted);
            }
        }
        if !self.queue.is_empty() {
            drop(batches);
            self.send_queue(false)?;
            return self.insert_batches(table, changes);
        }
        for (Batch { columns, count, data }, members) in batches.into_iter().zip(members) {
            let generated = table.generated.is_some_and(|column| !columns.contains(&column));
            let wanted = if generated { Wanted::GeneratedKeys } else { Wanted::Nothing };
            let rows = Rows { table, columns: &columns, count, data };
            let made = insert_many(self.channel, rows, wanted)
                .map_err(|error| complete(error, table).context(format_args!("insert into {}", table.name)))?;
            inserted.sent.extend(&members);
            if generated {
                inserted.keys.extend(members.into_iter().zip(made));
            }
        }
        Ok(inserted)
    }

    /// The changes whose rows this flush has not deleted already, by the cascade of another one's delete.
    fn still_there(&self, table: &Table, changes: &[usize]) -> Vec<usize> {
        let store = self.objects.store(table.number);
        let is_there = |change: &&usize| {
            store.meta(self.gathered.changes[**change].slot).is_some_and(|meta| meta.state != State::Deleted)
        };
        changes.iter().filter(is_there).copied().collect()
    }

    fn update(&mut self, changes: &[usize]) -> Result<()> {
        let table = self.table(changes)?;
        self.settle_deletes()?;
        let changes = &*self.still_there(table, changes);
        if changes.is_empty() {
            return Ok(());
        }
        let mut groups: Vec<(Rc<[usize]>, Vec<usize>)> = Vec::new();
        for &change in changes {
            self.objects.remember(table.number, self.gathered.changes[change].slot);
            self.resolve(change)?;
            let columns = &self.gathered.columns[change];
            match groups.iter_mut().find(|(known, _)| known == columns) {
                Some((_, group)) => group.push(change),
                None => groups.push((Rc::clone(columns), vec![change])),
            }
        }
        let made = |at: &usize| table.columns[*at].computed.is_some() || table.columns[*at].read_back;
        let read_back: Vec<usize> = (0..table.columns.len()).filter(made).collect();
        let mut waiting = HashSet::new();
        // An object that takes the row of a deleted one may be equal to it.
        for (columns, group) in groups.iter().filter(|(columns, _)| !columns.is_empty()) {
            if !self.update_group(table, columns, group, read_back.is_empty())? {
                waiting.extend(group.iter().copied());
            }
        }
        let mut slots = Vec::with_capacity(changes.len());
        for change in changes.iter().filter(|change| !waiting.contains(*change)) {
            let (slot, written) = (self.gathered.changes[*change].slot, !self.gathered.columns[*change].is_empty());
            self.after_update(table, slot, written)?;
            slots.push(slot);
        }
        self.read_back(table, &slots, &read_back)
    }

    /// The slot whose row an object's update changes: its own, or that of the deleted object whose key it takes.
    pub(super) fn row_slot(&self, table: &Table, slot: u32) -> u32 {
        self.gathered.switches.get(&(table.number, slot)).copied().unwrap_or(slot)
    }

    /// Updates rows to new values of the same columns; false when that waits to be sent.
    fn update_group(
        &mut self,
        table: &'static Table,
        columns: &[usize],
        group: &[usize],
        may_wait: bool,
    ) -> Result<bool> {
        let store = self.objects.store(table.number);
        let width = columns.len() + table.primary_key.len() + usize::from(table.version.is_some());
        let (mut data, mut row) = (Vec::with_capacity(group.len() * width), Vec::new());
        for &change in group {
            let slot = self.gathered.changes[change].slot;
            store.values_into(slot, &mut row);
            for (_, column) in self.postponed.iter().filter(|(postponed, _)| *postponed == change) {
                null_reference(table, &mut row, *column);
            }
            for &column in columns {
                check(table, &table.columns[column], &row[column])?;
                data.push(std::mem::replace(&mut row[column], Datum::Null));
            }
            let row_slot = self.row_slot(table, slot);
            store.push_stored_key(row_slot, &mut data);
            data.extend(self.row_version(table, row_slot));
        }
        if self.waits && may_wait {
            let (facts, dialect) = (self.channel.facts(), self.channel.dialect());
            let source = Source { facts, dialect, table, columns, returning: None };
            if let Some(write) = checked_update(source, group.len(), &data) {
                let slots = group.iter().map(|&change| self.gathered.changes[change].slot).collect();
                self.queue.push(write, table, What::Update, slots);
                return Ok(false);
            }
        }
        if !self.queue.is_empty() {
            drop(data);
            self.send_queue(false)?;
            return self.update_group(table, columns, group, may_wait);
        }
        let written = update_many(self.channel, table, columns, group.len(), data);
        let slots: Vec<u32> =
            group.iter().map(|&change| self.row_slot(table, self.gathered.changes[change].slot)).collect();
        self.settle(written, table, &slots, "update").map(|()| true)
    }

    pub(super) fn after_update(&mut self, table: &'static Table, slot: u32, written: bool) -> Result<()> {
        let row_slot = self.row_slot(table, slot);
        if let Some(old) = self.row_version(table, row_slot) {
            let old = counter(&old);
            self.set_version(table, slot, old + i64::from(written))?;
            self.versions.remove(&(table.number, row_slot));
        }
        let store = self.objects.store_any(table.number);
        if row_slot != slot {
            self.objects.remember(table.number, row_slot);
            let epoch = self.objects.epoch();
            let store = self.objects.store_any(table.number);
            store.removed(row_slot);
            store.written(slot, Some(epoch));
        } else {
            store.written(slot, None);
        }
        Ok(())
    }

    /// The version that a row has in the database now.
    fn row_version(&self, table: &Table, row_slot: u32) -> Option<Datum<'static>> {
        let column = table.version?;
        let known = self.versions.get(&(table.number, row_slot));
        let base = || self.objects.store(table.number).base_values(row_slot).swap_remove(column).into_owned();
        Some(known.map_or_else(base, |version| Datum::Int(*version)))
    }

    /// A row was written, and its change is still to come.
    fn raise_version(&mut self, table: &Table, row_slot: u32) {
        if let Some(old) = self.row_version(table, row_slot) {
            let next = counter(&old) + 1;
            self.versions.insert((table.number, row_slot), next);
        }
    }

    fn set_version(&mut self, table: &'static Table, slot: u32, version: i64) -> Result<()> {
        match table.version {
            Some(column) => {
                self.objects.store_any(table.number).read_columns(slot, &[column], &Data(&[Datum::Int(version)]), 0)
            }
            None => Ok(()),
        }
    }

    fn delete(&mut self, changes: &[usize]) -> Result<()> {
        let table = self.table(changes)?;
        self.settle_deletes()?;
        let changes = &*self.still_there(table, changes);
        if changes.is_empty() {
            return Ok(());
        }
        let slots: Vec<u32> = changes.iter().map(|&change| self.gathered.changes[change].slot).collect();
        for &slot in &slots {
            self.objects.remember(table.number, slot);
        }
        let store = self.objects.store(table.number);
        let key = |slot: &u32| Some(store.stored_key(*slot)?.into_iter().map(Datum::into_owned).collect());
        let keys: Vec<Vec<Datum<'static>>> = slots.iter().filter_map(key).collect();
        if !self.queue.is_empty() && children::go_by_session(self.objects, table) {
            self.send_queue(false)?;
        }
        let gone = children::delete(self.objects, self.channel, table, &keys)?;
        let store = self.objects.store(table.number);
        let mut data = Vec::new();
        for &slot in &slots {
            store.push_stored_key(slot, &mut data);
            data.extend(self.row_version(table, slot));
        }
        let cascades = table.foreign_keys.iter().any(|key| (key.target)() == table && key.on_delete == Action::Cascade);
        if self.waits && !cascades {
            let (facts, dialect) = (self.channel.facts(), self.channel.dialect());
            let source = Source { facts, dialect, table, columns: &[], returning: None };
            if let Some(write) = checked_delete(source, slots.len(), &data) {
                self.queue.push(write, table, What::Delete { keys, gone }, slots);
                return Ok(());
            }
        }
        let written = match self.queue.is_empty() {
            true => delete_many(self.channel, table, slots.len(), data, cascades),
            false => {
                let data = data.into_iter().map(Datum::into_owned).collect();
                self.send_queue(false)?;
                delete_many(self.channel, table, slots.len(), data, cascades)
            }
        };
        self.settle(written, table, &slots, "delete from")?;
        self.after_delete(table, &slots, &keys, gone);
        Ok(())
    }

    pub(super) fn after_delete(
        &mut self,
        table: &'static Table,
        slots: &[u32],
        keys: &[Vec<Datum<'static>>],
        gone: children::Gone,
    ) {
        let store = self.objects.store_any(table.number);
        slots.iter().for_each(|slot| store.removed(*slot));
        cascade::follow(self.objects, table, keys.iter().map(|key| LoadKey::of(key)).collect());
        gone.into_iter().for_each(|(table, keys)| cascade::follow(self.objects, table, keys));
    }

    /// Sends a queue with deletes in it whose cascades take objects along: what comes next may be about these.
    fn settle_deletes(&mut self) -> Result<()> {
        let follow = self.queue.deletes().any(|table| cascade::takes_along(self.objects, table));
        if follow { self.send_queue(false) } else { Ok(()) }
    }

    /// Puts stand-ins for UNIQUE values into a column of rows whose change comes later.
    fn free(&mut self, column: usize, changes: &[usize]) -> Result<()> {
        let table = self.table(changes)?;
        self.send_queue(false)?;
        let store = self.objects.store(table.number);
        let slots: Vec<u32> =
            changes.iter().map(|&change| self.row_slot(table, self.gathered.changes[change].slot)).collect();
        let mut data = Vec::new();
        for (at, &slot) in slots.iter().enumerate() {
            let key = store.stored_key(slot).unwrap_or_default();
            data.push(stand_in::value(&table.columns[column], &key, at));
            data.extend(key);
            data.extend(self.row_version(table, slot));
        }
        let written = update_many(self.channel, table, &[column], slots.len(), data);
        let doing = format!("free UNIQUE values of `{}.{}`: update", table.model, table.columns[column].field);
        self.settle(written, table, &slots, &doing)?;
        slots.into_iter().for_each(|slot| self.raise_version(table, slot));
        Ok(())
    }

    /// One reference of one row, set to NULL or to its key.
    fn point(&mut self, change: usize, column: usize, to_null: bool) -> Result<()> {
        let (table, slot) = (self.table(&[change])?, self.gathered.changes[change].slot);
        self.send_queue(false)?;
        if self.still_there(table, &[change]).is_empty() {
            return Ok(());
        }
        let key = table.foreign_keys.iter().find(|key| key.columns[0] == column);
        let columns = key.map(|key| key.columns.clone()).unwrap_or_default();
        self.postponed.remove(&(change, column));
        self.objects.remember(table.number, slot);
        self.resolve(change)?;
        let store = self.objects.store(table.number);
        let row = store.values(slot);
        let value = |&column: &usize| if to_null { Datum::Null } else { row[column].borrowed() };
        let mut data: Vec<Datum<'_>> = columns.iter().map(value).collect();
        data.extend(store.stored_key(slot).unwrap_or_default());
        data.extend(self.row_version(table, slot));
        let written = update_many(self.channel, table, &columns, 1, data);
        self.settle(written, table, &[slot], "update")?;
        match self.row_version(table, slot).map(|version| counter(&version)) {
            // The object was written, and has the version itself.
            Some(version) if !to_null => self.set_version(table, slot, version + 1)?,
            Some(_) => self.raise_version(table, slot),
            None => {}
        }
        Ok(())
    }

    /// Reads columns that the database made, by key.
    fn read_back(&mut self, table: &'static Table, slots: &[u32], columns: &[usize]) -> Result<()> {
        if columns.is_empty() || slots.is_empty() {
            return Ok(());
        }
        let store = self.objects.store(table.number);
        let keys: Vec<Datum<'static>> =
            slots.iter().flat_map(|slot| store.stored_key(*slot).unwrap_or_default()).map(Datum::into_owned).collect();
        let store = self.objects.store_any(table.number);
        let mut seen = 0;
        select_by_keys(self.channel, table, columns, &keys, &mut |row| {
            seen += 1;
            store.read_back(row, columns)
        })
        .context(|| format!("read {} back", table.name))?;
        if seen < slots.len() {
            return Err(Error::new(
                ErrorKind::StaleData,
                format!("rows of {} were gone right after they were written", table.name),
            ));
        }
        Ok(())
    }
}

fn counter(version: &Datum<'_>) -> i64 {
    match version {
        Datum::Int(version) => *version,
        Datum::UInt(version) => i64::try_from(*version).unwrap_or(i64::MAX - 1),
        _ => 0,
    }
}

fn positions(flags: &[bool]) -> Vec<usize> {
    (0..flags.len()).filter(|at| flags[*at]).collect()
}

/// Sets all columns of a reference to NULL.
fn null_reference(table: &Table, row: &mut [Datum<'_>], column: usize) {
    let key = table.foreign_keys.iter().find(|key| key.columns[0] == column);
    for &column in key.map(|key| key.columns.as_slice()).unwrap_or_default() {
        row[column] = Datum::Null;
    }
}
