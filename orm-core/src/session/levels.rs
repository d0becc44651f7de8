//! The undo log of a session with its levels: the transaction, and the savepoints in it. Sends nothing.

use super::objects::Objects;
use super::state::Gone;
use std::collections::HashMap;

/// One entry of the undo log.
pub(super) enum Entry {
    Added { store: usize, slot: u32, generation: u32 },
    Image { store: usize },
}

/// The transaction, or a savepoint in it.
pub(super) struct Level {
    pub(super) serial: u32,
    pub(super) position: usize,
    pub(super) epoch: u32,
    /// True after a bulk or raw write: what was read since may be undone with the level.
    pub(super) opaque: bool,
}

impl Objects {
    /// True inside of a savepoint.
    pub(crate) fn in_savepoint(&self) -> bool {
        self.levels.len() > 1
    }

    pub(crate) fn begin_level(&mut self) {
        self.serial += 1;
        self.epoch += 1;
        // What an outer level wrote unseen can be loaded here first.
        let opaque = self.level().opaque;
        let level = Level { serial: self.serial, position: self.log.len(), epoch: self.epoch, opaque };
        self.levels.push(level);
    }

    /// The innermost savepoint. There is none when the closure put another session in the place of its own.
    fn pop_level(&mut self) -> Option<Level> {
        if self.in_savepoint() { self.levels.pop() } else { None }
    }

    /// Keeps the work of a savepoint as part of the level around it.
    pub(crate) fn release_level(&mut self) {
        let Some(level) = self.pop_level() else { return };
        let outer = self.levels.last_mut().expect("a session always has its transaction's level");
        outer.opaque |= level.opaque;
        let serial = outer.serial;
        self.retire(level.position, serial);
    }

    /// Drops the images since a place of the log of slots that the level with this serial remembers itself: many savepoints in one
    /// transaction keep one image of an object, not one each.
    fn retire(&mut self, position: usize, serial: u32) {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for entry in &self.log[position..] {
            if let Entry::Image { store } = entry {
                *counts.entry(*store).or_default() += 1;
            }
        }
        let mut kept: HashMap<usize, std::vec::IntoIter<bool>> = counts
            .into_iter()
            .map(|(number, count)| (number, self.store_any(number).retire_images(count, serial).into_iter()))
            .collect();
        let newer = self.log.split_off(position);
        self.log.extend(newer.into_iter().filter(|entry| match entry {
            Entry::Added { .. } => true,
            Entry::Image { store } => kept.get_mut(store).and_then(Iterator::next).unwrap_or(true),
        }));
    }

    /// Takes back everything since the savepoint.
    pub(crate) fn rollback_level(&mut self) {
        let Some(level) = self.pop_level() else { return };
        self.undo_to(level.position);
        self.drop_collections();
        self.dead.retain(|(first, _)| *first < level.epoch); // savepoints inside of this one
        self.dead.push((level.epoch, self.epoch));
        self.epoch += 1;
    }

    /// Takes back everything since the transaction began.
    pub(crate) fn rollback(&mut self) {
        self.undo_to(0);
        self.end_transaction();
    }

    /// What was deleted is gone for good; every row is stale.
    pub(crate) fn commit(&mut self) {
        self.log.clear();
        for store in self.stores.iter_mut().flatten() {
            store.forget_images();
            store.bury();
        }
        self.end_transaction();
    }

    fn end_transaction(&mut self) {
        self.serial += 1;
        self.epoch += 1;
        self.dead.clear();
        self.drop_results();
        self.drop_collections();
        self.levels.clear();
        self.levels.push(Level { serial: self.serial, position: 0, epoch: self.epoch, opaque: false });
    }

    fn undo_to(&mut self, position: usize) {
        while self.log.len() > position {
            match self.log.pop() {
                Some(Entry::Added { store, slot, generation }) => {
                    let store = self.store_any(store);
                    if store.meta(slot).is_some_and(|meta| meta.generation == generation) {
                        store.release(slot, Gone::RolledBack);
                    }
                }
                Some(Entry::Image { store }) => self.store_any(store).restore_image(),
                None => break,
            }
        }
    }
}

impl Objects {
    /// How many entries the undo log has.
    pub(super) fn remembered(&self) -> usize {
        self.log.len()
    }
}
