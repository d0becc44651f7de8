//! Days, times and decimals as text, and back: how SQLite stores them and how MySQL's text protocol writes them.
//! Pure arithmetic on the numbers inside [`Datum`](super::Datum); knows no driver and no type of another crate.
//!
//! The calendar is the proleptic Gregorian one, and its years are 1 to 9999: what every database here can hold. Texts have a
//! fixed width, so that they sort as the times they tell.
//!
//! ```
//! use orm_core::value::text;
//!
//! let noon = text::parse_datetime("2024-02-29T12:00:00.5")?;
//! assert_eq!(text::format_datetime(noon)?, "2024-02-29 12:00:00.500000");
//! assert!(text::parse_date("2023-02-29").is_err());
//! # Ok::<(), orm_core::Error>(())
//! ```

use crate::error::{Error, ErrorKind, Result};
use std::borrow::Cow;

/// 0001-01-01 in days since 1970-01-01.
pub const FIRST_DAY: i32 = -719_162;
/// 9999-12-31 in days since 1970-01-01.
pub const LAST_DAY: i32 = 2_932_896;
/// The microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

const SECOND: i64 = 1_000_000;
/// From the first of March of year 0, where a leap day ends its year, to 1970-01-01.
const MARCH_TO_EPOCH: i64 = 719_468;
const DAYS_OF_400_YEARS: i64 = 146_097;
const DAYS_OF_100_YEARS: i64 = 36_524;
const DAYS_OF_4_YEARS: i64 = 1_461;

/// Days since 1970-01-01 of a day of the calendar; a `Decode` error if there is no such day in the years 1 to 9999.
pub fn days_from_civil(year: i32, month: u32, day: u32) -> Result<i32> {
    if !(1..=9999).contains(&year) {
        return Err(Error::decode(format!("the year {year} is not in 1 to 9999")));
    }
    let days_of_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return Err(Error::decode(format!("the month {month} is not in 1 to 12"))),
    };
    if !(1..=days_of_month).contains(&day) {
        return Err(Error::decode(format!(
            "the day {day} is not in 1 to {days_of_month}, the days of {year:04}-{month:02}"
        )));
    }
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = march_year / 4 - march_year / 100 + march_year / 400;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    Ok(365 * march_year + leap_days + day_of_year as i32 - MARCH_TO_EPOCH as i32)
}

/// The year, month and day of any number of days since 1970-01-01.
pub fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = i64::from(days) + MARCH_TO_EPOCH;
    let (cycle, rest) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    // The last century of a cycle, and the last year of four, has one day more than the others.
    let century = (rest / DAYS_OF_100_YEARS).min(3);
    let rest = rest - century * DAYS_OF_100_YEARS;
    let (four, rest) = (rest / DAYS_OF_4_YEARS, rest % DAYS_OF_4_YEARS);
    let one = (rest / 365).min(3);
    let day_of_year = (rest - one * 365) as u32;
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let year = (400 * cycle + 100 * century + 4 * four + one) as i32;
    if march_month < 10 { (year, march_month + 3, day) } else { (year + 1, march_month - 9, day) }
}

/// Microseconds since midnight of a time on the clock; a `Decode` error if no clock shows it: 24:00:00, or a leap second.
pub fn time_from_clock(hour: u32, minute: u32, second: u32, microsecond: u32) -> Result<i64> {
    for (name, value, most) in
        [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59), ("microsecond", microsecond, 999_999)]
    {
        if value > most {
            return Err(Error::decode(format!("the {name} {value} is not in 0 to {most}")));
        }
    }
    Ok(i64::from(hour * 3600 + minute * 60 + second) * SECOND + i64::from(microsecond))
}

/// The hour, minute, second and microsecond of a number of microseconds since midnight; whole days are dropped.
pub fn clock_from_time(time: i64) -> (u32, u32, u32, u32) {
    let time = time.rem_euclid(DAY);
    let (seconds, microsecond) = ((time / SECOND) as u32, (time % SECOND) as u32);
    (seconds / 3600, seconds / 60 % 60, seconds % 60, microsecond)
}

/// Takes microseconds since 1970-01-01 00:00 apart: the day, and the time since its midnight.
pub fn split_datetime(datetime: i64) -> (i32, i64) {
    (datetime.div_euclid(DAY) as i32, datetime.rem_euclid(DAY))
}

/// Microseconds since 1970-01-01 00:00 of a day and a time; the inverse of [`split_datetime`].
pub fn join_datetime(days: i32, time: i64) -> Result<i64> {
    i64::from(days).checked_mul(DAY).and_then(|midnight| midnight.checked_add(time)).ok_or_else(|| out_of_years("day"))
}

/// True for a day of the years 1 to 9999.
pub fn is_day(days: i32) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&days)
}

/// True for microseconds since 1970-01-01 00:00 in the years 1 to 9999.
pub fn is_datetime(datetime: i64) -> bool {
    is_day(split_datetime(datetime).0)
}

/// `YYYY-MM-DD`; an `OutOfRange` error outside the years 1 to 9999.
pub fn format_date(days: i32) -> Result<String> {
    let mut text = String::with_capacity(10);
    push_date(&mut text, days)?;
    Ok(text)
}

/// `HH:MM:SS.ffffff`, always with six digits so that texts sort; an `OutOfRange` error for what is not within a day.
pub fn format_time(time: i64) -> Result<String> {
    let mut text = String::with_capacity(15);
    push_time(&mut text, time)?;
    Ok(text)
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`; an `OutOfRange` error outside the years 1 to 9999.
pub fn format_datetime(datetime: i64) -> Result<String> {
    let (days, time) = split_datetime(datetime);
    let mut text = String::with_capacity(26);
    push_date(&mut text, days)?;
    text.push(' ');
    push_time(&mut text, time)?;
    Ok(text)
}

fn push_date(text: &mut String, days: i32) -> Result<()> {
    if !is_day(days) {
        return Err(out_of_years("day"));
    }
    let (year, month, day) = civil_from_days(days);
    push_digits(text, year as u32, 1000);
    text.push('-');
    push_digits(text, month, 10);
    text.push('-');
    push_digits(text, day, 10);
    Ok(())
}

fn push_time(text: &mut String, time: i64) -> Result<()> {
    if !(0..DAY).contains(&time) {
        return Err(Error::new(ErrorKind::OutOfRange, "the time is not within a day"));
    }
    let (hour, minute, second, microsecond) = clock_from_time(time);
    push_digits(text, hour, 10);
    text.push(':');
    push_digits(text, minute, 10);
    text.push(':');
    push_digits(text, second, 10);
    text.push('.');
    push_digits(text, microsecond, 100_000);
    Ok(())
}

/// Writes as many digits as the highest place has, with leading zeros.
fn push_digits(text: &mut String, value: u32, highest: u32) {
    let mut place = highest;
    while place > 0 {
        text.push(char::from(b'0' + (value / place % 10) as u8));
        place /= 10;
    }
}

#[cold]
fn out_of_years(what: &str) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("the {what} is outside the years 1 to 9999"))
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Result<i32> {
    let mut rest = text.as_bytes();
    let days = take_date(&mut rest)?;
    end(rest, "date").map(|()| days)
}

/// Microseconds since midnight of `HH:MM:SS`, with an optional fraction; seconds may be missing.
///
/// A fraction finer than a microsecond is an error unless its further digits are zeros: nothing is rounded.
pub fn parse_time(text: &str) -> Result<i64> {
    let mut rest = text.as_bytes();
    let time = take_time(&mut rest)?;
    end(rest, "time").map(|()| time)
}

/// Microseconds since 1970-01-01 00:00 of a date, a space or `T`, and a time. A date alone is its midnight, as in SQL.
///
/// An offset is an error: a clock on the wall has none. See [`parse_timestamp`].
pub fn parse_datetime(text: &str) -> Result<i64> {
    let mut rest = text.as_bytes();
    let datetime = take_datetime(&mut rest)?;
    end(rest, "date and time").map(|()| datetime)
}

/// Microseconds since 1970-01-01 00:00 UTC of a date and time, with an optional offset, `Z` or `+HH:MM`. Without one it is
/// UTC already.
pub fn parse_timestamp(text: &str) -> Result<i64> {
    let mut rest = text.as_bytes();
    let local = take_datetime(&mut rest)?;
    let timestamp = local - take_offset(&mut rest)?;
    end(rest, "date and time")?;
    // An offset can lead out of the years; the arithmetic itself cannot overflow there.
    if is_datetime(timestamp) { Ok(timestamp) } else { Err(out_of_years("timestamp").with_kind(ErrorKind::Decode)) }
}

fn take_date(rest: &mut &[u8]) -> Result<i32> {
    let shape = || shape("YYYY-MM-DD");
    let year = take_number(rest, 4).ok_or_else(shape)?;
    take(rest, b"-").ok_or_else(shape)?;
    let month = take_number(rest, 2).ok_or_else(shape)?;
    take(rest, b"-").ok_or_else(shape)?;
    let day = take_number(rest, 2).ok_or_else(shape)?;
    days_from_civil(year as i32, month, day)
}

fn take_time(rest: &mut &[u8]) -> Result<i64> {
    let shape = || shape("HH:MM:SS.ffffff");
    let hour = take_number(rest, 2).ok_or_else(shape)?;
    take(rest, b":").ok_or_else(shape)?;
    let minute = take_number(rest, 2).ok_or_else(shape)?;
    let (mut second, mut microsecond) = (0, 0);
    if take(rest, b":").is_some() {
        second = take_number(rest, 2).ok_or_else(shape)?;
        if take(rest, b".").is_some() {
            microsecond = take_fraction(rest)?;
        }
    }
    time_from_clock(hour, minute, second, microsecond)
}

fn take_datetime(rest: &mut &[u8]) -> Result<i64> {
    let days = take_date(rest)?;
    let time = if take(rest, b" Tt").is_some() { take_time(rest)? } else { 0 };
    join_datetime(days, time)
}

/// The microseconds to take away to get UTC.
fn take_offset(rest: &mut &[u8]) -> Result<i64> {
    let shape = || Error::decode("the text ends in an offset that is neither Z nor +HH:MM");
    if take(rest, b"Zz").is_some() {
        return Ok(0);
    }
    let sign = match take(rest, b"+-") {
        Some(b'-') => -1,
        Some(_) => 1,
        None => return Ok(0),
    };
    let hour = take_number(rest, 2).ok_or_else(shape)?;
    let minute = if rest.is_empty() {
        0 // PostgreSQL writes whole hours as +02.
    } else {
        take(rest, b":");
        take_number(rest, 2).ok_or_else(shape)?
    };
    Ok(sign * time_from_clock(hour, minute, 0, 0)?)
}

/// One to six digits as microseconds, then zeros only.
fn take_fraction(rest: &mut &[u8]) -> Result<u32> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return Err(shape("HH:MM:SS.ffffff"));
    }
    let (fraction, after) = rest.split_at(digits);
    *rest = after;
    let (kept, finer) = fraction.split_at(digits.min(6));
    if finer.iter().any(|&digit| digit != b'0') {
        return Err(Error::decode("the time is finer than a microsecond"));
    }
    let value = kept.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Ok(value * 10_u32.pow(6 - kept.len() as u32))
}

/// A number of exactly so many digits.
fn take_number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (number, after) = rest.split_at_checked(digits)?;
    if !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    *rest = after;
    Some(number.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

/// One of these bytes.
fn take(rest: &mut &[u8], any_of: &[u8]) -> Option<u8> {
    let (&first, after) = rest.split_first()?;
    if !any_of.contains(&first) {
        return None;
    }
    *rest = after;
    Some(first)
}

fn end(rest: &[u8], what: &str) -> Result<()> {
    if rest.is_empty() { Ok(()) } else { Err(Error::decode(format!("the text goes on after the {what}"))) }
}

/// The text itself is not told: what is not a date may be anything, a secret too.
#[cold]
fn shape(expected: &str) -> Error {
    Error::decode(format!("the text does not have the form {expected}"))
}

/// A decimal as [`Datum::Decimal`](super::Datum::Decimal) has it: an optional `-`, digits, optionally `.` and digits.
///
/// Drops a `+`, leading zeros, and the sign of zero; keeps trailing zeros, which tell the scale. An exponent, `NaN`, spaces
/// and everything else are a `Decode` error. Borrows the text where it is in order already.
///
/// ```
/// use orm_core::value::text::normalize_decimal;
///
/// assert_eq!(normalize_decimal("+007.50")?, "7.50");
/// assert!(normalize_decimal("1e5").is_err());
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn normalize_decimal(text: &str) -> Result<Cow<'_, str>> {
    let (negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (integer, fraction) = match number.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (number, None),
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(integer) || !fraction.is_none_or(is_number) {
        return Err(Error::decode(
            "the text is not a decimal number: digits, with a sign before and a point within them",
        ));
    }
    let zeros = integer.len() - integer.trim_start_matches('0').len();
    // One zero stays before the point.
    let number = &number[zeros.min(integer.len() - 1)..];
    let is_zero = number.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if !negative || is_zero {
        return Ok(Cow::Borrowed(number));
    }
    Ok(if number.len() + 1 == text.len() { Cow::Borrowed(text) } else { Cow::Owned(format!("-{number}")) })
}

/// The shortest decimal that names this float; a `Decode` error for an infinity and NaN.
pub fn decimal_from_double(value: f64) -> Result<String> {
    if !value.is_finite() {
        return Err(Error::decode("an infinity or NaN is not a decimal number"));
    }
    // Display writes no exponent, and `+ 0.0` drops the sign of zero.
    Ok(format!("{}", value + 0.0))
}

/// How many digits a normalized decimal needs before and after the point: what DECIMAL(p, s) must offer for it to be exact.
/// Leading and trailing zeros need none.
pub fn decimal_scale(text: &str) -> (usize, usize) {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
    (integer.trim_start_matches('0').len(), fraction.trim_end_matches('0').len())
}

#[cfg(test)]
mod tests;
