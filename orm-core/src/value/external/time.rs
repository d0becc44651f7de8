//! The types of `time`, behind the feature `time`.
//!
//! | type | column |
//! |---|---|
//! | `Date` | [`Type::Date`] |
//! | `Time` | [`Type::Time`] |
//! | `PlainDateTime`, alias `PrimitiveDateTime` | [`Type::DateTime`]: a clock on the wall |
//! | `UtcDateTime` | [`Type::Timestamp`]: a point in time |
//! | `OffsetDateTime` | [`Type::Timestamp`]; **the offset is not kept** |
//!
//! An `OffsetDateTime` is stored as the instant that it denotes and read back in UTC; the two are equal, since the crate
//! compares instants. `Time` is an ambiguous name beside a `use time::Time`: write `time::Time` in models. Nanoseconds are
//! refused.
//!
//! ```
//! use orm_core::{Data, Datum, Value};
//! use time::{Date, Month, OffsetDateTime, UtcOffset};
//!
//! let day = Date::from_calendar_date(2024, Month::February, 29)?;
//! assert_eq!(Date::read(&Data(&[day.to_datum()]), 0)?, Some(day));
//!
//! let vienna = OffsetDateTime::from_unix_timestamp(1_709_208_000)?.to_offset(UtcOffset::from_hms(1, 0, 0)?);
//! assert_eq!(vienna.to_datum(), Datum::Timestamp(1_709_208_000_000_000));
//! let read = OffsetDateTime::read(&Data(&[vienna.to_datum()]), 0)?.ok_or("NULL")?;
//! assert_eq!(read, vienna); // the same instant
//! assert_eq!(read.offset(), UtcOffset::UTC); // but in UTC
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::calendar;
use crate::error::Result;
use crate::row::Row;
use crate::value::{Datum, Key, Type, Value, text};
use time::{Date, OffsetDateTime, PlainDateTime, Time, UtcDateTime};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

fn date(days: i32) -> Option<Date> {
    Date::from_julian_day(days.checked_add(EPOCH)?).ok()
}

fn time(time: i64) -> Option<Time> {
    let (hour, minute, second, microsecond) = text::clock_from_time(time);
    Time::from_hms_micro(hour as u8, minute as u8, second as u8, microsecond).ok()
}

fn utc(timestamp: i64) -> Option<UtcDateTime> {
    UtcDateTime::from_unix_timestamp_nanos(i128::from(timestamp) * 1000).ok()
}

/// A day.
impl Value for Date {
    const TYPE: Type = Type::Date;
    fn to_datum(&self) -> Datum<'_> {
        calendar::date(self.to_julian_day().checked_sub(EPOCH))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_date(row, at, date)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A time of day, in microseconds.
impl Value for Time {
    const TYPE: Type = Type::Time;
    fn to_datum(&self) -> Datum<'_> {
        let (hour, minute, second, nanosecond) = self.as_hms_nano();
        calendar::time(u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second), nanosecond)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_time(row, at, time)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A date and time on the wall, in microseconds.
impl Value for PlainDateTime {
    const TYPE: Type = Type::DateTime;
    fn to_datum(&self) -> Datum<'_> {
        calendar::datetime(self.assume_utc().unix_timestamp(), self.nanosecond())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_datetime(row, at, |datetime| {
            let (days, time_of_day) = text::split_datetime(datetime);
            Some(PlainDateTime::new(date(days)?, time(time_of_day)?))
        })
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A point in time, in microseconds.
impl Value for UtcDateTime {
    const TYPE: Type = Type::Timestamp;
    fn to_datum(&self) -> Datum<'_> {
        calendar::timestamp(self.unix_timestamp(), self.nanosecond())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_timestamp(row, at, utc)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A point in time, in microseconds. The offset is not kept: what is read is in UTC.
impl Value for OffsetDateTime {
    const TYPE: Type = Type::Timestamp;
    fn to_datum(&self) -> Datum<'_> {
        calendar::timestamp(self.unix_timestamp(), self.nanosecond())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_timestamp(row, at, |timestamp| utc(timestamp).map(OffsetDateTime::from))
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Key for Date {}
impl Key for Time {}
impl Key for PlainDateTime {}
impl Key for UtcDateTime {}
impl Key for OffsetDateTime {}
