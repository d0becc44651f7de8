//! Values that a row holds for a moment in place of a UNIQUE one, so that another row can take that.

use crate::pool::random_bytes;
use crate::schema::{Column, Table};
use crate::value::{Datum, Type};

/// Shorter texts could meet by chance.
const TEXT_LENGTH_MIN: u32 = 4;

/// The column of a UNIQUE constraint in which a stand-in can be: one that may be NULL, or else one whose type has values that
/// nobody uses. Never a key, by which the row is found, nor a reference, which must lead somewhere.
pub(super) fn column(table: &Table, candidates: impl Iterator<Item = usize> + Clone) -> Option<usize> {
    let mut candidates = candidates.filter(|column| !table.is_key(*column));
    let refers = |column: usize| table.foreign_keys.iter().any(|key| key.columns.contains(&column));
    let nullable = candidates.clone().find(|column| table.columns[*column].nullable);
    nullable.or_else(|| candidates.find(|column| !refers(*column) && has_values(&table.columns[*column])))
}

fn has_values(column: &Column) -> bool {
    match column.ty {
        Type::I16 | Type::I32 | Type::I64 | Type::U16 | Type::U32 | Type::U64 | Type::Uuid | Type::Date => true,
        Type::Text | Type::Bytes => column.length.is_none_or(|length| length >= TEXT_LENGTH_MIN),
        Type::Bool
        | Type::I8
        | Type::U8
        | Type::F32
        | Type::F64
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::Decimal
        | Type::Json
        | Type::Enum(_)
        | Type::Array(_)
        | Type::Row(_) => false,
    }
}

/// A value that no row is expected to have. `key` is the row's primary key: numbers are counted from the far end of their type by
/// it, so that transactions that do this at the same time do not meet; texts are random.
pub(super) fn value(column: &Column, key: &[Datum<'_>], at: usize) -> Datum<'static> {
    let number = match key {
        [Datum::Int(key)] => u64::try_from(*key).ok(),
        [Datum::UInt(key)] => Some(*key),
        _ => None,
    };
    let below = |end: i64| match number {
        Some(key) if key < end.unsigned_abs() => end.saturating_add_unsigned(key),
        _ => end.saturating_add_unsigned(at as u64),
    };
    let above = |end: u64| end.saturating_sub(number.filter(|key| *key < end / 2).unwrap_or(at as u64));
    match column.ty {
        _ if column.nullable => Datum::Null,
        Type::I16 => Datum::Int(below(i16::MIN.into())),
        Type::I32 => Datum::Int(below(i32::MIN.into())),
        Type::I64 => Datum::Int(below(i64::MIN)),
        Type::U16 => Datum::UInt(above(u16::MAX.into())),
        Type::U32 => Datum::UInt(above(u32::MAX.into())),
        Type::U64 => Datum::UInt(above(i64::MAX.unsigned_abs())), // what every database can hold
        Type::Uuid => Datum::Uuid(random_bytes()),
        // From the year 1000 on: MySQL promises no earlier ones.
        Type::Date => Datum::Date(-354_285_i32.saturating_add(i32::try_from(at).unwrap_or(0))),
        Type::Bytes => Datum::Bytes(cut(random_bytes().to_vec(), column).into()),
        _ => {
            let text: Vec<u8> = random_bytes().iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]).collect();
            Datum::Text(String::from_utf8_lossy(&cut(text, column)).into_owned().into())
        }
    }
}

/// Letters without case, which no collation holds equal.
fn letter(half: u8) -> u8 {
    b"0123456789abcdef"[usize::from(half & 15)]
}

fn cut(mut bytes: Vec<u8>, column: &Column) -> Vec<u8> {
    bytes.truncate(column.length.map_or(usize::MAX, |length| length as usize));
    bytes
}
