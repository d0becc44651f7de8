//! A row of the client as our `Row`: read in place, by position, without clones. Knows no connection.

use super::calendar::{self, Civil, Clock, DAY};
use mysql::consts::ColumnType;
use mysql::{Column, Value};
use orm_core::{Datum, Error, Result, Row, Type};
use std::borrow::Cow;
use std::str;

/// One row, borrowed from the client.
///
/// The binary protocol, which statements with values use, gives typed values. The text protocol gives every value as
/// bytes, and DECIMAL and BIT are bytes in both; the column's type says how those are to be read.
pub(super) struct MySqlRow<'r>(pub(super) &'r mysql::Row);

/// What the bytes of a column are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    /// Digits
    Number,
    /// The digits of an `f32`, which must be read as one before it is widened
    Single,
    /// Bits, the highest first
    Bits,
    /// Text or bytes
    Text,
}

fn bytes_of(column: &Column) -> Bytes {
    match column.column_type() {
        ColumnType::MYSQL_TYPE_FLOAT => Bytes::Single,
        ColumnType::MYSQL_TYPE_BIT => Bytes::Bits,
        other if other.is_numeric_type() => Bytes::Number,
        _ => Bytes::Text,
    }
}

impl MySqlRow<'_> {
    /// The value and its column; `None` for NULL.
    fn cell(&self, at: usize) -> Result<Option<(&Value, &Column)>> {
        match (self.0.as_ref(at), self.0.columns_ref().get(at)) {
            (Some(Value::NULL), Some(_)) => Ok(None),
            (Some(value), Some(column)) => Ok(Some((value, column))),
            _ => Err(Error::decode(format!("column {} was asked of a result of {} columns", at + 1, self.0.len()))),
        }
    }

    /// The column does not hold what was asked for.
    #[cold]
    fn mismatch<T>(&self, at: usize, wanted: &str) -> Result<T> {
        let held = match (self.0.as_ref(at), self.0.columns_ref().get(at)) {
            (Some(Value::Bytes(_)), Some(column)) => match bytes_of(column) {
                Bytes::Number | Bytes::Single => "a number",
                Bytes::Bits => "bits",
                Bytes::Text => "a text",
            },
            (Some(Value::Int(_) | Value::UInt(_)), _) => "an integer",
            (Some(Value::Float(_) | Value::Double(_)), _) => "a float",
            (Some(Value::Date(_, 0, ..) | Value::Date(_, _, 0, ..)), _) => "a date with a zero month or day",
            (Some(Value::Date(..)), _) => "a date",
            (Some(Value::Time(..)), _) => "a duration",
            _ => "nothing",
        };
        Err(Error::decode(format!("column `{}` of the result holds {held} that is not {wanted}", self.name(at))))
    }

    /// An integer of any kind: integral decimals too, because SUM of integers is a DECIMAL.
    fn whole(&self, at: usize, wanted: &str) -> Result<Option<i128>> {
        let Some((value, column)) = self.cell(at)? else { return Ok(None) };
        let whole = match value {
            Value::Int(value) => Some(i128::from(*value)),
            Value::UInt(value) => Some(i128::from(*value)),
            Value::Bytes(bytes) => match bytes_of(column) {
                Bytes::Number => integral(bytes),
                Bytes::Bits => bits(bytes),
                Bytes::Single | Bytes::Text => None,
            },
            _ => None,
        };
        match whole {
            Some(whole) => Ok(Some(whole)),
            None => self.mismatch(at, wanted),
        }
    }

    fn date(&self, at: usize) -> Result<Option<Datum<'_>>> {
        let micros = match self.moment(at, "a date")? {
            None => return Ok(None),
            Some(micros) => micros,
        };
        match i32::try_from(micros.div_euclid(DAY)) {
            Ok(days) if micros.rem_euclid(DAY) == 0 => Ok(Some(Datum::Date(days))),
            _ => self.mismatch(at, "a date without a time"),
        }
    }

    /// A date and time in microseconds since 1970.
    fn moment(&self, at: usize, wanted: &str) -> Result<Option<i64>> {
        let Some((value, _)) = self.cell(at)? else { return Ok(None) };
        let micros = match *value {
            Value::Date(year, month, day, hour, minute, second, micro) => {
                let days = calendar::days(Civil { year: i64::from(year), month, day });
                let time = calendar::micros(Clock { hour, minute, second, micro });
                days.zip(time).map(|(days, time)| days * DAY + time)
            }
            Value::Bytes(ref bytes) => str::from_utf8(bytes).ok().and_then(calendar::parse_datetime),
            _ => None,
        };
        match micros {
            Some(micros) => Ok(Some(micros)),
            None => self.mismatch(at, wanted),
        }
    }

    fn time(&self, at: usize) -> Result<Option<i64>> {
        let Some((value, _)) = self.cell(at)? else { return Ok(None) };
        let micros = match *value {
            Value::Time(false, 0, hour, minute, second, micro) => {
                calendar::micros(Clock { hour, minute, second, micro })
            }
            Value::Bytes(ref bytes) => str::from_utf8(bytes).ok().and_then(calendar::parse_time),
            _ => None,
        };
        match micros {
            Some(micros) => Ok(Some(micros)),
            None => self.mismatch(at, "a time of day"),
        }
    }

    fn uuid(&self, at: usize) -> Result<Option<[u8; 16]>> {
        let Some((value, _)) = self.cell(at)? else { return Ok(None) };
        let uuid = match value {
            Value::Bytes(bytes) => <[u8; 16]>::try_from(bytes.as_slice()).ok().or_else(|| uuid_of_text(bytes)),
            _ => None,
        };
        match uuid {
            Some(uuid) => Ok(Some(uuid)),
            None => self.mismatch(at, "a UUID"),
        }
    }

    fn decimal(&self, at: usize) -> Result<Option<Cow<'_, str>>> {
        let Some((value, _)) = self.cell(at)? else { return Ok(None) };
        let text = match value {
            Value::Int(value) => Some(Cow::Owned(value.to_string())),
            Value::UInt(value) => Some(Cow::Owned(value.to_string())),
            Value::Float(value) => Some(Cow::Owned(value.to_string())),
            Value::Double(value) => Some(Cow::Owned(value.to_string())),
            Value::Bytes(bytes) => decimal_text(bytes).map(Cow::Borrowed),
            _ => None,
        };
        match text {
            Some(text) => Ok(Some(text)),
            None => self.mismatch(at, "a decimal"),
        }
    }
}

impl Row for MySqlRow<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, at: usize) -> &str {
        let name = self.0.columns_ref().get(at).map(Column::name_ref);
        name.and_then(|name| str::from_utf8(name).ok()).unwrap_or("")
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.cell(at)?.is_none())
    }

    fn boolean(&self, at: usize) -> Result<Option<bool>> {
        match self.whole(at, "a truth value")? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => self.mismatch(at, "0 or 1"),
        }
    }

    fn integer(&self, at: usize) -> Result<Option<i64>> {
        // The usual case first: the others cost a wide conversion.
        if let Some(Value::Int(value)) = self.0.as_ref(at) {
            return Ok(Some(*value));
        }
        match self.whole(at, "an integer")?.map(i64::try_from) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => self.mismatch(at, "in the range of a signed 64-bit integer"),
        }
    }

    fn unsigned(&self, at: usize) -> Result<Option<u64>> {
        match self.whole(at, "an integer")?.map(u64::try_from) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => self.mismatch(at, "in the range of an unsigned 64-bit integer"),
        }
    }

    fn double(&self, at: usize) -> Result<Option<f64>> {
        let Some((value, column)) = self.cell(at)? else { return Ok(None) };
        let double = match value {
            Value::Double(value) => Some(*value),
            Value::Float(value) => Some(f64::from(*value)),
            Value::Int(value) => Some(*value as f64),
            Value::UInt(value) => Some(*value as f64),
            Value::Bytes(bytes) => match (bytes_of(column), str::from_utf8(bytes)) {
                (Bytes::Number, Ok(text)) => text.parse().ok(),
                (Bytes::Single, Ok(text)) => text.parse::<f32>().ok().map(f64::from),
                _ => None,
            },
            _ => None,
        };
        match double {
            Some(double) => Ok(Some(double)),
            None => self.mismatch(at, "a float"),
        }
    }

    fn text(&self, at: usize) -> Result<Option<&str>> {
        match self.cell(at)? {
            None => Ok(None),
            Some((Value::Bytes(bytes), column)) if bytes_of(column) != Bytes::Bits => match str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text)),
                Err(_) => self.mismatch(at, "valid UTF-8"),
            },
            Some(_) => self.mismatch(at, "a text"),
        }
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.cell(at)? {
            None => Ok(None),
            Some((Value::Bytes(bytes), _)) => Ok(Some(bytes)),
            Some(_) => self.mismatch(at, "bytes"),
        }
    }

    fn value(&self, at: usize, wanted: &Type) -> Result<Datum<'_>> {
        let datum = match wanted {
            Type::Bool => self.boolean(at)?.map(Datum::Bool),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => self.integer(at)?.map(Datum::Int),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.unsigned(at)?.map(Datum::UInt),
            Type::F32 | Type::F64 => self.double(at)?.map(Datum::Float),
            Type::Text | Type::Enum(_) => self.text(at)?.map(Datum::text),
            Type::Bytes => self.bytes(at)?.map(|bytes| Datum::Bytes(Cow::Borrowed(bytes))),
            Type::Date => self.date(at)?,
            Type::Time => self.time(at)?.map(Datum::Time),
            Type::DateTime => self.moment(at, "a date and time")?.map(Datum::DateTime),
            Type::Timestamp => self.moment(at, "a date and time")?.map(Datum::Timestamp),
            Type::Uuid => self.uuid(at)?.map(Datum::Uuid),
            Type::Decimal => self.decimal(at)?.map(Datum::Decimal),
            Type::Json => self.text(at)?.map(|text| Datum::Json(Cow::Borrowed(text))),
            Type::Array(_) => return self.mismatch(at, "an array, which MySQL and MariaDB do not have"),
            Type::Row(_) => return self.mismatch(at, "several columns"),
            // `Type` may grow.
            _ => return self.mismatch(at, "of a type that the MySQL driver knows"),
        };
        Ok(datum.unwrap_or(Datum::Null))
    }
}

/// Digits with nothing but zeros after the point.
fn integral(bytes: &[u8]) -> Option<i128> {
    let text = str::from_utf8(bytes).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
}

/// A BIT column: up to eight bytes, the highest first.
fn bits(bytes: &[u8]) -> Option<i128> {
    if bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |bits, byte| bits << 8 | i128::from(*byte)))
}

/// The text form, with or without hyphens: MariaDB's type UUID comes like this.
fn uuid_of_text(bytes: &[u8]) -> Option<[u8; 16]> {
    let hyphens: &[usize] = match bytes.len() {
        36 => &[8, 13, 18, 23],
        32 => &[],
        _ => return None,
    };
    let mut uuid = [0; 16];
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if hyphens.contains(&at) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(*byte).to_digit(16)?;
        uuid[digits / 2] |= (digit as u8) << (4 * (1 - digits % 2));
        digits += 1;
    }
    Some(uuid)
}

/// An optional `-`, digits, optionally a point and digits.
fn decimal_text(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (are_digits(whole) && are_digits(fraction)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_integers_are_integers() {
        assert_eq!(integral(b"18446744073709551615"), Some(i128::from(u64::MAX)));
        assert_eq!(integral(b"-12.000"), Some(-12));
        assert_eq!(integral(b"12.001"), None);
        assert_eq!(integral(b""), None);
    }

    #[test]
    fn bits_are_read_from_the_highest() {
        assert_eq!(bits(&[1, 2]), Some(258));
        assert_eq!(bits(&[255; 8]), Some(i128::from(u64::MAX)));
        assert_eq!(bits(&[0; 9]), None);
    }

    #[test]
    fn uuids_in_text() {
        let expected =
            Some([0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0]);
        assert_eq!(uuid_of_text(b"123e4567-e89b-12d3-a456-426614174000"), expected);
        assert_eq!(uuid_of_text(b"123E4567E89B12D3A456426614174000"), expected);
        assert_eq!(uuid_of_text(b"123e4567-e89b-12d3-a456-42661417400g"), None);
        assert_eq!(uuid_of_text(b"123e4567+e89b-12d3-a456-426614174000"), None);
        assert_eq!(uuid_of_text(b"123e4567"), None);
    }

    #[test]
    fn decimals_in_text() {
        for right in ["0", "-1.50", "123456789012345678901234567890.1"] {
            assert_eq!(decimal_text(right.as_bytes()), Some(right));
        }
        for wrong in ["", "-", "1.", ".5", "1e5", "+1", "1.2.3", "NaN"] {
            assert_eq!(decimal_text(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
