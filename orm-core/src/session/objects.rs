//! `Objects`: all stores of a session, freshness, and what is written into the undo log. Sends nothing.

use super::collections::Collections;
use super::followers::followers;
use super::levels::{Entry, Level};
use super::results::Reading;
use super::scoped::Scopes;
use super::slots::Slots;
use super::state::{Gone, State};
use super::store::{Meta, Store, typed, typed_mut};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model};
use crate::schema::Table;
use crate::value::{Datum, RawHandle};
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT_SESSION: AtomicU64 = AtomicU64::new(1);

/// The objects of a session.
pub(crate) struct Objects {
    pub(crate) session: u64,
    /// By the model's number.
    pub(super) stores: Vec<Option<Box<dyn Store>>>,
    pub(super) log: Vec<Entry>,
    pub(super) levels: Vec<Level>,
    pub(super) serial: u32,
    pub(super) epoch: u32,
    /// Epochs of savepoints that were rolled back, first and last.
    pub(super) dead: Vec<(u32, u32)>,
    /// Whether a query overwrites fresh objects: it locks rows, or was told to.
    pub(crate) overwrite: bool,
    /// Objects first seen since somebody began to ask, to be forgotten when a loop is over.
    pub(crate) newcomers: Option<Vec<(usize, u32)>>,
    /// The objects of each result of this transaction.
    pub(super) results: Vec<Vec<u32>>,
    /// How many results there were before these: no number comes twice.
    pub(super) past_results: u32,
    /// The objects that the running query returns, in order.
    pub(super) reading: Option<Reading>,
    pub(super) collections: Collections,
    pub(super) scopes: Scopes,
}

impl Objects {
    pub(crate) fn new() -> Objects {
        let session = NEXT_SESSION.fetch_add(1, Ordering::Relaxed);
        let level = Level { serial: 1, position: 0, epoch: 1, opaque: false };
        Objects {
            session,
            stores: Vec::new(),
            log: Vec::new(),
            levels: vec![level],
            serial: 1,
            epoch: 1,
            dead: Vec::new(),
            overwrite: false,
            newcomers: None,
            results: Vec::new(),
            past_results: 0,
            reading: None,
            collections: Collections::default(),
            scopes: Scopes::default(),
        }
    }

    pub(super) fn store_of<M: Model>(&self) -> Option<&Slots<M>> {
        self.stores.get(M::table().number)?.as_deref().map(typed)
    }

    pub(super) fn store_mut<M: Model>(&mut self) -> &mut Slots<M> {
        let number = M::table().number;
        if self.stores.len() <= number {
            self.stores.resize_with(number + 1, || None);
        }
        typed_mut(&mut **self.stores[number].get_or_insert_with(|| Box::<Slots<M>>::default()))
    }

    /// The stores that hold something, by number.
    pub(crate) fn stores(&self) -> impl Iterator<Item = (usize, &dyn Store)> {
        self.stores.iter().enumerate().filter_map(|(number, store)| Some((number, &**store.as_ref()?)))
    }

    pub(crate) fn store(&self, number: usize) -> &dyn Store {
        &**self.stores[number].as_ref().expect("a change comes from a store")
    }

    pub(crate) fn store_any(&mut self, number: usize) -> &mut dyn Store {
        &mut **self.stores[number].as_mut().expect("a change comes from a store")
    }

    pub(crate) fn has_store(&self, table: &Table) -> bool {
        self.stores.get(table.number).is_some_and(Option::is_some)
    }

    pub(crate) fn len(&self) -> usize {
        self.stores().map(|(_, store)| store.len()).sum()
    }

    pub(crate) fn handle<M: Model>(&self, slot: u32, generation: u32) -> Handle<M> {
        Handle::new(self.session, slot, generation)
    }

    /// Where a handle's object is, or why it is nowhere.
    pub(crate) fn locate<M: Model>(&self, handle: Handle<M>) -> std::result::Result<&M, Gone> {
        let raw = handle.raw();
        let meta = self.meta(M::table(), raw)?;
        match meta.state {
            State::Gone(reason) => Err(reason),
            State::Deleted => Err(Gone::Deleted),
            State::Pending | State::Clean | State::Deleting => {
                let slot = self.store_of::<M>().and_then(|store| store.get(raw.slot));
                slot.and_then(|slot| slot.value.as_ref()).ok_or(Gone::LongGone)
            }
        }
    }

    /// What is known of a handle's object, whatever its model.
    pub(crate) fn meta(&self, table: &Table, raw: RawHandle) -> std::result::Result<Meta, Gone> {
        if raw.session != self.session {
            return Err(Gone::Foreign);
        }
        let store = self.stores.get(table.number).and_then(Option::as_deref).ok_or(Gone::LongGone)?;
        let meta = store.meta(raw.slot).ok_or(Gone::LongGone)?;
        match meta.state {
            _ if meta.generation == raw.generation => Ok(meta),
            State::Gone(reason) if meta.generation == raw.generation + 1 => Err(reason),
            _ => Err(Gone::LongGone),
        }
    }

    pub(crate) fn state<M: Model>(&self, handle: Handle<M>) -> State {
        self.meta(M::table(), handle.raw()).map_or_else(State::Gone, |meta| meta.state)
    }

    pub(crate) fn add<M: Model>(&mut self, value: M) -> Handle<M> {
        let slot = self.store_mut::<M>().add(value);
        self.log_added(M::table().number, slot);
        let generation = self.store_mut::<M>().get(slot).map_or(0, |place| place.meta.generation);
        self.note_newcomer(M::table().number, slot);
        self.handle(slot, generation)
    }

    pub(super) fn log_added(&mut self, store: usize, slot: u32) {
        let generation = self.store(store).meta(slot).map_or(0, |meta| meta.generation);
        self.log.push(Entry::Added { store, slot, generation });
    }

    pub(super) fn note_newcomer(&mut self, store: usize, slot: u32) {
        if let Some(newcomers) = &mut self.newcomers {
            newcomers.push((store, slot));
        }
    }

    /// Mutable access by the user: keeps what it was before.
    pub(crate) fn touch<M: Model>(&mut self, handle: Handle<M>) -> std::result::Result<&mut M, Gone> {
        self.locate(handle)?;
        let slot = handle.slot();
        self.remember(M::table().number, slot);
        let store = self.store_mut::<M>();
        store.touch(slot);
        store.get_mut(slot).and_then(|place| place.value.as_mut()).ok_or(Gone::LongGone)
    }

    /// Marks an object for deletion; one that was never written is just forgotten.
    pub(crate) fn delete<M: Model>(&mut self, handle: Handle<M>) {
        let Ok(meta) = self.meta(M::table(), handle.raw()) else { return };
        let (number, slot) = (M::table().number, handle.slot());
        match meta.state {
            State::Pending => self.store_any(number).release(slot, Gone::NeverWritten),
            State::Clean => {
                self.remember(number, slot);
                self.store_mut::<M>().delete(slot);
            }
            State::Deleting | State::Deleted | State::Gone(_) => {}
        }
    }

    /// Takes an object out, with its value.
    pub(crate) fn expunge<M: Model>(&mut self, handle: Handle<M>) -> Option<M> {
        self.locate(handle).ok()?;
        self.forgot_something();
        let store = self.store_mut::<M>();
        let value = store.get(handle.slot())?.value.clone();
        store.release(handle.slot(), Gone::Expunged);
        value
    }

    /// Keeps an image of a slot before its first change in the current level.
    pub(crate) fn remember(&mut self, number: usize, slot: u32) {
        let serial = self.level().serial;
        let store = self.store_any(number);
        if store.meta(slot).is_some_and(|meta| meta.mark < serial) {
            store.keep_image(slot, serial);
            self.log.push(Entry::Image { store: number });
        }
    }

    pub(super) fn level(&self) -> &Level {
        self.levels.last().expect("a session always has its transaction's level")
    }

    /// True when a row was read, or inserted whole, in this transaction and nothing has made it doubtful since.
    pub(crate) fn is_fresh(&self, number: usize, meta: Meta) -> bool {
        // They ascend and do not meet.
        let before = self.dead.partition_point(|(first, _)| *first <= meta.epoch);
        let alive = before == 0 || self.dead[before - 1].1 < meta.epoch;
        meta.epoch >= self.levels[0].epoch && meta.epoch >= self.store(number).stale_before() && alive
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// A bulk or raw write: the rows of a table (of all tables) may be other than read, and those of tables that follow it by their
    /// foreign keys.
    pub(crate) fn rows_changed(&mut self, table: Option<&'static Table>) {
        self.epoch += 1;
        let epoch = self.epoch;
        let tables: Vec<&'static Table> = self.stores.iter().flatten().map(|store| store.table()).collect();
        let changed = table.map_or_else(|| tables.clone(), |table| followers(table, &tables));
        for store in self.stores.iter_mut().flatten() {
            if changed.contains(&store.table()) {
                store.set_stale_before(epoch);
            }
        }
        self.levels.last_mut().expect("a session always has its transaction's level").opaque = true;
    }

    /// Objects that this transaction wrote may have left the session: loaded again, they are still to be forgotten by a rollback.
    pub(super) fn forgot_something(&mut self) {
        if !self.log.is_empty() {
            self.levels.iter_mut().for_each(|level| level.opaque = true);
        }
    }

    /// Forgets everything; the transaction stays.
    pub(crate) fn clear(&mut self) {
        self.forgot_something();
        self.log.clear();
        for level in &mut self.levels {
            level.position = 0;
        }
        self.drop_results();
        self.drop_collections();
        for store in self.stores.iter_mut().flatten() {
            store.clear(Gone::Cleared);
        }
    }

    /// Forgets clean objects without changes.
    pub(crate) fn forget(&mut self, objects: Vec<(usize, u32)>) {
        self.forgot_something();
        for (number, slot) in objects {
            let store = self.store_any(number);
            let untouched =
                store.meta(slot).is_some_and(|meta| meta.state == State::Clean) && store.changed(slot).is_empty();
            if untouched {
                store.release(slot, Gone::Forgotten);
            }
        }
    }

    /// False when no object was added, touched or deleted since the last flush.
    pub(crate) fn has_changes(&self) -> bool {
        self.stores().any(|(_, store)| store.has_changes())
    }

    /// After a flush: the stores' lists hold only what still waits.
    pub(crate) fn tidy(&mut self) {
        self.stores.iter_mut().flatten().for_each(|store| store.tidy());
    }

    /// The key of an object's row.
    pub(crate) fn stored_key<M: Model>(&self, handle: Handle<M>) -> Option<M::Key> {
        self.locate(handle).ok()?;
        self.store_of::<M>()?.get(handle.slot())?.key.clone()
    }

    /// The row of an object was looked for and is not there.
    pub(crate) fn row_gone<M: Model>(&mut self, handle: Handle<M>) {
        let (number, slot) = (M::table().number, handle.slot());
        let place = self.store_of::<M>().and_then(|store| store.get(slot));
        if place.is_some_and(|place| place.base.is_some()) {
            return; // its changes are not dropped without a word: the flush will say that the row is gone
        }
        if self.levels.iter().any(|level| level.opaque) {
            // A statement of this transaction may have deleted it, so that a rollback brings it back.
            self.remember(number, slot);
            self.store_any(number).removed(slot);
        } else {
            self.store_any(number).release(slot, Gone::RowGone);
        }
    }

    /// Puts an object back to its row as it was last seen.
    pub(crate) fn discard_changes<M: Model>(&mut self, handle: Handle<M>) {
        self.remember(M::table().number, handle.slot());
        if let Some(place) = self.store_mut::<M>().get_mut(handle.slot())
            && let Some(base) = place.base.take()
        {
            place.value = Some(*base);
        }
    }

    /// The next query overwrites the object.
    pub(crate) fn make_stale<M: Model>(&mut self, handle: Handle<M>) {
        self.store_any(M::table().number).refreshed(handle.slot(), 0);
    }

    /// The object of a key, if it is known.
    pub(crate) fn find<M: Model>(&self, key: &M::Key) -> Option<(Handle<M>, Meta)> {
        let store = self.store_of::<M>()?;
        let slot = store.find(key)?;
        let meta = store.get(slot)?.meta;
        Some((self.handle(slot, meta.generation), meta))
    }

    /// What is known of the object of an untyped handle.
    pub(crate) fn meta_of(&self, raw: RawHandle) -> std::result::Result<Meta, Gone> {
        if raw.session != self.session {
            return Err(Gone::Foreign);
        }
        let store = self.stores.get(raw.model as usize).and_then(Option::as_deref).ok_or(Gone::LongGone)?;
        self.meta(store.table(), raw)
    }

    /// The key of an object that a statement names by its handle.
    ///
    /// # Errors
    /// `InvalidReference` for an object that is gone, or has no key yet.
    pub(crate) fn key_of(&self, raw: RawHandle) -> Result<Datum<'static>> {
        if self.meta_of(raw).map_err(invalid_reference)?.state == State::Deleted {
            return Err(invalid_reference(Gone::Deleted));
        }
        let store = self.store(raw.model as usize);
        match store.stored_key(raw.slot) {
            Some(mut key) if key.len() == 1 => Ok(key.remove(0).into_owned()),
            Some(key) => Ok(Datum::Row(key.into_iter().map(Datum::into_owned).collect())),
            None => Err(Error::new(
                ErrorKind::InvalidReference,
                format!("a statement names a `{}` that has no key yet: flush the session first", store.table().model),
            )),
        }
    }
}

pub(crate) fn invalid_reference(reason: Gone) -> Error {
    Error::new(ErrorKind::InvalidReference, format!("a reference to an object that {}", reason.reason()))
}
