//! Which objects came together in a result, and which collections were loaded for them.

use super::objects::Objects;
use super::related::RelationId;
use super::state::State;
use crate::model::{Handle, Model};
use std::collections::{HashMap, HashSet};

impl Objects {
    /// From now on the objects that a query returns are one result.
    pub(crate) fn begin_result(&mut self) {
        self.reading = Some(Vec::new());
    }

    /// The query is over: its objects, by model, are a result each.
    pub(crate) fn end_result(&mut self) {
        let mut by_model: HashMap<usize, Vec<u32>> = HashMap::new();
        for (number, slot) in self.reading.take().unwrap_or_default() {
            by_model.entry(number).or_default().push(slot);
        }
        for (number, slots) in by_model {
            self.note_result(number, slots);
        }
    }

    /// Notes the objects of one model that came together.
    pub(crate) fn note_result(&mut self, number: usize, mut slots: Vec<u32>) {
        if slots.is_empty() {
            return; // nothing of that model may ever have been read
        }
        let result = if slots.len() > 1 { u32::try_from(self.results.len() + 1).unwrap_or(0) } else { 0 };
        let store = self.store_any(number);
        for &slot in &slots {
            store.set_result(slot, result);
        }
        if result > 0 {
            let mut seen = HashSet::new();
            slots.retain(|slot| seen.insert(*slot));
            self.results.push(slots);
        }
    }

    /// The objects of an object's result, in order, itself among them.
    pub(crate) fn members(&self, number: usize, slot: u32) -> Vec<u32> {
        let result = self.store(number).meta(slot).map_or(0, |meta| meta.result);
        match self.results.get((result as usize).wrapping_sub(1)) {
            Some(slots) => slots.clone(),
            None => vec![slot],
        }
    }

    /// The objects at the end of an object's relation, if they were loaded.
    pub(crate) fn collection(&self, id: RelationId, slot: u32) -> Option<Vec<u32>> {
        self.collections.get(&id)?.get(&slot).cloned()
    }

    pub(crate) fn keep_collection(&mut self, id: RelationId, slot: u32, slots: Vec<u32>) {
        self.collections.entry(id).or_default().insert(slot, slots);
    }

    /// What was loaded of relations may no longer be so.
    pub(crate) fn drop_collections(&mut self) {
        self.collections.clear();
    }

    /// The handle of a slot whose object is there.
    pub(crate) fn live_handle<M: Model>(&self, slot: u32) -> Option<Handle<M>> {
        let meta = self.store_of::<M>()?.get(slot)?.meta;
        matches!(meta.state, State::Clean | State::Pending).then(|| self.handle(slot, meta.generation))
    }
}
