//! Ends the statement that a connection runs: a request on a socket of its own, which names the session by its key. Knows no
//! statement.
//!
//! <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS>

use super::Settings;
use super::message::Body;
use super::socket::Socket;
use orm_core::driver::Cancel;
use orm_core::{Error, ErrorKind, Result};
use postgres_protocol::message::frontend;
use postgres_types::private::BytesMut;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the server may take to hear it, where the URL sets no limit.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server calls a session, and what proves that one may end its statements.
pub(super) struct SessionKey {
    process: i32,
    secret: i32,
}

impl SessionKey {
    /// From the message that the server greets with, if it is in the form of this version of the protocol.
    pub(super) fn of(body: &[u8]) -> Option<SessionKey> {
        let mut body = Body(body);
        let key = SessionKey { process: body.long().ok()?.cast_signed(), secret: body.long().ok()?.cast_signed() };
        body.end().ok().map(|()| key)
    }
}

/// Ends what one connection does.
pub(super) struct Canceller {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) key: SessionKey,
    pub(super) settings: Arc<Settings>,
}

impl Canceller {
    /// Sends the request and waits until the server hangs up, which it does after it has told the other session.
    fn request(&self) -> io::Result<()> {
        let shared = &self.settings.shared;
        let patience = shared.connect_timeout.unwrap_or(PATIENCE);
        let mut socket = Socket::connect(&self.host, self.port, shared, Instant::now().checked_add(patience))?;
        socket.set_timeout(Some(patience))?;
        let mut out = BytesMut::new();
        frontend::cancel_request(self.key.process, self.key.secret, &mut out);
        socket.write_all(&out)?;
        socket.flush()?;
        match socket.read(&mut [0; 64]) {
            Ok(_) => Ok(()),
            // It may hang up the hard way, and does not say goodbye in the words of TLS.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Cancel for Canceller {
    fn cancel(&self) -> Result<()> {
        self.request().map_err(|error| {
            let target = &self.settings.shared.target;
            let message = format!("the server at {target} could not be told to cancel a statement");
            Error::new(ErrorKind::ConnectFailed, message).with_source(error)
        })
    }
}
