//! Values on their way to PostgreSQL: a `Datum` in the binary form of the type that the server expects. Knows no statement.
//!
//! The forms are those of the server's `*_recv` functions: big-endian numbers, days and microseconds since 2000-01-01.

use super::{numeric, unnamed};
use orm_core::dialect::POSTGRES;
use orm_core::{Datum, Error, ErrorKind, Result};
use postgres_types::private::BytesMut;
use postgres_types::{Kind, Type};

/// From 1970-01-01 to 2000-01-01.
pub(crate) const EPOCH_DAYS: i32 = 10_957;
pub(crate) const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
/// 24:00, which is the last time of day that the server takes.
const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// True when a value of a statement is sent as text, where the server expects this type.
///
/// A text is sent as such and the server reads it as it reads a literal: for a text column these are the same bytes, and for
/// an enum, a UUID or a network address they are what the user means.
pub(crate) fn is_sent_as_text(datum: &Datum<'_>, ty: &Type) -> bool {
    matches!(datum, Datum::Text(_)) || unnamed::is_unspecified(ty)
}

/// Appends a value of a statement; false when it is NULL, which has no bytes. `at` is its place, for messages.
pub(crate) fn write_parameter(datum: &Datum<'_>, at: usize, ty: &Type, out: &mut BytesMut) -> Result<bool> {
    if let Datum::Null = datum {
        return Ok(false);
    }
    let written = match is_sent_as_text(datum, ty) {
        true => unnamed::write_text(datum, out),
        false => write(datum, base(ty), out),
    };
    written.map(|()| true).map_err(|error| error.context(format_args!("parameter {}", at + 1)))
}

/// Refuses more values than a statement can have.
pub(crate) fn check_count(count: usize) -> Result<()> {
    let max = POSTGRES.max_binds;
    if count <= max {
        return Ok(());
    }
    let message = format!("PostgreSQL takes at most {max} values in a statement, and {count} were given");
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// Refuses a statement with NUL: the wire ends a text by it.
pub(crate) fn check_text(sql: &str) -> Result<()> {
    if sql.as_bytes().contains(&0) {
        return Err(Error::new(ErrorKind::InvalidValue, "the text of a statement holds the character NUL"));
    }
    Ok(())
}

/// The error of a statement that has another number of values.
#[cold]
pub(crate) fn wrong_count(expected: usize, given: usize) -> Error {
    let message = format!("the statement expects {expected} values, and {given} were given");
    Error::new(ErrorKind::Misuse, message)
}

/// The type below domains, whose binary form is that of the domain.
pub(crate) fn base(mut ty: &Type) -> &Type {
    while let Kind::Domain(inner) = ty.kind() {
        ty = inner;
    }
    ty
}

/// True for types whose binary form is the text itself.
pub(crate) fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON | Type::XML)
        || matches!(ty.kind(), Kind::Enum(_))
        || ty.name() == "citext"
}

/// Appends a value that is not NULL in a type's binary form.
pub(crate) fn write(datum: &Datum<'_>, ty: &Type, out: &mut BytesMut) -> Result<()> {
    match (datum, ty) {
        (Datum::Int(value), ty) => integer(*value, ty, out),
        (Datum::UInt(value), ty) => match (i64::try_from(*value), ty) {
            (Ok(value), ty) => integer(value, ty, out),
            (Err(_), &Type::NUMERIC) => {
                numeric::encode_integer((*value).into(), out);
                Ok(())
            }
            (Err(_), ty) => Err(out_of_range("an integer above 9223372036854775807", ty)),
        },
        (Datum::Float(value), ty) => float(*value, ty, out),
        (Datum::Text(text), ty) if is_text(ty) => append_text(text, out),
        (Datum::Bool(value), &Type::BOOL) => append(&[u8::from(*value)], out),
        (Datum::Bytes(bytes), &Type::BYTEA) => append(bytes, out),
        (Datum::Date(days), &Type::DATE) => date(*days, out),
        (Datum::Time(microseconds), &Type::TIME) => match microseconds {
            0..=DAY_MICROSECONDS => append(&microseconds.to_be_bytes(), out),
            _ => Err(out_of_range("a time of day outside of 00:00 to 24:00", ty)),
        },
        (Datum::DateTime(microseconds), &Type::TIMESTAMP) | (Datum::Timestamp(microseconds), &Type::TIMESTAMPTZ) => {
            timestamp(*microseconds, ty, out)
        }
        (Datum::Uuid(bytes), &Type::UUID) => append(bytes, out),
        (Datum::Decimal(text), &Type::NUMERIC) => numeric::encode(text, out).map_err(|why| match why {
            numeric::NotNumeric::Malformed => Error::new(ErrorKind::InvalidValue, "the text of a decimal is not one"),
            numeric::NotNumeric::TooLong => out_of_range("a decimal of so many digits", ty),
        }),
        (Datum::Json(text), &Type::JSONB) => {
            out.extend_from_slice(&[1]); // the version of the form
            append_text(text, out)
        }
        (Datum::Json(text), ty) if is_text(ty) => append_text(text, out),
        (Datum::Array(items), ty) => match ty.kind() {
            Kind::Array(element) => array(items, element, out),
            _ => Err(mismatch(datum, ty)),
        },
        (datum, ty) => Err(unsendable(datum).unwrap_or_else(|| mismatch(datum, ty))),
    }
}

fn append(bytes: &[u8], out: &mut BytesMut) -> Result<()> {
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends a text, which cannot hold NUL on PostgreSQL.
pub(crate) fn append_text(text: &str, out: &mut BytesMut) -> Result<()> {
    if text.as_bytes().contains(&0) {
        return Err(Error::new(ErrorKind::InvalidValue, "PostgreSQL cannot hold the character NUL in a text"));
    }
    append(text.as_bytes(), out)
}

fn integer(value: i64, ty: &Type, out: &mut BytesMut) -> Result<()> {
    let too_large = || out_of_range("an integer of this size", ty);
    match *ty {
        Type::INT8 => append(&value.to_be_bytes(), out),
        Type::INT4 => append(&i32::try_from(value).map_err(|_| too_large())?.to_be_bytes(), out),
        Type::INT2 => append(&i16::try_from(value).map_err(|_| too_large())?.to_be_bytes(), out),
        Type::OID => append(&u32::try_from(value).map_err(|_| too_large())?.to_be_bytes(), out),
        Type::FLOAT8 => {
            let float = value as f64;
            if float as i128 != i128::from(value) {
                return Err(too_large());
            }
            append(&float.to_be_bytes(), out)
        }
        Type::FLOAT4 => {
            let float = value as f32;
            if float as i128 != i128::from(value) {
                return Err(too_large());
            }
            append(&float.to_be_bytes(), out)
        }
        Type::NUMERIC => {
            numeric::encode_integer(value.into(), out);
            Ok(())
        }
        _ => Err(mismatch(&Datum::Int(value), ty)),
    }
}

fn float(value: f64, ty: &Type, out: &mut BytesMut) -> Result<()> {
    match *ty {
        Type::FLOAT8 => append(&value.to_be_bytes(), out),
        Type::FLOAT4 => {
            let narrow = value as f32;
            if f64::from(narrow) != value && !value.is_nan() {
                return Err(out_of_range("a float that loses digits in it", ty));
            }
            append(&narrow.to_be_bytes(), out)
        }
        Type::NUMERIC => numeric::encode_float(value, out).map_err(|_| out_of_range("a float of so many digits", ty)),
        _ => Err(mismatch(&Datum::Float(value), ty)),
    }
}

fn date(days: i32, out: &mut BytesMut) -> Result<()> {
    match days.checked_sub(EPOCH_DAYS) {
        // The smallest and the largest number stand for the infinities.
        Some(days) if days != i32::MIN && days != i32::MAX => append(&days.to_be_bytes(), out),
        _ => Err(out_of_range("a day so far back", &Type::DATE)),
    }
}

fn timestamp(microseconds: i64, ty: &Type, out: &mut BytesMut) -> Result<()> {
    match microseconds.checked_sub(EPOCH_MICROSECONDS) {
        Some(microseconds) if microseconds != i64::MIN && microseconds != i64::MAX => {
            append(&microseconds.to_be_bytes(), out)
        }
        _ => Err(out_of_range("a point in time so far back", ty)),
    }
}

/// Appends an array of one dimension: a header, then each element with its length. Ten thousand keys go through here at once,
/// so nothing is allocated for an element.
fn array(items: &[Datum<'_>], element: &Type, out: &mut BytesMut) -> Result<()> {
    let count = i32::try_from(items.len())
        .map_err(|_| Error::new(ErrorKind::OutOfRange, "an array has more elements than PostgreSQL can hold"))?;
    let dimensions = i32::from(count > 0);
    let has_null = i32::from(items.iter().any(|item| matches!(item, Datum::Null)));
    out.reserve(20 + 12 * items.len());
    append(&dimensions.to_be_bytes(), out)?;
    append(&has_null.to_be_bytes(), out)?;
    append(&element.oid().to_be_bytes(), out)?;
    if count == 0 {
        return Ok(());
    }
    let lower_bound = 1_i32;
    append(&count.to_be_bytes(), out)?;
    append(&lower_bound.to_be_bytes(), out)?;
    let element = base(element);
    for (at, item) in items.iter().enumerate() {
        let start = out.len();
        append(&(-1_i32).to_be_bytes(), out)?;
        if let Datum::Null = item {
            continue;
        }
        write(item, element, out).map_err(|error| error.context(format_args!("element {} of an array", at + 1)))?;
        let length = i32::try_from(out.len() - start - 4)
            .map_err(|_| Error::new(ErrorKind::InvalidValue, "an element of an array is too long for PostgreSQL"))?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// The error of a datum that is no value for a database, if it is one.
pub(crate) fn unsendable(datum: &Datum<'_>) -> Option<Error> {
    let (kind, message) = match datum {
        Datum::Pending(_) => (
            ErrorKind::InvalidReference,
            "this is the key of an object that has no key yet, so only its session can send it",
        ),
        Datum::Default => {
            (ErrorKind::Misuse, "a server default cannot be sent as a value; the column must be left out")
        }
        Datum::Row(_) => (ErrorKind::Misuse, "a value of several columns must be sent column by column"),
        Datum::Invalid(reason) => (ErrorKind::InvalidValue, *reason),
        _ => return None,
    };
    Some(Error::new(kind, message))
}

#[cold]
fn out_of_range(what: &str, ty: &Type) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("PostgreSQL's type {} cannot hold {what}", ty.name()))
}

#[cold]
fn mismatch(datum: &Datum<'_>, ty: &Type) -> Error {
    let name = ty.name();
    let what = what(datum);
    Error::new(
        ErrorKind::Misuse,
        format!("PostgreSQL expects a value of type {name} here, and {what} was given; a cast can say what is meant"),
    )
}

/// The sort of value, without the value.
fn what(datum: &Datum<'_>) -> &'static str {
    match datum {
        Datum::Null => "NULL",
        Datum::Bool(_) => "a truth value",
        Datum::Int(_) | Datum::UInt(_) => "an integer",
        Datum::Float(_) => "a float",
        Datum::Text(_) => "a text",
        Datum::Bytes(_) => "a value of bytes",
        Datum::Date(_) => "a date",
        Datum::Time(_) => "a time of day",
        Datum::DateTime(_) => "a date and time without time zone",
        Datum::Timestamp(_) => "a point in time",
        Datum::Uuid(_) => "a UUID",
        Datum::Decimal(_) => "a decimal",
        Datum::Json(_) => "a JSON document",
        Datum::Array(_) => "an array",
        _ => "something that is no value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn check(datum: Datum<'_>, ty: Type, expected: std::result::Result<&[u8], ErrorKind>) {
        let mut out = BytesMut::new();
        let result = write(&datum, &ty, &mut out);
        assert_eq!(result.map(|()| &out[..]).map_err(|error| error.kind()), expected, "{datum:?} as {ty}");
    }

    #[test]
    fn integers_go_into_any_number_that_holds_them() {
        check(Datum::Int(-2), Type::INT2, Ok(&[255, 254]));
        check(Datum::UInt(7), Type::INT4, Ok(&[0, 0, 0, 7]));
        check(Datum::Int(i64::MIN), Type::INT8, Ok(&i64::MIN.to_be_bytes()));
        check(Datum::UInt(u64::from(u32::MAX)), Type::OID, Ok(&[255; 4]));
        check(Datum::Int(1 << 53), Type::FLOAT8, Ok(&9_007_199_254_740_992_f64.to_be_bytes()));
        check(Datum::Int(32_768), Type::INT2, Err(ErrorKind::OutOfRange));
        check(Datum::Int(i64::from(i32::MIN) - 1), Type::INT4, Err(ErrorKind::OutOfRange));
        check(Datum::Int(-1), Type::OID, Err(ErrorKind::OutOfRange));
        check(Datum::UInt(u64::MAX), Type::INT8, Err(ErrorKind::OutOfRange));
        check(Datum::Int((1 << 53) + 1), Type::FLOAT8, Err(ErrorKind::OutOfRange));
        check(Datum::Int((1 << 24) + 1), Type::FLOAT4, Err(ErrorKind::OutOfRange));
        check(Datum::Int(1), Type::BOOL, Err(ErrorKind::Misuse));
    }

    #[test]
    fn nothing_is_rounded() {
        check(Datum::Float(0.5), Type::FLOAT4, Ok(&0.5_f32.to_be_bytes()));
        check(Datum::Float(0.1), Type::FLOAT4, Err(ErrorKind::OutOfRange));
        check(Datum::Float(1.5), Type::INT4, Err(ErrorKind::Misuse));
        check(Datum::Decimal(Cow::Borrowed("1.5")), Type::FLOAT8, Err(ErrorKind::Misuse));
        check(Datum::Decimal(Cow::Borrowed("1e5")), Type::NUMERIC, Err(ErrorKind::InvalidValue));
    }

    #[test]
    fn infinities_are_not_written_by_accident() {
        check(Datum::Date(EPOCH_DAYS), Type::DATE, Ok(&[0; 4]));
        check(Datum::Date(i32::MIN), Type::DATE, Err(ErrorKind::OutOfRange));
        check(Datum::Date(i32::MIN + EPOCH_DAYS), Type::DATE, Err(ErrorKind::OutOfRange));
        check(Datum::Timestamp(EPOCH_MICROSECONDS + 1), Type::TIMESTAMPTZ, Ok(&[0, 0, 0, 0, 0, 0, 0, 1]));
        check(Datum::DateTime(i64::MIN), Type::TIMESTAMP, Err(ErrorKind::OutOfRange));
        check(Datum::DateTime(i64::MIN + EPOCH_MICROSECONDS), Type::TIMESTAMP, Err(ErrorKind::OutOfRange));
        check(Datum::Timestamp(0), Type::TIMESTAMP, Err(ErrorKind::Misuse));
        check(Datum::Time(DAY_MICROSECONDS + 1), Type::TIME, Err(ErrorKind::OutOfRange));
    }

    #[test]
    fn arrays_hold_their_elements_with_lengths() {
        let empty: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21];
        check(Datum::Array(vec![]), Type::INT2_ARRAY, Ok(empty));
        let mixed: &[u8] = &[
            0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 1, // header
            0, 0, 0, 1, b'a', 255, 255, 255, 255, 0, 0, 0, 0,
        ];
        check(Datum::Array(vec![Datum::text("a"), Datum::Null, Datum::text("")]), Type::TEXT_ARRAY, Ok(mixed));
        check(Datum::Array(vec![Datum::Int(70_000)]), Type::INT2_ARRAY, Err(ErrorKind::OutOfRange));
        check(Datum::Array(vec![Datum::Array(vec![])]), Type::INT2_ARRAY, Err(ErrorKind::Misuse));
        check(Datum::Array(vec![]), Type::INT2, Err(ErrorKind::Misuse));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let handle = orm_core::RawHandle { session: 1, model: 0, slot: 0, generation: 0 };
        check(Datum::Pending(handle), Type::INT8, Err(ErrorKind::InvalidReference));
        check(Datum::Default, Type::INT8, Err(ErrorKind::Misuse));
        check(Datum::Row(vec![]), Type::INT8, Err(ErrorKind::Misuse));
        check(Datum::Invalid("a leap second"), Type::TIME, Err(ErrorKind::InvalidValue));
        check(Datum::Json(Cow::Borrowed("{}")), Type::JSONB, Ok(b"\x01{}"));
        check(Datum::Array(vec![Datum::text("a\0b")]), Type::TEXT_ARRAY, Err(ErrorKind::InvalidValue));
    }
}
