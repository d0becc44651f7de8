//! What is done with the answers of the server: rows shown to a caller, descriptions kept, counts handed on.

use super::channel::invalid;
use super::error::Stopped;
use super::exchange::Sink;
use super::message::{self, Place};
use super::row::{Column, WireRow};
use super::types::Types;
use crate::postgres_common::row::CellRow;
use orm_core::Result;
use orm_core::driver::{OnRow, Outcome};

/// Shows rows whose columns are known before, or only counts them.
pub(super) struct Shown<'x, 'f> {
    columns: &'x [Column],
    on_row: Option<&'x mut OnRow<'f>>,
    /// Where the values of a row are: one piece of memory for all rows.
    places: Vec<Place>,
    /// Rows that the caller has seen.
    pub(super) seen: u64,
    /// Rows that the server counted.
    rows: u64,
    done: bool,
}

impl<'x, 'f> Shown<'x, 'f> {
    pub(super) fn new(columns: &'x [Column], on_row: Option<&'x mut OnRow<'f>>) -> Shown<'x, 'f> {
        Shown { columns, on_row, places: Vec::with_capacity(columns.len()), seen: 0, rows: 0, done: false }
    }

    /// The rows that the server counted.
    pub(super) fn counted(&self) -> std::result::Result<u64, Stopped> {
        if self.done { Ok(self.rows) } else { Err(unanswered()) }
    }
}

impl Sink for Shown<'_, '_> {
    fn row(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        let Some(on_row) = &mut self.on_row else { return Ok(()) };
        self.seen += 1;
        show(self.columns, body, &mut self.places, *on_row)
    }

    fn done(&mut self, rows: u64) -> Result<()> {
        self.rows += rows;
        self.done = true;
        Ok(())
    }
}

/// The server is ready for the next statement and has not said how this one ended: its answers are not those to our questions.
#[cold]
fn unanswered() -> Stopped {
    invalid("the server is ready before it has answered").into()
}

/// Shows one row.
pub(super) fn show(
    columns: &[Column],
    body: &[u8],
    places: &mut Vec<Place>,
    on_row: &mut OnRow<'_>,
) -> std::result::Result<(), Stopped> {
    message::row(body, places)?;
    if places.len() != columns.len() {
        return Err(invalid("a row has another number of values than its result has columns").into());
    }
    on_row(&CellRow(WireRow { columns, places, body })).map_err(Stopped::Ours)
}

/// Keeps the description of a statement.
#[derive(Default)]
pub(super) struct Description {
    parameters: Option<Vec<u32>>,
    columns: Vec<(String, u32)>,
}

impl Description {
    /// The types of the parameters, and the columns.
    pub(super) fn finish(self) -> std::result::Result<(Vec<u32>, Vec<(String, u32)>), Stopped> {
        let Description { parameters, columns } = self;
        parameters.map(|parameters| (parameters, columns)).ok_or_else(unanswered)
    }
}

impl Sink for Description {
    fn parameters(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        self.parameters = Some(message::parameters(body)?);
        Ok(())
    }

    fn columns(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        self.columns = message::columns(body)?;
        Ok(())
    }
}

/// Shows rows whose columns come before them. Where a column is of a type that is not known, the rows are held until the
/// server can be asked about it.
pub(super) struct Described<'x, 'f> {
    types: &'x Types,
    on_row: Option<&'x mut OnRow<'f>>,
    columns: Vec<Column>,
    held: Option<Held>,
    places: Vec<Place>,
    rows: u64,
    done: bool,
}

/// Rows that were not shown.
pub(super) struct Held {
    described: Vec<(String, u32)>,
    rows: Vec<Box<[u8]>>,
}

impl<'x, 'f> Described<'x, 'f> {
    pub(super) fn new(types: &'x Types, on_row: Option<&'x mut OnRow<'f>>) -> Described<'x, 'f> {
        Described { types, on_row, columns: Vec::new(), held: None, places: Vec::new(), rows: 0, done: false }
    }

    /// The rows that the server counted, and those that were held.
    pub(super) fn finish(self) -> std::result::Result<(u64, Option<Held>), Stopped> {
        if self.done { Ok((self.rows, self.held)) } else { Err(unanswered()) }
    }
}

impl Sink for Described<'_, '_> {
    fn columns(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        let described = message::columns(body)?;
        match self.types.known_columns(&described) {
            Some(columns) => self.columns = columns,
            None => self.held = Some(Held { described, rows: Vec::new() }),
        }
        Ok(())
    }

    fn row(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        let Some(on_row) = &mut self.on_row else { return Ok(()) };
        match &mut self.held {
            Some(held) => {
                held.rows.push(body.into());
                Ok(())
            }
            None => show(&self.columns, body, &mut self.places, *on_row),
        }
    }

    fn done(&mut self, rows: u64) -> Result<()> {
        self.rows += rows;
        self.done = true;
        Ok(())
    }
}

impl Held {
    /// Shows the rows, now that the columns are known.
    pub(super) fn show(
        rows: Vec<Box<[u8]>>,
        columns: &[Column],
        on_row: &mut OnRow<'_>,
    ) -> std::result::Result<(), Stopped> {
        let mut places = Vec::new();
        rows.iter().try_for_each(|body| show(columns, body, &mut places, on_row))
    }

    pub(super) fn take(self) -> (Vec<(String, u32)>, Vec<Box<[u8]>>) {
        let Held { described, rows } = self;
        (described, rows)
    }
}

/// Hands on the count of each of several statements.
pub(super) struct Counts<'x, 'f> {
    pub(super) each: &'x mut (dyn FnMut(Outcome) -> Result<()> + 'f),
    /// The first statement is a BEGIN, which counts nothing.
    pub(super) begins: bool,
    pub(super) done: usize,
}

impl Sink for Counts<'_, '_> {
    fn done(&mut self, rows: u64) -> Result<()> {
        if std::mem::take(&mut self.begins) {
            return Ok(());
        }
        self.done += 1;
        (self.each)(Outcome { rows, ..Outcome::default() })
    }
}
