//! A row of PostgreSQL's result, read by position straight from the received bytes. Knows no model.

use crate::postgres_common::cell::{Cell, Unfit, no_such_column};
use orm_core::{Datum, Result, Row, Type};
use postgres::types::{FromSql, Type as ServerType};
use std::error::Error as StdError;

/// A row as the client holds it.
pub(super) struct ServerRow<'r>(pub(super) &'r postgres::Row);

/// The bytes of a column as they were received.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &ServerType, raw: &'r [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }

    fn from_sql_null(_: &ServerType) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(None))
    }

    fn accepts(_: &ServerType) -> bool {
        true
    }
}

impl<'r> ServerRow<'r> {
    fn read<T>(&self, at: usize, read: impl FnOnce(Cell<'r>) -> std::result::Result<T, Unfit>) -> Result<Option<T>> {
        let Some(raw) = self.raw(at)? else { return Ok(None) };
        let column = &self.0.columns()[at];
        read(Cell::new(column.type_(), raw)).map(Some).map_err(|unfit| unfit.error(column.name(), column.type_()))
    }

    fn raw(&self, at: usize) -> Result<Option<&'r [u8]>> {
        match self.0.try_get::<usize, Raw<'r>>(at) {
            Ok(Raw(raw)) => Ok(raw),
            Err(_) => Err(no_such_column(at, self.0.len())),
        }
    }
}

impl Row for ServerRow<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, at: usize) -> &str {
        self.0.columns().get(at).map_or("", |column| column.name())
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
