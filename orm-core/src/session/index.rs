//! `session[handle]`: the object, without any input or output.

use super::Session;
use super::state::Gone;
use crate::model::{Handle, Model};
use std::ops::{Index, IndexMut};

#[cold]
#[track_caller]
pub(super) fn no_object<M: Model>(gone: Gone) -> ! {
    let within = if gone == Gone::Deleted { " (in this transaction, or before)" } else { "" };
    panic!("this `{}` {}{within}; `try_get` and `state` tell without a panic", M::table().model, gone.reason());
}

/// The object as it was last seen.
///
/// # Panics
/// If the object is no longer in the session, or its row was deleted in this transaction; the sentence says which.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let alice = session.get::<User>(1)?.expect("alice is there");
/// println!("{} <{:?}>", session[alice].username, session[alice].email);
/// # Ok::<(), Error>(())
/// ```
impl<M: Model> Index<Handle<M>> for Session {
    type Output = M;
    #[track_caller]
    fn index(&self, handle: Handle<M>) -> &M {
        self.objects.locate(handle).unwrap_or_else(|gone| no_object::<M>(gone))
    }
}

/// The object, to be changed: the next flush compares it with its row and writes the columns that differ.
///
/// # Panics
/// As reading does.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let alice = session.get::<User>(1)?.expect("alice is there");
/// session[alice].email = None;
/// session.commit()?; // UPDATE users SET email = ? WHERE id = ?
/// # Ok::<(), Error>(())
/// ```
impl<M: Model> IndexMut<Handle<M>> for Session {
    #[track_caller]
    fn index_mut(&mut self, handle: Handle<M>) -> &mut M {
        self.objects.touch(handle).unwrap_or_else(|gone| no_object::<M>(gone))
    }
}
