//! The text of a cursor: a place in an order, as letters, digits, `-` and `_`. Read as what a stranger may have sent.

use crate::error::{Error, ErrorKind, Result};
use crate::value::{Datum, Type};

/// A place in an order: behind a row, or before it.
#[derive(Debug, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) backward: bool,
    /// The order's.
    pub(crate) fingerprint: u64,
    pub(crate) values: Vec<Datum<'static>>,
}

const FORWARD: u8 = 0x10;
const BACKWARD: u8 = 0x11;

impl Cursor {
    pub(crate) fn write(&self) -> Result<String> {
        let mut bytes = vec![if self.backward { BACKWARD } else { FORWARD }];
        bytes.extend(self.fingerprint.to_be_bytes());
        for value in &self.values {
            write_value(value, &mut bytes)?;
        }
        Ok(to_text(&bytes))
    }

    /// # Errors
    /// `InvalidCursor` for what is no cursor, or one of another order.
    pub(crate) fn read(text: &str, fingerprint: u64, types: impl ExactSizeIterator<Item = Type>) -> Result<Cursor> {
        let bytes = from_text(text).ok_or_else(garbage)?;
        let mut rest = bytes.as_slice();
        let backward = match take::<1>(&mut rest) {
            Some([FORWARD]) => false,
            Some([BACKWARD]) => true,
            _ => return Err(garbage()),
        };
        let theirs = take(&mut rest).map(u64::from_be_bytes).ok_or_else(garbage)?;
        if theirs != fingerprint {
            return Err(Error::new(ErrorKind::InvalidCursor, "the cursor is of a query with another order"));
        }
        let mut values = Vec::with_capacity(types.len());
        for ty in types {
            let value = read_value(&mut rest).filter(|value| fits(value, &ty)).ok_or_else(garbage)?;
            values.push(value);
        }
        if rest.is_empty() { Ok(Cursor { backward, fingerprint, values }) } else { Err(garbage()) }
    }
}

#[cold]
fn garbage() -> Error {
    Error::new(ErrorKind::InvalidCursor, "the text is no cursor of a page")
}

fn write_value(value: &Datum<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend(bytes);
    };
    match value {
        Datum::Null => tagged(0, &[]),
        Datum::Bool(value) => tagged(1, &[u8::from(*value)]),
        Datum::Int(value) => tagged(2, &value.to_be_bytes()),
        Datum::UInt(value) => tagged(3, &value.to_be_bytes()),
        Datum::Float(value) => tagged(4, &value.to_bits().to_be_bytes()),
        Datum::Date(value) => tagged(5, &value.to_be_bytes()),
        Datum::Time(value) => tagged(6, &value.to_be_bytes()),
        Datum::DateTime(value) => tagged(7, &value.to_be_bytes()),
        Datum::Timestamp(value) => tagged(8, &value.to_be_bytes()),
        Datum::Uuid(value) => tagged(9, value),
        Datum::Text(text) => long(10, text.as_bytes(), out),
        Datum::Decimal(text) => long(11, text.as_bytes(), out),
        Datum::Bytes(bytes) => long(12, bytes, out),
        other => {
            return Err(Error::decode(format!("a row is ordered by {}, which no cursor can hold", other.kind())));
        }
    }
    Ok(())
}

fn long(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
}

fn read_value(rest: &mut &[u8]) -> Option<Datum<'static>> {
    let [tag] = take(rest)?;
    Some(match tag {
        0 => Datum::Null,
        1 => match take(rest)? {
            [0] => Datum::Bool(false),
            [1] => Datum::Bool(true),
            _ => return None,
        },
        2 => Datum::Int(i64::from_be_bytes(take(rest)?)),
        3 => Datum::UInt(u64::from_be_bytes(take(rest)?)),
        4 => Datum::Float(f64::from_bits(u64::from_be_bytes(take(rest)?))),
        5 => Datum::Date(i32::from_be_bytes(take(rest)?)),
        6 => Datum::Time(i64::from_be_bytes(take(rest)?)),
        7 => Datum::DateTime(i64::from_be_bytes(take(rest)?)),
        8 => Datum::Timestamp(i64::from_be_bytes(take(rest)?)),
        9 => Datum::Uuid(take(rest)?),
        10 => Datum::Text(String::from_utf8(take_long(rest)?).ok()?.into()),
        11 => Datum::Decimal(decimal(String::from_utf8(take_long(rest)?).ok()?)?.into()),
        12 => Datum::Bytes(take_long(rest)?.into()),
        _ => return None,
    })
}

/// Digits, with a point among them and a sign in front.
fn decimal(text: String) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(fraction)).then_some(text)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn take_long(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(u64::from_be_bytes(take(rest)?)).ok()?;
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken.to_vec())
}

/// True for a value that the driver gives for the type.
fn fits(value: &Datum<'_>, ty: &Type) -> bool {
    let number = ty.is_integer() || matches!(ty, Type::F32 | Type::F64 | Type::Decimal);
    match value {
        Datum::Null => true,
        Datum::Bool(_) => *ty == Type::Bool,
        Datum::Int(_) | Datum::UInt(_) | Datum::Decimal(_) => number,
        Datum::Float(value) => number && !value.is_nan(),
        Datum::Date(_) => *ty == Type::Date,
        Datum::Time(_) => *ty == Type::Time,
        Datum::DateTime(_) => *ty == Type::DateTime,
        Datum::Timestamp(_) => *ty == Type::Timestamp,
        Datum::Uuid(_) => *ty == Type::Uuid,
        Datum::Text(_) => matches!(ty, Type::Text | Type::Enum(_)),
        Datum::Bytes(_) => *ty == Type::Bytes,
        _ => false,
    }
}

/// The letters of `base64url`, which stand in a URL as they are.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| (bits << 8) | chunk.get(at).map_or(0, |byte| u32::from(*byte)));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

fn from_text(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for letter in chunk {
            let value = LETTERS.iter().position(|known| known == letter)?;
            bits = (bits << 6) | u32::try_from(value).ok()?;
        }
        bits <<= 6 * (4 - chunk.len());
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend(&[first, second, third][..chunk.len() - 1]);
    }
    // What other letters could have said the same is no text of ours.
    (to_text(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        let values = vec![
            Datum::Null,
            Datum::Int(-7),
            Datum::Float(-0.5),
            Datum::Text("it's ü".into()),
            Datum::Decimal("-1.50".into()),
            Datum::Bytes(vec![0, 255].into()),
            Datum::Uuid([7; 16]),
            Datum::Timestamp(i64::MIN),
            Datum::Bool(true),
        ];
        Cursor { backward: true, fingerprint: 99, values }
    }

    const TYPES: [Type; 9] = [
        Type::Text,
        Type::I64,
        Type::F64,
        Type::Text,
        Type::Decimal,
        Type::Bytes,
        Type::Uuid,
        Type::Timestamp,
        Type::Bool,
    ];

    #[test]
    fn a_cursor_survives_its_text() -> Result<()> {
        let text = cursor().write()?;
        assert!(text.bytes().all(|byte| LETTERS.contains(&byte)), "{text}");
        assert_eq!(Cursor::read(&text, 99, TYPES.into_iter())?, cursor());
        Ok(())
    }

    #[test]
    fn anything_else_is_refused() -> Result<()> {
        let text = cursor().write()?;
        let refused = |text: &str, fingerprint, types: &[Type]| {
            let error = Cursor::read(text, fingerprint, types.iter().copied()).expect_err("it is no such cursor");
            assert_eq!(error.kind(), ErrorKind::InvalidCursor);
        };
        refused(&text, 98, &TYPES);
        refused(&text, 99, &TYPES[1..]);
        refused(&text, 99, &TYPES[..8]);
        for garbage in ["", "A", "!!", "ü", "' OR 1=1 --", "AAAA", &text[1..], &format!("{text}A"), &format!("{text}=")]
        {
            refused(garbage, 99, &TYPES);
        }
        for end in 0..text.len() {
            refused(&text[..end], 99, &TYPES);
        }
        Ok(())
    }

    #[test]
    fn a_changed_letter_never_panics() -> Result<()> {
        let text = cursor().write()?;
        for at in 0..text.len() {
            for letter in ["A", "_", "7"] {
                let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                let _ = Cursor::read(&changed, 99, TYPES.into_iter());
            }
        }
        Ok(())
    }
}
