//! A row of SQLite, read where it lies. SQLite's types belong to values, not to columns, so each read checks.

use super::error::from_rusqlite;
use orm_core::value::text::{
    decimal_from_double, normalize_decimal, parse_date, parse_datetime, parse_time, parse_timestamp,
};
use orm_core::{Datum, Error, Result, Row, Type};
use rusqlite::types::ValueRef;
use std::borrow::Cow;

/// A row that the statement stands on.
pub(super) struct SqliteRow<'r> {
    pub(super) row: &'r rusqlite::Row<'r>,
    pub(super) width: usize,
}

impl SqliteRow<'_> {
    #[inline]
    fn get(&self, at: usize) -> Result<ValueRef<'_>> {
        self.row.get_ref(at).map_err(from_rusqlite)
    }

    /// The value does not have the wanted type.
    #[cold]
    fn mismatch<T>(&self, at: usize, wanted: &str, found: ValueRef<'_>) -> Result<T> {
        let found = match found {
            ValueRef::Null => "NULL",
            ValueRef::Integer(_) => "an INTEGER",
            ValueRef::Real(_) => "a REAL",
            ValueRef::Text(_) => "a TEXT",
            ValueRef::Blob(_) => "a BLOB",
        };
        Err(Error::decode(format!("{} holds {found}, not {wanted}", self.column(at))))
    }

    /// The value has the right type, but is not what it should be. The value itself is not told.
    #[cold]
    fn wrong<T>(&self, at: usize, wanted: &str) -> Result<T> {
        Err(Error::decode(format!("the value in {} is not {wanted}", self.column(at))))
    }

    fn column(&self, at: usize) -> String {
        format!("the column `{}` (number {})", self.name(at), at + 1)
    }

    #[inline]
    fn utf8<'t>(&self, at: usize, text: &'t [u8]) -> Result<&'t str> {
        std::str::from_utf8(text).or_else(|_| self.wrong(at, "valid UTF-8"))
    }

    /// Reads a text that stands for something else.
    fn parsed<'s, T>(&'s self, at: usize, wanted: &str, read: impl FnOnce(&'s str) -> Result<T>) -> Result<T> {
        match self.get(at)? {
            ValueRef::Text(text) => {
                let text = self.utf8(at, text)?;
                read(text).map_err(|error| error.context(format_args!("read {wanted} from {}", self.column(at))))
            }
            found => self.mismatch(at, wanted, found),
        }
    }

    fn decimal(&self, at: usize) -> Result<Cow<'_, str>> {
        match self.get(at)? {
            ValueRef::Integer(value) => Ok(Cow::Owned(value.to_string())),
            ValueRef::Real(value) => decimal_from_double(value)
                .map(Cow::Owned)
                .map_err(|error| error.context(format_args!("read a decimal from {}", self.column(at)))),
            _ => self.parsed(at, "a decimal", normalize_decimal),
        }
    }

    fn json(&self, at: usize) -> Result<Cow<'_, str>> {
        match self.get(at)? {
            ValueRef::Text(text) => self.utf8(at, text).map(Cow::Borrowed),
            // What json_extract gives for a number.
            ValueRef::Integer(value) => Ok(Cow::Owned(value.to_string())),
            ValueRef::Real(value) if value.is_finite() => Ok(Cow::Owned(format!("{value:?}"))),
            found => self.mismatch(at, "a JSON text", found),
        }
    }

    fn uuid(&self, at: usize) -> Result<[u8; 16]> {
        let bytes = match self.get(at)? {
            ValueRef::Blob(bytes) => bytes.try_into().ok(),
            ValueRef::Text(text) => uuid_from_text(text),
            found => return self.mismatch(at, "a UUID", found),
        };
        bytes.map_or_else(|| self.wrong(at, "a UUID: 16 bytes, or 32 hexadecimal digits"), Ok)
    }
}

impl Row for SqliteRow<'_> {
    fn len(&self) -> usize {
        self.width
    }

    fn name(&self, at: usize) -> &str {
        self.row.as_ref().column_name(at).unwrap_or_default()
    }

    #[inline]
    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(matches!(self.get(at)?, ValueRef::Null))
    }

    #[inline]
    fn boolean(&self, at: usize) -> Result<Option<bool>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(0) => Ok(Some(false)),
            ValueRef::Integer(1) => Ok(Some(true)),
            ValueRef::Integer(_) => self.wrong(at, "a truth value: 0 or 1"),
            found => self.mismatch(at, "a truth value: INTEGER 0 or 1", found),
        }
    }

    #[inline]
    fn integer(&self, at: usize) -> Result<Option<i64>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value)),
            found => self.mismatch(at, "an INTEGER", found),
        }
    }

    #[inline]
    fn unsigned(&self, at: usize) -> Result<Option<u64>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => match u64::try_from(value) {
                Ok(value) => Ok(Some(value)),
                Err(_) => self.wrong(at, "an integer that is not negative"),
            },
            found => self.mismatch(at, "an INTEGER", found),
        }
    }

    #[inline]
    fn double(&self, at: usize) -> Result<Option<f64>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Real(value) => Ok(Some(value)),
            // By way of i128, because `as i64` would hide that i64::MAX is rounded up.
            ValueRef::Integer(value) if (value as f64) as i128 == i128::from(value) => Ok(Some(value as f64)),
            ValueRef::Integer(_) => self.wrong(at, "an integer that a float can hold exactly"),
            found => self.mismatch(at, "a REAL", found),
        }
    }

    #[inline]
    fn text(&self, at: usize) -> Result<Option<&str>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => self.utf8(at, text).map(Some),
            found => self.mismatch(at, "a TEXT", found),
        }
    }

    #[inline]
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.get(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            found => self.mismatch(at, "a BLOB", found),
        }
    }

    fn value(&self, at: usize, wanted: &Type) -> Result<Datum<'_>> {
        if self.is_null(at)? {
            return Ok(Datum::Null);
        }
        let datum = match wanted {
            Type::Bool => self.boolean(at)?.map(Datum::Bool),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => self.integer(at)?.map(Datum::Int),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.unsigned(at)?.map(Datum::UInt),
            Type::F32 | Type::F64 => self.double(at)?.map(Datum::Float),
            Type::Text | Type::Enum(_) => self.text(at)?.map(Datum::text),
            Type::Bytes => self.bytes(at)?.map(|bytes| Datum::Bytes(Cow::Borrowed(bytes))),
            Type::Date => Some(Datum::Date(self.parsed(at, "a day", parse_date)?)),
            Type::Time => Some(Datum::Time(self.parsed(at, "a time", parse_time)?)),
            Type::DateTime => Some(Datum::DateTime(self.parsed(at, "a date and time", parse_datetime)?)),
            Type::Timestamp => Some(Datum::Timestamp(self.parsed(at, "a timestamp", parse_timestamp)?)),
            Type::Uuid => Some(Datum::Uuid(self.uuid(at)?)),
            Type::Decimal => Some(Datum::Decimal(self.decimal(at)?)),
            Type::Json => Some(Datum::Json(self.json(at)?)),
            Type::Array(_) => return Err(Error::unsupported("SQLite", "arrays")),
            other => return Err(Error::unsupported("SQLite", format_args!("single values of the type {other:?}"))),
        };
        Ok(datum.unwrap_or(Datum::Null))
    }
}

/// 32 hexadecimal digits, with `-` between the groups or without.
fn uuid_from_text(text: &[u8]) -> Option<[u8; 16]> {
    let has_hyphens = text.len() == 36 && [8, 13, 18, 23].iter().all(|&at| text[at] == b'-');
    if !has_hyphens && text.len() != 32 {
        return None;
    }
    let mut digits = text.iter().enumerate().filter(|(at, _)| !(has_hyphens && [8, 13, 18, 23].contains(at)));
    let mut next = || digits.next().and_then(|(_, digit)| char::from(*digit).to_digit(16));
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (next()? * 16 + next()?) as u8;
    }
    Some(bytes)
}
