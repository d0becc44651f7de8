//! Rows cut into statements: how many go into one, as its values or as arrays.

use super::facts::{Facts, Form};
use super::insert::returning;
use crate::compile;
use crate::dialect::{Batch, Dialect};
use crate::driver::Outcome;
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;
use std::sync::Arc;
use std::vec;

/// Where rows go, and where the texts for it are kept.
#[derive(Clone, Copy)]
pub(crate) struct Source<'s> {
    pub(crate) facts: &'s Facts,
    pub(crate) dialect: &'static Dialect,
    pub(crate) table: &'static Table,
    pub(crate) columns: &'s [usize],
    /// A column that RETURNING shows.
    pub(crate) returning: Option<usize>,
}

impl Source<'_> {
    /// The text for any number of rows, where columns travel in arrays.
    pub(super) fn arrays(&self) -> Option<Arc<str>> {
        let Source { facts, dialect, table, columns, returning } = *self;
        let form = if returning.is_some() { Form::InsertArraysReturning } else { Form::InsertArrays };
        let write = || Some(compile::insert_unnest(dialect, table, columns)? + &self.tail());
        facts.text_if_any(form, (dialect, table), columns, 0, write)
    }

    /// The text for so many rows.
    pub(super) fn values(&self, rows: usize) -> Arc<str> {
        let Source { facts, dialect, table, columns, returning } = *self;
        let form = if returning.is_some() { Form::InsertReturning } else { Form::Insert };
        let write = || compile::insert_rows(dialect, table, columns, rows) + &self.tail();
        facts.text(form, (dialect, table), columns, rows, write)
    }

    fn tail(&self) -> String {
        self.returning.map(|column| returning(self.dialect, self.table, column)).unwrap_or_default()
    }
}

/// One INSERT, up to its rows; what follows (ON CONFLICT, RETURNING) is the caller's.
pub(crate) struct Statement<'d> {
    pub(crate) sql: Arc<str>,
    pub(crate) binds: Vec<Datum<'d>>,
    /// How many rows it inserts.
    pub(crate) rows: usize,
}

/// Cuts rows with the same sent columns into INSERT statements.
pub(crate) fn statements<'s, 'd>(source: Source<'s>, count: usize, data: Vec<Datum<'d>>) -> Statements<'s, 'd> {
    let arrays = (source.dialect.batch == Batch::Unnest && count > 1).then(|| source.arrays()).flatten();
    Statements { source, count, data: data.into_iter(), arrays, text: None }
}

/// See [`statements`].
pub(crate) struct Statements<'s, 'd> {
    source: Source<'s>,
    /// Rows that are left.
    count: usize,
    data: vec::IntoIter<Datum<'d>>,
    /// The text for any number of rows, where columns travel in arrays.
    arrays: Option<Arc<str>>,
    /// The last text of VALUES and its number of rows.
    text: Option<(usize, Arc<str>)>,
}

/// Some INSERT statements of one text, which is executed once for each.
pub(crate) struct Run<'r, 'd> {
    pub(crate) sql: Arc<str>,
    /// The values of all of them.
    pub(crate) binds: &'r [Datum<'d>],
    /// How many rows each of them inserts.
    pub(crate) rows: usize,
    /// How many values each of them has.
    pub(crate) width: usize,
}

impl Run<'_, '_> {
    /// Executes it, and shows what came of each statement.
    ///
    /// # Errors
    /// What the database refuses, and those of `each`.
    pub(super) fn execute(&self, channel: &mut Channel, each: &mut dyn FnMut(Outcome) -> Result<()>) -> Result<()> {
        if self.binds.len() == self.width {
            return channel.execute(&self.sql, self.binds, Effect::Writes).and_then(each);
        }
        channel.execute_many(&self.sql, self.binds, self.width, each)
    }
}

/// Cuts rows into INSERT statements of VALUES, of which those of one size that follow each other are executed as one: the database
/// keeps the memory for their values.
pub(crate) fn runs<'s, 'r, 'd>(source: Source<'s>, count: usize, data: &'r [Datum<'d>]) -> Runs<'s, 'r, 'd> {
    Runs { source, count, data }
}

/// See [`runs`].
pub(crate) struct Runs<'s, 'r, 'd> {
    source: Source<'s>,
    /// Rows that are left.
    count: usize,
    data: &'r [Datum<'d>],
}

impl<'r, 'd> Iterator for Runs<'_, 'r, 'd> {
    type Item = Run<'r, 'd>;

    fn next(&mut self) -> Option<Run<'r, 'd>> {
        if self.count == 0 {
            return None;
        }
        let width = self.source.columns.len();
        let rows_of = |data, count| first_rows(self.source.dialect, false, data, width, count);
        let rows = rows_of(self.data, self.count);
        let mut all = rows;
        // Of no values nobody could tell how often the statement is meant.
        while width > 0 && all < self.count && rows_of(&self.data[all * width..], self.count - all) == rows {
            all += rows;
        }
        let (binds, rest) = self.data.split_at(all * width);
        (self.data, self.count) = (rest, self.count - all);
        Some(Run { sql: self.source.values(rows), binds, rows, width: rows * width })
    }
}

/// Whether rows of these columns need more than one INSERT statement.
pub(crate) fn are_several(source: &Source<'_>, count: usize, data: &[Datum<'_>]) -> bool {
    let arrays = || source.dialect.batch == Batch::Unnest && source.arrays().is_some();
    count > 1 && first_rows(source.dialect, arrays(), data, source.columns.len(), count) < count
}

/// How many rows the first statement takes.
fn first_rows(dialect: &Dialect, arrays: bool, data: &[Datum<'_>], width: usize, count: usize) -> usize {
    match arrays {
        true => rows_within(dialect.statement_bytes, data, width, count),
        false => fixed_size(dialect, dialect.batch_sizes, data, width, count),
    }
}

impl<'d> Iterator for Statements<'_, 'd> {
    type Item = Statement<'d>;

    fn next(&mut self) -> Option<Statement<'d>> {
        if self.count == 0 {
            return None;
        }
        let width = self.source.columns.len();
        let rows = first_rows(self.source.dialect, self.arrays.is_some(), self.data.as_slice(), width, self.count);
        let statement = match &self.arrays {
            Some(sql) => Statement { sql: Arc::clone(sql), binds: arrays(&mut self.data, width, rows), rows },
            None => {
                let text = self.text.take().filter(|(size, _)| *size == rows);
                let (_, sql) = &*self.text.insert(text.unwrap_or_else(|| (rows, self.source.values(rows))));
                Statement { sql: Arc::clone(sql), binds: self.data.by_ref().take(rows * width).collect(), rows }
            }
        };
        self.count -= statement.rows;
        Some(statement)
    }
}

/// Turns the next rows by their side: one array for each column.
pub(super) fn arrays<'d>(data: &mut vec::IntoIter<Datum<'d>>, width: usize, rows: usize) -> Vec<Datum<'d>> {
    let mut columns: Vec<Vec<Datum<'d>>> = (0..width).map(|_| Vec::with_capacity(rows)).collect();
    for (at, datum) in data.by_ref().take(rows * width).enumerate() {
        columns[at % width].push(datum);
    }
    columns.into_iter().map(Datum::Array).collect()
}

/// How many rows the next statement takes: the largest of a few sizes, so that few texts are prepared; the few rows that are left
/// at the end (or that were all there is) go together. The sizes descend to 1.
pub(super) fn fixed_size(dialect: &Dialect, sizes: &[usize], rest: &[Datum<'_>], width: usize, count: usize) -> usize {
    if width == 0 {
        return 1;
    }
    let largest = sizes.first().copied().unwrap_or(1);
    let most = count.min(dialect.max_binds / width).min(largest);
    let most = rows_within(dialect.statement_bytes, rest, width, most);
    sizes.iter().copied().find(|size| (2..=most).contains(size)).unwrap_or(most)
}

/// How many of the first `most` rows have at most so many bytes in all; at least one.
pub(super) fn rows_within(bytes: usize, rest: &[Datum<'_>], width: usize, most: usize) -> usize {
    let mut sum = 0;
    for (row, data) in rest.chunks(width.max(1)).take(most).enumerate() {
        sum += data.iter().map(weight).sum::<usize>();
        if sum > bytes {
            return row.max(1);
        }
    }
    most.max(1)
}

/// About how many bytes a value takes on its way.
pub(super) fn weight(datum: &Datum<'_>) -> usize {
    match datum {
        Datum::Text(text) | Datum::Decimal(text) | Datum::Json(text) => text.len() + 8,
        Datum::Bytes(bytes) => bytes.len() + 8,
        Datum::Array(items) | Datum::Row(items) => items.iter().map(weight).sum::<usize>() + 8,
        _ => 16,
    }
}
