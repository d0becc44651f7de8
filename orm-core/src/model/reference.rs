//! `Ref<T>`: a foreign key as a value: the key itself, or the handle of an object that has no key yet.

use super::{Handle, Model};
use crate::error::Result;
use crate::row::Row;
use crate::schema::Table;
use crate::value::{Datum, KeyParts, RawHandle, Type, Value};
use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A reference to a row of another table: a foreign key column.
///
/// It holds the key of that row, or, before that row is inserted, the [`Handle`] of its object; the session puts the key in
/// when it writes. Equality compares key with key and handle with handle; `session.same(a, b)` knows when the two mean one
/// row. With serde it is written as its key.
///
/// ```
/// # use orm_core as orm;
/// # fn example<User: orm::Model<Key = i64>>() {
/// let author: orm::Ref<User> = 7.into();
/// assert_eq!(author.key(), Some(&7));
/// # }
/// ```
pub struct Ref<M: Model>(State<M>);

enum State<M: Model> {
    Key(M::Key),
    New(Handle<M>),
}

impl<M: Model> Ref<M> {
    /// The key; `None` while the object has none.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let author: Ref<User> = 1.into();
    /// assert_eq!(author.key(), Some(&1));
    /// ```
    pub fn key(&self) -> Option<&M::Key> {
        match &self.0 {
            State::Key(key) => Some(key),
            State::New(_) => None,
        }
    }

    /// The handle, while the key is not known.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// let author: Ref<User> = dora.into();
    /// assert_eq!((author.handle(), author.key()), (Some(dora), None));
    /// ```
    pub fn handle(&self) -> Option<Handle<M>> {
        match &self.0 {
            State::Key(_) => None,
            State::New(handle) => Some(*handle),
        }
    }
}

impl<M: Model> Clone for Ref<M> {
    fn clone(&self) -> Self {
        Ref(self.0.clone())
    }
}
impl<M: Model> Clone for State<M> {
    fn clone(&self) -> Self {
        match self {
            State::Key(key) => State::Key(key.clone()),
            State::New(handle) => State::New(*handle),
        }
    }
}
impl<M: Model<Key: Copy>> Copy for Ref<M> {}
impl<M: Model<Key: Copy>> Copy for State<M> {}
impl<M: Model> PartialEq for Ref<M> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (State::Key(a), State::Key(b)) => a == b,
            (State::New(a), State::New(b)) => a == b,
            _ => false,
        }
    }
}
impl<M: Model> Eq for Ref<M> {}
impl<M: Model> Hash for Ref<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            State::Key(key) => key.hash(state),
            State::New(handle) => handle.hash(state),
        }
    }
}
impl<M: Model> fmt::Debug for Ref<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Key(key) => write!(f, "Ref({key:?})"),
            State::New(handle) => write!(f, "Ref({handle:?})"),
        }
    }
}

impl<M: Model> From<Handle<M>> for Ref<M> {
    fn from(handle: Handle<M>) -> Self {
        Ref(State::New(handle))
    }
}
impl<M: Model> From<Handle<M>> for Option<Ref<M>> {
    fn from(handle: Handle<M>) -> Self {
        Some(handle.into())
    }
}
impl<M: Model<Key = K>, K: crate::value::Key> From<K> for Ref<M> {
    fn from(key: K) -> Self {
        Ref(State::Key(key))
    }
}
impl<M: Model<Key = String>> From<&str> for Ref<M> {
    fn from(key: &str) -> Self {
        Ref(State::Key(key.to_owned()))
    }
}

impl<M: Model> Value for Ref<M> {
    const TYPE: Type = <M::Key as KeyParts>::TYPE;
    const REFERENCE: bool = true;
    fn to_datum(&self) -> Datum<'_> {
        match &self.0 {
            State::Key(key) => key.key_datum(),
            State::New(handle) => Datum::Pending(handle.raw()),
        }
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        Ok(M::Key::read_key(row, at)?.map(|key| Ref(State::Key(key))))
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// The model at the end of a reference type: `User` for `Ref<User>` and `Option<Ref<User>>`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reference",
    label = "expected `Ref<..>` or `Option<Ref<..>>`"
)]
pub trait RefType {
    type Target: Model;
    /// The reference, whatever the model it refers to.
    fn untyped(&mut self) -> &mut dyn Reference;
}
impl<M: Model> RefType for Ref<M> {
    type Target = M;
    fn untyped(&mut self) -> &mut dyn Reference {
        self
    }
}
impl<M: Model> RefType for Option<Ref<M>> {
    type Target = M;
    fn untyped(&mut self) -> &mut dyn Reference {
        self
    }
}

/// A reference field as a session sees it, whatever the model it refers to.
#[doc(hidden)]
pub trait Reference {
    /// The table referred to.
    fn target(&self) -> &'static Table;
    /// The object without a key that it refers to.
    fn pending(&self) -> Option<RawHandle>;
    /// The key that it refers to, as a datum.
    fn key(&self) -> Datum<'_>;
    /// Puts the key in, an `M::Key`; false if it is of another type.
    fn resolve(&mut self, key: &dyn Any) -> bool;
    /// Makes it NULL; false where it cannot be.
    fn clear(&mut self) -> bool;
    /// Refers to a new object of its model where it is NULL; false where it refers to something.
    fn point_to(&mut self, new: RawHandle) -> bool;
}

impl<M: Model> Reference for Ref<M> {
    fn target(&self) -> &'static Table {
        M::table()
    }
    fn pending(&self) -> Option<RawHandle> {
        self.handle().map(Handle::raw)
    }
    fn key(&self) -> Datum<'_> {
        self.to_datum()
    }
    fn resolve(&mut self, key: &dyn Any) -> bool {
        let Some(key) = key.downcast_ref::<M::Key>() else { return false };
        self.0 = State::Key(key.clone());
        true
    }
    fn clear(&mut self) -> bool {
        false
    }
    fn point_to(&mut self, _new: RawHandle) -> bool {
        false
    }
}

impl<M: Model> Reference for Option<Ref<M>> {
    fn target(&self) -> &'static Table {
        M::table()
    }
    fn pending(&self) -> Option<RawHandle> {
        self.as_ref().and_then(Reference::pending)
    }
    fn key(&self) -> Datum<'_> {
        self.as_ref().map_or(Datum::Null, Value::to_datum)
    }
    fn resolve(&mut self, key: &dyn Any) -> bool {
        self.as_mut().is_some_and(|reference| reference.resolve(key))
    }
    fn clear(&mut self) -> bool {
        *self = None;
        true
    }
    fn point_to(&mut self, new: RawHandle) -> bool {
        let right = self.is_none() && new.model as usize == M::table().number;
        if right {
            *self = Handle::new(new.session, new.slot, new.generation).into();
        }
        right
    }
}

/// As its key; a reference to an object that has no key yet cannot be written.
#[cfg(feature = "serde")]
impl<M: Model<Key: serde::Serialize>> serde::Serialize for Ref<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.0 {
            State::Key(key) => key.serialize(serializer),
            State::New(_) => {
                Err(serde::ser::Error::custom("a reference to an object that has no key yet cannot be serialized"))
            }
        }
    }
}

#[cfg(feature = "serde")]
impl<'de, M: Model<Key: serde::Deserialize<'de>>> serde::Deserialize<'de> for Ref<M> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        M::Key::deserialize(deserializer).map(|key| Ref(State::Key(key)))
    }
}
