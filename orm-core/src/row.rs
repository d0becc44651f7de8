//! Reading a result row by position: the trait that drivers implement, and the reader that models are decoded with.

use crate::error::{Error, Result};
use crate::value::{Datum, SqlType, Type};

/// One row of a result, as a driver pushes it; lives only as long as the call that gets it.
///
/// Positions start at 0. Every getter gives `None` for NULL, and a `Decode` error where the database's type cannot be read
/// that way without loss. The getters do not allocate; [`value`](Row::value) may.
///
/// ```
/// # use orm_core::*;
/// let data = [Datum::Int(7), Datum::Null];
/// let row: &dyn Row = &Data(&data);
/// assert_eq!((row.integer(0)?, row.text(1)?), (Some(7), None));
/// assert_eq!(row.text(0).unwrap_err().kind(), ErrorKind::Decode);
/// # Ok::<(), Error>(())
/// ```
pub trait Row {
    /// The number of columns.
    fn len(&self) -> usize;
    /// True when there is no column.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The name of a column in the result.
    fn name(&self, at: usize) -> &str;
    /// True when the column is NULL.
    fn is_null(&self, at: usize) -> Result<bool>;
    /// A truth value; also of an integer 0 or 1.
    fn boolean(&self, at: usize) -> Result<Option<bool>>;
    /// An integer of any width that fits.
    fn integer(&self, at: usize) -> Result<Option<i64>>;
    /// An integer that is not negative.
    fn unsigned(&self, at: usize) -> Result<Option<u64>>;
    /// A float, or an integer or decimal as one where that is what the database computed.
    fn double(&self, at: usize) -> Result<Option<f64>>;
    /// A text, borrowed from the client's row.
    fn text(&self, at: usize) -> Result<Option<&str>>;
    /// Bytes, borrowed from the client's row.
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>>;
    /// Anything else, as the datum of the wanted type: a SQLite text becomes a `Date` for `Type::Date`.
    fn value(&self, at: usize, wanted: &Type) -> Result<Datum<'_>>;
}

/// Reads a row from left to right.
///
/// ```
/// # use orm_core::*;
/// let data = [Datum::Int(7), Datum::Null, Datum::text("a")];
/// let row = Data(&data);
/// let mut reader = RowReader::new(&row, 0);
/// let (id, email, name): (i64, Option<String>, String) = (reader.next()?, reader.next()?, reader.next()?);
/// assert_eq!((id, email, name.as_str(), reader.position()), (7, None, "a", 3));
/// # Ok::<(), Error>(())
/// ```
pub struct RowReader<'r> {
    row: &'r dyn Row,
    at: usize,
}

impl<'r> RowReader<'r> {
    /// Starts at a column.
    pub fn new(row: &'r dyn Row, at: usize) -> RowReader<'r> {
        RowReader { row, at }
    }

    /// Reads the columns of one field.
    #[allow(clippy::should_implement_trait)] // `next` is what it does, and an iterator it cannot be: each call has its own type
    pub fn next<T: SqlType>(&mut self) -> Result<T> {
        T::read(self)
    }

    /// Where the reader stands; moves on by `width` columns.
    pub fn take(&mut self, width: usize) -> usize {
        let at = self.at;
        self.at += width;
        at
    }

    /// The position of the next column.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The row itself.
    pub fn row(&self) -> &'r dyn Row {
        self.row
    }

    /// True when all of the next `width` columns are NULL: an outer join found no row.
    pub fn is_absent(&self, width: usize) -> Result<bool> {
        for at in self.at..self.at + width {
            if !self.row.is_null(at)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Values that are already here, read as a row: a generated key, the elements of an array.
///
/// ```
/// # use orm_core::*;
/// let row = Data(&[Datum::Int(700)]);
/// assert_eq!(<i16 as Value>::read(&row, 0)?, Some(700));
/// assert_eq!(<i8 as Value>::read(&row, 0).unwrap_err().kind(), ErrorKind::Decode);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Data<'d>(pub &'d [Datum<'d>]);

impl Data<'_> {
    fn at(&self, at: usize) -> Result<&Datum<'_>> {
        let missing = || format!("column {} was asked for, and the row has {}", at + 1, self.0.len());
        self.0.get(at).ok_or_else(|| Error::decode(missing()))
    }
}

impl Row for Data<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn name(&self, _at: usize) -> &str {
        ""
    }
    fn is_null(&self, at: usize) -> Result<bool> {
        self.at(at).map(Datum::is_null)
    }
    fn boolean(&self, at: usize) -> Result<Option<bool>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::Bool(value) => Ok(Some(*value)),
            Datum::Int(number @ (0 | 1)) => Ok(Some(*number == 1)),
            other => Err(other.unexpected("a truth value", at)),
        }
    }
    fn integer(&self, at: usize) -> Result<Option<i64>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::Int(value) => Ok(Some(*value)),
            Datum::UInt(value) => i64::try_from(*value).map(Some).map_err(|_| out_of_range(at, "above i64::MAX")),
            other => Err(other.unexpected("an integer", at)),
        }
    }
    fn unsigned(&self, at: usize) -> Result<Option<u64>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::UInt(value) => Ok(Some(*value)),
            Datum::Int(value) => u64::try_from(*value).map(Some).map_err(|_| out_of_range(at, "negative")),
            other => Err(other.unexpected("an integer", at)),
        }
    }
    fn double(&self, at: usize) -> Result<Option<f64>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::Float(value) => Ok(Some(*value)),
            other => Err(other.unexpected("a float", at)),
        }
    }
    fn text(&self, at: usize) -> Result<Option<&str>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::Text(value) | Datum::Json(value) | Datum::Decimal(value) => Ok(Some(value)),
            other => Err(other.unexpected("a text", at)),
        }
    }
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.at(at)? {
            Datum::Null => Ok(None),
            Datum::Bytes(value) => Ok(Some(value)),
            other => Err(other.unexpected("bytes", at)),
        }
    }
    fn value(&self, at: usize, _wanted: &Type) -> Result<Datum<'_>> {
        self.at(at).map(Datum::borrowed)
    }
}

#[cold]
fn out_of_range(at: usize, problem: &str) -> Error {
    Error::decode(format!("the integer in column {} of the result is {problem}", at + 1))
}

mod picked;
#[cfg(test)]
mod tests;

pub(crate) use picked::Picked;
