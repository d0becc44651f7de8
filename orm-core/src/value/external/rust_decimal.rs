//! `rust_decimal::Decimal`, behind the feature `rust_decimal`: a column of [`Type::Decimal`].
//!
//! It travels as text and never through a float, so what is written is what is read, all 28 digits of it. A number that the
//! crate cannot hold exactly (a wider NUMERIC, `NaN`) is a `Decode` error when it is read.
//!
//! Trailing zeros tell no difference: `1.0` and `1.00` are the same value, and assigning one over the other writes nothing.
//! They are kept where the column keeps them: SQLite always, PostgreSQL without declared digits. With
//! `#[orm(precision = 10, scale = 2)]` PostgreSQL and MySQL give as many as were declared. MySQL without it gives 28, which
//! say nothing and are dropped when they are read.
//!
//! ```
//! use orm_core::{Data, Datum, Value};
//! use rust_decimal::Decimal;
//!
//! let price: Decimal = "19.90".parse()?;
//! assert_eq!(price.to_datum(), Datum::Decimal("19.90".into()));
//! assert_eq!(Decimal::read(&Data(&[price.to_datum()]), 0)?, Some(price));
//! assert!(price.same(&"19.9".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::error::{Error, Result};
use crate::row::Row;
use crate::value::{Datum, Number, Type, Value, text};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// An exact decimal number of up to 28 digits.
impl Value for Decimal {
    const TYPE: Type = Type::Decimal;
    fn to_datum(&self) -> Datum<'_> {
        // Zero has a sign in this crate, and in no database.
        let number = if self.is_zero() { self.abs() } else { *self };
        Datum::Decimal(Cow::Owned(number.to_string()))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        match row.value(at, &Type::Decimal)? {
            Datum::Null => Ok(None),
            Datum::Decimal(number) => match exact(&number) {
                Ok(number) => Ok(Some(number)),
                Err(error) => Err(error.context(format_args!("read column {} of the result", at + 1))),
            },
            Datum::Int(number) => Ok(Some(number.into())),
            Datum::UInt(number) => Ok(Some(number.into())),
            other => Err(other.unexpected("a decimal number", at)),
        }
    }
    /// Compares the numbers, not their trailing zeros.
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
#[diagnostic::do_not_recommend]
impl Number for Decimal {}

fn exact(number: &str) -> Result<Decimal> {
    let number = text::normalize_decimal(number)?;
    match Decimal::from_str_exact(&number) {
        Ok(number) if number.scale() < Decimal::MAX_SCALE => Ok(number),
        Ok(number) => Ok(number.normalize()),
        // Zeros at the end may be all that does not fit: a column of 28 places writes them after a big integer.
        Err(_) if number.contains('.') => from_significant(number.trim_end_matches('0').trim_end_matches('.')),
        Err(_) => from_significant(&number),
    }
}

fn from_significant(number: &str) -> Result<Decimal> {
    Decimal::from_str_exact(number)
        .map_err(|error| Error::decode("the number has more digits than `Decimal` can hold").with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::row::Data;

    fn read(number: &str) -> Result<Option<Decimal>> {
        Decimal::read(&Data(&[Datum::Decimal(number.into())]), 0)
    }

    #[test]
    fn extremes_round_trip() {
        let smallest = Decimal::new(1, 28);
        let digits = Decimal::from_i128_with_scale(1_234_567_890_123_456_789_012_345_678, 14);
        for number in [Decimal::MAX, Decimal::MIN, smallest, -smallest, digits, -digits, Decimal::ZERO, Decimal::ONE] {
            let datum = number.to_datum();
            assert_eq!(Decimal::read(&Data(std::slice::from_ref(&datum)), 0).unwrap(), Some(number), "{number}");
            let Datum::Decimal(written) = datum else { panic!("not a decimal") };
            assert_eq!(text::normalize_decimal(&written).unwrap(), written);
        }
        assert_eq!(smallest.to_datum(), Datum::Decimal("0.0000000000000000000000000001".into()));
    }

    #[test]
    fn the_scale_is_kept_and_tells_no_difference() {
        let (one, hundredths) = (Decimal::new(1, 0), Decimal::new(100, 2));
        assert_eq!(hundredths.to_datum(), Datum::Decimal("1.00".into()));
        assert_eq!(read("1.00").unwrap().unwrap().to_string(), "1.00");
        assert!(one.same(&hundredths));
        assert!(!one.same(&Decimal::new(101, 2)));
    }

    #[test]
    fn zeros_that_do_not_fit_are_dropped() {
        for (number, read_as) in [
            ("79228162514264337593543950335.0000000000000000000000000000", "79228162514264337593543950335"),
            ("19.9900000000000000000000000000", "19.99"),
            ("-1000.5000000000000000000000000000000000", "-1000.5"),
            ("0.0000000000000000000000000000000000", "0"),
            ("+0042", "42"),
        ] {
            assert_eq!(read(number).unwrap().unwrap().to_string(), read_as, "{number}");
        }
    }

    #[test]
    fn zero_has_no_sign() {
        let mut zero = Decimal::new(0, 2);
        zero.set_sign_negative(true);
        assert_eq!(zero.to_datum(), Datum::Decimal("0.00".into()));
        assert_eq!(read("-0.00").unwrap().unwrap().to_string(), "0.00");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for number in [
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            "1.00000000000000000000000000001",
            "NaN",
            "1e5",
            "",
            "x",
        ] {
            assert_eq!(read(number).unwrap_err().kind(), ErrorKind::Decode, "{number:?}");
        }
        assert_eq!(
            read("0.00000000000000000000000000001").unwrap_err().to_string(),
            "read column 1 of the result: the number has more digits than `Decimal` can hold"
        );
        assert!(Decimal::read(&Data(&[Datum::Float(1.5)]), 0).is_err(), "never through a float");
    }

    #[test]
    fn integers_are_decimals() {
        assert_eq!(Decimal::read(&Data(&[Datum::Int(i64::MIN)]), 0).unwrap(), Some(i64::MIN.into()));
        assert_eq!(Decimal::read(&Data(&[Datum::UInt(u64::MAX)]), 0).unwrap(), Some(u64::MAX.into()));
        assert_eq!(Decimal::read(&Data(&[Datum::Null]), 0).unwrap(), None);
    }
}
