//! Errors of the client as ours. Knows no connection.

use crate::postgres_common::refusal::Refusal;
use crate::tls;
use orm_core::{Error, ErrorKind};
use postgres::error::{DbError, Severity};
use std::error::Error as _;

/// What kind of failure the client reported, beyond what the server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server refused the statement.
    Refused,
    /// Nothing was sent.
    NotSent,
    /// The connection is of no further use.
    Lost,
}

/// Sorts a client's error.
pub(super) fn failure(error: &postgres::Error) -> Failure {
    if let Some(refusal) = error.as_db_error() {
        return if self::refusal(refusal).is_fatal() { Failure::Lost } else { Failure::Refused };
    }
    let source = error.source();
    let ours = source.is_some_and(|source| source.is::<Error>());
    // What the client could not encode: too long for a message.
    let unencoded = source
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .is_some_and(|source| source.kind() == std::io::ErrorKind::InvalidInput);
    if ours || unencoded { Failure::NotSent } else { Failure::Lost }
}

/// What the server said, as far as it matters.
fn refusal(error: &DbError) -> Refusal<'_> {
    Refusal {
        code: error.code().code(),
        message: error.message(),
        constraint: error.constraint(),
        table: error.table(),
        column: error.column(),
        routine: error.routine(),
        severe: matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
    }
}

/// True when a statement prepared earlier does not fit the server's state any more.
pub(super) fn is_stale_statement(error: &postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| refusal(error).is_stale_statement())
}

/// The error of a statement on an open connection.
pub(super) fn from_client(error: postgres::Error) -> Error {
    if let Some(db_error) = error.as_db_error() {
        return refusal(db_error).error().with_source(error);
    }
    match failure(&error) {
        Failure::NotSent => not_sent(error),
        Failure::Lost => {
            Error::new(ErrorKind::ConnectionLost, "the connection to the server is lost").with_source(error)
        }
        Failure::Refused => Error::new(ErrorKind::Database, "the statement failed").with_source(error),
    }
}

/// Takes our own error out of the client's, where a value could not be encoded.
fn not_sent(error: postgres::Error) -> Error {
    match error.into_source().map(|source| source.downcast::<Error>()) {
        Some(Ok(ours)) => *ours,
        Some(Err(other)) => {
            Error::new(ErrorKind::InvalidValue, "the statement is too long to be sent").with_source(other)
        }
        None => Error::new(ErrorKind::InvalidValue, "the statement could not be sent"),
    }
}

/// The error of a connection that could not be made. `target` names hosts and ports.
pub(super) fn from_connect(error: postgres::Error, target: &str, database: &str) -> Error {
    if let Some(db_error) = error.as_db_error() {
        return refusal(db_error).connect_error(target, database).with_source(error);
    }
    if let Some(ours) = tls_failure(&error, target) {
        return ours.with_source(error);
    }
    let (kind, message) = match is_about_credentials(&error) {
        true => {
            let message = format!("the server at {target} asks for a password or a method that were not given");
            (ErrorKind::AuthenticationFailed, message)
        }
        false => (ErrorKind::ConnectFailed, format!("no connection to {target}")),
    };
    Error::new(kind, message).with_source(error)
}

/// Where TLS is what failed. The client has no kind for a server that offers none, and a fixed text.
fn tls_failure(error: &postgres::Error, target: &str) -> Option<Error> {
    if error.source().is_some_and(|source| source.to_string() == "server does not support TLS") {
        return Some(tls::not_offered(target));
    }
    tls::failed(error, target)
}

/// The client has no public kinds; its texts for these two are fixed.
fn is_about_credentials(error: &postgres::Error) -> bool {
    let missing = error.source().is_some_and(|source| source.to_string() == "password missing");
    missing || error.to_string() == "authentication error"
}
