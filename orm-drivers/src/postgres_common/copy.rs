//! Rows in the binary form of COPY. Knows no connection.
//!
//! <https://www.postgresql.org/docs/current/sql-copy.html>, the part "Binary Format".

use super::bind::{base, write};
use orm_core::dialect::POSTGRES;
use orm_core::driver::CopyRows;
use orm_core::{Datum, Error, ErrorKind, Result};
use postgres_types::Type;
use postgres_types::private::BytesMut;

/// The error of waiting for notifications where another server connection may have been told them.
#[cold]
pub(crate) fn behind_a_pooler() -> Error {
    Error::unsupported(POSTGRES.name, "LISTEN behind a pooler (`pooler=transaction`)")
}

/// What a piece of data has about, so that few messages are sent.
const PIECE: usize = 16 * 1024;

/// Rows as a source of data.
pub(crate) struct Encoder<'r, 'f> {
    types: &'r [Type],
    rows: &'r mut CopyRows<'f>,
    out: BytesMut,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Rows,
    End,
}

impl<'r, 'f> Encoder<'r, 'f> {
    pub(crate) fn new(types: &'r [Type], rows: &'r mut CopyRows<'f>) -> Encoder<'r, 'f> {
        Encoder { types, rows, out: BytesMut::new(), state: State::Start }
    }

    /// Puts the next rows into a buffer; false when there is nothing more.
    pub(crate) fn next(&mut self, into: &mut Vec<u8>) -> Result<bool> {
        let Encoder { types, rows, out, state } = self;
        if *state == State::End {
            return Ok(false);
        }
        out.clear();
        if *state == State::Start {
            // The signature, no flags, no extension.
            out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
            *state = State::Rows;
        }
        while out.len() < PIECE {
            if !rows(&mut |row| write_row(row, types, out))? {
                out.extend_from_slice(&(-1_i16).to_be_bytes());
                *state = State::End;
                break;
            }
        }
        into.extend_from_slice(out);
        Ok(true)
    }
}

fn write_row(row: &[Datum<'_>], types: &[Type], out: &mut BytesMut) -> Result<()> {
    if row.len() != types.len() {
        let message = format!("a row has {} values, and COPY writes {} columns", row.len(), types.len());
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    // A table has at most 1600 columns.
    out.extend_from_slice(&(types.len() as i16).to_be_bytes());
    for (at, (datum, ty)) in row.iter().zip(types).enumerate() {
        if let Datum::Null = datum {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            continue;
        }
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        write(datum, base(ty), out).map_err(|error| error.context(format_args!("value {}", at + 1)))?;
        let length = i32::try_from(out.len() - start - 4)
            .map_err(|_| Error::new(ErrorKind::InvalidValue, "a value is longer than 2 GiB"))?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_the_servers_form() {
        let mut left = 2;
        let rows: &mut CopyRows<'_> = &mut |show| {
            left -= 1;
            if left < 0 {
                return Ok(false);
            }
            show(&[Datum::Int(7), if left == 0 { Datum::Null } else { Datum::text("ab") }])?;
            Ok(true)
        };
        let mut encoder = Encoder::new(&[Type::INT2, Type::TEXT], rows);
        let mut out = Vec::new();
        while encoder.next(&mut out).unwrap() {}
        let first = b"\0\x02\0\0\0\x02\0\x07\0\0\0\x02ab";
        let second = b"\0\x02\0\0\0\x02\0\x07\xff\xff\xff\xff";
        assert_eq!(out[19..], [&first[..], second, b"\xff\xff"].concat());
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let rows: &mut CopyRows<'_> = &mut |show| show(&[Datum::Int(70_000)]).map(|()| true);
        let kind = |types: &[Type], rows: &mut CopyRows<'_>| {
            Encoder::new(types, rows).next(&mut Vec::new()).unwrap_err().kind()
        };
        assert_eq!(kind(&[Type::INT2], rows), ErrorKind::OutOfRange);
        assert_eq!(kind(&[Type::INT4, Type::INT4], rows), ErrorKind::Misuse);
    }
}
