//! A row of PostgreSQL's result, read by position straight from the received bytes. Knows no model.

use crate::postgres_common::cell::no_such_column;
use crate::postgres_common::row::Cells;
use orm_core::Result;
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

impl Cells for ServerRow<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, at: usize) -> &str {
        self.0.columns().get(at).map_or("", |column| column.name())
    }

    fn ty(&self, at: usize) -> &ServerType {
        self.0.columns()[at].type_()
    }

    fn raw(&self, at: usize) -> Result<Option<&[u8]>> {
        match self.0.try_get::<usize, Raw<'_>>(at) {
            Ok(Raw(raw)) => Ok(raw),
            Err(_) => Err(no_such_column(at, self.0.len())),
        }
    }
}
