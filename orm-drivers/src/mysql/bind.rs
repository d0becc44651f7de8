//! Our values as the client's: every `Datum` becomes a `mysql::Value`, or an error before anything is sent.

use super::calendar::{self, DAY};
use mysql::Value;
use orm_core::{Datum, Error, ErrorKind, Result};

/// The values of one statement.
pub(super) fn values(binds: &[Datum<'_>]) -> Result<Vec<Value>> {
    // The protocol counts placeholders in sixteen bits.
    if binds.len() > usize::from(u16::MAX) {
        let count = binds.len();
        return Err(Error::new(
            ErrorKind::Misuse,
            format!("{count} values in one statement; MySQL and MariaDB take at most 65535"),
        ));
    }
    let mut values = Vec::with_capacity(binds.len());
    for (at, bind) in binds.iter().enumerate() {
        values.push(value(bind).map_err(|error| error.context(format_args!("value {} of the statement", at + 1)))?);
    }
    Ok(values)
}

fn value(bind: &Datum<'_>) -> Result<Value> {
    Ok(match bind {
        Datum::Null => Value::NULL,
        Datum::Bool(value) => Value::Int(i64::from(*value)),
        Datum::Int(value) => Value::Int(*value),
        Datum::UInt(value) => Value::UInt(*value),
        Datum::Float(value) if value.is_finite() => Value::Double(*value),
        Datum::Float(_) => {
            return Err(Error::new(ErrorKind::InvalidValue, "MySQL and MariaDB have no infinite floats and no NaN"));
        }
        Datum::Text(text) | Datum::Decimal(text) | Datum::Json(text) => Value::Bytes(text.as_bytes().to_vec()),
        Datum::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Datum::Date(days) => date(i64::from(*days), 0)?,
        Datum::Time(micros) => time(*micros)?,
        Datum::DateTime(micros) | Datum::Timestamp(micros) => date(micros.div_euclid(DAY), micros.rem_euclid(DAY))?,
        Datum::Uuid(bytes) => Value::Bytes(bytes.to_vec()),
        Datum::Array(_) => {
            return Err(Error::new(ErrorKind::Unsupported, "MySQL and MariaDB have no array columns"));
        }
        Datum::Row(_) => {
            return Err(Error::new(ErrorKind::Misuse, "a value of several columns must be bound column by column"));
        }
        Datum::Pending(_) => {
            return Err(Error::new(
                ErrorKind::InvalidReference,
                "it refers to an object that has no key yet; only the session of that object can send it",
            ));
        }
        Datum::Default => {
            return Err(Error::new(
                ErrorKind::Misuse,
                "it stands for the column's default, which is had by leaving the column out",
            ));
        }
        Datum::Invalid(reason) => return Err(Error::new(ErrorKind::InvalidValue, *reason)),
        // `Datum` may grow.
        _ => return Err(Error::new(ErrorKind::Unsupported, "the MySQL driver does not know this type of value")),
    })
}

fn date(days: i64, micros: i64) -> Result<Value> {
    let date = calendar::civil(days);
    let clock = calendar::clock(micros);
    match u16::try_from(date.year) {
        Ok(year) if year <= 9999 => {
            Ok(Value::Date(year, date.month, date.day, clock.hour, clock.minute, clock.second, clock.micro))
        }
        _ => Err(Error::new(ErrorKind::OutOfRange, "MySQL and MariaDB keep dates of the years 0 to 9999 only")),
    }
}

fn time(micros: i64) -> Result<Value> {
    if !(0..DAY).contains(&micros) {
        return Err(Error::new(ErrorKind::OutOfRange, "a time of day is at least 00:00 and less than 24:00"));
    }
    let clock = calendar::clock(micros);
    Ok(Value::Time(false, 0, clock.hour, clock.minute, clock.second, clock.micro))
}

/// The size of the largest packet, in bytes, that the client will make of these values.
pub(super) fn packet(values: &[Value]) -> usize {
    let size = |value: &Value| usize::try_from(value.bin_len()).unwrap_or(usize::MAX);
    // The header, a bit and a type for each value, and the values.
    let frame = 11 + values.len().div_ceil(8) + 2 * values.len();
    let total = values.iter().map(size).fold(frame, usize::saturating_add);
    if total <= ONE_PACKET {
        return total;
    }
    // Above this the client sends each text in packets of its own, and the server holds each text to its limit as a
    // whole.
    let (texts, others): (Vec<&Value>, Vec<&Value>) = values.iter().partition(|value| matches!(value, Value::Bytes(_)));
    let longest = texts.into_iter().map(size).max().unwrap_or(0);
    longest.max(others.into_iter().map(size).fold(frame, usize::saturating_add))
}

/// What one packet of the protocol can hold.
const ONE_PACKET: usize = 16 * 1024 * 1024 - 1;

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::RawHandle;

    #[test]
    fn what_mysql_cannot_hold_is_refused_with_its_kind() {
        let year_10000 = Datum::DateTime(253_402_300_800_000_000);
        let cases = [
            (Datum::Float(f64::NAN), ErrorKind::InvalidValue),
            (Datum::Float(f64::NEG_INFINITY), ErrorKind::InvalidValue),
            (Datum::Date(i32::MAX), ErrorKind::OutOfRange),
            (Datum::Date(-719_529), ErrorKind::OutOfRange),
            (Datum::DateTime(i64::MIN), ErrorKind::OutOfRange),
            (Datum::Timestamp(i64::MAX), ErrorKind::OutOfRange),
            (year_10000, ErrorKind::OutOfRange),
            (Datum::Time(-1), ErrorKind::OutOfRange),
            (Datum::Time(DAY), ErrorKind::OutOfRange),
            (Datum::Array(vec![]), ErrorKind::Unsupported),
            (Datum::Row(vec![]), ErrorKind::Misuse),
            (Datum::Default, ErrorKind::Misuse),
            (Datum::Pending(RawHandle { session: 1, model: 0, slot: 2, generation: 3 }), ErrorKind::InvalidReference),
            (Datum::Invalid("too precise"), ErrorKind::InvalidValue),
        ];
        for (datum, kind) in cases {
            let error = values(&[Datum::Null, datum.borrowed()]).expect_err("must be refused");
            assert_eq!(error.kind(), kind, "{datum:?}");
            assert!(error.to_string().starts_with("value 2 of the statement: "), "{error}");
        }
    }

    #[test]
    fn counts_values_in_sixteen_bits() {
        assert!(values(&vec![Datum::Null; 65_535]).is_ok());
        assert_eq!(values(&vec![Datum::Null; 65_536]).expect_err("too many").kind(), ErrorKind::Misuse);
    }

    #[test]
    fn dates_before_1970_count_downwards() {
        let value = value(&Datum::DateTime(-1)).expect("a date");
        assert_eq!(value, Value::Date(1969, 12, 31, 23, 59, 59, 999_999));
    }

    #[test]
    fn texts_go_alone_where_they_do_not_fit_together() {
        // 11 bytes of frame, one of NULL bits, four of types, 8 of the integer, 101 of the text
        assert_eq!(packet(&[Value::Bytes(vec![0; 100]), Value::Int(1)]), 11 + 1 + 4 + 8 + 101);
        let long = Value::Bytes(vec![0; 10 * 1024 * 1024]);
        assert_eq!(packet(&[long.clone(), Value::Int(1), long]), 10 * 1024 * 1024 + 4);
    }
}
