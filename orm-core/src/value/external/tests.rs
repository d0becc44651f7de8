//! Tests of the calendar types of the three crates: extremes, refusals, and round trips of random values.

use crate::error::ErrorKind;
use crate::row::{Data, RowReader};
use crate::value::text::{self, DAY, FIRST_DAY, LAST_DAY};
use crate::value::{self, Datum, Type, Value};
use std::fmt::Debug;

const EARLIEST: i64 = FIRST_DAY as i64 * DAY;
const LATEST: i64 = (LAST_DAY as i64 + 1) * DAY - 1;

/// Numbers that are the same in every run: an xorshift generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn within(&mut self, first: i64, last: i64) -> i64 {
        let span = (i128::from(last) - i128::from(first) + 1) as u64;
        (i128::from(first) + i128::from(self.next() % span)) as i64
    }
}

/// The values of a type that every test wants, and many more.
fn data_of(ty: Type) -> Vec<Datum<'static>> {
    let mut random = Random(0x0123_4567_89ab_cdef);
    let mut numbers = |special: &[i64], first: i64, last: i64| {
        let mut all = special.to_vec();
        all.extend((0..5_000).map(|_| random.within(first, last)));
        all
    };
    let moments = [EARLIEST, EARLIEST + 1, LATEST - 1, LATEST, -DAY, -1_000_001, -1_000_000, -1, 0, 1, DAY - 1, DAY];
    match ty {
        Type::Date => {
            let (first, last) = (i64::from(FIRST_DAY), i64::from(LAST_DAY));
            let days = numbers(&[first, first + 1, -1, 0, 1, 11_016, last - 1, last], first, last);
            days.into_iter().map(|day| Datum::Date(i32::try_from(day).unwrap())).collect()
        }
        Type::Time => numbers(&[0, 1, 999_999, 1_000_000, DAY - 1], 0, DAY - 1).into_iter().map(Datum::Time).collect(),
        Type::DateTime => numbers(&moments, EARLIEST, LATEST).into_iter().map(Datum::DateTime).collect(),
        Type::Timestamp => numbers(&moments, EARLIEST, LATEST).into_iter().map(Datum::Timestamp).collect(),
        other => panic!("{other:?} is not of the calendar"),
    }
}

/// What is just outside: no crate's type may be made of it.
fn beyond(ty: Type) -> Vec<Datum<'static>> {
    match ty {
        Type::Date => [FIRST_DAY - 1, LAST_DAY + 1, i32::MIN, i32::MAX].map(Datum::Date).into(),
        Type::Time => [-1, DAY, i64::MIN, i64::MAX].map(Datum::Time).into(),
        Type::DateTime => [EARLIEST - 1, LATEST + 1, i64::MIN, i64::MAX].map(Datum::DateTime).into(),
        Type::Timestamp => [EARLIEST - 1, LATEST + 1, i64::MIN, i64::MAX].map(Datum::Timestamp).into(),
        other => panic!("{other:?} is not of the calendar"),
    }
}

/// Reads each datum as `T` and writes it again, and compares `T`'s own text with the one of SQLite where it is the same.
fn check<T: Value + PartialEq + Debug>(own_text: impl Fn(&T) -> String) {
    check_up_to(i64::MAX, own_text);
}

/// The same for a type whose range ends before the year 9999 does.
fn check_up_to<T: Value + PartialEq + Debug>(last: i64, own_text: impl Fn(&T) -> String) {
    for datum in data_of(T::TYPE) {
        if matches!(datum, Datum::Timestamp(timestamp) if timestamp > last) {
            let error = T::read(&Data(&[datum]), 0).unwrap_err();
            assert!(error.to_string().contains("outside the range of"), "{error}");
            continue;
        }
        let row = [datum];
        let value = T::read(&Data(&row), 0).unwrap().unwrap();
        assert_eq!(value.to_datum(), row[0], "{value:?}");
        assert!(value.same(&T::read(&Data(&row), 0).unwrap().unwrap()));
        assert_eq!(own_text(&value), in_sqlite(&row[0]));
        assert_eq!(from_sqlite(T::TYPE, &in_sqlite(&row[0])), row[0]);
    }
    for datum in beyond(T::TYPE) {
        let error = T::read(&Data(&[datum]), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().starts_with("column 1 of the result is outside the "), "{error}");
    }
    assert_eq!(T::read(&Data(&[Datum::Null]), 0).unwrap(), None);
    assert_eq!(RowReader::new(&Data(&[Datum::Null]), 0).next::<Option<T>>().unwrap(), None);
    assert!(<T as value::SqlType>::read(&mut RowReader::new(&Data(&[Datum::Null]), 0)).is_err());
    for other in [Datum::Int(0), Datum::text("2024-01-01"), Datum::Default] {
        let error = T::read(&Data(&[Datum::Null, other]), 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().starts_with("column 2 of the result is not a "), "{error}");
        assert!(!error.to_string().contains("2024"), "the value is not told: {error}");
    }
}

fn in_sqlite(datum: &Datum<'_>) -> String {
    match datum {
        Datum::Date(days) => text::format_date(*days).unwrap(),
        Datum::Time(time) => text::format_time(*time).unwrap(),
        Datum::DateTime(moment) | Datum::Timestamp(moment) => text::format_datetime(*moment).unwrap(),
        other => panic!("{other:?} is not of the calendar"),
    }
}

fn from_sqlite(ty: Type, written: &str) -> Datum<'static> {
    match ty {
        Type::Date => Datum::Date(text::parse_date(written).unwrap()),
        Type::Time => Datum::Time(text::parse_time(written).unwrap()),
        Type::DateTime => Datum::DateTime(text::parse_datetime(written).unwrap()),
        Type::Timestamp => Datum::Timestamp(text::parse_timestamp(written).unwrap()),
        other => panic!("{other:?} is not of the calendar"),
    }
}

fn assert_refused<T: Value + Debug>(value: &T, reason: &str) {
    let Datum::Invalid(found) = value.to_datum() else { panic!("{value:?} is not refused") };
    assert!(found.contains(reason), "{value:?}: {found}");
}

#[cfg(feature = "chrono")]
mod chrono {
    use super::{assert_refused, check};
    use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

    #[test]
    fn round_trips() {
        check::<NaiveDate>(|date| date.format("%Y-%m-%d").to_string());
        check::<NaiveTime>(|time| time.format("%H:%M:%S%.6f").to_string());
        check::<NaiveDateTime>(|datetime| datetime.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
        check::<DateTime<Utc>>(|timestamp| timestamp.format("%Y-%m-%d %H:%M:%S%.6f").to_string());
    }

    #[test]
    fn what_no_database_holds_is_refused() {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
        let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
        let too_early = first.checked_sub_days(Days::new(1)).unwrap();
        let too_late = last.checked_add_days(Days::new(1)).unwrap();
        for day in [too_early, too_late, NaiveDate::MIN, NaiveDate::MAX] {
            assert_refused(&day, "years 1 to 9999");
            assert_refused(&day.and_time(noon), "years 1 to 9999");
            assert_refused(&day.and_time(noon).and_utc(), "years 1 to 9999");
        }
        for nanosecond in [1, 999, 999_999_999] {
            let fine = noon.with_nanosecond(nanosecond).unwrap();
            assert_refused(&fine, "finer than a microsecond");
            assert_refused(&last.and_time(fine), "finer than a microsecond");
            assert_refused(&first.and_time(fine).and_utc(), "finer than a microsecond");
        }
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        assert_refused(&leap, "leap second");
        assert_refused(&last.and_time(leap), "leap second");
        assert_refused(&last.and_time(leap).and_utc(), "leap second");
    }
}

#[cfg(feature = "time")]
mod time {
    use super::{assert_refused, check};
    use crate::value::{Datum, Value};
    use time::{Date, Month, OffsetDateTime, PlainDateTime, Time, UtcDateTime, UtcOffset};

    fn date(date: Date) -> String {
        format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
    }

    fn clock(time: Time) -> String {
        let (hour, minute, second, microsecond) = time.as_hms_micro();
        format!("{hour:02}:{minute:02}:{second:02}.{microsecond:06}")
    }

    #[test]
    fn round_trips() {
        check::<Date>(|value| date(*value));
        check::<Time>(|value| clock(*value));
        check::<PlainDateTime>(|value| format!("{} {}", date(value.date()), clock(value.time())));
        check::<UtcDateTime>(|value| format!("{} {}", date(value.date()), clock(value.time())));
        check::<OffsetDateTime>(|value| {
            assert_eq!(value.offset(), UtcOffset::UTC);
            format!("{} {}", date(value.date()), clock(value.time()))
        });
    }

    #[test]
    fn what_no_database_holds_is_refused() {
        let noon = Time::from_hms(12, 0, 0).unwrap();
        let year_zero = Date::from_calendar_date(0, Month::December, 31).unwrap();
        for day in [year_zero, Date::MIN] {
            assert_refused(&day, "years 1 to 9999");
            let datetime = PlainDateTime::new(day, noon);
            assert_refused(&datetime, "years 1 to 9999");
            assert_refused(&datetime.assume_utc(), "years 1 to 9999");
            assert_refused(&datetime.as_utc(), "years 1 to 9999");
        }
        for nanosecond in [1, 999, 999_999_999] {
            let fine = noon.replace_nanosecond(nanosecond).unwrap();
            assert_refused(&fine, "finer than a microsecond");
            let datetime = PlainDateTime::new(Date::MAX, fine);
            assert_refused(&datetime, "finer than a microsecond");
            assert_refused(&datetime.assume_utc(), "finer than a microsecond");
        }
    }

    #[test]
    fn an_offset_denotes_an_instant() {
        let noon = PlainDateTime::new(Date::from_calendar_date(2024, Month::March, 1).unwrap(), Time::MIDNIGHT);
        let east = noon.assume_offset(UtcOffset::from_hms(5, 30, 0).unwrap());
        let utc = OffsetDateTime::from_unix_timestamp(east.unix_timestamp()).unwrap();
        assert_eq!(east.to_datum(), utc.to_datum());
        assert!(east.same(&utc));
        // In the year 0 by its offset, in the year 1 by its instant, and the other way round.
        let first = PlainDateTime::new(Date::from_calendar_date(1, Month::January, 1).unwrap(), Time::MIDNIGHT);
        let west = first.assume_utc().to_offset(UtcOffset::from_hms(-1, 0, 0).unwrap());
        assert_eq!(west.year(), 0);
        assert!(matches!(west.to_datum(), Datum::Timestamp(super::EARLIEST)));
        assert_refused(&first.assume_offset(UtcOffset::from_hms(1, 0, 0).unwrap()), "years 1 to 9999");
        // The crate itself cannot turn this one into UTC.
        let latest = PlainDateTime::MAX.assume_offset(UtcOffset::from_hms(-1, 0, 0).unwrap());
        assert!(matches!(latest.to_datum(), Datum::Invalid(_)));
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use super::{assert_refused, check, check_up_to};
    use crate::value::{Datum, Value};
    use jiff::Timestamp;
    use jiff::civil::{Date, DateTime, Time, date};

    #[test]
    fn round_trips() {
        check::<Date>(|date| date.strftime("%Y-%m-%d").to_string());
        check::<Time>(|time| time.strftime("%H:%M:%S%.6f").to_string());
        check::<DateTime>(|datetime| datetime.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string());
        let last = Timestamp::MAX.as_microsecond();
        check_up_to::<Timestamp>(last, |timestamp| timestamp.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string());
    }

    #[test]
    fn what_no_database_holds_is_refused() {
        for day in [date(0, 12, 31), date(-1, 1, 1), Date::MIN] {
            assert_refused(&day, "years 1 to 9999");
            assert_refused(&day.to_datetime(Time::MIN), "years 1 to 9999");
        }
        assert_refused(&Timestamp::MIN, "years 1 to 9999");
        assert_refused(&Timestamp::from_microsecond(super::EARLIEST - 1).unwrap(), "years 1 to 9999");
        for time in [Time::MAX, Time::constant(12, 0, 0, 1), Time::constant(12, 0, 0, 999)] {
            assert_refused(&time, "finer than a microsecond");
            assert_refused(&date(2024, 1, 1).to_datetime(time), "finer than a microsecond");
        }
        for nanoseconds in [-1, 1, -999, 1_000_000_001] {
            assert_refused(&Timestamp::from_nanosecond(nanoseconds).unwrap(), "finer than a microsecond");
        }
        assert_eq!(Timestamp::from_nanosecond(-1000).unwrap().to_datum(), Datum::Timestamp(-1));
    }
}
