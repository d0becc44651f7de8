//! COPY and notifications on the socket.

use super::WireConnection;
use crate::postgres_common::bind::check_text;
use crate::postgres_common::copy::behind_a_pooler;
use crate::postgres_wire::channel::{Channel, Frame, invalid};
use crate::postgres_wire::encode;
use crate::postgres_wire::error::Stopped;
use crate::postgres_wire::exchange::{Protocol, Sink};
use crate::postgres_wire::message;
use crate::postgres_wire::take::Description;
use orm_core::driver::{CopySource, CopyTarget, Notification};
use orm_core::{Error, ErrorKind, Result};
use postgres_protocol::message::backend::{ERROR_RESPONSE_TAG, NOTICE_RESPONSE_TAG, PARAMETER_STATUS_TAG};
use postgres_protocol::message::frontend;
use postgres_types::Type;
use std::time::{Duration, Instant};

impl WireConnection {
    pub(super) fn next_notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        if self.pooled {
            return Err(behind_a_pooler());
        }
        self.ready()?;
        // Of no time at all nothing can be asked.
        let deadline = Instant::now().checked_add(timeout.max(Duration::from_millis(1)));
        let told = self.exchange.channel.set_deadline(deadline).map_err(Stopped::from).and_then(|()| {
            let told = self.exchange.notification()?;
            self.exchange.channel.set_deadline(None)?;
            Ok(told)
        });
        told.map_err(|stopped| self.failed(stopped, ""))
    }

    /// The types of the columns of a query.
    pub(super) fn shape(&mut self, query: &str) -> Result<Vec<Type>> {
        self.ready()?;
        self.described(query).map_err(|stopped| self.failed(stopped, query))
    }

    fn described(&mut self, query: &str) -> std::result::Result<Vec<Type>, Stopped> {
        check_text(query)?;
        self.compose(|out| {
            frontend::parse("", query, [], out).map_err(encode::too_long)?;
            frontend::describe(b'S', "", out).map_err(encode::too_long)?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut description = Description::default();
        self.exchange.request(Protocol::Extended, &mut description)?;
        let (_, columns) = description.finish()?;
        let columns = self.types.columns(columns, &mut self.exchange)?;
        Ok(columns.into_iter().map(|column| column.ty).collect())
    }

    pub(super) fn send_copy(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        self.copy(sql, Copying { source: Some(source), target: None, asked: false, rows: 0 })
    }

    pub(super) fn take_copy(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        self.copy(sql, Copying { source: None, target: Some(target), asked: false, rows: 0 }).map(|_| ())
    }

    fn copy(&mut self, sql: &str, mut copying: Copying<'_, '_>) -> Result<u64> {
        check_text(sql)?;
        self.ready()?;
        self.send_begin()?;
        let sent = self.compose(|out| frontend::query(sql, out).map_err(encode::too_long));
        let sent = sent.and_then(|()| self.exchange.request(Protocol::Simple, &mut copying));
        sent.map_err(|stopped| self.failed(stopped, sql))?;
        if copying.asked {
            return Ok(copying.rows);
        }
        Err(Error::new(ErrorKind::Misuse, "the statement is no COPY from or to the client in this direction"))
    }
}

/// What moves by a COPY: one of the two.
struct Copying<'x, 'f> {
    source: Option<&'x mut CopySource<'f>>,
    target: Option<&'x mut CopyTarget<'f>>,
    /// The server asked for data, or gave some.
    asked: bool,
    rows: u64,
}

impl Sink for Copying<'_, '_> {
    fn copies(&self) -> bool {
        true
    }

    fn give(&mut self, channel: &mut Channel) -> std::result::Result<(), Stopped> {
        let Some(source) = &mut self.source else { return Err(wrong_direction()) };
        self.asked = true;
        let mut piece = Vec::new();
        while {
            piece.clear();
            source(&mut piece)?
        } {
            write_data(&piece, channel)?;
            channel.send()?;
            // The server may have refused what came before. Its notices are read, or it would wait for that, and we for it.
            while let Some(Frame { tag, body }) = channel.receive_ready()? {
                match tag {
                    NOTICE_RESPONSE_TAG | PARAMETER_STATUS_TAG => {}
                    ERROR_RESPONSE_TAG => return Err(Stopped::Refused(message::error(channel.body(body))?)),
                    _ => return Err(invalid("the server sent a message that has no place here").into()),
                }
            }
        }
        frontend::copy_done(&mut channel.out);
        Ok(channel.send()?)
    }

    fn data(&mut self, body: &[u8]) -> std::result::Result<(), Stopped> {
        let Some(target) = &mut self.target else { return Err(wrong_direction()) };
        self.asked = true;
        Ok(target(body)?)
    }

    fn taking(&mut self) {
        self.asked |= self.target.is_some();
    }

    fn done(&mut self, rows: u64) -> Result<()> {
        self.rows += rows;
        Ok(())
    }
}

/// A message of data. The client's crate writes one from a buffer of its own.
fn write_data(piece: &[u8], channel: &mut Channel) -> std::result::Result<(), Stopped> {
    let length = i32::try_from(piece.len() + 4).map_err(|_| {
        Stopped::Ours(Error::new(ErrorKind::InvalidValue, "a piece of the data of a COPY is longer than 2 GiB"))
    })?;
    channel.out.extend_from_slice(b"d");
    channel.out.extend_from_slice(&length.to_be_bytes());
    channel.out.extend_from_slice(piece);
    Ok(())
}

#[cold]
fn wrong_direction() -> Stopped {
    Stopped::Ours(Error::new(ErrorKind::Misuse, "the COPY goes in the other direction"))
}
