//! Days and times on their way between the date crates and `Datum`, with the limits that all databases keep: years 1 to
//! 9999, microseconds, no leap second. Knows none of the crates.

use crate::error::{Error, Result};
use crate::row::Row;
use crate::value::{Datum, Type, text};

const FINER: &str = "a time finer than a microsecond cannot be stored; round it first";
const LEAP: &str = "a leap second cannot be stored";
const YEARS: &str = "only the years 1 to 9999 can be stored";
const NANOSECONDS: i64 = 1_000_000_000;

/// A day, if the databases know it.
pub(super) fn date(days: Option<i32>) -> Datum<'static> {
    match days {
        Some(days) if text::is_day(days) => Datum::Date(days),
        _ => Datum::Invalid(YEARS),
    }
}

/// A time of day.
pub(super) fn time(second_of_day: u32, nanosecond: u32) -> Datum<'static> {
    match microseconds(i64::from(second_of_day), nanosecond) {
        Ok(time) => Datum::Time(time),
        Err(reason) => Datum::Invalid(reason),
    }
}

/// A date and time on the wall, by the seconds since 1970-01-01 00:00.
pub(super) fn datetime(seconds: i64, nanosecond: u32) -> Datum<'static> {
    match moment(seconds, nanosecond) {
        Ok(datetime) => Datum::DateTime(datetime),
        Err(reason) => Datum::Invalid(reason),
    }
}

/// A point in time, by the seconds since 1970-01-01 00:00 UTC.
pub(super) fn timestamp(seconds: i64, nanosecond: u32) -> Datum<'static> {
    match moment(seconds, nanosecond) {
        Ok(timestamp) => Datum::Timestamp(timestamp),
        Err(reason) => Datum::Invalid(reason),
    }
}

fn moment(seconds: i64, nanosecond: u32) -> std::result::Result<i64, &'static str> {
    let moment = microseconds(seconds, nanosecond)?;
    if text::is_datetime(moment) { Ok(moment) } else { Err(YEARS) }
}

fn microseconds(seconds: i64, nanosecond: u32) -> std::result::Result<i64, &'static str> {
    let nanosecond = i64::from(nanosecond);
    // This is how chrono tells a leap second.
    if nanosecond >= NANOSECONDS {
        return Err(LEAP);
    }
    if nanosecond % 1000 != 0 {
        return Err(FINER);
    }
    seconds.checked_mul(1_000_000).and_then(|whole| whole.checked_add(nanosecond / 1000)).ok_or(YEARS)
}

/// Reads a day and hands it to the crate's constructor.
pub(super) fn read_date<T>(row: &dyn Row, at: usize, make: impl FnOnce(i32) -> Option<T>) -> Result<Option<T>> {
    match row.value(at, &Type::Date)? {
        Datum::Null => Ok(None),
        Datum::Date(days) if text::is_day(days) => held(make(days), at),
        Datum::Date(_) => Err(outside("the years 1 to 9999", at)),
        other => Err(other.unexpected("a date", at)),
    }
}

/// Reads a time, in microseconds since midnight.
pub(super) fn read_time<T>(row: &dyn Row, at: usize, make: impl FnOnce(i64) -> Option<T>) -> Result<Option<T>> {
    match row.value(at, &Type::Time)? {
        Datum::Null => Ok(None),
        Datum::Time(time) if (0..text::DAY).contains(&time) => held(make(time), at),
        // PostgreSQL has a time 24:00:00, and MySQL's TIME is an interval of up to 838 hours.
        Datum::Time(_) => Err(outside("the times of a day, 00:00 to 24:00", at)),
        other => Err(other.unexpected("a time of day", at)),
    }
}

/// Reads a date and time, in microseconds since 1970-01-01 00:00.
pub(super) fn read_datetime<T>(row: &dyn Row, at: usize, make: impl FnOnce(i64) -> Option<T>) -> Result<Option<T>> {
    match row.value(at, &Type::DateTime)? {
        Datum::Null => Ok(None),
        Datum::DateTime(datetime) if text::is_datetime(datetime) => held(make(datetime), at),
        Datum::DateTime(_) => Err(outside("the years 1 to 9999", at)),
        other => Err(other.unexpected("a date and time", at)),
    }
}

/// Reads a point in time, in microseconds since 1970-01-01 00:00 UTC.
pub(super) fn read_timestamp<T>(row: &dyn Row, at: usize, make: impl FnOnce(i64) -> Option<T>) -> Result<Option<T>> {
    match row.value(at, &Type::Timestamp)? {
        Datum::Null => Ok(None),
        Datum::Timestamp(timestamp) if text::is_datetime(timestamp) => held(make(timestamp), at),
        Datum::Timestamp(_) => Err(outside("the years 1 to 9999", at)),
        other => Err(other.unexpected("a timestamp", at)),
    }
}

/// The range of the crate's type may be smaller than that of the databases.
fn held<T>(value: Option<T>, at: usize) -> Result<Option<T>> {
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(outside(&format!("the range of `{}`", crate::value::short_name::<T>()), at)),
    }
}

#[cold]
fn outside(range: &str, at: usize) -> Error {
    Error::decode(format!("column {} of the result is outside {range}", at + 1))
}
