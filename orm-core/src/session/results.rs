//! Which objects came together in a result.

use super::collections::Place;
use super::objects::Objects;
use crate::query::node::Few;

/// The objects that a running query has returned so far, by model: most queries have one.
#[derive(Default)]
pub(super) struct Reading {
    models: Few<(usize, Few<u32>)>,
    last: usize,
}

impl Reading {
    /// One more object.
    pub(super) fn note(&mut self, number: usize, slot: u32) {
        self.last = match self.models.iter().position(|(known, _)| *known == number) {
            Some(at) => at,
            None => {
                self.models.push((number, Few::new()));
                self.models.len() - 1
            }
        };
        self.models[self.last].1.push(slot);
    }
}

impl Objects {
    /// From now on the objects that a query returns are one result.
    pub(crate) fn begin_result(&mut self) {
        self.reading = Some(Reading::default());
    }

    /// The object that the running query returned last.
    pub(crate) fn last_read(&self) -> Option<Place> {
        let reading = self.reading.as_ref()?;
        let (number, slots) = reading.models.get(reading.last)?;
        Some(self.place(*number, *slots.last()?))
    }

    /// The query is over: its objects, by model, are a result each.
    pub(crate) fn end_result(&mut self) {
        for (number, slots) in self.reading.take().unwrap_or_default().models {
            match slots {
                Few::One(only) => only.into_iter().for_each(|slot| self.store_any(number).set_alone(slot)),
                Few::Many(slots) => self.keep_result(number, slots),
            }
        }
    }

    fn keep_result(&mut self, number: usize, mut slots: Vec<u32>) {
        let result = self.next_result();
        // Nothing has the number of a new result yet: who has it was here before.
        self.store_any(number).set_result(&mut slots, result);
        if result > 0 {
            self.results.push(slots);
        }
    }

    /// The objects of an object's result, in order, itself among them.
    pub(crate) fn members(&self, number: usize, slot: u32) -> Vec<u32> {
        let result = self.store(number).meta(slot).map_or(0, |meta| meta.result);
        let place = result.checked_sub(self.past_results + 1);
        match place.and_then(|place| self.results.get(place as usize)) {
            Some(slots) => slots.clone(),
            None => vec![slot],
        }
    }

    /// The number of the next result; 0, for a result of its own, when there are no more numbers.
    fn next_result(&self) -> u32 {
        let result = u32::try_from(self.results.len()).ok().and_then(|count| self.past_results.checked_add(count));
        result.and_then(|result| result.checked_add(1)).unwrap_or(0)
    }

    /// Forgets which objects came together. Objects keep the numbers of their results, which no later one gets.
    pub(super) fn drop_results(&mut self) {
        let count = u32::try_from(self.results.len()).unwrap_or(u32::MAX);
        self.past_results = self.past_results.saturating_add(count).min(u32::MAX - 1);
        self.results.clear();
    }
}
