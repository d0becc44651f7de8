//! The bodies of the server's messages, taken apart with every length checked. Knows no connection.
//!
//! The forms are those of <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use super::channel::invalid;
use super::error::ServerError;
use orm_core::driver::Notification;
use std::io;

/// A body that is read from its front.
pub(super) struct Body<'r>(pub(super) &'r [u8]);

impl<'r> Body<'r> {
    pub(super) fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(too_short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub(super) fn byte(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    pub(super) fn short(&mut self) -> io::Result<u16> {
        self.bytes().map(u16::from_be_bytes)
    }

    pub(super) fn long(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    /// A text, up to the NUL that ends it.
    pub(super) fn text(&mut self) -> io::Result<String> {
        let end = self.0.iter().position(|&byte| byte == 0).ok_or_else(too_short)?;
        let text = String::from_utf8_lossy(&self.0[..end]).into_owned();
        self.0 = &self.0[end + 1..];
        Ok(text)
    }

    pub(super) fn end(&self) -> io::Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(invalid("a message of the server is longer than what it says")) }
    }
}

#[cold]
fn too_short() -> io::Error {
    invalid("a message of the server ends too early")
}

/// The numbers of the types of a statement's values.
pub(super) fn parameters(body: &[u8]) -> io::Result<Vec<u32>> {
    let mut body = Body(body);
    let count = body.short()?;
    let types = (0..count).map(|_| body.long()).collect::<io::Result<_>>()?;
    body.end()?;
    Ok(types)
}

/// The name and the number of the type of each column.
pub(super) fn columns(body: &[u8]) -> io::Result<Vec<(String, u32)>> {
    let mut body = Body(body);
    let count = body.short()?;
    let mut columns = Vec::new();
    for _ in 0..count {
        let name = body.text()?;
        let _table_and_its_column: [u8; 6] = body.bytes()?;
        let ty = body.long()?;
        let _length_modifier_format: [u8; 8] = body.bytes()?;
        columns.push((name, ty));
    }
    body.end()?;
    Ok(columns)
}

/// Where a value is in the body of its row; `None` for NULL.
pub(super) type Place = Option<(u32, u32)>;

/// Finds the values of a row.
pub(super) fn row(body: &[u8], places: &mut Vec<Place>) -> io::Result<()> {
    places.clear();
    let mut rest = Body(body);
    let count = rest.short()?;
    for _ in 0..count {
        let Ok(length) = u32::try_from(i32::from_be_bytes(rest.bytes()?)) else {
            places.push(None);
            continue;
        };
        // A body is shorter than 2 GiB.
        let start = (body.len() - rest.0.len()) as u32;
        let (_, after) = rest.0.split_at_checked(length as usize).ok_or_else(too_short)?;
        rest.0 = after;
        places.push(Some((start, start + length)));
    }
    rest.end()
}

/// How many rows a finished statement counted: the last word of what the server says, if it is a number.
pub(super) fn rows_of(body: &[u8]) -> u64 {
    let tag = body.strip_suffix(&[0]).unwrap_or(body);
    let digits = tag.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// What another connection told.
pub(super) fn notification(body: &[u8]) -> io::Result<Notification> {
    let mut body = Body(body);
    let process = i32::from_be_bytes(body.bytes()?);
    let notification = Notification { process, channel: body.text()?, payload: body.text()? };
    body.end()?;
    Ok(notification)
}

/// The fields of an error message.
pub(super) fn error(body: &[u8]) -> io::Result<Box<ServerError>> {
    let mut body = Body(body);
    let mut error = Box::new(ServerError::default());
    loop {
        let field = body.byte()?;
        if field == 0 {
            return Ok(error);
        }
        error.set(field, body.text()?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_lie_about_their_lengths_are_refused() {
        let mut places = Vec::new();
        let good = [0, 2, 255, 255, 255, 255, 0, 0, 0, 1, b'x'];
        row(&good, &mut places).unwrap();
        assert_eq!(places, [None, Some((10, 11))]);
        for length in 0..good.len() {
            assert!(row(&good[..length], &mut places).is_err(), "cut at {length}");
        }
        assert!(row(&[&good[..], &[0]].concat(), &mut places).is_err(), "a byte too many");
        assert!(row(&[0, 1, 127, 255, 255, 255], &mut places).is_err());
        assert!(parameters(&[255, 255, 0, 0, 0, 1]).is_err());
        assert!(columns(&[255, 255, b'a', 0, 0]).is_err());
        assert!(columns(b"\x00\x01a").is_err());
        assert_eq!(notification(b"\0\0\0\x07a\0\0").unwrap().process, 7);
        assert!(notification(b"\0\0\0\x07a\0").is_err() && notification(b"\0\0\0\x07a\0\0\0").is_err());
        assert!(error(b"SERROR").is_err() && error(b"SERROR\0").is_err());
        assert_eq!(error(b"SERROR\0C42601\0\0").unwrap().code, "42601");
    }

    #[test]
    fn counts_are_read_from_the_end() {
        for (tag, rows) in
            [("INSERT 0 3\0", 3), ("SELECT 70\0", 70), ("BEGIN\0", 0), ("", 0), ("x 99999999999999999999", 0)]
        {
            assert_eq!(rows_of(tag.as_bytes()), rows, "{tag}");
        }
    }
}
