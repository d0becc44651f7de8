//! From `Datum` to what SQLite stores. Values that SQLite would change are errors here.

use orm_core::value::text::{format_date, format_datetime, format_time, normalize_decimal};
use orm_core::{Datum, Error, ErrorKind, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use std::borrow::Cow;

/// The value as rusqlite binds it, borrowed where it can be. No error tells the value.
pub(super) fn to_sql<'a>(datum: &'a Datum<'_>) -> Result<ToSqlOutput<'a>> {
    let borrowed = |value| Ok(ToSqlOutput::Borrowed(value));
    let text = |text: String| Ok(ToSqlOutput::Owned(Value::Text(text)));
    match datum {
        Datum::Null => borrowed(ValueRef::Null),
        Datum::Bool(value) => borrowed(ValueRef::Integer((*value).into())),
        Datum::Int(value) => borrowed(ValueRef::Integer(*value)),
        Datum::UInt(value) => match i64::try_from(*value) {
            Ok(value) => borrowed(ValueRef::Integer(value)),
            Err(_) => Err(Error::new(ErrorKind::OutOfRange, "SQLite has no integers above 9223372036854775807")),
        },
        Datum::Float(value) if value.is_nan() => {
            Err(Error::new(ErrorKind::InvalidValue, "SQLite has no NaN: it would store NULL"))
        }
        Datum::Float(value) => borrowed(ValueRef::Real(*value)),
        Datum::Text(value) | Datum::Json(value) => borrowed(ValueRef::Text(value.as_bytes())),
        Datum::Bytes(value) => borrowed(ValueRef::Blob(value)),
        Datum::Date(days) => text(format_date(*days)?),
        Datum::Time(time) => text(format_time(*time)?),
        Datum::DateTime(datetime) | Datum::Timestamp(datetime) => text(format_datetime(*datetime)?),
        Datum::Uuid(bytes) => borrowed(ValueRef::Blob(bytes)),
        Datum::Decimal(value) => match normalize_decimal(value) {
            Ok(Cow::Borrowed(value)) => borrowed(ValueRef::Text(value.as_bytes())),
            Ok(Cow::Owned(value)) => text(value),
            Err(error) => Err(error.with_kind(ErrorKind::InvalidValue)),
        },
        Datum::Array(_) => Err(Error::unsupported("SQLite", "arrays")),
        Datum::Row(_) => Err(misuse("a value of several columns must be spread over several `?`")),
        Datum::Pending(_) => Err(Error::new(
            ErrorKind::InvalidReference,
            "the value refers to an object that has no key yet; use a session, which inserts that object first",
        )),
        Datum::Default => Err(misuse("a column that is left to its default must be left out of the statement")),
        Datum::Invalid(reason) => Err(Error::new(ErrorKind::InvalidValue, *reason)),
        other => Err(Error::unsupported("SQLite", format_args!("values like {:?}", std::mem::discriminant(other)))),
    }
}

fn misuse(message: &str) -> Error {
    Error::new(ErrorKind::Misuse, message)
}
