//! Requests, as messages in the buffer that goes out. What cannot be encoded leaves nothing behind there.

use super::error::Stopped;
use crate::postgres_common::bind::{is_sent_as_text, write_parameter};
use orm_core::{Datum, Error, ErrorKind};
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend::{self, BindError};
use postgres_types::Type;
use postgres_types::private::BytesMut;
use std::io;

/// All columns of a result come in binary form.
const BINARY: [i16; 1] = [1];

/// Bind and Execute, on the portal without a name. `types` has as many elements as `binds`.
pub(super) fn bind_and_execute(
    statement: &str,
    binds: &[Datum<'_>],
    types: &[Type],
    out: &mut BytesMut,
) -> Result<(), Stopped> {
    bind(statement, binds, types, out)?;
    frontend::execute("", 0, out).map_err(too_long)
}

/// Bind, on the portal without a name.
pub(super) fn bind(statement: &str, binds: &[Datum<'_>], types: &[Type], out: &mut BytesMut) -> Result<(), Stopped> {
    let start = out.len();
    let formats = binds.iter().zip(types).map(|(datum, ty)| i16::from(!is_sent_as_text(datum, ty)));
    let values = binds.iter().zip(types).enumerate();
    let bound = frontend::bind(
        "",
        statement,
        formats,
        values,
        |(at, (datum, ty)), out| match write_parameter(datum, at, ty, out)? {
            true => Ok(IsNull::No),
            false => Ok(IsNull::Yes),
        },
        BINARY,
        out,
    );
    bound.map_err(|error| {
        out.truncate(start);
        match error {
            BindError::Conversion(error) => match error.downcast::<Error>() {
                Ok(ours) => Stopped::Ours(*ours),
                Err(other) => {
                    Stopped::Ours(Error::new(ErrorKind::InvalidValue, "a value cannot be sent").with_source(other))
                }
            },
            BindError::Serialization(error) => too_long(error),
        }
    })
}

/// The error of a message that has no room for what it should hold.
pub(super) fn too_long(error: io::Error) -> Stopped {
    Stopped::Ours(Error::new(ErrorKind::InvalidValue, "the statement is too long to be sent").with_source(error))
}
