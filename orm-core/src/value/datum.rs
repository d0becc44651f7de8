//! `Datum`: one value as every driver understands it, borrowed from the model where it can be.

use crate::error::Error;
use std::borrow::Cow;

/// A handle without its model's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawHandle {
    /// Number of the session, unique in the process.
    pub session: u64,
    /// The number of the model's table.
    pub model: u32,
    /// Place in the session's store of the model.
    pub slot: u32,
    /// How often the place was used before.
    pub generation: u32,
}

/// One value in the small vocabulary that drivers speak. Borrows from the model (`'a`) where it can.
///
/// ```
/// # use orm_core::*;
/// assert_eq!("a".to_owned().to_datum(), Datum::text("a"));
/// assert_eq!(Datum::Int(7), Datum::UInt(7));
/// assert_eq!(Datum::Float(1.5).kind(), "a float");
/// assert!(Datum::Row(vec![Datum::Null, Datum::Null]).is_null());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Datum<'a> {
    /// SQL NULL
    Null,
    /// A truth value
    Bool(bool),
    /// A signed integer of any width
    Int(i64),
    /// An unsigned integer of any width
    UInt(u64),
    /// A float; an `f32` is widened, which is exact
    Float(f64),
    /// A text
    Text(Cow<'a, str>),
    /// Bytes
    Bytes(Cow<'a, [u8]>),
    /// Days since 1970-01-01
    Date(i32),
    /// Microseconds since midnight
    Time(i64),
    /// Microseconds since 1970-01-01 00:00 of a clock on the wall
    DateTime(i64),
    /// Microseconds since 1970-01-01 00:00 UTC
    Timestamp(i64),
    /// A UUID's bytes in network order
    Uuid([u8; 16]),
    /// An exact decimal, as text: an optional `-`, digits, optionally `.` and digits
    Decimal(Cow<'a, str>),
    /// A JSON document, as text
    Json(Cow<'a, str>),
    /// An array; its elements have one type
    Array(Vec<Datum<'a>>),
    /// A value of several columns, left to right
    Row(Vec<Datum<'a>>),
    /// The key of an object of a session that may have no key yet; a session puts the key in before it sends anything
    Pending(RawHandle),
    /// Nothing: the column is left to its server default
    Default,
    /// A value that no database can hold exactly, with the reason; refused before anything is sent
    Invalid(&'static str),
}

impl<'a> Datum<'a> {
    /// A text.
    pub fn text(text: &'a str) -> Datum<'a> {
        Datum::Text(Cow::Borrowed(text))
    }

    /// The same value by reference, for a second use.
    pub fn borrowed(&self) -> Datum<'_> {
        match self {
            Datum::Text(text) => Datum::Text(Cow::Borrowed(text)),
            Datum::Bytes(bytes) => Datum::Bytes(Cow::Borrowed(bytes)),
            Datum::Decimal(text) => Datum::Decimal(Cow::Borrowed(text)),
            Datum::Json(text) => Datum::Json(Cow::Borrowed(text)),
            Datum::Array(items) => Datum::Array(items.iter().map(Datum::borrowed).collect()),
            Datum::Row(parts) => Datum::Row(parts.iter().map(Datum::borrowed).collect()),
            Datum::Null => Datum::Null,
            Datum::Default => Datum::Default,
            Datum::Bool(value) => Datum::Bool(*value),
            Datum::Int(value) => Datum::Int(*value),
            Datum::UInt(value) => Datum::UInt(*value),
            Datum::Float(value) => Datum::Float(*value),
            Datum::Date(value) => Datum::Date(*value),
            Datum::Time(value) => Datum::Time(*value),
            Datum::DateTime(value) => Datum::DateTime(*value),
            Datum::Timestamp(value) => Datum::Timestamp(*value),
            Datum::Uuid(value) => Datum::Uuid(*value),
            Datum::Pending(value) => Datum::Pending(*value),
            Datum::Invalid(reason) => Datum::Invalid(reason),
        }
    }

    /// The same value, owning its text and bytes.
    pub fn into_owned(self) -> Datum<'static> {
        match self {
            Datum::Text(text) => Datum::Text(Cow::Owned(text.into_owned())),
            Datum::Bytes(bytes) => Datum::Bytes(Cow::Owned(bytes.into_owned())),
            Datum::Decimal(text) => Datum::Decimal(Cow::Owned(text.into_owned())),
            Datum::Json(text) => Datum::Json(Cow::Owned(text.into_owned())),
            Datum::Array(items) => Datum::Array(items.into_iter().map(Datum::into_owned).collect()),
            Datum::Row(parts) => Datum::Row(parts.into_iter().map(Datum::into_owned).collect()),
            Datum::Null => Datum::Null,
            Datum::Default => Datum::Default,
            Datum::Bool(value) => Datum::Bool(value),
            Datum::Int(value) => Datum::Int(value),
            Datum::UInt(value) => Datum::UInt(value),
            Datum::Float(value) => Datum::Float(value),
            Datum::Date(value) => Datum::Date(value),
            Datum::Time(value) => Datum::Time(value),
            Datum::DateTime(value) => Datum::DateTime(value),
            Datum::Timestamp(value) => Datum::Timestamp(value),
            Datum::Uuid(value) => Datum::Uuid(value),
            Datum::Pending(value) => Datum::Pending(value),
            Datum::Invalid(reason) => Datum::Invalid(reason),
        }
    }

    /// What it is, for messages that must not show the value.
    pub fn kind(&self) -> &'static str {
        match self {
            Datum::Null => "NULL",
            Datum::Bool(_) => "a truth value",
            Datum::Int(_) | Datum::UInt(_) => "an integer",
            Datum::Float(_) => "a float",
            Datum::Text(_) => "a text",
            Datum::Bytes(_) => "bytes",
            Datum::Date(_) => "a date",
            Datum::Time(_) => "a time of day",
            Datum::DateTime(_) => "a date and time",
            Datum::Timestamp(_) => "a timestamp",
            Datum::Uuid(_) => "a UUID",
            Datum::Decimal(_) => "a decimal number",
            Datum::Json(_) => "JSON",
            Datum::Array(_) => "an array",
            Datum::Row(_) => "a value of several columns",
            Datum::Pending(_) => "a reference without a key",
            Datum::Default => "a default",
            Datum::Invalid(_) => "an invalid value",
        }
    }

    /// The error of a column that holds something else than was asked for. The value itself is not told.
    #[cold]
    pub(crate) fn unexpected(&self, wanted: &str, at: usize) -> Error {
        Error::decode(format!("column {} of the result is not {wanted} but {}", at + 1, self.kind()))
    }

    /// True for NULL, and for a value of several columns that are all NULL.
    pub fn is_null(&self) -> bool {
        match self {
            Datum::Null => true,
            Datum::Row(parts) => parts.iter().all(Datum::is_null),
            _ => false,
        }
    }
}

/// Floats are equal by their bits, so that NaN equals itself and -0.0 differs from 0.0: the question is always "must it be
/// written?", never "is it the same number?". An integer equals itself whatever its sign type.
impl PartialEq for Datum<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Datum::Null, Datum::Null) | (Datum::Default, Datum::Default) => true,
            (Datum::Bool(a), Datum::Bool(b)) => a == b,
            (Datum::Int(a), Datum::Int(b)) => a == b,
            (Datum::UInt(a), Datum::UInt(b)) => a == b,
            (Datum::Int(a), Datum::UInt(b)) | (Datum::UInt(b), Datum::Int(a)) => u64::try_from(*a) == Ok(*b),
            (Datum::Float(a), Datum::Float(b)) => a.to_bits() == b.to_bits(),
            (Datum::Text(a), Datum::Text(b)) => a == b,
            (Datum::Bytes(a), Datum::Bytes(b)) => a == b,
            (Datum::Date(a), Datum::Date(b)) => a == b,
            (Datum::Time(a), Datum::Time(b)) => a == b,
            (Datum::DateTime(a), Datum::DateTime(b)) => a == b,
            (Datum::Timestamp(a), Datum::Timestamp(b)) => a == b,
            (Datum::Uuid(a), Datum::Uuid(b)) => a == b,
            (Datum::Decimal(a), Datum::Decimal(b)) | (Datum::Json(a), Datum::Json(b)) => a == b,
            (Datum::Array(a), Datum::Array(b)) | (Datum::Row(a), Datum::Row(b)) => a == b,
            (Datum::Pending(a), Datum::Pending(b)) => a == b,
            (Datum::Invalid(a), Datum::Invalid(b)) => a == b,
            _ => false,
        }
    }
}

/// The values of one row in column order, as a model writes them.
///
/// ```
/// # use orm_core::*;
/// let (name, email) = ("a".to_owned(), None::<String>);
/// let mut writer = Writer::with_capacity(2);
/// writer.put(&name);
/// writer.put(&email);
/// assert_eq!(writer.data, [Datum::text("a"), Datum::Null]);
/// ```
#[derive(Debug, Default)]
pub struct Writer<'a> {
    /// The values so far.
    pub data: Vec<Datum<'a>>,
}

impl<'a> Writer<'a> {
    /// A writer with room for a row.
    pub fn with_capacity(columns: usize) -> Writer<'a> {
        Writer { data: Vec::with_capacity(columns) }
    }

    /// Appends the columns of one field.
    pub fn put<T: super::SqlType>(&mut self, field: &'a T) {
        field.write(self);
    }

    /// Appends a value, spread over its columns if it has several. What stands for all of them, such as NULL or a reference
    /// that has no key yet, is repeated, so that the values after it stay at their columns.
    pub fn push(&mut self, datum: Datum<'a>, width: usize) {
        match datum {
            Datum::Row(parts) => parts.into_iter().for_each(|part| self.push(part, 1)),
            whole @ (Datum::Null | Datum::Default | Datum::Pending(_) | Datum::Invalid(_)) => {
                self.data.extend(std::iter::repeat_n(whole, width));
            }
            single => self.data.push(single),
        }
    }
}
