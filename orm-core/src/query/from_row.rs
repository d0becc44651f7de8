//! What one row of raw SQL becomes.

use super::output::is_absent;
use crate::error::Result;
use crate::model::Model;
use crate::row::RowReader;
use crate::value::{Auto, SqlType, Value};

/// What one row of raw SQL becomes: a column type, a tuple, or a struct with `#[derive(FromRow)]`.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let authors = "SELECT users.*, count(*) FROM users JOIN posts ON author_id = users.id GROUP BY users.id ORDER BY users.id";
/// let rows: Vec<(User, i64)> = connection.all(sql(authors))?; // a model, and a number behind it
/// assert_eq!((rows[0].0.username.as_str(), rows[0].1), ("alice", 2));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row",
    label = "expected a column type, a tuple of these, a model or a struct with #[derive(FromRow)]"
)]
pub trait FromRow: Sized {
    /// How many columns it reads.
    const WIDTH: usize;
    /// Reads the next columns.
    fn from_row(row: &mut RowReader<'_>) -> Result<Self>;
    /// Appends the name of each column that is read by name, and `None` for each that is read by position.
    #[doc(hidden)]
    fn names(out: &mut Vec<Option<&'static str>>) {
        out.extend(std::iter::repeat_n(None, Self::WIDTH));
    }
}
#[diagnostic::do_not_recommend]
impl<T: Value> FromRow for T {
    const WIDTH: usize = <T as SqlType>::WIDTH;
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        row.next()
    }
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> FromRow for Auto<T> {
    const WIDTH: usize = <Auto<T> as SqlType>::WIDTH;
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        row.next()
    }
}
#[diagnostic::do_not_recommend]
impl<T: OrNull> FromRow for Option<T> {
    const WIDTH: usize = <T as OrNull>::WIDTH;
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        T::or_null(row)
    }
}

/// What may stand in an `Option` in a row: a column type, or a model, which an outer join may not have found.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be read from a row",
    label = "expected an `Option` of a column type or of a model"
)]
pub trait OrNull: Sized {
    const WIDTH: usize;
    fn or_null(row: &mut RowReader<'_>) -> Result<Option<Self>>;
}
#[diagnostic::do_not_recommend]
impl<T: Value> OrNull for T {
    const WIDTH: usize = <T as SqlType>::WIDTH;
    fn or_null(row: &mut RowReader<'_>) -> Result<Option<T>> {
        row.next()
    }
}

/// A model, unless its primary key is NULL.
#[doc(hidden)]
pub fn model_or_null<M: Model>(row: &mut RowReader<'_>) -> Result<Option<M>> {
    if is_absent::<M>(row)? { Ok(None) } else { M::read(row).map(Some) }
}
