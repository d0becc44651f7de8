//! Rows become objects: a row of a known object renews it or leaves it as it is, any other is a new one.

use super::objects::Objects;
use super::slots::Slots;
use super::state::State;
use super::store::loaded;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model, Record};
use crate::query::Keeper;
use crate::row::RowReader;
use crate::value::KeyParts;
use std::collections::hash_map::Entry;

impl Keeper for Objects {
    fn keep<M: Model>(&mut self, row: &mut RowReader<'_>) -> Result<Handle<M>> {
        let handle = self.take_row::<M>(row)?;
        if let Some(reading) = &mut self.reading {
            reading.note(M::table().number, handle.slot());
        }
        Ok(handle)
    }
}

/// What became of an object that was read.
enum Taken<M> {
    /// It is in the session, under this slot and generation.
    New(u32, u32),
    /// Its key was there before.
    Known(u32, M),
}

impl<M: Model> Slots<M> {
    /// Takes an object that was read from the database, unless there is one of its key.
    fn take(&mut self, key: M::Key, value: M, epoch: u32) -> Result<Taken<M>> {
        let next = self.next_slot();
        match self.map.entry(key) {
            Entry::Occupied(known) => Ok(Taken::Known(*known.get(), value)),
            Entry::Vacant(free) => {
                let (value, key) = (loaded(value)?, free.key().clone());
                free.insert(next);
                let slot = self.place(value, State::Clean, epoch);
                debug_assert_eq!(slot, next, "the slot that was promised");
                let place = self.at_mut(slot);
                place.key = Some(key);
                Ok(Taken::New(slot, place.meta.generation))
            }
        }
    }
}

impl Objects {
    fn take_row<M: Model>(&mut self, row: &mut RowReader<'_>) -> Result<Handle<M>> {
        let start = row.position();
        // The whole row is read for an object that stays as it is, too, unless the last one did so.
        let known = match self.store_of::<M>() {
            Some(store) if store.stayed => self.known_key::<M>(row)?,
            _ => None,
        };
        let (slot, value) = match known {
            Some(slot) => (slot, None),
            None => {
                let value = M::read(row)?;
                let key = value.key_of().ok_or_else(no_key::<M>)?;
                let epoch = self.epoch;
                match self.store_mut::<M>().take(key, value, epoch)? {
                    Taken::New(slot, generation) => return Ok(self.newly_loaded(slot, generation)),
                    Taken::Known(slot, value) => (slot, Some(value)),
                }
            }
        };
        self.meet_again(slot, value, row, start)
    }

    /// The slot of a row's key, where the key can be read before the row.
    fn known_key<M: Model>(&self, row: &RowReader<'_>) -> Result<Option<u32>> {
        let key = &M::table().primary_key;
        if key.iter().enumerate().any(|(i, column)| *column != key[0] + i) {
            return Ok(None);
        }
        let key = M::Key::read_key(row.row(), row.position() + key[0])?.ok_or_else(no_key::<M>)?;
        Ok(self.store_of::<M>().and_then(|store| store.find(&key)))
    }

    fn newly_loaded<M: Model>(&mut self, slot: u32, generation: u32) -> Handle<M> {
        let number = M::table().number;
        self.store_mut::<M>().stayed = false;
        if self.level().opaque {
            self.log_added(number, slot);
        }
        self.note_newcomer(number, slot);
        self.handle(slot, generation)
    }

    /// A row of an object that is here. Where it may be newer than what is known, and nothing else is to be written, the object
    /// becomes as it; `value` is the row if it was read already.
    fn meet_again<M: Model>(
        &mut self,
        slot: u32,
        value: Option<M>,
        row: &mut RowReader<'_>,
        start: usize,
    ) -> Result<Handle<M>> {
        let table = M::table();
        let number = table.number;
        let place = self.store_of::<M>().and_then(|store| store.get(slot)).expect("a key leads to a slot");
        let (meta, changed) = (place.meta, place.base.is_some());
        let stays = changed || meta.state != State::Clean || (self.is_fresh(number, meta) && !self.overwrite);
        self.store_mut::<M>().stayed = stays;
        let handle = self.handle(slot, meta.generation);
        if stays {
            if let (true, true, Some(version)) = (changed, self.overwrite, table.version) {
                let seen = self.store(number).base_values(slot).swap_remove(version);
                if row.row().value(start + version, &table.columns[version].ty)? != seen {
                    let message =
                        format!("the row that was locked is not the one that this `{}` was changed from", table.model);
                    return Err(Error::new(ErrorKind::StaleData, message));
                }
            }
            if value.is_none() {
                row.take(<M as Record>::WIDTH);
            }
            return Ok(handle);
        }
        let epoch = self.epoch;
        let value = value.map_or_else(|| M::read(row), Ok).and_then(loaded)?;
        if self.level().opaque {
            self.remember(number, slot);
        }
        if let Some(place) = self.store_mut::<M>().get_mut(slot) {
            place.value = Some(value);
            place.meta.epoch = epoch;
        }
        Ok(handle)
    }
}

#[cold]
fn no_key<M: Model>() -> Error {
    Error::decode(format!("a row of {} has no primary key", M::table().name))
}
