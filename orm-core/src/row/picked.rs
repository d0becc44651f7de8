//! A row with its columns in another order: how a struct that names its columns is read by position.

use super::Row;
use crate::error::{Error, Result};
use crate::value::{Datum, Type};

/// A row of which the columns at these places are shown, in this order.
pub(crate) struct Picked<'r> {
    pub(crate) row: &'r dyn Row,
    pub(crate) places: &'r [usize],
}

impl Picked<'_> {
    fn place(&self, at: usize) -> Result<usize> {
        let missing = || format!("column {} was asked for, and {} were named", at + 1, self.places.len());
        self.places.get(at).copied().ok_or_else(|| Error::decode(missing()))
    }
}

impl Row for Picked<'_> {
    fn len(&self) -> usize {
        self.places.len()
    }
    fn name(&self, at: usize) -> &str {
        self.places.get(at).map_or("", |place| self.row.name(*place))
    }
    fn is_null(&self, at: usize) -> Result<bool> {
        self.row.is_null(self.place(at)?)
    }
    fn boolean(&self, at: usize) -> Result<Option<bool>> {
        self.row.boolean(self.place(at)?)
    }
    fn integer(&self, at: usize) -> Result<Option<i64>> {
        self.row.integer(self.place(at)?)
    }
    fn unsigned(&self, at: usize) -> Result<Option<u64>> {
        self.row.unsigned(self.place(at)?)
    }
    fn double(&self, at: usize) -> Result<Option<f64>> {
        self.row.double(self.place(at)?)
    }
    fn text(&self, at: usize) -> Result<Option<&str>> {
        self.row.text(self.place(at)?)
    }
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>> {
        self.row.bytes(self.place(at)?)
    }
    fn value(&self, at: usize, wanted: &Type) -> Result<Datum<'_>> {
        self.row.value(self.place(at)?, wanted)
    }
}
