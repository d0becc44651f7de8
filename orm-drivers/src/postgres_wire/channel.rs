//! Messages over the socket: a buffer for each direction, and the frames of what was received. Knows no meaning of a message.

use super::socket::{Socket, remaining};
use postgres_protocol::authentication::sasl::ChannelBinding;
use postgres_protocol::message::backend::Header;
use postgres_protocol::message::frontend;
use postgres_types::private::BytesMut;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::time::{Duration, Instant};

/// What the buffer for receiving has at first.
const RECEIVED_MIN: usize = 32 * 1024;
/// A buffer that grew beyond this for one large message does not stay so large.
const KEPT_MAX: usize = 1024 * 1024;
/// No message before the end of authentication is longer; whoever sends more is no PostgreSQL.
const GREETING_MAX: usize = 64 * 1024;

/// A message as it lies in the buffer.
pub(super) struct Frame {
    pub(super) tag: u8,
    /// Where its body is, until the next one is asked for.
    pub(super) body: Range<usize>,
}

/// A socket with its buffers.
pub(super) struct Channel {
    socket: Socket,
    /// What goes out with the next [`send`](Channel::send).
    pub(super) out: BytesMut,
    received: Vec<u8>,
    /// Where in `received` there is something that was not given out yet.
    fresh: Range<usize>,
    length_max: usize,
    deadline: Option<Instant>,
    /// How long the other end may say nothing, where no deadline is set.
    patience: Option<Duration>,
}

impl Channel {
    pub(super) fn new(socket: Socket) -> Channel {
        Channel {
            socket,
            out: BytesMut::with_capacity(1024),
            received: vec![0; RECEIVED_MIN],
            fresh: 0..0,
            length_max: GREETING_MAX,
            deadline: None,
            patience: None,
        }
    }

    /// From here on messages may have any length. Memory is only taken for what has arrived.
    pub(super) fn trust_lengths(&mut self) {
        self.length_max = usize::MAX;
    }

    /// Sets until when the calls that follow may wait; `None` for as long as there is patience.
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        self.deadline = deadline;
        self.socket.set_timeout(remaining(deadline)?.or(self.patience))
    }

    /// How long the other end may say nothing; `None` for as long as it likes. Counts from when a deadline is next set or lifted.
    pub(super) fn set_patience(&mut self, patience: Option<Duration>) {
        self.patience = patience;
    }

    /// What the proof of a password can be tied to, where the socket is encrypted.
    pub(super) fn binding(&self) -> Option<ChannelBinding> {
        self.socket.binding()
    }

    /// Sends what was written to `out`.
    pub(super) fn send(&mut self) -> io::Result<()> {
        // A socket that encrypts may have kept a part back.
        let sent = self.socket.write_all(&self.out).and_then(|()| self.socket.flush());
        if self.out.capacity() > KEPT_MAX {
            self.out = BytesMut::with_capacity(1024);
        } else {
            self.out.clear();
        }
        sent
    }

    /// Says goodbye, if that can be done at once.
    pub(super) fn terminate(&mut self) {
        self.out.clear();
        frontend::terminate(&mut self.out);
        if self.socket.set_waiting(false).is_ok() {
            // Whether the server hears it or not: it sees the end of the socket too.
            let _ = self.socket.write(&self.out);
        }
    }

    /// The next message, which is waited for.
    pub(super) fn receive(&mut self) -> io::Result<Frame> {
        loop {
            let fresh = &self.received[self.fresh.clone()];
            let mut total = 5;
            if let Some(header) = Header::parse(fresh)? {
                // The parser has refused a negative length.
                total = header.len() as usize + 1;
                if total > self.length_max {
                    return Err(invalid("the server's message is too long for what it is"));
                }
                if fresh.len() >= total {
                    let start = self.fresh.start;
                    self.fresh.start += total;
                    return Ok(Frame { tag: header.tag(), body: start + 5..start + total });
                }
            }
            self.fill(total)?;
        }
    }

    /// The next message, if it is there already.
    pub(super) fn receive_ready(&mut self) -> io::Result<Option<Frame>> {
        self.socket.set_waiting(false)?;
        let received = self.receive();
        self.socket.set_waiting(true)?;
        match received {
            Ok(frame) => Ok(Some(frame)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a message that was received last.
    pub(super) fn body(&self, body: Range<usize>) -> &[u8] {
        self.received.get(body).unwrap_or_default()
    }

    /// Reads more, of a message that has `total` bytes.
    fn fill(&mut self, total: usize) -> io::Result<()> {
        if self.fresh.is_empty() {
            self.fresh = 0..0;
            if self.received.len() > KEPT_MAX && total <= RECEIVED_MIN {
                self.received = vec![0; RECEIVED_MIN];
            }
        } else if self.fresh.start > 0 && self.fresh.start + total > self.received.len() {
            self.received.copy_within(self.fresh.clone(), 0);
            self.fresh = 0..self.fresh.len();
        }
        if self.fresh.end == self.received.len() {
            // The length that the message claims is believed only as far as its bytes have come.
            let length = total.min(self.received.len() * 2);
            self.received.resize(length.max(RECEIVED_MIN), 0);
        }
        loop {
            if self.deadline.is_some() {
                self.socket.set_timeout(remaining(self.deadline)?)?;
            }
            match self.socket.read(&mut self.received[self.fresh.end..]) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
                Ok(length) => {
                    self.fresh.end += length;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// The error of a message that breaks the protocol.
#[cold]
pub(super) fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
