//! References that say by a handle what the row says by a key: they are equal, and nothing was changed.

use crate::session::objects::Objects;
use crate::session::state::State;
use crate::value::{Datum, RawHandle};

/// Of a touched object, puts the key into each reference to an object of the session that the row refers to already.
pub(super) fn settle(objects: &mut Objects, number: usize, slot: u32) {
    let mut pending: Vec<(usize, RawHandle)> = Vec::new();
    objects.store_any(number).references(slot, &mut |column, reference| {
        if let Some(raw) = reference.pending() {
            pending.push((column, raw));
        }
    });
    for (wanted, raw) in pending {
        let Some(key) = key_in_database(objects, raw) else { continue };
        let mut equal = false;
        objects.store_any(number).base_references(slot, &mut |column, reference| {
            equal |= column == wanted && reference.pending().is_none() && reference.key() == key;
        });
        let Some(own) = objects.store(raw.model as usize).stored_key_any(raw.slot).filter(|_| equal) else { continue };
        objects.store_any(number).references(slot, &mut |column, reference| {
            if column == wanted {
                reference.resolve(&*own);
            }
        });
    }
}

/// The key of an object that has a row.
fn key_in_database(objects: &Objects, raw: RawHandle) -> Option<Datum<'static>> {
    let state = objects.meta_of(raw).ok()?.state;
    if !matches!(state, State::Clean | State::Deleting) {
        return None;
    }
    let mut key = objects.store(raw.model as usize).stored_key(raw.slot)?;
    let wide = || Datum::Row(key.iter().map(|datum| datum.clone().into_owned()).collect());
    Some(if key.len() == 1 { key.remove(0).into_owned() } else { wide() })
}
