//! Requests and their answers, up to the server's readiness for the next one. Knows no statement cache and no transaction rules.

use super::channel::{Channel, Frame, invalid};
use super::error::Stopped;
use super::message;
use orm_core::driver::Notification;
use orm_core::{Error, ErrorKind, Result};
use postgres_protocol::message::backend::{
    BIND_COMPLETE_TAG, CLOSE_COMPLETE_TAG, COMMAND_COMPLETE_TAG, COPY_DATA_TAG, COPY_DONE_TAG, COPY_IN_RESPONSE_TAG,
    COPY_OUT_RESPONSE_TAG, DATA_ROW_TAG, EMPTY_QUERY_RESPONSE_TAG, ERROR_RESPONSE_TAG, NO_DATA_TAG,
    NOTICE_RESPONSE_TAG, NOTIFICATION_RESPONSE_TAG, PARAMETER_DESCRIPTION_TAG, PARAMETER_STATUS_TAG,
    PARSE_COMPLETE_TAG, READY_FOR_QUERY_TAG, ROW_DESCRIPTION_TAG,
};
use postgres_protocol::message::frontend;
use std::collections::VecDeque;

/// The state of the transaction, as the server tells it with its readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Idle,
    Open,
    /// Open, and of no use but to be rolled back.
    Failed,
}

impl Status {
    pub(super) fn of(body: &[u8]) -> std::io::Result<Status> {
        match body {
            b"I" => Ok(Status::Idle),
            b"T" => Ok(Status::Open),
            b"E" => Ok(Status::Failed),
            _ => Err(invalid("the server is ready in a state that does not exist")),
        }
    }
}

/// Which of its two sub-protocols a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// A text, possibly of several statements.
    Simple,
    /// Parse, Bind, Execute, and a Sync at the end.
    Extended,
}

/// Who takes what the server answers. Bodies are as they were received.
pub(super) trait Sink {
    fn parameters(&mut self, _body: &[u8]) -> std::result::Result<(), Stopped> {
        Ok(())
    }

    fn columns(&mut self, _body: &[u8]) -> std::result::Result<(), Stopped> {
        Ok(())
    }

    fn row(&mut self, _body: &[u8]) -> std::result::Result<(), Stopped> {
        Ok(())
    }

    /// Whether a COPY may ask for data, or give some.
    fn copies(&self) -> bool {
        false
    }

    /// The server wants data until it is told their end. An error is one of ours, and the server is told to forget them.
    fn give(&mut self, _channel: &mut Channel) -> std::result::Result<(), Stopped> {
        Err(Stopped::Ours(copy()))
    }

    /// A COPY gives data from here on, if it has any.
    fn taking(&mut self) {}

    /// A piece of what a COPY gives.
    fn data(&mut self, _body: &[u8]) -> std::result::Result<(), Stopped> {
        Ok(())
    }

    /// A statement is done and has counted so many rows.
    fn done(&mut self, _rows: u64) -> Result<()> {
        Ok(())
    }
}

/// Takes nothing.
pub(super) struct Ignore;

impl Sink for Ignore {}

/// A channel, and what the server owes on it.
pub(super) struct Exchange {
    pub(super) channel: Channel,
    pub(super) status: Status,
    /// How often the server has yet to say that it is ready. Zero between requests, except when a caller's closure has
    /// panicked among the rows, and after a ROLLBACK whose answer nobody waits for.
    owed: u32,
    /// The server waits for data. False between requests, but for the same exception.
    copying: bool,
    /// What others told, and nobody has asked for yet.
    pub(super) notifications: VecDeque<Notification>,
}

impl Exchange {
    /// For a channel on which the server has said that it is ready.
    pub(super) fn new(channel: Channel, status: Status) -> Exchange {
        Exchange { channel, status, owed: 0, copying: false, notifications: VecDeque::new() }
    }

    /// Sends what was composed and ends with a Sync or a simple query, and hands the answers to the sink. An error of the
    /// sink is returned after the rest of the answers was read.
    pub(super) fn request(&mut self, protocol: Protocol, sink: &mut impl Sink) -> std::result::Result<(), Stopped> {
        self.owed += 1;
        self.channel.send()?;
        self.answers(protocol, sink)
    }

    /// Whether the server owes no answer.
    pub(super) fn is_settled(&self) -> bool {
        self.owed == 0 && !self.copying
    }

    /// Sends what was composed, and leaves the answers to be read before those of the next request; the status is what it will be.
    pub(super) fn ask(&mut self, status: Status) -> std::result::Result<(), Stopped> {
        self.owed += 1;
        self.status = status;
        Ok(self.channel.send()?)
    }

    /// Reads what is left of the answers to an earlier request.
    pub(super) fn drain(&mut self) -> std::result::Result<(), Stopped> {
        if self.owed == 0 {
            return Ok(());
        }
        if std::mem::take(&mut self.copying) {
            self.end_copy(Protocol::Simple)?;
        }
        match self.answers(Protocol::Extended, &mut Ignore) {
            // What the server refused then was not asked for by this caller.
            Err(Stopped::Refused(refused)) if !refused.refusal().is_fatal() => Ok(()),
            other => other,
        }
    }

    fn answers(&mut self, protocol: Protocol, sink: &mut impl Sink) -> std::result::Result<(), Stopped> {
        let mut stopped: Option<Stopped> = None;
        loop {
            let Frame { tag, body } = self.channel.receive()?;
            let taken = match tag {
                DATA_ROW_TAG if stopped.is_none() => sink.row(self.channel.body(body)),
                COMMAND_COMPLETE_TAG if stopped.is_none() => {
                    sink.done(message::rows_of(self.channel.body(body))).map_err(Stopped::Ours)
                }
                PARAMETER_DESCRIPTION_TAG if stopped.is_none() => sink.parameters(self.channel.body(body)),
                ROW_DESCRIPTION_TAG if stopped.is_none() => sink.columns(self.channel.body(body)),
                READY_FOR_QUERY_TAG => {
                    self.status = Status::of(self.channel.body(body))?;
                    self.owed -= 1;
                    if self.owed > 0 {
                        continue;
                    }
                    return stopped.map_or(Ok(()), Err);
                }
                EMPTY_QUERY_RESPONSE_TAG if stopped.is_none() => sink.done(0).map_err(Stopped::Ours),
                ERROR_RESPONSE_TAG => {
                    let refused = message::error(self.channel.body(body))?;
                    if refused.refusal().is_fatal() {
                        return Err(Stopped::Refused(refused));
                    }
                    Err(Stopped::Refused(refused))
                }
                COPY_IN_RESPONSE_TAG if stopped.is_none() && sink.copies() => self.give(sink),
                COPY_IN_RESPONSE_TAG => self.end_copy(protocol).and(Err(Stopped::Ours(copy()))),
                COPY_OUT_RESPONSE_TAG if !sink.copies() => Err(Stopped::Ours(copy())),
                COPY_OUT_RESPONSE_TAG => {
                    sink.taking();
                    Ok(())
                }
                COPY_DATA_TAG if stopped.is_none() => sink.data(self.channel.body(body)),
                NOTIFICATION_RESPONSE_TAG => {
                    self.notifications.push_back(message::notification(self.channel.body(body))?);
                    Ok(())
                }
                DATA_ROW_TAG
                | COMMAND_COMPLETE_TAG
                | PARAMETER_DESCRIPTION_TAG
                | ROW_DESCRIPTION_TAG
                | PARSE_COMPLETE_TAG
                | BIND_COMPLETE_TAG
                | CLOSE_COMPLETE_TAG
                | NO_DATA_TAG
                | EMPTY_QUERY_RESPONSE_TAG
                | NOTICE_RESPONSE_TAG
                | PARAMETER_STATUS_TAG
                | COPY_DATA_TAG
                | COPY_DONE_TAG => Ok(()),
                _ => return Err(invalid("the server sent a message that has no place here").into()),
            };
            match taken {
                Ok(()) => {}
                Err(Stopped::Lost(error)) => return Err(Stopped::Lost(error)),
                // The first reason counts; those after it follow from it.
                Err(reason) => {
                    stopped.get_or_insert(reason);
                }
            }
        }
    }

    /// Has the sink give data to a COPY, which was asked for by a simple query.
    fn give(&mut self, sink: &mut impl Sink) -> std::result::Result<(), Stopped> {
        self.copying = true;
        let given = sink.give(&mut self.channel);
        self.copying = false;
        if let Err(Stopped::Ours(_)) = &given {
            self.end_copy(Protocol::Simple)?;
        }
        given
    }

    /// Ends a COPY FROM STDIN without data. The server reads on for them, and has overlooked a Sync that came with the request.
    fn end_copy(&mut self, protocol: Protocol) -> std::result::Result<(), Stopped> {
        self.channel.out.clear();
        frontend::copy_fail("given up", &mut self.channel.out)?;
        if protocol == Protocol::Extended {
            frontend::sync(&mut self.channel.out);
        }
        Ok(self.channel.send()?)
    }

    /// Waits for a notification until the channel's deadline.
    pub(super) fn notification(&mut self) -> std::result::Result<Option<Notification>, Stopped> {
        while self.notifications.is_empty() {
            let Frame { tag, body } = match self.channel.receive() {
                Ok(frame) => frame,
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => break,
                Err(error) => return Err(error.into()),
            };
            match tag {
                NOTIFICATION_RESPONSE_TAG => {
                    self.notifications.push_back(message::notification(self.channel.body(body))?);
                }
                NOTICE_RESPONSE_TAG | PARAMETER_STATUS_TAG => {}
                ERROR_RESPONSE_TAG => return Err(Stopped::Refused(message::error(self.channel.body(body))?)),
                _ => return Err(invalid("the server sent a message that has no place here").into()),
            }
        }
        Ok(self.notifications.pop_front())
    }
}

#[cold]
fn copy() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "COPY from or to the client is not a statement; `copy_in` and `copy_out_raw` of a connection run it",
    )
}
