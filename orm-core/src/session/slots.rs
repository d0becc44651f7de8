//! `Slots<M>`: the objects of one model in a session, in typed contiguous slots.

use super::hooks::{Runner, runner};
use super::state::{Gone, State};
use super::store::{Meta, Store};
use crate::engine::{RowData, is_sentinel, row_data};
use crate::error::{Error, Result};
use crate::model::{Difference, Model, Reference};
use crate::row::{Data, Row, RowReader};
use crate::schema::{Generated, Table};
use crate::value::{Datum, KeyParts, Writer};
use std::any::Any;
use std::collections::HashMap;

const CHUNK: usize = 256;

/// One object.
#[derive(Clone)]
pub(crate) struct Slot<M: Model> {
    /// The object; `None` in a free slot.
    pub(crate) value: Option<M>,
    /// The row as the database holds it, while the object may differ from it.
    pub(crate) base: Option<Box<M>>,
    /// The key under which the object is in the map.
    pub(crate) key: Option<M::Key>,
    pub(crate) meta: Meta,
}

/// The objects of one model.
pub(crate) struct Slots<M: Model> {
    chunks: Vec<Vec<Slot<M>>>,
    len: usize,
    free: Vec<u32>,
    pub(super) map: HashMap<M::Key, u32, foldhash::fast::RandomState>,
    images: Vec<(u32, Slot<M>)>,
    /// In the order of `add`.
    pending: Vec<u32>,
    /// Clean objects with a base.
    touched: Vec<u32>,
    deleting: Vec<u32>,
    deleted: Vec<u32>,
    /// Rows read before this epoch are stale.
    pub(crate) stale_before: u32,
    /// The row of a known object that was met last left it as it was.
    pub(super) stayed: bool,
    /// New objects by the key they were given, while a flush is being planned.
    new_keys: HashMap<M::Key, u32, foldhash::fast::RandomState>,
}

impl<M: Model> Default for Slots<M> {
    fn default() -> Self {
        Slots {
            chunks: Vec::new(),
            len: 0,
            free: Vec::new(),
            map: HashMap::default(),
            images: Vec::new(),
            pending: Vec::new(),
            touched: Vec::new(),
            deleting: Vec::new(),
            deleted: Vec::new(),
            stale_before: 0,
            stayed: false,
            new_keys: HashMap::default(),
        }
    }
}

impl<M: Model> Slots<M> {
    pub(crate) fn get(&self, slot: u32) -> Option<&Slot<M>> {
        self.chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Slot<M>> {
        self.chunks.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)
    }

    fn at(&self, slot: u32) -> &Slot<M> {
        self.get(slot).expect("a slot number comes from this store")
    }

    pub(super) fn at_mut(&mut self, slot: u32) -> &mut Slot<M> {
        self.get_mut(slot).expect("a slot number comes from this store")
    }

    pub(super) fn place(&mut self, value: M, state: State, epoch: u32) -> u32 {
        if let Some(slot) = self.free.pop() {
            let place = self.at_mut(slot);
            place.value = Some(value);
            place.meta = Meta { generation: place.meta.generation, epoch, mark: 0, result: 0, state };
            return slot;
        }
        if self.len.is_multiple_of(CHUNK) {
            // The first one grows: many sessions hold a few objects.
            self.chunks.push(Vec::with_capacity(if self.len == 0 { 4 } else { CHUNK }));
        }
        let slot = u32::try_from(self.len).expect("a session holds fewer than 2^32 objects of a model");
        let meta = Meta { generation: 0, epoch, mark: 0, result: 0, state };
        let last = self.chunks.last_mut().expect("a chunk was just made");
        last.push(Slot { value: Some(value), base: None, key: None, meta });
        self.len += 1;
        slot
    }

    /// The slot that the next object gets.
    pub(super) fn next_slot(&self) -> u32 {
        self.free.last().copied().unwrap_or(self.len as u32)
    }

    /// Takes a new object that is not in the database yet.
    pub(crate) fn add(&mut self, value: M) -> u32 {
        let slot = self.place(value, State::Pending, 0);
        self.pending.push(slot);
        slot
    }

    pub(crate) fn find(&self, key: &M::Key) -> Option<u32> {
        self.map.get(key).copied()
    }

    /// Before a change by the user: keeps the base to compare with.
    pub(crate) fn touch(&mut self, slot: u32) {
        let place = self.at_mut(slot);
        if matches!(place.meta.state, State::Clean | State::Deleting) && place.base.is_none() {
            place.base = place.value.clone().map(Box::new);
            if place.meta.state == State::Clean {
                self.touched.push(slot);
            }
        }
    }

    pub(crate) fn delete(&mut self, slot: u32) {
        let place = self.at_mut(slot);
        if place.meta.state == State::Clean {
            place.meta.state = State::Deleting;
            self.deleting.push(slot);
        }
    }

    /// Every slot that holds an object.
    fn occupied(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len as u32).filter(|slot| self.at(*slot).value.is_some())
    }

    /// The slots of a list that are still in its state; a flush leaves the lists as they are and tidies up at its end.
    fn listed(&self, list: &[u32], state: State) -> Vec<u32> {
        list.iter().copied().filter(|slot| self.at(*slot).meta.state == state).collect()
    }

    /// Takes a slot off all lists. Undoing goes backwards, so it is mostly the last one.
    fn unlist(&mut self, slot: u32) {
        for list in [&mut self.pending, &mut self.touched, &mut self.deleting, &mut self.deleted] {
            if list.last() == Some(&slot) {
                list.pop();
            } else {
                list.retain(|listed| *listed != slot);
            }
        }
    }

    fn map_key(&mut self, slot: u32, key: Option<M::Key>) {
        if let Some(old) = self.at_mut(slot).key.take()
            && self.map.get(&old) == Some(&slot)
        {
            self.map.remove(&old);
        }
        if let Some(key) = key {
            self.map.insert(key.clone(), slot);
            self.at_mut(slot).key = Some(key);
        }
    }
}

impl<M: Model> Store for Slots<M> {
    fn table(&self) -> &'static Table {
        M::table()
    }

    fn hooks(&self) -> Option<Runner> {
        runner::<M>()
    }

    fn meta(&self, slot: u32) -> Option<Meta> {
        self.get(slot).map(|place| place.meta)
    }

    fn has_changes(&self) -> bool {
        !(self.pending.is_empty() && self.touched.is_empty() && self.deleting.is_empty())
    }

    fn pending(&self) -> Vec<u32> {
        self.listed(&self.pending, State::Pending)
    }

    fn touched(&self) -> Vec<u32> {
        let mut slots = self.listed(&self.touched, State::Clean);
        slots.retain(|slot| self.at(*slot).base.is_some());
        slots
    }

    fn deleting(&self) -> Vec<u32> {
        self.listed(&self.deleting, State::Deleting)
    }

    fn clean(&self) -> Vec<u32> {
        self.occupied().filter(|slot| self.at(*slot).meta.state == State::Clean).collect()
    }

    fn len(&self) -> usize {
        self.len - self.free.len()
    }

    fn changed_into(&self, slot: u32, difference: &mut Difference) {
        difference.clear();
        let place = self.at(slot);
        if let (Some(value), Some(base)) = (&place.value, &place.base) {
            value.diff(base, difference);
        }
    }

    fn differs_from(&self, slot: u32, other: u32) -> Vec<usize> {
        let mut difference = Difference::default();
        let other = self.at(other);
        let base = other.base.as_deref().or(other.value.as_ref());
        if let (Some(value), Some(base)) = (&self.at(slot).value, base) {
            value.diff(base, &mut difference);
        }
        difference.columns
    }

    fn row_into<'s>(&'s self, slot: u32, row: &mut RowData<'s>) -> Result<()> {
        row_data(self.at(slot).value.as_ref().expect("a pending slot holds an object"), row)
    }

    fn values_into<'s>(&'s self, slot: u32, values: &mut Vec<Datum<'s>>) {
        values.clear();
        values.reserve(M::WIDTH);
        let mut writer = Writer { data: std::mem::take(values) };
        if let Some(value) = &self.at(slot).value {
            value.write(&mut writer);
        }
        *values = writer.data;
    }

    fn base_values(&self, slot: u32) -> Vec<Datum<'_>> {
        let mut writer = Writer::with_capacity(M::WIDTH);
        let place = self.at(slot);
        if let Some(value) = place.base.as_deref().or(place.value.as_ref()) {
            value.write(&mut writer);
        }
        writer.data
    }

    fn push_stored_key<'s>(&'s self, slot: u32, values: &mut Vec<Datum<'s>>) {
        if let Some(key) = &self.at(slot).key {
            let mut writer = Writer { data: std::mem::take(values) };
            writer.push(key.key_datum(), 1);
            *values = writer.data;
        }
    }

    fn stored_key_any(&self, slot: u32) -> Option<Box<dyn Any>> {
        let key = self.at(slot).key.clone()?;
        Some(Box::new(key))
    }

    fn own_key_any(&self, slot: u32) -> Option<Box<dyn Any>> {
        let key = self.at(slot).value.as_ref()?.key_of()?;
        Some(Box::new(key))
    }

    fn find_datums(&self, key: &[Datum<'_>]) -> Option<u32> {
        let key = M::Key::read_key(&Data(key), 0).ok().flatten()?;
        self.find(&key)
    }

    fn slot_of(&self, row: &dyn Row) -> Option<u32> {
        let key = M::Key::read_key(row, 0).ok().flatten()?;
        self.find(&key)
    }

    fn row_of_own_key(&self, slot: u32) -> Option<u32> {
        let key = self.at(slot).value.as_ref()?.key_of()?;
        self.find(&key)
    }

    fn index_pending(&mut self) -> Option<String> {
        self.new_keys.clear();
        let generated = M::table().generated.is_some();
        for &slot in &self.pending {
            let value = self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].value.as_ref();
            let Some(key) = value.and_then(Model::key_of) else { continue };
            if generated && is_sentinel(&key.key_datum()) {
                continue;
            }
            if self.new_keys.insert(key.clone(), slot).is_some() {
                return Some(format!("{key:?}"));
            }
        }
        None
    }

    fn find_pending(&self, key: &[Datum<'_>]) -> Option<u32> {
        let key = M::Key::read_key(&Data(key), 0).ok().flatten()?;
        self.new_keys.get(&key).copied()
    }

    fn read_back(&mut self, row: &dyn Row, columns: &[usize]) -> Result<()> {
        match self.slot_of(row) {
            Some(slot) => self.read_columns(slot, columns, row, M::table().primary_key.len()),
            None => {
                Err(Error::decode(format!("a row of {} came back with a key that was not written", M::table().name)))
            }
        }
    }

    fn references(&mut self, slot: u32, visit: &mut dyn FnMut(usize, &mut dyn Reference)) {
        if let Some(value) = &mut self.at_mut(slot).value {
            value.references(0, visit);
        }
    }

    fn base_references(&mut self, slot: u32, visit: &mut dyn FnMut(usize, &mut dyn Reference)) {
        let place = self.at_mut(slot);
        match (&mut place.base, &mut place.value) {
            (Some(base), _) => base.references(0, visit),
            (None, Some(value)) => value.references(0, visit),
            (None, None) => {}
        }
    }

    fn generate_key(&mut self, slot: u32) {
        let Some(column) =
            M::table().generated.filter(|column| M::table().columns[*column].generated == Generated::Client)
        else {
            return;
        };
        let nil = self.at(slot).value.as_ref().and_then(Model::key_of).is_some_and(|key| is_sentinel(&key.key_datum()));
        let Some(key) = M::Key::generate_key().filter(|_| nil) else { return };
        let datum = [key.key_datum().into_owned()];
        if let Some(value) = &mut self.at_mut(slot).value {
            let read = value.read_column(column, &mut RowReader::new(&Data(&datum), 0));
            debug_assert!(read.is_ok(), "a key reads what it wrote");
        }
    }

    fn read_columns(&mut self, slot: u32, columns: &[usize], row: &dyn Row, at: usize) -> Result<()> {
        let Some(value) = &mut self.at_mut(slot).value else { return Ok(()) };
        let mut reader = RowReader::new(row, at);
        columns.iter().try_for_each(|&column| value.read_column(column, &mut reader))
    }

    fn keep_image(&mut self, slot: u32, serial: u32) {
        let image = self.at(slot).clone();
        self.images.push((slot, image));
        self.at_mut(slot).meta.mark = serial;
    }

    fn restore_image(&mut self) {
        let Some((slot, image)) = self.images.pop() else { return };
        if self.at(slot).meta.generation != image.meta.generation {
            return; // expunged meanwhile: that is not undone
        }
        let key = image.key.clone();
        self.map_key(slot, None);
        let state = image.meta.state;
        let keeps_its_place = state == State::Pending && self.at(slot).meta.state == State::Pending;
        *self.at_mut(slot) = image;
        self.at_mut(slot).key = None;
        self.map_key(slot, key);
        if keeps_its_place {
            return; // new objects are in the order of `add`
        }
        self.unlist(slot);
        match state {
            State::Pending => self.pending.push(slot),
            State::Deleting => self.deleting.push(slot),
            State::Clean if self.at(slot).base.is_some() => self.touched.push(slot),
            _ => {}
        }
    }

    fn retire_images(&mut self, count: usize, serial: u32) -> Vec<bool> {
        let newer = self.images.split_off(self.images.len().saturating_sub(count));
        let kept: Vec<bool> = newer.iter().map(|(_, image)| image.meta.mark < serial).collect();
        self.images.extend(newer.into_iter().filter(|(_, image)| image.meta.mark < serial));
        kept
    }

    fn forget_images(&mut self) {
        self.images.clear();
    }

    fn unchanged(&mut self, slot: u32) {
        let place = self.at_mut(slot);
        if let Some(base) = place.base.take() {
            place.value = Some(*base); // computed columns and the version are not the program's to change
        }
    }

    fn written(&mut self, slot: u32, epoch: Option<u32>) {
        let key = self.at(slot).value.as_ref().and_then(Model::key_of);
        // Another object under this key was deleted elsewhere, or this INSERT would have failed; unless it is on its way to another
        // key itself.
        let other = key.as_ref().and_then(|key| self.find(key)).filter(|other| *other != slot);
        if let Some(other) = other.filter(|other| self.at(*other).value.as_ref().and_then(Model::key_of) == key) {
            self.release(other, Gone::Replaced);
        }
        if self.at(slot).key != key {
            self.map_key(slot, key);
        }
        let place = self.at_mut(slot);
        place.base = None;
        place.meta.state = State::Clean;
        place.meta.epoch = epoch.unwrap_or(place.meta.epoch);
    }

    fn set_result(&mut self, slots: &mut Vec<u32>, result: u32) {
        slots.retain(|&slot| std::mem::replace(&mut self.at_mut(slot).meta.result, result) != result);
    }

    fn set_alone(&mut self, slot: u32) {
        self.at_mut(slot).meta.result = 0;
    }

    fn refreshed(&mut self, slot: u32, epoch: u32) {
        self.at_mut(slot).meta.epoch = epoch;
    }

    fn removed(&mut self, slot: u32) {
        self.map_key(slot, None);
        self.at_mut(slot).meta.state = State::Deleted;
        self.at_mut(slot).base = None;
        self.deleted.push(slot);
    }

    fn update_instead(&mut self, slot: u32) {
        let known = self.at(slot).base.is_some() && self.touched.contains(&slot);
        self.touch(slot);
        self.at_mut(slot).meta.state = State::Clean;
        if !known {
            self.touched.push(slot);
        }
    }

    fn delete_again(&mut self, slot: u32) {
        self.at_mut(slot).meta.state = State::Deleting;
        if !self.deleting.contains(&slot) {
            self.deleting.push(slot);
        }
    }

    fn tidy(&mut self) {
        self.pending = self.pending();
        self.touched = self.touched();
        self.deleting = self.deleting();
        self.new_keys.clear();
    }

    fn release(&mut self, slot: u32, reason: Gone) {
        if self.at(slot).value.is_none() {
            return;
        }
        self.map_key(slot, None);
        self.unlist(slot);
        let place = self.at_mut(slot);
        place.value = None;
        place.base = None;
        place.meta.state = State::Gone(reason);
        place.meta.generation += 1;
        if place.meta.generation < u32::MAX {
            self.free.push(slot);
        }
    }

    fn bury(&mut self) {
        for slot in std::mem::take(&mut self.deleted) {
            self.release(slot, Gone::Deleted);
        }
    }

    fn clear(&mut self, reason: Gone) {
        let occupied: Vec<u32> = self.occupied().collect();
        self.images.clear();
        for list in [&mut self.pending, &mut self.touched, &mut self.deleting, &mut self.deleted] {
            list.clear(); // at once, or each object would be searched for in them
        }
        for slot in occupied {
            self.release(slot, reason);
        }
    }

    fn set_stale_before(&mut self, epoch: u32) {
        self.stale_before = epoch;
    }

    fn stale_before(&self) -> u32 {
        self.stale_before
    }
}
