//! Values on their way to and from a database: `Type`, `Datum`, and the traits that say which Rust types can be columns.
//! Knows no table, no SQL text and no client crate.
//!
//! # Which Rust type is which column
//!
//! `T` is NOT NULL and `Option<T>` may be NULL. The names are those that `create_all` writes; a table made otherwise works if
//! its columns hold the same values. `MySQL` stands for MariaDB too.
//!
//! | Rust | SQLite | PostgreSQL | MySQL |
//! |---|---|---|---|
//! | `bool` | BOOLEAN (0, 1) | BOOLEAN | BOOLEAN (TINYINT) |
//! | `i8` | SMALLINT | SMALLINT | TINYINT |
//! | `i16` | SMALLINT | SMALLINT | SMALLINT |
//! | `i32` | INTEGER | INTEGER | INT |
//! | `i64` | BIGINT | BIGINT | BIGINT |
//! | `u8` | SMALLINT | SMALLINT | TINYINT UNSIGNED |
//! | `u16` | INTEGER | INTEGER | SMALLINT UNSIGNED |
//! | `u32` | BIGINT | BIGINT | INT UNSIGNED |
//! | `u64` | BIGINT ¹ | BIGINT ¹ | BIGINT UNSIGNED |
//! | `f32` | REAL ² | REAL | FLOAT ² |
//! | `f64` | DOUBLE ² | DOUBLE PRECISION | DOUBLE ² |
//! | `String` | TEXT | TEXT ³ | LONGTEXT |
//! | `String`, `length = n` | VARCHAR(n) ⁴ | VARCHAR(n) ³ | VARCHAR(n) |
//! | `Vec<u8>` | BLOB | BYTEA | LONGBLOB, VARBINARY(n) |
//! | an enum by `SqlEnum` | VARCHAR(n) ⁴ and a CHECK | VARCHAR(n) and a CHECK | VARCHAR(n) and a CHECK |
//! | `chrono::NaiveDate`, `time::Date`, `jiff::civil::Date` ⁵ | DATE_TEXT `2024-02-29` | DATE | DATE |
//! | `chrono::NaiveTime`, `time::Time`, `jiff::civil::Time` ⁵ | TIME_TEXT `12:00:00.000000` | TIME | TIME(6) |
//! | `chrono::NaiveDateTime`, `time::PlainDateTime`, `jiff::civil::DateTime` ⁵ | DATETIME_TEXT `2024-02-29 12:00:00.000000` | TIMESTAMP | DATETIME(6) |
//! | `chrono::DateTime<Utc>`, `time::UtcDateTime`, `time::OffsetDateTime`, `jiff::Timestamp` ⁵ | TIMESTAMP_TEXT, the same in UTC | TIMESTAMPTZ | DATETIME(6) in UTC |
//! | `uuid::Uuid` | UUID_BLOB (16 bytes) | UUID | BINARY(16) |
//! | `rust_decimal::Decimal` | DECIMAL_TEXT | NUMERIC | DECIMAL(56, 28) |
//! | `rust_decimal::Decimal`, with digits p, s | DECIMAL_TEXT(p,s) | NUMERIC(p, s) ⁶ | DECIMAL(p, s) ⁶ |
//! | `Json<T>`, `serde_json::Value` | JSON_TEXT | JSONB ³ | JSON |
//! | `Vec<T>` of `i16`, `i32`, `i64`, `f32`, `f64`, `bool`, `String` | error | array | error |
//!
//! What a database cannot hold exactly is an error, never a rounded or wrapped value:
//!
//! 1. Above `i64::MAX`: `OutOfRange`.
//! 2. NaN on SQLite, where it would become NULL. NaN and the infinities on MySQL.
//! 3. NUL (`\0`) in a text, which SQLite and MySQL do hold.
//! 4. SQLite does not look at the length; the others refuse a longer text.
//! 5. Times finer than a microsecond, leap seconds, and years before 1 and after 9999, on every database alike; see
//!    [`external`]. A value of that kind in the database, also MySQL's `0000-00-00` and PostgreSQL's `infinity`, is a
//!    `Decode` error when it is read.
//! 6. More digits than the column has.
//!
//! A value that is read is checked in the same way: an integer that does not fit the Rust type, or a text that is no date, is a
//! `Decode` error that names the column.

mod base;
mod datum;
pub mod external;
mod key;
mod list;
mod sql_type;
#[cfg(test)]
mod tests;
pub mod text;

pub use base::{Boolean, Number, Text, Value};
pub use datum::{Datum, RawHandle, Writer};
#[cfg(feature = "serde_json")]
pub use external::json::Json;
pub use key::{Key, KeyParts};
pub use list::{Array, Items};
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

/// The name of a Rust type without its modules, for messages: `Vec<Settings>` for `alloc::vec::Vec<shop::Settings>`.
pub(crate) fn short_name<T>() -> String {
    let is_edge = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
    let parts = std::any::type_name::<T>().split_inclusive(is_edge);
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}
