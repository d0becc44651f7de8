//! Values on their way to the client: each as a `ToSql` that writes the form that `postgres_common` knows.

use crate::postgres_common::bind::{is_sent_as_text, write_parameter};
use orm_core::Datum;
use postgres::types::private::BytesMut;
use postgres::types::{Format, IsNull, ToSql, Type};
use std::error::Error as StdError;
use std::fmt;

/// One value of a statement, with its place for messages.
pub(super) struct Bind<'d> {
    pub(super) datum: &'d Datum<'d>,
    pub(super) at: usize,
}

/// The client's log of level debug prints binds; values do not belong there.
impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl ToSql for Bind<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        // The client wraps this error; `error::from_client` takes it out again.
        match write_parameter(self.datum, self.at, ty, out)? {
            true => Ok(IsNull::No),
            false => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, ty: &Type) -> Format {
        if is_sent_as_text(self.datum, ty) { Format::Text } else { Format::Binary }
    }

    postgres::types::to_sql_checked!();
}
