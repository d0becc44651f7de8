//! Values for statements without a server-side name, for poolers that give each transaction another server connection.
//!
//! Nothing is asked before the values are sent, so the server's types are not known. Where the value has only one fitting type
//! it is declared and sent in binary form; the rest is sent as text of unspecified type, whose type the server infers just
//! as it does for a prepared statement.

use super::bind::{append_text, unsendable};
use orm_core::{Datum, Error, ErrorKind, Result};
use postgres_types::private::BytesMut;
use postgres_types::{Kind, Type};
use std::fmt::{Display, Write};
use std::sync::LazyLock;

/// The type number 0: the server infers.
static UNSPECIFIED: LazyLock<Type> =
    LazyLock::new(|| Type::new("unspecified".to_owned(), 0, Kind::Simple, "pg_catalog".to_owned()));

/// True for the type that the server infers.
pub(crate) fn is_unspecified(ty: &Type) -> bool {
    ty.oid() == 0
}

/// The type to declare for a value.
pub(crate) fn declared(datum: &Datum<'_>) -> Type {
    match datum {
        Datum::Array(items) => {
            let first = items.iter().find(|item| !matches!(item, Datum::Null));
            first.and_then(single).map_or_else(|| UNSPECIFIED.clone(), |(_, array)| array)
        }
        scalar => single(scalar).map_or_else(|| UNSPECIFIED.clone(), |(ty, _)| ty),
    }
}

/// The one type, and its array, that a value can have; `None` where several would do.
fn single(datum: &Datum<'_>) -> Option<(Type, Type)> {
    Some(match datum {
        Datum::Bool(_) => (Type::BOOL, Type::BOOL_ARRAY),
        Datum::Bytes(_) => (Type::BYTEA, Type::BYTEA_ARRAY),
        Datum::Date(_) => (Type::DATE, Type::DATE_ARRAY),
        Datum::Time(_) => (Type::TIME, Type::TIME_ARRAY),
        Datum::DateTime(_) => (Type::TIMESTAMP, Type::TIMESTAMP_ARRAY),
        Datum::Timestamp(_) => (Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY),
        Datum::Uuid(_) => (Type::UUID, Type::UUID_ARRAY),
        _ => return None,
    })
}

/// Appends a value that is not NULL as the server reads it in a literal.
pub(crate) fn write_text(datum: &Datum<'_>, out: &mut BytesMut) -> Result<()> {
    match datum {
        Datum::Text(text) | Datum::Json(text) | Datum::Decimal(text) => append_text(text, out),
        Datum::Int(value) => show(value, out),
        Datum::UInt(value) => show(value, out),
        // Rust and PostgreSQL agree on `NaN`, and PostgreSQL takes `inf`.
        Datum::Float(value) => show(value, out),
        Datum::Array(items) => {
            out.extend_from_slice(b"{");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b",");
                }
                write_element(item, out)
                    .map_err(|error| error.context(format_args!("element {} of an array", at + 1)))?;
            }
            out.extend_from_slice(b"}");
            Ok(())
        }
        other => Err(unsendable(other).unwrap_or_else(mixed)),
    }
}

fn write_element(item: &Datum<'_>, out: &mut BytesMut) -> Result<()> {
    match item {
        Datum::Null => out.extend_from_slice(b"NULL"),
        Datum::Text(text) | Datum::Json(text) => {
            out.extend_from_slice(b"\"");
            for (at, part) in text.split(['"', '\\']).enumerate() {
                if at > 0 {
                    // The character that ended the part before this one.
                    let before = part.as_ptr() as usize - text.as_ptr() as usize - 1;
                    out.extend_from_slice(&[b'\\', text.as_bytes()[before]]);
                }
                append_text(part, out)?;
            }
            out.extend_from_slice(b"\"");
        }
        Datum::Array(_) => return Err(mixed()),
        scalar => return write_text(scalar, out),
    }
    Ok(())
}

fn show(value: impl Display, out: &mut BytesMut) -> Result<()> {
    write!(out, "{value}").map_err(|_| Error::new(ErrorKind::InvalidValue, "a number is too long to be sent"))
}

#[cold]
fn mixed() -> Error {
    Error::new(ErrorKind::Misuse, "the elements of an array must all be of one sort, and none an array")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(datum: Datum<'_>, expected: &str) {
        let mut out = BytesMut::new();
        write_text(&datum, &mut out).unwrap();
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn writes_literals() {
        check(Datum::Int(i64::MIN), "-9223372036854775808");
        check(Datum::UInt(u64::MAX), "18446744073709551615");
        check(Datum::Float(1e21), "1000000000000000000000");
        check(Datum::Float(f64::NAN), "NaN");
        check(Datum::text("it's"), "it's");
        check(Datum::Array(vec![]), "{}");
        check(Datum::Array(vec![Datum::Int(1), Datum::Null]), "{1,NULL}");
        let texts = ["", "NULL", "a\"b", "\\", "ü{,}", "\"\""].map(Datum::text).to_vec();
        check(Datum::Array(texts), r#"{"","NULL","a\"b","\\","ü{,}","\"\""}"#);
    }

    #[test]
    fn declares_only_what_is_certain() {
        assert_eq!(declared(&Datum::Bool(true)), Type::BOOL);
        assert_eq!(declared(&Datum::Array(vec![Datum::Null, Datum::Date(1)])), Type::DATE_ARRAY);
        for open in [Datum::Int(1), Datum::Null, Datum::text("a"), Datum::Array(vec![Datum::Null])] {
            assert!(is_unspecified(&declared(&open)));
        }
    }
}
