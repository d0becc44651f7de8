//! `Vec<T>` as an array column, on PostgreSQL.

use super::{Datum, Type, Value};
use crate::error::{Error, Result};
use crate::row::{Data, Row};

/// A type whose `Vec` is an array column. `u8` is not one of them: `Vec<u8>` is bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the element of an array column",
    label = "not an element type"
)]
pub trait Items: Value {
    /// The type of the array.
    #[doc(hidden)]
    const ARRAY: Type;
    /// The type of the array in Rust.
    #[doc(hidden)]
    type List: Array<Item = Self>;
}

/// The type of an array column, so that `has`, `contains_all` and the others apply.
#[diagnostic::on_unimplemented(
    message = "only an array column can do this",
    label = "this column holds `{Self}`",
    note = "a `Vec` of `i16`, `i32`, `i64`, `f32`, `f64`, `bool` or `String` is an array column, on PostgreSQL"
)]
pub trait Array: Value {
    /// The type of its elements.
    type Item: Value;
}

// impl Items for i32 { const ARRAY: Type = Type::Array(&Type::I32); }
macro_rules! items { ($($t:ty),*) => { $(
    #[diagnostic::do_not_recommend]
    impl Items for $t {
        const ARRAY: Type = Type::Array(&<$t as Value>::TYPE);
        type List = Vec<$t>;
    }
    #[diagnostic::do_not_recommend]
    impl Array for Vec<$t> {
        type Item = $t;
    }
    impl Value for Vec<$t> {
        const TYPE: Type = <$t as Items>::ARRAY;
        fn to_datum(&self) -> Datum<'_> {
            Datum::Array(self.iter().map(Value::to_datum).collect())
        }
        fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
            read_array(row, at, &Self::TYPE)
        }
        fn same(&self, other: &Self) -> bool {
            self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.same(b))
        }
    }
)* } }
items!(i16, i32, i64, f32, f64, bool, String);

fn read_array<T: Value>(row: &dyn Row, at: usize, ty: &Type) -> Result<Option<Vec<T>>> {
    match row.value(at, ty)? {
        Datum::Null => Ok(None),
        Datum::Array(items) => {
            let items = Data(&items);
            let read = |i| T::read(&items, i)?.ok_or_else(|| Error::decode("an element of an array is NULL"));
            (0..items.len()).map(read).collect::<Result<_>>().map(Some)
        }
        other => Err(other.unexpected("an array", at)),
    }
}
