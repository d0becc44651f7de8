//! `Handle<T>`: how a program names an object that a session keeps.

use super::Model;
use crate::value::{RawHandle, short_name};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The name of an object in a session: `session[handle]` is the object.
///
/// A handle is a small `Copy` value that borrows nothing, so any number of them can be kept while the session works. It
/// belongs to one session. Used after its object is gone, or in another session, `session[handle]` panics with a sentence
/// that says so, and `session.try_get(handle)` is `None`; it never names another object.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let alice = session.get::<User>(1)?.expect("alice is there");
/// let the_same = session.one(select::<User>().filter(|u| u.admin))?;
/// assert_eq!(alice, the_same); // one object, one handle
/// assert_eq!(session[alice].username, "alice");
/// # Ok::<(), Error>(())
/// ```
pub struct Handle<M> {
    session: u64,
    slot: u32,
    generation: u32,
    model: PhantomData<fn() -> M>,
}

impl<M> Handle<M> {
    /// A handle from its parts.
    pub(crate) fn new(session: u64, slot: u32, generation: u32) -> Self {
        Handle { session, slot, generation, model: PhantomData }
    }

    pub(crate) fn slot(self) -> u32 {
        self.slot
    }
}

impl<M: Model> Handle<M> {
    /// The handle without its type.
    #[doc(hidden)]
    pub fn raw(self) -> RawHandle {
        let model = u32::try_from(M::table().number).expect("a program has fewer than 2^32 models");
        RawHandle { session: self.session, model, slot: self.slot, generation: self.generation }
    }
}

// By hand: the derives would ask the same of `M`.
impl<M> Clone for Handle<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Handle<M> {}
impl<M> PartialEq for Handle<M> {
    fn eq(&self, other: &Self) -> bool {
        (self.session, self.slot, self.generation) == (other.session, other.slot, other.generation)
    }
}
impl<M> Eq for Handle<M> {}
impl<M> Hash for Handle<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.session, self.slot, self.generation).hash(state);
    }
}
impl<M> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handle { session, slot, generation, .. } = self;
        write!(f, "Handle<{}>({session}:{slot}:{generation})", short_name::<M>())
    }
}
