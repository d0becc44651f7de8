//! The types of `chrono`, behind the feature `chrono`.
//!
//! | type | column |
//! |---|---|
//! | `NaiveDate` | [`Type::Date`] |
//! | `NaiveTime` | [`Type::Time`] |
//! | `NaiveDateTime` | [`Type::DateTime`]: a clock on the wall |
//! | `DateTime<Utc>` | [`Type::Timestamp`]: a point in time |
//!
//! `DateTime<FixedOffset>` and `DateTime<Local>` are no columns: no database here keeps an offset. Store `DateTime<Utc>`, and
//! the offset or the zone's name in a column of its own where it matters. Nanoseconds and leap seconds are refused.
//!
//! ```
//! use chrono::{DateTime, NaiveDate, Timelike, Utc};
//! use orm_core::{Data, Datum, Value};
//!
//! let day = NaiveDate::from_ymd_opt(2024, 2, 29).ok_or("no such day")?;
//! assert_eq!(NaiveDate::read(&Data(&[day.to_datum()]), 0)?, Some(day));
//!
//! let now: DateTime<Utc> = "2024-02-29T12:00:00.123456789Z".parse()?;
//! assert!(matches!(now.to_datum(), Datum::Invalid(_))); // nanoseconds: never rounded silently
//! let now = now.with_nanosecond(now.nanosecond() / 1000 * 1000).ok_or("no such time")?;
//! assert_eq!(now.to_datum(), Datum::Timestamp(1_709_208_000_123_456));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::calendar;
use crate::error::Result;
use crate::row::Row;
use crate::value::{Datum, Key, Type, Value};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

/// A day.
impl Value for NaiveDate {
    const TYPE: Type = Type::Date;
    fn to_datum(&self) -> Datum<'_> {
        calendar::date(Some(self.to_epoch_days()))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_date(row, at, NaiveDate::from_epoch_days)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A time of day, in microseconds.
impl Value for NaiveTime {
    const TYPE: Type = Type::Time;
    fn to_datum(&self) -> Datum<'_> {
        calendar::time(self.num_seconds_from_midnight(), self.nanosecond())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_time(row, at, |time| {
            let (seconds, microseconds) = (time / 1_000_000, time % 1_000_000);
            NaiveTime::from_num_seconds_from_midnight_opt(seconds as u32, microseconds as u32 * 1000)
        })
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A date and time on the wall, in microseconds.
impl Value for NaiveDateTime {
    const TYPE: Type = Type::DateTime;
    fn to_datum(&self) -> Datum<'_> {
        calendar::datetime(self.and_utc().timestamp(), self.nanosecond())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_datetime(row, at, |datetime| {
            DateTime::from_timestamp_micros(datetime).map(|datetime| datetime.naive_utc())
        })
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A point in time, in microseconds.
impl Value for DateTime<Utc> {
    const TYPE: Type = Type::Timestamp;
    fn to_datum(&self) -> Datum<'_> {
        calendar::timestamp(self.timestamp(), self.timestamp_subsec_nanos())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_timestamp(row, at, DateTime::from_timestamp_micros)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Key for NaiveDate {}
impl Key for NaiveTime {}
impl Key for NaiveDateTime {}
impl Key for DateTime<Utc> {}
