//! One value as it was received, with its type: the reverse of `bind`. Knows no row.

use super::bind::{EPOCH_DAYS, EPOCH_MICROSECONDS, base, is_text};
use super::numeric::Numeric;
use orm_core::{Datum, Error, ErrorKind, Type};
use postgres_types::{Kind, Type as ServerType};
use std::borrow::Cow;

/// Bytes that are not NULL, and the type that they are of.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'r> {
    ty: &'r ServerType,
    raw: &'r [u8],
}

/// Why a value cannot be read as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The type is never read as this.
    Type(&'static str),
    /// The type could be, but this value cannot.
    Value(&'static str),
}

impl Unfit {
    /// The error of a column. It shows no value.
    #[cold]
    pub(crate) fn error(self, column: &str, ty: &ServerType) -> Error {
        let ty = ty.name();
        Error::decode(match self {
            Unfit::Type(wanted) => {
                format!("column \"{column}\" of the result has the type {ty}, which is not read as {wanted}")
            }
            Unfit::Value(why) => format!("column \"{column}\" of the result, of type {ty}, {why}"),
        })
    }
}

/// The error of a column that the result does not have.
#[cold]
pub(crate) fn no_such_column(at: usize, count: usize) -> Error {
    Error::new(ErrorKind::Misuse, format!("column {} was asked of a result of {count} columns", at + 1))
}

type Read<T> = Result<T, Unfit>;

const DAMAGED: Unfit = Unfit::Value("does not have the length of its type");

impl<'r> Cell<'r> {
    pub(crate) fn new(ty: &'r ServerType, raw: &'r [u8]) -> Cell<'r> {
        Cell { ty: base(ty), raw }
    }

    fn fixed<const N: usize>(self) -> Read<[u8; N]> {
        self.raw.try_into().map_err(|_| DAMAGED)
    }

    fn numeric(self) -> Read<Numeric<'r>> {
        Numeric::parse(self.raw).ok_or(DAMAGED)
    }

    pub(crate) fn boolean(self) -> Read<bool> {
        match *self.ty {
            ServerType::BOOL => Ok(self.fixed::<1>()? != [0]),
            ServerType::INT2 | ServerType::INT4 | ServerType::INT8 => match self.integer()? {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(Unfit::Value("is neither 0 nor 1")),
            },
            _ => Err(Unfit::Type("a truth value")),
        }
    }

    pub(crate) fn integer(self) -> Read<i64> {
        match *self.ty {
            ServerType::INT8 => Ok(i64::from_be_bytes(self.fixed()?)),
            ServerType::INT4 => Ok(i32::from_be_bytes(self.fixed()?).into()),
            ServerType::INT2 => Ok(i16::from_be_bytes(self.fixed()?).into()),
            ServerType::OID | ServerType::XID | ServerType::CID => Ok(u32::from_be_bytes(self.fixed()?).into()),
            // The sum of BIGINTs is a numeric.
            ServerType::NUMERIC => i64::try_from(self.whole()?).map_err(|_| Unfit::Value("does not fit 64 bits")),
            _ => Err(Unfit::Type("an integer")),
        }
    }

    pub(crate) fn unsigned(self) -> Read<u64> {
        let wide = match *self.ty {
            ServerType::NUMERIC => self.whole()?,
            _ => self.integer()?.into(),
        };
        u64::try_from(wide).map_err(|_| Unfit::Value("does not fit 64 bits without a sign"))
    }

    fn whole(self) -> Read<i128> {
        self.numeric()?.integer().ok_or(Unfit::Value("is not an integer, or too large for one"))
    }

    pub(crate) fn double(self) -> Read<f64> {
        match *self.ty {
            ServerType::FLOAT8 => Ok(f64::from_be_bytes(self.fixed()?)),
            ServerType::FLOAT4 => Ok(f32::from_be_bytes(self.fixed()?).into()),
            // The average of integers is a numeric.
            ServerType::NUMERIC => self.numeric()?.double().ok_or(DAMAGED),
            ServerType::INT2 | ServerType::INT4 | ServerType::INT8 => {
                let integer = self.integer()?;
                let float = integer as f64;
                if float as i128 == i128::from(integer) {
                    Ok(float)
                } else {
                    Err(Unfit::Value("has more digits than a float"))
                }
            }
            _ => Err(Unfit::Type("a float")),
        }
    }

    pub(crate) fn text(self) -> Read<&'r str> {
        let bytes = match *self.ty {
            ServerType::JSONB => self.raw.strip_prefix(&[1]).ok_or(Unfit::Value("is of an unknown version"))?,
            // The one-byte type of the catalogues; 0 is its empty text.
            ServerType::CHAR if self.raw == [0] => &[],
            ServerType::CHAR => self.raw,
            _ if is_text(self.ty) => self.raw,
            _ => return Err(Unfit::Type("a text without a cast to text")),
        };
        std::str::from_utf8(bytes).map_err(|_| Unfit::Value("is not valid UTF-8"))
    }

    pub(crate) fn bytes(self) -> Read<&'r [u8]> {
        match *self.ty {
            ServerType::BYTEA => Ok(self.raw),
            _ => Err(Unfit::Type("bytes")),
        }
    }

    /// Reads as the datum of a type.
    pub(crate) fn value(self, wanted: &Type) -> Read<Datum<'r>> {
        Ok(match wanted {
            Type::Bool => Datum::Bool(self.boolean()?),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => Datum::Int(self.integer()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Datum::UInt(self.unsigned()?),
            Type::F32 | Type::F64 => Datum::Float(self.double()?),
            Type::Text | Type::Enum(_) => Datum::Text(Cow::Borrowed(self.text()?)),
            Type::Bytes => Datum::Bytes(Cow::Borrowed(self.bytes()?)),
            Type::Date => Datum::Date(self.date()?),
            Type::Time if *self.ty == ServerType::TIME => Datum::Time(i64::from_be_bytes(self.fixed()?)),
            Type::Time => return Err(Unfit::Type("a time of day")),
            Type::DateTime if *self.ty == ServerType::TIMESTAMP => Datum::DateTime(self.microseconds()?),
            Type::DateTime => return Err(Unfit::Type("a date and time without time zone")),
            Type::Timestamp if *self.ty == ServerType::TIMESTAMPTZ => Datum::Timestamp(self.microseconds()?),
            Type::Timestamp => return Err(Unfit::Type("a point in time")),
            Type::Uuid if *self.ty == ServerType::UUID => Datum::Uuid(self.fixed()?),
            Type::Uuid => return Err(Unfit::Type("a UUID")),
            Type::Decimal => Datum::Decimal(Cow::Owned(self.decimal()?)),
            Type::Json if matches!(*self.ty, ServerType::JSON | ServerType::JSONB) => {
                Datum::Json(Cow::Borrowed(self.text()?))
            }
            Type::Json => return Err(Unfit::Type("a JSON document")),
            Type::Array(element) => Datum::Array(self.array(element)?),
            Type::Row(_) => return Err(Unfit::Value("is one column, and several were asked for at once")),
            _ => return Err(Unfit::Type("a type that this driver does not know")),
        })
    }

    fn date(self) -> Read<i32> {
        if *self.ty != ServerType::DATE {
            return Err(Unfit::Type("a date"));
        }
        match i32::from_be_bytes(self.fixed()?) {
            i32::MIN | i32::MAX => Err(Unfit::Value("is infinite")),
            days => days.checked_add(EPOCH_DAYS).ok_or(Unfit::Value("is too far from now")),
        }
    }

    fn microseconds(self) -> Read<i64> {
        match i64::from_be_bytes(self.fixed()?) {
            i64::MIN | i64::MAX => Err(Unfit::Value("is infinite")),
            since_2000 => since_2000.checked_add(EPOCH_MICROSECONDS).ok_or(Unfit::Value("is too far from now")),
        }
    }

    fn decimal(self) -> Read<String> {
        match *self.ty {
            ServerType::NUMERIC => self.numeric()?.text().ok_or(Unfit::Value("is not a finite number")),
            ServerType::INT2 | ServerType::INT4 | ServerType::INT8 => Ok(self.integer()?.to_string()),
            _ => Err(Unfit::Type("a decimal")),
        }
    }

    fn array(self, wanted: &Type) -> Read<Vec<Datum<'r>>> {
        let Kind::Array(element) = self.ty.kind() else { return Err(Unfit::Type("an array")) };
        let mut rest = self.raw;
        let dimensions = take_number(&mut rest)?;
        let (_has_null, _element_type) = (take_number(&mut rest)?, take_number(&mut rest)?);
        let count = match dimensions {
            0 => 0,
            1 => usize::try_from(take_number(&mut rest)?).map_err(|_| DAMAGED)?,
            _ => return Err(Unfit::Value("is an array of more than one dimension")),
        };
        if dimensions == 1 {
            let _lower_bound = take_number(&mut rest)?;
        }
        // Each element has four bytes of length at least: damaged bytes cannot ask for more memory than they have.
        let mut items = Vec::with_capacity(count.min(rest.len() / 4));
        for _ in 0..count {
            items.push(match usize::try_from(take_number(&mut rest)?) {
                Err(_) => Datum::Null,
                Ok(length) => {
                    let (raw, after) = rest.split_at_checked(length).ok_or(DAMAGED)?;
                    rest = after;
                    Cell::new(element, raw).value(wanted)?
                }
            });
        }
        if rest.is_empty() { Ok(items) } else { Err(DAMAGED) }
    }
}

fn take_number(rest: &mut &[u8]) -> Read<i32> {
    let (number, after) = rest.split_first_chunk().ok_or(DAMAGED)?;
    *rest = after;
    Ok(i32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::super::bind;
    use super::*;
    use postgres_types::private::BytesMut;

    fn check(datum: Datum<'_>, ty: ServerType, wanted: Type) {
        let mut raw = BytesMut::new();
        bind::write(&datum, &ty, &mut raw).unwrap();
        assert_eq!(Cell::new(&ty, &raw).value(&wanted), Ok(datum));
        if raw.len() > 1 && !is_text(&ty) && !matches!(ty, ServerType::BYTEA | ServerType::JSONB) {
            assert!(Cell::new(&ty, &raw[..raw.len() - 1]).value(&wanted).is_err(), "cut short, it is refused");
        }
    }

    #[test]
    fn reads_what_bind_writes() {
        check(Datum::Bool(true), ServerType::BOOL, Type::Bool);
        check(Datum::Int(i16::MIN.into()), ServerType::INT2, Type::I16);
        check(Datum::Int(i64::MAX), ServerType::INT8, Type::I64);
        check(Datum::UInt(u64::MAX), ServerType::NUMERIC, Type::U64);
        check(Datum::Int(i64::MIN), ServerType::NUMERIC, Type::I64);
        check(Datum::Float(f64::MIN_POSITIVE), ServerType::FLOAT8, Type::F64);
        check(Datum::Float(f32::MAX.into()), ServerType::FLOAT4, Type::F32);
        check(Datum::Float(-0.25), ServerType::NUMERIC, Type::F64);
        check(Datum::text("ünï\u{10ffff}"), ServerType::VARCHAR, Type::Text);
        check(Datum::Bytes(Cow::Borrowed(&[0, 255])), ServerType::BYTEA, Type::Bytes);
        check(Datum::Date(-719_162), ServerType::DATE, Type::Date);
        check(Datum::Time(86_400_000_000), ServerType::TIME, Type::Time);
        check(Datum::DateTime(-1), ServerType::TIMESTAMP, Type::DateTime);
        check(Datum::Timestamp(253_402_300_799_999_999), ServerType::TIMESTAMPTZ, Type::Timestamp);
        check(Datum::Uuid([7; 16]), ServerType::UUID, Type::Uuid);
        check(Datum::Decimal(Cow::Borrowed("-1.50")), ServerType::NUMERIC, Type::Decimal);
        check(Datum::Json(Cow::Borrowed("[1]")), ServerType::JSONB, Type::Json);
        check(Datum::Array(vec![]), ServerType::TEXT_ARRAY, Type::Array(&Type::Text));
        let texts = vec![Datum::text("a"), Datum::Null, Datum::text("")];
        check(Datum::Array(texts), ServerType::TEXT_ARRAY, Type::Array(&Type::Text));
    }

    #[test]
    fn refuses_what_would_lose_something() {
        let read = |ty: &ServerType, raw: &[u8], wanted: &Type| Cell::new(ty, raw).value(wanted).map(Datum::into_owned);
        let infinite = read(&ServerType::DATE, &i32::MAX.to_be_bytes(), &Type::Date);
        assert_eq!(infinite, Err(Unfit::Value("is infinite")));
        let far = read(&ServerType::TIMESTAMP, &(i64::MAX - 1).to_be_bytes(), &Type::DateTime);
        assert_eq!(far, Err(Unfit::Value("is too far from now")));
        let float = read(&ServerType::INT8, &i64::MAX.to_be_bytes(), &Type::F64);
        assert_eq!(float, Err(Unfit::Value("has more digits than a float")));
        let text = read(&ServerType::TEXT, &[0xC3], &Type::Text);
        assert_eq!(text, Err(Unfit::Value("is not valid UTF-8")));
        let mut numeric = BytesMut::new();
        super::super::numeric::encode("1.5", &mut numeric).unwrap();
        assert!(read(&ServerType::NUMERIC, &numeric, &Type::I64).is_err());
        assert!(read(&ServerType::TEXT, b"1", &Type::I64).is_err());
        assert!(read(&ServerType::TIMESTAMPTZ, &[0; 8], &Type::DateTime).is_err());
    }

    #[test]
    fn damaged_arrays_are_refused_without_reserving_memory() {
        let header: Vec<u8> = [1_i32, 0, 23, i32::MAX, 1].iter().flat_map(|part| part.to_be_bytes()).collect();
        assert_eq!(Cell::new(&ServerType::INT4_ARRAY, &header).value(&Type::Array(&Type::I32)), Err(DAMAGED));
        let square: Vec<u8> = [2_i32, 0, 23, 1, 1, 1, 1, 4, 7].iter().flat_map(|part| part.to_be_bytes()).collect();
        assert!(Cell::new(&ServerType::INT4_ARRAY, &square).value(&Type::Array(&Type::I32)).is_err());
    }
}
