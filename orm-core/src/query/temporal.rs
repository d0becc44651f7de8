//! Dates and times: their parts, days and seconds later, and the server's clock. Knows no SQL text.

use super::expr::{AsExpr, Expr, Field, IntoExpr};
use super::scalar::{Part, ScalarFunction, scalar};
use crate::value::{Either, Nullability, SqlType, Type, Value};

/// A type that holds a date, so that `year` and `plus_days` apply.
#[diagnostic::on_unimplemented(
    message = "only a column with a date can do this",
    label = "this column holds `{Self}`",
    note = "the types of chrono, time and jiff are columns behind the features of these names"
)]
pub trait Dated: Value {}

/// A type that holds a time of day, so that `hour` applies.
#[diagnostic::on_unimplemented(
    message = "only a column with a time of day can do this",
    label = "this column holds `{Self}`",
    note = "the types of chrono, time and jiff are columns behind the features of these names"
)]
pub trait Timed: Value {}

/// A type that holds a date and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a date",
    label = "expected a date without a time of day"
)]
pub trait Day: Dated {}

// impl Dated for chrono::NaiveDate {} ..
macro_rules! marks { ($($feature:literal: $($mark:ident $t:ty),*;)*) => { $($(
    #[cfg(feature = $feature)]
    #[diagnostic::do_not_recommend]
    impl $mark for $t {}
)*)* } }
marks! {
    "chrono":
        Dated chrono::NaiveDate, Day chrono::NaiveDate, Timed chrono::NaiveTime,
        Dated chrono::NaiveDateTime, Timed chrono::NaiveDateTime,
        Dated chrono::DateTime<chrono::Utc>, Timed chrono::DateTime<chrono::Utc>;
    "time":
        Dated time::Date, Day time::Date, Timed time::Time,
        Dated time::PlainDateTime, Timed time::PlainDateTime,
        Dated time::UtcDateTime, Timed time::UtcDateTime,
        Dated time::OffsetDateTime, Timed time::OffsetDateTime;
    "jiff":
        Dated jiff::civil::Date, Day jiff::civil::Date, Timed jiff::civil::Time,
        Dated jiff::civil::DateTime, Timed jiff::civil::DateTime,
        Dated jiff::Timestamp, Timed jiff::Timestamp;
}

/// The server's clock: `now::<DateTime<Utc>>()`. As a date or a time without a zone it is that of UTC.
///
/// PostgreSQL's stands still in a transaction, and SQLite's has milliseconds.
///
/// ```
/// # #[cfg(feature = "chrono")] {
/// # use orm_doc::*;
/// use chrono::{DateTime, Utc};
///
/// let server: DateTime<Utc> = of_alice(|_| now::<DateTime<Utc>>());
/// let tomorrow = of_alice(|_| now::<DateTime<Utc>>().plus_days(1));
/// assert!(tomorrow > server);
/// # }
/// ```
#[must_use]
pub fn now<T: Dated>() -> Expr<T> {
    scalar(ScalarFunction::Now, T::TYPE, Vec::new())
}

// impl<T: SqlType> Field<T> { pub fn year(self) -> Expr<i64> where T::Base: Dated {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    methods!(@parts $shell Dated
        "The year.": year Year "2024", "The month, from 1.": month Month "2",
        "The day of the month, from 1.": day Day "29");
    methods!(@parts $shell Timed
        "The hour, from 0 to 23.": hour Hour "12", "The minute.": minute Minute "30",
        "The second, without its fraction.": second Second "5");
    methods!(@starts $shell Dated, Dated,
        "The first day of the year, at midnight.": start_of_year Year "2024-01-01 00:00:00",
        "The first day of the month, at midnight.": start_of_month Month "2024-02-01 00:00:00");
    methods!(@starts $shell Dated, Timed,
        "The midnight that the day began with.": start_of_day Day "2024-02-29 00:00:00",
        "The full hour before.": start_of_hour Hour "2024-02-29 12:00:00",
        "The full minute before.": start_of_minute Minute "2024-02-29 12:30:00");

    impl<T: SqlType> $shell<T> {
        /// The date of a date and time; of a point in time it is that of UTC.
        ///
        /// ```
        /// # #[cfg(feature = "chrono")] {
        /// # use orm_doc::*;
        /// let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year");
        /// let lunch = day.and_hms_opt(12, 30, 5).expect("a time of day");
        /// assert_eq!(of_alice(|_| val(lunch).date::<chrono::NaiveDate>()), day);
        /// # }
        /// ```
        pub fn date<D: Day>(self) -> Expr<<T::Null as Nullability>::Of<D>>
        where
            T::Base: Dated,
        {
            scalar(ScalarFunction::Day, Type::Date, vec![self.into_node()])
        }
        /// So many days later, of 24 hours each; earlier where it is negative. What comes before the year 1 or after 9999 is an
        /// error.
        ///
        /// ```
        /// # #[cfg(feature = "chrono")] {
        /// # use orm_doc::*;
        /// let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year");
        /// let lunch = day.and_hms_opt(12, 30, 5).expect("a time of day");
        /// assert_eq!(of_alice(|_| val(lunch).plus_days(1)).to_string(), "2024-03-01 12:30:05");
        /// # }
        /// ```
        pub fn plus_days<R: IntoExpr<i64>>(self, days: R) -> Expr<Either<T, R::Null>>
        where
            T::Base: Dated,
        {
            scalar(ScalarFunction::PlusDays, <T::Base as Value>::TYPE, vec![self.into_node(), days.into_operand()])
        }
        /// So many seconds later; earlier where it is negative. What comes before the year 1 or after 9999 is an error.
        ///
        /// ```
        /// # #[cfg(feature = "chrono")] {
        /// # use orm_doc::*;
        /// let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year");
        /// let lunch = day.and_hms_opt(12, 30, 5).expect("a time of day");
        /// assert_eq!(of_alice(|_| val(lunch).plus_seconds(-5)).to_string(), "2024-02-29 12:30:00");
        /// # }
        /// ```
        pub fn plus_seconds<R: IntoExpr<i64>>(self, seconds: R) -> Expr<Either<T, R::Null>>
        where
            T::Base: Dated + Timed,
        {
            scalar(ScalarFunction::PlusSeconds, <T::Base as Value>::TYPE, vec![self.into_node(), seconds.into_operand()])
        }
    }
)* };
(@parts $shell:ident $mark:ident $($text:literal: $method:ident $part:ident $shown:literal),*) => {
    impl<T: SqlType> $shell<T> { $(
        #[doc = $text]
        ///
        /// Of a point in time it is that of UTC.
        ///
        /// ```
        /// # #[cfg(feature = "chrono")] {
        /// # use orm_doc::*;
        /// let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year");
        /// let lunch = day.and_hms_opt(12, 30, 5).expect("a time of day");
        #[doc = concat!("assert_eq!(of_alice(|_| val(lunch).", stringify!($method), "()).to_string(), \"", $shown, "\");")]
        /// # }
        /// ```
        pub fn $method(self) -> Expr<<T::Null as Nullability>::Of<i64>>
        where
            T::Base: $mark,
        {
            scalar(ScalarFunction::Part(Part::$part), Type::I64, vec![self.into_node()])
        }
    )* }
};
(@starts $shell:ident $first:ident, $second:ident, $($text:literal: $method:ident $part:ident $shown:literal),*) => {
    impl<T: SqlType> $shell<T> { $(
        #[doc = $text]
        ///
        /// Of a point in time it is that of UTC.
        ///
        /// ```
        /// # #[cfg(feature = "chrono")] {
        /// # use orm_doc::*;
        /// let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year");
        /// let lunch = day.and_hms_opt(12, 30, 5).expect("a time of day");
        #[doc = concat!("assert_eq!(of_alice(|_| val(lunch).", stringify!($method), "()).to_string(), \"", $shown, "\");")]
        /// # }
        /// ```
        pub fn $method(self) -> Expr<T>
        where
            T::Base: $first + $second,
        {
            scalar(ScalarFunction::StartOf(Part::$part), <T::Base as Value>::TYPE, vec![self.into_node()])
        }
    )* }
} }
methods!(Field, Expr);
