//! Many rows of one table written by as few statements as the dialect allows. Plain data in, plain data out: knows no models,
//! no handles and no order between tables.
//!
//! The caller has a transaction open, unless one row is all there is: what several statements did is not undone here. No two
//! rows of a call have the same key.

mod checked;
mod chunk;
mod delete;
mod facts;
mod holders;
mod insert;
mod keys;
mod rowids;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use checked::{Checked, checked_delete, checked_insert, checked_update};
pub(crate) use chunk::{Source, Statement, are_several, runs, statements};
pub(crate) use delete::delete_many;
pub(crate) use facts::{Facts, Form, Keys, KnownKeys};
pub(crate) use holders::{delete_holders, select_holders};
pub(crate) use insert::{insert_many, miscounted_insert};
pub(crate) use keys::select_by_keys;
pub(crate) use rowids::{can_count, insert_counted};
pub(crate) use update::update_many;

use crate::error::{Error, ErrorKind};
use crate::schema::Table;
use crate::value::Datum;

/// Rows of one table with the same sent columns.
pub(crate) struct Rows<'d> {
    pub(crate) table: &'static Table,
    pub(crate) columns: &'d [usize],
    pub(crate) count: usize,
    /// `count * columns.len()` values, row by row.
    pub(crate) data: Vec<Datum<'d>>,
}

/// What the caller wants to know of the inserted rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Nothing,
    /// The value of the table's generated column, for each row.
    GeneratedKeys,
}

/// Why an UPDATE or DELETE of rows did not do what it was told.
#[derive(Debug)]
pub(crate) enum WriteError {
    Database(Error),
    /// Rows that are gone or have another version, by their positions, ascending; `None` when the database told only how many
    /// there are, and they must be found after the rollback.
    Stale(Option<Vec<usize>>),
}

impl WriteError {
    /// Of rows by their keys another number was written than was sent.
    pub(crate) fn miscounted(table: &Table, written: u64, sent: usize) -> WriteError {
        match written > sent as u64 {
            true => WriteError::Database(not_unique(table)),
            false => WriteError::Stale(None),
        }
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> WriteError {
        WriteError::Database(error)
    }
}

/// Nothing, or the rows that were stale.
fn fresh_unless(stale: Vec<usize>) -> Result<(), WriteError> {
    if stale.is_empty() { Ok(()) } else { Err(WriteError::Stale(Some(stale))) }
}

/// More rows were written than keys were given.
#[cold]
fn not_unique(table: &Table) -> Error {
    let (name, model) = (table.name, table.model);
    Error::new(
        ErrorKind::MultipleRows,
        format!("several rows of {name} have one key: what `{model}` declares as the primary key is not unique there"),
    )
}
