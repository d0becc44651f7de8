//! A row whose values are cells of PostgreSQL's binary format, for both drivers. Knows no model and no connection.

use super::cell::{Cell, Unfit};
use orm_core::{Datum, Result, Row, Type};
use postgres_types::Type as ServerType;

/// What a driver shows of a received row.
pub(crate) trait Cells {
    /// How many columns there are.
    fn len(&self) -> usize;
    /// The name of a column; empty where there is none.
    fn name(&self, at: usize) -> &str;
    /// The type of a column that there is.
    fn ty(&self, at: usize) -> &ServerType;
    /// The bytes as they were received; an error where there is no such column.
    fn raw(&self, at: usize) -> Result<Option<&[u8]>>;
}

/// Reads the cells of a received row.
pub(crate) struct CellRow<C>(pub(crate) C);

impl<C: Cells> CellRow<C> {
    #[inline]
    fn read<'r, T>(
        &'r self,
        at: usize,
        read: impl FnOnce(Cell<'r>) -> std::result::Result<T, Unfit>,
    ) -> Result<Option<T>> {
        let Some(raw) = self.0.raw(at)? else { return Ok(None) };
        let ty = self.0.ty(at);
        read(Cell::new(ty, raw)).map(Some).map_err(|unfit| unfit.error(self.0.name(at), ty))
    }
}

impl<C: Cells> Row for CellRow<C> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, at: usize) -> &str {
        self.0.name(at)
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.0.raw(at)?.is_none())
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
