//! `Key`: what may be a primary key, alone or several together.

use super::{Datum, Type, Value};
use crate::error::{Error, Result};
use crate::row::Row;
use std::fmt::Debug;
use std::hash::Hash;

/// A primary key: an integer, a text, bytes, a UUID, a day or time, a newtype of one of these, or a tuple of up to four.
///
/// A newtype becomes a key by one empty impl beside its derive. `Ref` is never a key itself: the key of a model whose key
/// column is a `Ref<User>` is `User::Key`.
///
/// ```
/// use orm_core::{Key, Type, Value};
/// # use orm_core::{Datum, Result, Row};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)] // and SqlType
/// struct AccountId(i64);
/// # impl Value for AccountId {
/// #     const TYPE: Type = Type::I64;
/// #     fn to_datum(&self) -> Datum<'_> { Datum::Int(self.0) }
/// #     fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> { Ok(i64::read(row, at)?.map(AccountId)) }
/// # }
/// impl Key for AccountId {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not a key type",
    note = "a key is an integer, String, Vec<u8>, Uuid, or a newtype with `impl orm::Key for {Self} {{}}` (which needs Clone, Eq, Hash and Debug); it is never an Option"
)]
pub trait Key: KeyParts + Clone + Eq + Hash + Debug + Send + 'static {}

/// How a key spreads over columns: every `Value` over one, a tuple over one for each of its parts.
#[doc(hidden)]
pub trait KeyParts: Sized {
    const TYPE: Type;
    fn key_datum(&self) -> Datum<'_>;
    fn read_key(row: &dyn Row, at: usize) -> Result<Option<Self>>;
    fn generate_key() -> Option<Self> {
        None
    }
}

impl<T: Value> KeyParts for T {
    const TYPE: Type = T::TYPE;
    fn key_datum(&self) -> Datum<'_> {
        Value::to_datum(self)
    }
    fn read_key(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        T::read(row, at)
    }
    fn generate_key() -> Option<Self> {
        T::generate()
    }
}

// impl Key for i64 {}
macro_rules! keys { ($($t:ty),*) => { $(
    #[diagnostic::do_not_recommend]
    impl Key for $t {}
)* } }
keys!(i8, i16, i32, i64, u8, u16, u32, u64, bool, String, Vec<u8>);

// impl Key for (A, B) {} and its KeyParts: two columns, left to right
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Key),+> Key for ($($t,)+) {}
    impl<$($t: Key),+> KeyParts for ($($t,)+) {
        const TYPE: Type = Type::Row(&[$(<$t as KeyParts>::TYPE),+]);
        fn key_datum(&self) -> Datum<'_> {
            Datum::Row(vec![$(KeyParts::key_datum(&self.$i)),+])
        }
        fn read_key(row: &dyn Row, at: usize) -> Result<Option<Self>> {
            let mut next = at;
            let parts = ($({
                let part = <$t as KeyParts>::read_key(row, next)?;
                next += <$t as KeyParts>::TYPE.width();
                part
            },)+);
            debug_assert_eq!(next, at + Self::TYPE.width());
            if $(parts.$i.is_none())&&+ {
                return Ok(None);
            }
            Ok(Some(($(parts.$i.ok_or_else(|| half_null(at))?,)+)))
        }
    }
)* } }
tuples! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }

#[cold]
fn half_null(at: usize) -> Error {
    Error::decode(format!(
        "the composite key that starts at column {} of the result is NULL in some of its columns only",
        at + 1
    ))
}
