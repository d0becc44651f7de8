//! Collections: the objects at the end of relations, as far as that was loaded in this transaction, and how they follow what
//! is flushed. Sends nothing.

use super::followers::followers;
use super::objects::Objects;
use super::state::State;
use crate::model::{Handle, Model};
use crate::query::Path;
use crate::schema::Table;
use crate::value::{Datum, RawHandle};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// An object of a model: its slot and generation.
pub(crate) type Place = (u32, u32);

/// A relation to rows that refer to their owner, or that are linked to it, whatever the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RelationId {
    owner: &'static Table,
    target: &'static Table,
    link: Option<&'static Table>,
    /// The reference of the target to the owner, or those of the link to the owner and to the target.
    names: (&'static str, &'static str),
}

impl Hash for RelationId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.owner.number, self.target.number, self.link.map(|link| link.number), self.names).hash(state);
    }
}

impl RelationId {
    /// None for a reference: where that leads, the object itself says.
    pub(crate) fn of(target: &'static Table, path: Path) -> Option<RelationId> {
        match path {
            Path::To { .. } => None,
            Path::From { owner, field, .. } => Some(RelationId { owner, target, link: None, names: (field, "") }),
            Path::Through { owner, link, left, right, .. } => {
                Some(RelationId { owner, target, link: Some(link), names: (left, right) })
            }
        }
    }

    /// True when a link table holds each pair once.
    pub(crate) fn is_paired(&self) -> bool {
        let Some(link) = self.link else { return false };
        let mut pair: Vec<usize> = columns(link, self.names.0).chain(columns(link, self.names.1)).collect();
        pair.sort_unstable();
        let mut keys = link.uniques.iter().map(|unique| &unique.columns).chain([&link.primary_key]);
        keys.any(|key| {
            let mut key = key.clone();
            key.sort_unstable();
            key == pair
        })
    }
}

/// The columns of a field.
pub(crate) fn columns(table: &Table, field: &str) -> Range<usize> {
    let field = table.field(field).expect("the derive checks that a relation names a field of the other model");
    field.start..field.start + field.width
}

/// What was loaded in this transaction: for each relation, the objects at its end by their owner.
pub(crate) type Collections = HashMap<RelationId, HashMap<Place, Vec<Place>>>;

impl Objects {
    /// The object of a slot.
    pub(crate) fn place(&self, number: usize, slot: u32) -> Place {
        (slot, self.store(number).meta(slot).map_or(0, |meta| meta.generation))
    }

    /// The object of a key.
    pub(crate) fn place_of_key(&self, table: &Table, key: &[Datum<'_>]) -> Option<Place> {
        if !self.has_store(table) || key.iter().any(Datum::is_null) {
            return None;
        }
        self.store(table.number).find_datums(key).map(|slot| self.place(table.number, slot))
    }

    /// True when the objects at the end of an object's relation were loaded.
    pub(crate) fn has_collection(&self, id: RelationId, owner: Place) -> bool {
        self.collections.get(&id).is_some_and(|of| of.contains_key(&owner))
    }

    /// The objects at the end of an object's relation, if they were loaded and none was forgotten since.
    pub(crate) fn collection<T: Model>(&self, id: RelationId, owner: Place) -> Option<Vec<Handle<T>>> {
        let members = self.collections.get(&id)?.get(&owner)?;
        let mut handles = Vec::with_capacity(members.len());
        for &(slot, generation) in members {
            let meta = self.store_of::<T>()?.get(slot)?.meta;
            match meta.state {
                _ if meta.generation != generation => return None,
                State::Clean | State::Pending => handles.push(self.handle(slot, generation)),
                State::Deleting | State::Deleted => {}
                State::Gone(_) => return None,
            }
        }
        Some(handles)
    }

    pub(crate) fn keep_collection(&mut self, id: RelationId, owner: Place, members: Vec<Place>) {
        self.collections.entry(id).or_default().insert(owner, members);
    }

    /// What was loaded of relations may no longer be so.
    pub(crate) fn drop_collections(&mut self) {
        self.collections.clear();
    }

    /// True when nothing was loaded of any relation.
    pub(crate) fn collections_are_empty(&self) -> bool {
        self.collections.is_empty()
    }

    /// The relations of which something was loaded.
    pub(crate) fn loaded_relations(&self) -> Vec<RelationId> {
        self.collections.keys().copied().collect()
    }

    /// What was loaded of one relation may no longer be so.
    pub(crate) fn drop_relation(&mut self, id: RelationId) {
        self.collections.remove(&id);
    }

    /// Objects that are new, or whose references may lead elsewhere: each goes to the end of its owner's collection, unless it
    /// is there already.
    pub(crate) fn seat(&mut self, table: &'static Table, slots: &[u32]) {
        for id in self.loaded_relations().into_iter().filter(|id| id.link.is_none() && id.target == table) {
            let columns = columns(table, id.names.0);
            let mut seats: HashMap<Place, Option<Place>> = HashMap::with_capacity(slots.len());
            let mut order = Vec::with_capacity(slots.len());
            for &slot in slots {
                let values = self.store(table.number).values(slot);
                let owner = self.place_of_key(id.owner, &values[columns.clone()]);
                let place = self.place(table.number, slot);
                seats.insert(place, owner);
                order.push(place);
            }
            let Some(of) = self.collections.get_mut(&id) else { continue };
            let mut seated: HashSet<Place> = HashSet::new();
            for (owner, members) in of.iter_mut() {
                members.retain(|member| match seats.get(member) {
                    None => true,
                    Some(seat) if *seat == Some(*owner) => seated.insert(*member),
                    Some(_) => false,
                });
            }
            for place in order.into_iter().filter(|place| !seated.contains(place)) {
                if let Some(members) = seats[&place].and_then(|owner| of.get_mut(&owner)) {
                    members.push(place);
                }
            }
        }
    }

    /// Rows of a link table were written, or are gone: both sides see it. The pairs are as its two references say.
    pub(crate) fn note_links(
        &mut self,
        table: &'static Table,
        fields: (&'static str, &'static str),
        pairs: &[(RawHandle, RawHandle)],
        present: bool,
    ) {
        let place = |raw: RawHandle| (raw.slot, raw.generation);
        let targets: Vec<&'static Table> = self.collections.keys().map(|id| id.target).collect();
        let changed = followers(table, &targets);
        for id in self.loaded_relations() {
            let turned = id.names == (fields.1, fields.0);
            match id.link {
                Some(link) if link == table && (turned || id.names == fields) => {
                    for &(left, right) in pairs {
                        let (owner, target) = if turned { (right, left) } else { (left, right) };
                        self.pair(id, place(owner), place(target), present);
                    }
                }
                Some(link) if link == table => self.drop_relation(id),
                _ if changed.contains(&id.target) => self.drop_relation(id),
                _ => {}
            }
        }
    }

    /// Puts an object into a collection or takes it out, if that was loaded.
    fn pair(&mut self, id: RelationId, owner: Place, target: Place, present: bool) {
        let Some(members) = self.collections.get_mut(&id).and_then(|of| of.get_mut(&owner)) else { return };
        let at = members.iter().position(|member| *member == target);
        match (at, present) {
            (None, true) => members.push(target),
            (Some(at), false) => {
                members.remove(at);
            }
            (Some(_), true) | (None, false) => {}
        }
    }

    /// A row of a link table was written as an object, or is gone: `row` is its columns.
    pub(crate) fn note_link_row(&mut self, id: RelationId, row: &[Datum<'_>], present: bool) {
        let Some(link) = id.link else { return };
        let owner = self.place_of_key(id.owner, &row[columns(link, id.names.0)]);
        let target = self.place_of_key(id.target, &row[columns(link, id.names.1)]);
        match (owner, target) {
            (Some(owner), Some(target)) => self.pair(id, owner, target, present),
            // The other end is not in the session: it must be loaded.
            (Some(owner), None) => {
                self.collections.entry(id).or_default().remove(&owner);
            }
            (None, _) => {}
        }
    }

    /// The relations whose rows between are rows of this table, or whose targets are.
    pub(crate) fn relations_of(&self, table: &'static Table) -> (Vec<RelationId>, Vec<RelationId>) {
        let all = self.loaded_relations();
        let through = all.iter().copied().filter(|id| id.link == Some(table)).collect();
        (through, all.into_iter().filter(|id| id.link.is_none() && id.target == table).collect())
    }
}

impl RelationId {
    /// The columns of the target's reference to the owner.
    pub(crate) fn reference(&self) -> Range<usize> {
        columns(self.target, self.names.0)
    }
}
