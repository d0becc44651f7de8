//! A row of PostgreSQL's result, read by position straight from the buffer that it was received in. Knows no model.

use super::message::Place;
use crate::postgres_common::cell::no_such_column;
use crate::postgres_common::row::Cells;
use orm_core::Result;
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

impl Cells for WireRow<'_> {
    #[inline]
    fn len(&self) -> usize {
        self.places.len()
    }

    fn name(&self, at: usize) -> &str {
        self.columns.get(at).map_or("", |column| &column.name)
    }

    #[inline]
    fn ty(&self, at: usize) -> &ServerType {
        &self.columns[at].ty
    }

    #[inline]
    fn raw(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.places.get(at) {
            Some(place) => Ok(place.and_then(|(start, end)| self.body.get(start as usize..end as usize))),
            None => Err(no_such_column(at, self.places.len())),
        }
    }
}
