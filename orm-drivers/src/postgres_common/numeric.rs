//! PostgreSQL's binary `numeric`, to and from text and numbers, exactly. Knows nothing of statements and rows.
//!
//! The form is four 16-bit numbers (count of digits, weight of the first, sign, scale) and then the digits, in base 10 000:
//! `numeric_send` in <https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c>. The first digit
//! stands for itself times 10 000 to the power of the weight; zeros at either end are left out.

use postgres_types::private::BytesMut;
use std::fmt::{self, Write};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITE: u16 = 0xD000;
const NEGATIVE_INFINITE: u16 = 0xF000;

/// The most digits before and after the point that the server takes.
const INTEGER_DIGITS_MAX: usize = 131_072;
const SCALE_MAX: usize = 16_383;

/// Why a text is no `numeric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNumeric {
    /// Not an optional `-`, digits, and optionally a point and digits.
    Malformed,
    /// More digits than the server takes.
    TooLong,
}

/// Writes a decimal text in the binary form, keeping its scale.
pub(crate) fn encode(text: &str, out: &mut BytesMut) -> Result<(), NotNumeric> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (0, text),
    };
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let point_without_digits = fraction.is_empty() && digits.ends_with('.');
    if !only_digits(integer) || !only_digits(fraction) || integer.is_empty() || point_without_digits {
        return Err(NotNumeric::Malformed);
    }
    let integer = integer.trim_start_matches('0');
    if integer.len() > INTEGER_DIGITS_MAX || fraction.len() > SCALE_MAX {
        return Err(NotNumeric::TooLong);
    }
    let groups = Groups { integer: integer.as_bytes(), fraction: fraction.as_bytes() };
    let count = groups.len();
    let first = (0..count).find(|&at| groups.get(at) != 0);
    let (first, last, sign) = match first {
        Some(first) => (first, (first..count).rfind(|&at| groups.get(at) != 0).unwrap_or(first) + 1, sign),
        None => (0, 0, 0),
    };
    let weight = if last == 0 { 0 } else { groups.before_point() as i32 - 1 - first as i32 };
    // The limits above keep all of these within 16 bits.
    put(out, (last - first) as u16);
    put(out, weight as i16 as u16);
    put(out, sign);
    put(out, fraction.len() as u16);
    (first..last).for_each(|at| put(out, groups.get(at)));
    Ok(())
}

/// Writes an integer in the binary form.
pub(crate) fn encode_integer(value: i128, out: &mut BytesMut) {
    let mut text = Short::default();
    let written = write!(text, "{value}").is_ok() && encode(text.as_str(), out).is_ok();
    debug_assert!(written, "an integer of 128 bits has at most 40 characters and is a decimal");
}

/// Writes a float as the shortest decimal that reads back as the same float.
pub(crate) fn encode_float(value: f64, out: &mut BytesMut) -> Result<(), NotNumeric> {
    let sign = match value {
        value if value.is_nan() => NAN,
        f64::INFINITY => INFINITE,
        f64::NEG_INFINITY => NEGATIVE_INFINITE,
        finite => return encode(&finite.to_string(), out),
    };
    [0, 0, sign, 0].into_iter().for_each(|part| put(out, part));
    Ok(())
}

fn put(out: &mut BytesMut, part: u16) {
    out.extend_from_slice(&part.to_be_bytes());
}

/// Decimal digits seen in groups of four, counted from the point to both sides.
struct Groups<'t> {
    integer: &'t [u8],
    fraction: &'t [u8],
}

impl Groups<'_> {
    fn before_point(&self) -> usize {
        self.integer.len().div_ceil(4)
    }

    fn len(&self) -> usize {
        self.before_point() + self.fraction.len().div_ceil(4)
    }

    fn get(&self, at: usize) -> u16 {
        let value = |digits: &[u8]| digits.iter().fold(0, |value, digit| value * 10 + u16::from(digit - b'0'));
        match at.checked_sub(self.before_point()) {
            None => {
                let end = self.integer.len() - 4 * (self.before_point() - 1 - at);
                value(&self.integer[end.saturating_sub(4)..end])
            }
            Some(after) => {
                let digits = &self.fraction[4 * after..self.fraction.len().min(4 * after + 4)];
                value(digits) * 10_u16.pow(4 - digits.len() as u32)
            }
        }
    }
}

/// A `numeric` as it lies in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numeric<'r> {
    weight: i32,
    sign: u16,
    scale: usize,
    digits: &'r [[u8; 2]],
}

impl<'r> Numeric<'r> {
    /// Looks at the binary form; `None` where it is not one.
    pub(crate) fn parse(raw: &'r [u8]) -> Option<Numeric<'r>> {
        let (parts, rest) = raw.as_chunks::<2>();
        let [count, weight, sign, scale, digits @ ..] = parts else { return None };
        let number = |part: &[u8; 2]| u16::from_be_bytes(*part);
        if !rest.is_empty() || digits.len() != usize::from(number(count)) {
            return None;
        }
        let weight = i32::from(i16::from_be_bytes(*weight));
        Some(Numeric { weight, sign: number(sign), scale: usize::from(number(scale)), digits })
    }

    /// False for NaN and the infinities.
    pub(crate) fn is_finite(&self) -> bool {
        matches!(self.sign, 0 | NEGATIVE)
    }

    /// The integer, where it is one and fits.
    pub(crate) fn integer(&self) -> Option<i128> {
        let fraction_at = usize::try_from(self.weight + 1).unwrap_or(0);
        let has_fraction = self.digits.iter().skip(fraction_at).any(|digit| *digit != [0, 0]);
        if !self.is_finite() || has_fraction {
            return None;
        }
        let mut value: i128 = 0;
        if !self.digits.is_empty() {
            for at in 0..=self.weight {
                value = value.checked_mul(10_000)?.checked_add(i128::from(self.digit(at)))?;
            }
        }
        Some(if self.sign == NEGATIVE { -value } else { value })
    }

    /// The nearest float.
    pub(crate) fn double(&self) -> Option<f64> {
        match self.sign {
            NAN => return Some(f64::NAN),
            INFINITE => return Some(f64::INFINITY),
            NEGATIVE_INFINITE => return Some(f64::NEG_INFINITY),
            _ => {}
        }
        let mut short = Short::default();
        match self.write_text(&mut short) {
            Ok(()) => short.as_str().parse().ok(),
            Err(fmt::Error) => self.text()?.parse().ok(),
        }
    }

    /// The decimal text with all digits of its scale; `None` for NaN and the infinities.
    pub(crate) fn text(&self) -> Option<String> {
        let mut text = String::new();
        (self.is_finite() && self.write_text(&mut text).is_ok()).then_some(text)
    }

    /// The digit at a position from the first; zeros are not stored.
    fn digit(&self, at: i32) -> u16 {
        let stored = usize::try_from(at).ok().and_then(|at| self.digits.get(at));
        stored.map_or(0, |digit| u16::from_be_bytes(*digit))
    }

    fn write_text(&self, out: &mut impl Write) -> fmt::Result {
        if self.sign == NEGATIVE {
            out.write_char('-')?;
        }
        write!(out, "{}", if self.weight < 0 { 0 } else { self.digit(0) })?;
        for at in 1..=self.weight {
            write!(out, "{:04}", self.digit(at))?;
        }
        if self.scale > 0 {
            out.write_char('.')?;
        }
        // Negative while the digits right after the point are zeros that are not stored.
        let (mut left, mut at) = (self.scale, self.weight + 1);
        while left > 0 {
            let digit = self.digit(at);
            let shown = left.min(4);
            write!(out, "{:0shown$}", digit / 10_u16.pow(4 - shown as u32))?;
            left -= shown;
            at += 1;
        }
        Ok(())
    }
}

/// A short text without an allocation; full is an error.
struct Short {
    bytes: [u8; 64],
    len: usize,
}

impl Default for Short {
    fn default() -> Self {
        Short { bytes: [0; 64], len: 0 }
    }
}

impl Short {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> BytesMut {
        let mut out = BytesMut::new();
        encode(text, &mut out).unwrap();
        out
    }

    #[test]
    fn writes_what_the_server_sends() {
        // SELECT encode(numeric_send(x), 'hex') of PostgreSQL 15
        for (text, expected) in [
            ("0", "0000000000000000"),
            ("0.00", "0000000000000002"),
            ("1", "00010000000000000001"),
            ("-1.5", "000200004000000100011388"),
            ("10000", "00010001000000000001"),
            ("12345.678", "0003000100000003000109291a7c"),
            ("0.0001", "0001ffff000000040001"),
            ("0.00001", "0001fffe0000000503e8"),
        ] {
            let hex: String = encoded(text).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected, "{text}");
        }
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let long = format!("{}.{}", "9876543210".repeat(20), "0123456789".repeat(20));
        for text in [
            "0",
            "0.0",
            "0.000000000",
            "1",
            "-1",
            "42",
            "9999",
            "10000",
            "100000000",
            "1.0",
            "1.10",
            "-0.5",
            "0.05",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "0.0000000000000000000000000001",
            "-7.9228162514264337593543950335",
            "12345678901234567890123456789012345678901234567890.1234567890123456789",
            "0.00000000000000000000000000000000000000000000000000000000001",
            "1000000000000000000000000000000",
            &long,
        ] {
            let raw = encoded(text);
            assert_eq!(Numeric::parse(&raw).unwrap().text().as_deref(), Some(text));
        }
        for (text, normal) in [("007", "7"), ("-0", "0"), ("-0.00", "0.00"), ("00.50", "0.50")] {
            let raw = encoded(text);
            assert_eq!(Numeric::parse(&raw).unwrap().text().as_deref(), Some(normal));
        }
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        let mut out = BytesMut::new();
        for text in ["", "-", ".", "1.", ".5", "+1", "1e3", "1,5", " 1", "1 ", "--1", "1.2.3", "NaN", "٣"] {
            assert_eq!(encode(text, &mut out), Err(NotNumeric::Malformed), "{text:?}");
        }
        assert_eq!(encode(&"9".repeat(131_073), &mut out), Err(NotNumeric::TooLong));
        assert_eq!(encode(&format!("0.{}", "1".repeat(16_384)), &mut out), Err(NotNumeric::TooLong));
        assert!(out.is_empty());
        encode(&"9".repeat(131_072), &mut out).unwrap();
    }

    #[test]
    fn reads_as_integers_and_floats() {
        for (text, integer, double) in [
            ("0", Some(0), 0.0),
            ("0.00", Some(0), 0.0),
            ("10000", Some(10_000), 1e4),
            ("-170141183460469231731687303715884105727", Some(-i128::MAX), -(i128::MAX as f64)),
            ("1700000000000000000000000000000000000000", None, 1.7e39),
            ("5.0", Some(5), 5.0),
            ("5.5", None, 5.5),
            ("0.00001", None, 1e-5),
        ] {
            let raw = encoded(text);
            let numeric = Numeric::parse(&raw).unwrap();
            assert_eq!((numeric.integer(), numeric.double()), (integer, Some(double)), "{text}");
        }
        let long = encoded(&format!("0.{}1", "0".repeat(200)));
        assert_eq!(Numeric::parse(&long).unwrap().double(), Some(1e-201));
    }

    #[test]
    fn knows_what_is_not_finite() {
        for (value, check) in
            [(f64::NAN, f64::is_nan as fn(f64) -> bool), (f64::NEG_INFINITY, |v| v == f64::NEG_INFINITY)]
        {
            let mut out = BytesMut::new();
            encode_float(value, &mut out).unwrap();
            let numeric = Numeric::parse(&out).unwrap();
            assert!(check(numeric.double().unwrap()) && numeric.text().is_none() && numeric.integer().is_none());
        }
    }

    #[test]
    fn writes_floats_and_integers_exactly() {
        for value in [0.1, -2.5, 1e22, 5e-324, f64::MAX, -0.0] {
            let mut out = BytesMut::new();
            encode_float(value, &mut out).unwrap();
            assert_eq!(Numeric::parse(&out).unwrap().double(), Some(value));
        }
        for value in [0, i128::from(u64::MAX), i128::MIN, i128::MAX] {
            let mut out = BytesMut::new();
            encode_integer(value, &mut out);
            assert_eq!(Numeric::parse(&out).unwrap().text(), Some(value.to_string()));
        }
    }

    #[test]
    fn damaged_bytes_are_no_numeric() {
        let raw = encoded("123.45");
        for cut in 0..raw.len() {
            assert!(Numeric::parse(&raw[..cut]).is_none());
        }
    }
}
