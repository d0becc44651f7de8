//! What `get` takes: a key, a `Ref`, or a handle.

use crate::model::{Handle, Model, Ref};
use crate::value::Key;

/// What an object is asked for by.
#[doc(hidden)]
#[derive(Debug)]
pub enum Wanted<M: Model> {
    Key(M::Key),
    /// The key that a `Ref` holds: it leads to its row also where that is marked as deleted.
    Reference(M::Key),
    Handle(Handle<M>),
    Nothing,
}

/// A way to name an object of `M`: its key, a `Ref`, an optional `Ref`, or a handle.
///
/// ```
/// # use orm_doc::*;
/// # let mut session = engine().session();
/// let alice = session.get::<User>(1)?; // a key
/// let again = session.get(Ref::<User>::from(1))?; // a Ref
/// let rust = session.get::<Group>("rust")?; // a key of text
/// let membership = session.get::<Membership>((1, "rust".to_owned()))?; // a key of two columns
/// assert!(alice == again && rust.is_some() && membership.is_some());
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of `{M}`",
    label = "expected `{M}`'s key or a `Ref<{M}>`"
)]
pub trait IntoKey<M: Model> {
    /// What it names.
    #[doc(hidden)]
    fn wanted(self) -> Wanted<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Model> IntoKey<M> for Ref<M> {
    fn wanted(self) -> Wanted<M> {
        match (self.key(), self.handle()) {
            (Some(key), _) => Wanted::Reference(key.clone()),
            (None, Some(handle)) => Wanted::Handle(handle),
            (None, None) => Wanted::Nothing,
        }
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> IntoKey<M> for &Ref<M> {
    fn wanted(self) -> Wanted<M> {
        self.clone().wanted()
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> IntoKey<M> for Option<Ref<M>> {
    fn wanted(self) -> Wanted<M> {
        self.map_or(Wanted::Nothing, IntoKey::wanted)
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> IntoKey<M> for Handle<M> {
    fn wanted(self) -> Wanted<M> {
        Wanted::Handle(self)
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model<Key = K>, K: Key> IntoKey<M> for K {
    fn wanted(self) -> Wanted<M> {
        Wanted::Key(self)
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model<Key = String>> IntoKey<M> for &str {
    fn wanted(self) -> Wanted<M> {
        Wanted::Key(self.to_owned())
    }
}
