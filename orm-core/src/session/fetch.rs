//! Which queries a session runs: those whose rows become handles and values.

use crate::error::Result;
use crate::query::node::SelectBody;
use crate::query::{Keeper, Output, Select};
use crate::row::RowReader;

/// A query whose rows a session turns into `T`: handles for entities, values for the rest.
#[diagnostic::on_unimplemented(
    message = "a session does not get rows of `{T}` from `{Self}`",
    note = "a session gives handles: `Vec<Handle<User>>`; for plain structs use `session.rows(..)`, and for raw SQL too"
)]
pub trait FetchManaged<T>: Sized {
    /// The plain tree.
    #[doc(hidden)]
    fn body(&self) -> &SelectBody;
    /// The same for at most so many rows.
    #[doc(hidden)]
    fn at_most(self, rows: u64) -> Self;
    /// One row.
    #[doc(hidden)]
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<T>;
}

impl<S, O: Output> FetchManaged<O::Managed> for Select<S, O> {
    fn body(&self) -> &SelectBody {
        self.body()
    }
    fn at_most(self, rows: u64) -> Self {
        self.bounded(rows)
    }
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<O::Managed> {
        O::manage(keeper, row)
    }
}
