//! The types of other crates as column types, each behind the feature of the crate's name, and what they share: the limits
//! of what every database holds exactly. Knows no driver.
//!
//! | feature | types |
//! |---|---|
//! | `chrono` | `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime<Utc>` |
//! | `time` | `Date`, `Time`, `PlainDateTime` (`PrimitiveDateTime`), `UtcDateTime`, `OffsetDateTime` |
//! | `jiff` | `civil::Date`, `civil::Time`, `civil::DateTime`, `Timestamp` |
//! | `uuid` | `Uuid` |
//! | `rust_decimal` | `Decimal` |
//! | `serde_json` | `Json<T>`, `Value` |
//!
//! The types of chrono, time and jiff can hold more than databases do: nanoseconds, leap seconds, years before 1 and after
//! 9999. Such a value is refused when it is to be written; it is never rounded. Round it where it is made.

#[cfg(feature = "chrono")]
pub mod chrono;
#[cfg(feature = "jiff")]
pub mod jiff;
#[cfg(feature = "serde_json")]
pub mod json;
#[cfg(feature = "rust_decimal")]
pub mod rust_decimal;
#[cfg(feature = "time")]
pub mod time;
#[cfg(feature = "uuid")]
pub mod uuid;

#[cfg(any(feature = "chrono", feature = "time", feature = "jiff"))]
mod calendar;
#[cfg(test)]
#[cfg(any(feature = "chrono", feature = "time", feature = "jiff"))]
mod tests;
