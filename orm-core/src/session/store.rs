//! `Store`: the objects of a model whose type is not known, and the way back to the type. The only file that downcasts them.

use super::hooks::{HookSet, Runner};
use super::slots::Slots;
use super::state::{Gone, State};
use crate::engine::RowData;
use crate::error::Result;
use crate::model::{Difference, Model, Reference};
use crate::row::Row;
use crate::schema::Table;
use crate::value::Datum;
use std::any::Any;

/// What a session knows of an object beside its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) generation: u32,
    /// When the row was last read whole; 0 for never.
    pub(crate) epoch: u32,
    /// The serial of the last level in which an image was kept.
    pub(crate) mark: u32,
    /// The result that last returned it; 0 for a result of its own.
    pub(crate) result: u32,
    pub(crate) state: State,
}

/// The objects of a model whose type is not known here.
pub(crate) trait Store: Any + Send {
    fn table(&self) -> &'static Table;
    /// What runs the model's hooks, if it has any.
    fn hooks(&self) -> Option<Runner>;
    fn meta(&self, slot: u32) -> Option<Meta>;
    /// False when no object was added, touched or deleted since the last flush.
    fn has_changes(&self) -> bool;
    /// Pending objects in the order of `add`.
    fn pending(&self) -> Vec<u32>;
    /// Clean objects that may differ from their rows.
    fn touched(&self) -> Vec<u32>;
    fn deleting(&self) -> Vec<u32>;
    /// Every slot that holds a clean object.
    fn clean(&self) -> Vec<u32>;
    fn len(&self) -> usize;
    /// The columns in which an object differs from its row.
    fn changed(&self, slot: u32) -> Vec<usize> {
        let mut difference = Difference::default();
        self.changed_into(slot, &mut difference);
        difference.columns
    }
    /// The same into what held those of another.
    fn changed_into(&self, slot: u32, difference: &mut Difference);
    /// The columns in which an object differs from the row of another: a delete and an add of one key.
    fn differs_from(&self, slot: u32, other: u32) -> Vec<usize>;
    /// What the INSERT of an object sends.
    fn row(&self, slot: u32) -> Result<RowData<'_>> {
        let mut row = RowData::default();
        self.row_into(slot, &mut row)?;
        Ok(row)
    }
    /// The same into what held another row.
    fn row_into<'s>(&'s self, slot: u32, row: &mut RowData<'s>) -> Result<()>;
    /// All columns of an object.
    fn values(&self, slot: u32) -> Vec<Datum<'_>> {
        let mut values = Vec::new();
        self.values_into(slot, &mut values);
        values
    }
    /// The same into what held those of another.
    fn values_into<'s>(&'s self, slot: u32, values: &mut Vec<Datum<'s>>);
    /// All columns of an object's row in the database.
    fn base_values(&self, slot: u32) -> Vec<Datum<'_>>;
    /// The key of the object's row in the database, column by column.
    fn stored_key(&self, slot: u32) -> Option<Vec<Datum<'_>>> {
        let mut key = Vec::new();
        self.push_stored_key(slot, &mut key);
        Some(key).filter(|key| !key.is_empty())
    }
    /// Appends that key, if there is one.
    fn push_stored_key<'s>(&'s self, slot: u32, values: &mut Vec<Datum<'s>>);
    /// The key of the object's row in the database, as `M::Key`.
    fn stored_key_any(&self, slot: u32) -> Option<Box<dyn Any>>;
    /// The key that the object holds, as `M::Key`.
    fn own_key_any(&self, slot: u32) -> Option<Box<dyn Any>>;
    /// The object of a key.
    fn find_datums(&self, key: &[Datum<'_>]) -> Option<u32>;
    /// The object of the key at the start of a row.
    fn slot_of(&self, row: &dyn Row) -> Option<u32>;
    /// The object in the database under the key that a new object holds.
    fn row_of_own_key(&self, slot: u32) -> Option<u32>;
    /// Makes new objects findable by the keys they were given; a key that two of them have is returned as text.
    fn index_pending(&mut self) -> Option<String>;
    /// The new object that was given a key.
    fn find_pending(&self, key: &[Datum<'_>]) -> Option<u32>;
    /// Reads columns of the object whose key is at the start of a row.
    fn read_back(&mut self, row: &dyn Row, columns: &[usize]) -> Result<()>;
    /// Every reference of the object, with its first column.
    fn references(&mut self, slot: u32, visit: &mut dyn FnMut(usize, &mut dyn Reference));
    /// Every reference of the object's row in the database.
    fn base_references(&mut self, slot: u32, visit: &mut dyn FnMut(usize, &mut dyn Reference));
    /// Makes a key on the client's side where the key type does so, and puts it in.
    fn generate_key(&mut self, slot: u32);
    /// Replaces fields by what a row holds.
    fn read_columns(&mut self, slot: u32, columns: &[usize], row: &dyn Row, at: usize) -> Result<()>;
    /// Keeps an image of the slot.
    fn keep_image(&mut self, slot: u32, serial: u32);
    /// Puts the last image back.
    fn restore_image(&mut self);
    /// Of the last so many images, drops those of slots that were remembered by the level of this serial already. Says for each,
    /// in order, whether it was kept.
    fn retire_images(&mut self, count: usize, serial: u32) -> Vec<bool>;
    fn forget_images(&mut self);
    /// The object has no changes of its own to write: it is as its row.
    fn unchanged(&mut self, slot: u32);
    /// The object is now in the database as it is.
    fn written(&mut self, slot: u32, epoch: Option<u32>);
    /// Notes the result that returned some objects; those that it had returned before go from the list.
    fn set_result(&mut self, slots: &mut Vec<u32>, result: u32);
    /// The object is a result of its own.
    fn set_alone(&mut self, slot: u32);
    /// Sets the epoch of a row that was read whole.
    fn refreshed(&mut self, slot: u32, epoch: u32);
    /// The object's row was deleted.
    fn removed(&mut self, slot: u32);
    /// An object that was to be deleted is to be updated.
    fn update_instead(&mut self, slot: u32);
    /// And is to be deleted after all.
    fn delete_again(&mut self, slot: u32);
    /// After a flush: the lists hold only what still waits.
    fn tidy(&mut self);
    /// Frees a slot.
    fn release(&mut self, slot: u32, reason: Gone);
    /// Frees the tombstones of a committed transaction.
    fn bury(&mut self);
    fn clear(&mut self, reason: Gone);
    fn set_stale_before(&mut self, epoch: u32);
    fn stale_before(&self) -> u32;
}

/// The store of a model.
pub(crate) fn typed<M: Model>(store: &dyn Store) -> &Slots<M> {
    let any: &dyn Any = store;
    any.downcast_ref().expect("a store is found by its model's number")
}

/// The store of a model.
pub(crate) fn typed_mut<M: Model>(store: &mut dyn Store) -> &mut Slots<M> {
    let any: &mut dyn Any = store;
    any.downcast_mut().expect("a store is found by its model's number")
}

/// The hooks of a model with `#[orm(hooks)]`.
pub(crate) fn hooks_of<M: Model>() -> Option<&'static HookSet<M>> {
    M::hooks().and_then(|hooks| hooks.downcast_ref())
}

/// A model that was just read, after its hook.
pub(crate) fn loaded<M: Model>(mut object: M) -> Result<M> {
    if let Some(hooks) = hooks_of::<M>() {
        (hooks.after_load)(&mut object)?;
    }
    Ok(object)
}
