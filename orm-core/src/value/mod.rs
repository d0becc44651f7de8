//! Values on their way to and from a database: `Type`, `Datum`, and the traits that say which Rust types can be columns.
//! Knows no table, no SQL text and no client crate.

mod base;
mod datum;
pub mod external;
mod key;
mod list;
mod sql_type;
pub mod text;

pub use base::{Boolean, Number, Text, Value};
pub use datum::{Datum, RawHandle, Writer};
pub use key::{Key, KeyParts};
pub use list::Items;
pub use sql_type::{Auto, ColumnOf, Either, Nullability, Nullable, Outer, Required, SqlType, type_of};

/// The type of a column, as all dialects know it under some name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `bool`
    Bool,
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`; above `i64::MAX` only where the database has unsigned integers
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `String`
    Text,
    /// `Vec<u8>`
    Bytes,
    /// A day
    Date,
    /// A time of day, in microseconds
    Time,
    /// A day and a time of day without a time zone, in microseconds
    DateTime,
    /// A point in time (UTC), in microseconds
    Timestamp,
    /// A UUID
    Uuid,
    /// An exact decimal number
    Decimal,
    /// A JSON document
    Json,
    /// One of these texts
    Enum(&'static [&'static str]),
    /// An array of a type, on PostgreSQL
    Array(&'static Type),
    /// Several columns that are one value: a reference to a composite key
    Row(&'static [Type]),
}

impl Type {
    /// How many columns a value of the type occupies.
    pub const fn width(&self) -> usize {
        match self {
            Type::Row(parts) => {
                let (mut width, mut i) = (0, 0);
                while i < parts.len() {
                    width += parts[i].width();
                    i += 1;
                }
                width
            }
            _ => 1,
        }
    }

    /// Appends the types of the columns it occupies, left to right.
    pub fn flatten(&self, out: &mut Vec<Type>) {
        match self {
            Type::Row(parts) => parts.iter().for_each(|part| part.flatten(out)),
            single => out.push(*single),
        }
    }

    /// True for the integer types.
    pub const fn is_integer(&self) -> bool {
        matches!(self, Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64)
    }
}
