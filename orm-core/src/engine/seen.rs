//! Whose rows a connection sees.

use super::connection::Connection;
use crate::compile::{Surroundings, unresolved};
use crate::error::Result;
use crate::value::{Datum, Key, RawHandle};

/// The tenant of a connection, if one was named.
#[derive(Default)]
pub(super) struct Seen {
    tenant: Option<Datum<'static>>,
}

impl Surroundings for Seen {
    fn key(&self, handle: RawHandle) -> Result<Datum<'static>> {
        unresolved(handle)
    }
    fn tenant(&self) -> Option<Datum<'static>> {
        self.tenant.clone()
    }
}

impl Connection {
    /// The tenant whose rows the connection sees and writes, in every model with `#[orm(tenant)]`. A statement about such a model
    /// is an error without; `unscoped` on the statement sees all.
    ///
    /// ```standalone_crate
    /// # extern crate orm_doc as orm;
    /// use orm::prelude::*;
    /// #[derive(Model, Clone, Debug, PartialEq)]
    /// #[orm(table = "invoices")]
    /// struct Invoice {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(tenant, index)]
    ///     company: i64,
    /// }
    ///
    /// let engine = orm::create_engine("sqlite::memory:")?;
    /// Schema::of::<Invoice>().create_all(&engine)?;
    /// let mut connection = engine.connect()?.tenant(7);
    /// connection.execute(insert(&Invoice { id: 0, company: 0 }))?;
    /// let invoices = connection.all(select::<Invoice>())?; // WHERE company = 7
    /// assert_eq!(invoices[0].company, 7);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn tenant(mut self, tenant: impl Key) -> Connection {
        self.seen_mut().tenant = Some(tenant.key_datum().into_owned());
        self
    }
}
