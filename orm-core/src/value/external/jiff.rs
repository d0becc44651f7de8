//! The types of `jiff`, behind the feature `jiff`.
//!
//! | type | column |
//! |---|---|
//! | `civil::Date` | [`Type::Date`] |
//! | `civil::Time` | [`Type::Time`] |
//! | `civil::DateTime` | [`Type::DateTime`]: a clock on the wall |
//! | `Timestamp` | [`Type::Timestamp`]: a point in time |
//!
//! `Zoned` is no column: no database here keeps the zone. Store its `Timestamp`, and the zone's name in a column of its own.
//! `Timestamp` ends at 9999-12-30 22:00:00.999999 UTC, so that every zone can show it; what is later is a `Decode` error.
//! Nanoseconds are refused: `jiff::Timestamp::now()` has them, so round it to `Unit::Microsecond`.
//!
//! ```
//! use jiff::{Timestamp, Unit, civil};
//! use orm_core::{Data, Datum, Value};
//!
//! let day = civil::date(2024, 2, 29);
//! assert_eq!(civil::Date::read(&Data(&[day.to_datum()]), 0)?, Some(day));
//!
//! let now: Timestamp = "2024-02-29T12:00:00.123456789Z".parse()?;
//! assert!(matches!(now.to_datum(), Datum::Invalid(_)));
//! assert_eq!(now.round(Unit::Microsecond)?.to_datum(), Datum::Timestamp(1_709_208_000_123_457));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::calendar;
use crate::error::Result;
use crate::row::Row;
use crate::value::{Datum, Key, Type, Value, text};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

const SECONDS_OF_DAY: i64 = 86_400;
const NANOSECONDS: i128 = 1_000_000_000;

/// Days since 1970-01-01; `None` outside the years 1 to 9999.
fn days_of(date: Date) -> Option<i32> {
    text::days_from_civil(i32::from(date.year()), date.month().unsigned_abs().into(), date.day().unsigned_abs().into())
        .ok()
}

/// Seconds since midnight, and nanoseconds.
fn clock_of(time: Time) -> (u32, u32) {
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(|part| u32::from(part.unsigned_abs()));
    (hour * 3600 + minute * 60 + second, time.subsec_nanosecond().unsigned_abs())
}

fn date(days: i32) -> Option<Date> {
    let (year, month, day) = text::civil_from_days(days);
    Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()
}

fn time(time: i64) -> Option<Time> {
    let (hour, minute, second, microsecond) = text::clock_from_time(time);
    Time::new(hour as i8, minute as i8, second as i8, microsecond as i32 * 1000).ok()
}

/// A day.
impl Value for Date {
    const TYPE: Type = Type::Date;
    fn to_datum(&self) -> Datum<'_> {
        calendar::date(days_of(*self))
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
        let (second_of_day, nanosecond) = clock_of(*self);
        calendar::time(second_of_day, nanosecond)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_time(row, at, time)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A date and time on the wall, in microseconds.
impl Value for DateTime {
    const TYPE: Type = Type::DateTime;
    fn to_datum(&self) -> Datum<'_> {
        match days_of(self.date()) {
            Some(days) => {
                let (second_of_day, nanosecond) = clock_of(self.time());
                calendar::datetime(i64::from(days) * SECONDS_OF_DAY + i64::from(second_of_day), nanosecond)
            }
            None => calendar::date(None),
        }
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_datetime(row, at, |datetime| {
            let (days, time_of_day) = text::split_datetime(datetime);
            Some(DateTime::from_parts(date(days)?, time(time_of_day)?))
        })
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// A point in time, in microseconds.
impl Value for Timestamp {
    const TYPE: Type = Type::Timestamp;
    fn to_datum(&self) -> Datum<'_> {
        // Before 1970 the crate's own parts are negative; these count up from the whole second before.
        let nanoseconds = self.as_nanosecond();
        calendar::timestamp(nanoseconds.div_euclid(NANOSECONDS) as i64, nanoseconds.rem_euclid(NANOSECONDS) as u32)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        calendar::read_timestamp(row, at, |timestamp| Timestamp::from_microsecond(timestamp).ok())
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Key for Date {}
impl Key for Time {}
impl Key for DateTime {}
impl Key for Timestamp {}
