//! A row of PostgreSQL's result, read by position straight from the buffer that it was received in. Knows no model.

use super::message::Place;
use crate::postgres_common::cell::{Cell, Unfit, no_such_column};
use orm_core::{Datum, Result, Row, Type};
use postgres_types::Type as ServerType;

/// A column of a result.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: ServerType,
}

/// A row: its bytes, and where each value is in them. There are as many places as columns.
pub(super) struct WireRow<'r> {
    pub(super) columns: &'r [Column],
    pub(super) places: &'r [Place],
    pub(super) body: &'r [u8],
}

impl<'r> WireRow<'r> {
    #[inline]
    fn read<T>(&self, at: usize, read: impl FnOnce(Cell<'r>) -> std::result::Result<T, Unfit>) -> Result<Option<T>> {
        let Some(raw) = self.raw(at)? else { return Ok(None) };
        let Column { name, ty } = &self.columns[at];
        read(Cell::new(ty, raw)).map(Some).map_err(|unfit| unfit.error(name, ty))
    }

    #[inline]
    fn raw(&self, at: usize) -> Result<Option<&'r [u8]>> {
        match self.places.get(at) {
            Some(place) => Ok(place.and_then(|(start, end)| self.body.get(start as usize..end as usize))),
            None => Err(no_such_column(at, self.places.len())),
        }
    }
}

impl Row for WireRow<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn name(&self, at: usize) -> &str {
        self.columns.get(at).map_or("", |column| &column.name)
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.raw(at)?.is_none())
    }

    fn boolean(&self, at: usize) -> Result<Option<bool>> {
        self.read(at, Cell::boolean)
    }

    fn integer(&self, at: usize) -> Result<Option<i64>> {
        self.read(at, Cell::integer)
    }

    fn unsigned(&self, at: usize) -> Result<Option<u64>> {
        self.read(at, Cell::unsigned)
    }

    fn double(&self, at: usize) -> Result<Option<f64>> {
        self.read(at, Cell::double)
    }

    fn text(&self, at: usize) -> Result<Option<&str>> {
        self.read(at, Cell::text)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        self.read(at, Cell::bytes)
    }

    fn value(&self, at: usize, wanted: &Type) -> Result<Datum<'_>> {
        Ok(self.read(at, |cell| cell.value(wanted))?.unwrap_or(Datum::Null))
    }
}
