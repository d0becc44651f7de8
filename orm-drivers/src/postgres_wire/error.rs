//! What the server says when it refuses, with all of its fields, and the errors of this driver as ours.

use crate::postgres_common::refusal::Refusal;
use crate::tls;
use orm_core::{Error, ErrorKind};
use std::error::Error as StdError;
use std::{fmt, io};

/// An error as the server sent it: the source of ours, found with `downcast_ref`. **It may hold values of rows**, as those of
/// a key that exists already; `Display` shows the message, and the rest is in the fields.
///
/// ```
/// use std::error::Error;
///
/// fn hint(error: &orm_core::Error) -> Option<&str> {
///     error.source()?.downcast_ref::<orm_drivers::postgres_wire::ServerError>()?.hint.as_deref()
/// }
/// # assert_eq!(hint(&orm_core::Error::new(orm_core::ErrorKind::Database, "not from a server")), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// `ERROR`, `FATAL` or `PANIC`, in English.
    pub severity: String,
    /// The SQLSTATE.
    pub code: String,
    /// The sentence.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What may help.
    pub hint: Option<String>,
    /// Where in the text of the statement, in characters from 1.
    pub position: Option<u32>,
    /// The same in a statement that the server made itself.
    pub internal_position: Option<u32>,
    /// That statement.
    pub internal_query: Option<String>,
    /// In which functions it happened.
    pub context: Option<String>,
    /// The schema of the table or type.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// The type.
    pub data_type: Option<String>,
    /// The constraint.
    pub constraint: Option<String>,
    /// The file of the server's source.
    pub file: Option<String>,
    /// The line in it.
    pub line: Option<u32>,
    /// The server's function.
    pub routine: Option<String>,
}

impl ServerError {
    /// Sets a field by its letter. Unknown ones are left out, as the protocol asks for.
    pub(super) fn set(&mut self, field: u8, text: String) {
        match field {
            // In the server's language, which `V`, of servers from 9.6 on, is not.
            b'S' if self.severity.is_empty() => self.severity = text,
            b'V' => self.severity = text,
            b'C' => self.code = text,
            b'M' => self.message = text,
            b'D' => self.detail = Some(text),
            b'H' => self.hint = Some(text),
            b'P' => self.position = text.parse().ok(),
            b'p' => self.internal_position = text.parse().ok(),
            b'q' => self.internal_query = Some(text),
            b'W' => self.context = Some(text),
            b's' => self.schema = Some(text),
            b't' => self.table = Some(text),
            b'c' => self.column = Some(text),
            b'd' => self.data_type = Some(text),
            b'n' => self.constraint = Some(text),
            b'F' => self.file = Some(text),
            b'L' => self.line = text.parse().ok(),
            b'R' => self.routine = Some(text),
            _ => {}
        }
    }

    pub(super) fn refusal(&self) -> Refusal<'_> {
        Refusal {
            code: &self.code,
            message: &self.message,
            constraint: self.constraint.as_deref(),
            table: self.table.as_deref(),
            column: self.column.as_deref(),
            routine: self.routine.as_deref(),
            severe: matches!(self.severity.as_str(), "FATAL" | "PANIC"),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServerError { severity, code, message, .. } = self;
        write!(f, "{severity} {code}: {message}")
    }
}

impl StdError for ServerError {}

/// How far a statement came.
pub(super) enum Stopped {
    /// Our own refusal: nothing was sent, or all that was sent has been answered.
    Ours(Error),
    /// The server's.
    Refused(Box<ServerError>),
    /// The connection is of no further use.
    Lost(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Lost(error)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Stopped {
        Stopped::Ours(error)
    }
}

impl Stopped {
    /// The error of a statement on an open connection.
    pub(super) fn error(self) -> Error {
        match self {
            Stopped::Ours(error) => error,
            Stopped::Refused(refused) => refused.refusal().error().with_source(*refused),
            Stopped::Lost(error) => {
                Error::new(ErrorKind::ConnectionLost, "the connection to the server is lost").with_source(error)
            }
        }
    }

    /// The error of a connection that could not be made. `target` names hosts and ports.
    pub(super) fn connect_error(self, target: &str, database: &str) -> Error {
        match self {
            Stopped::Ours(error) => error,
            Stopped::Refused(refused) => refused.refusal().connect_error(target, database).with_source(*refused),
            Stopped::Lost(error) => {
                if let Some(ours) = tls_failure(&error, target) {
                    return ours.with_source(error);
                }
                let why = match error.kind() {
                    io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ": the server did not answer in time",
                    _ => "",
                };
                let message = format!("no connection to {target}{why}");
                Error::new(ErrorKind::ConnectFailed, message).with_source(error)
            }
        }
    }
}

/// Where TLS is what failed. An error of ours that a socket's error holds was found before the handshake.
fn tls_failure(error: &io::Error, target: &str) -> Option<Error> {
    let held = error.get_ref().and_then(|held| held.downcast_ref::<Error>());
    match held {
        Some(ours) => Some(Error::new(ours.kind(), ours.to_string())),
        None => tls::failed(error, target),
    }
}
