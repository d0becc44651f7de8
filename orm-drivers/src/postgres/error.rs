//! Errors of the client and the server as ours: SQLSTATE to kind, and a sentence without values of rows. Knows no connection.
//!
//! The codes are those of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use orm_core::{Details, Error, ErrorKind};
use postgres::error::{DbError, Severity, SqlState};
use std::error::Error as _;

/// The code of statements refused because their transaction failed before.
pub(super) const IN_FAILED_TRANSACTION: &SqlState = &SqlState::IN_FAILED_SQL_TRANSACTION;

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
        return if is_fatal(refusal) { Failure::Lost } else { Failure::Refused };
    }
    let source = error.source();
    let ours = source.is_some_and(|source| source.is::<Error>());
    // What the client could not encode: too long for a message.
    let unencoded = source
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .is_some_and(|source| source.kind() == std::io::ErrorKind::InvalidInput);
    if ours || unencoded { Failure::NotSent } else { Failure::Lost }
}

/// A FATAL error ends the connection, whatever its code; the codes are asked too for servers that forget the severity.
fn is_fatal(refusal: &DbError) -> bool {
    let severe = matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    severe || kind_of(refusal) == ErrorKind::ConnectionLost
}

/// True when a statement prepared earlier does not fit the server's state any more: the schema changed under it, or a pooler
/// gave this client another server connection.
pub(super) fn is_stale_statement(error: &postgres::Error) -> bool {
    let Some(refusal) = error.as_db_error() else { return false };
    match *refusal.code() {
        SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => true,
        SqlState::FEATURE_NOT_SUPPORTED => refusal.routine() == Some("RevalidateCachedQuery"),
        _ => false,
    }
}

/// The error of a statement on an open connection.
pub(super) fn from_client(error: postgres::Error) -> Error {
    if is_stale_statement(&error) {
        let message = "a statement prepared earlier does not fit the schema any more; run the transaction again";
        return Error::new(ErrorKind::SerializationFailure, message).with_details(details(&error)).with_source(error);
    }
    match (failure(&error), error.as_db_error()) {
        (Failure::NotSent, _) => not_sent(error),
        (Failure::Lost, _) => {
            let told = details(&error);
            Error::new(ErrorKind::ConnectionLost, "the connection to the server is lost")
                .with_details(told)
                .with_source(error)
        }
        (Failure::Refused, Some(refusal)) => {
            let (kind, message) = (kind_of(refusal), message_of(refusal));
            Error::new(kind, message).with_details(details(&error)).with_source(error)
        }
        (Failure::Refused, None) => Error::new(ErrorKind::Database, "the statement failed").with_source(error),
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
    let code = error.code().cloned();
    let (kind, message) = match code {
        Some(SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            let hint = match error.as_db_error() {
                // The words of libpq and the server are the same in every version; in another language there is no hint.
                Some(refusal) if refusal.message().contains("no encryption") => {
                    "; it may accept encrypted connections only, which this driver cannot make yet"
                }
                _ => "",
            };
            (ErrorKind::AuthenticationFailed, format!("the server at {target} refused the user or the password{hint}"))
        }
        Some(SqlState::INVALID_CATALOG_NAME) => {
            (ErrorKind::UnknownDatabase, format!("the server at {target} has no database \"{database}\""))
        }
        Some(SqlState::TOO_MANY_CONNECTIONS) => {
            (ErrorKind::TooManyConnections, format!("the server at {target} takes no more connections"))
        }
        Some(SqlState::CANNOT_CONNECT_NOW) => {
            (ErrorKind::ConnectFailed, format!("the server at {target} is starting up or shutting down"))
        }
        Some(_) => (ErrorKind::ConnectFailed, format!("the server at {target} refused the connection")),
        None if is_about_credentials(&error) => {
            let message = format!("the server at {target} asks for a password or a method that were not given");
            (ErrorKind::AuthenticationFailed, message)
        }
        None => (ErrorKind::ConnectFailed, format!("no connection to {target}")),
    };
    Error::new(kind, message).with_details(details(&error)).with_source(error)
}

/// The client has no public kinds; its texts for these two are fixed.
fn is_about_credentials(error: &postgres::Error) -> bool {
    let missing = error.source().is_some_and(|source| source.to_string() == "password missing");
    missing || error.to_string() == "authentication error"
}

fn details(error: &postgres::Error) -> Details {
    let Some(refusal) = error.as_db_error() else { return Details::default() };
    Details {
        code: Some(refusal.code().code().to_owned()),
        constraint: refusal.constraint().map(str::to_owned),
        table: refusal.table().map(str::to_owned),
        columns: refusal.column().map(str::to_owned).into_iter().collect(),
        statement: None,
    }
}

/// The kind behind a code.
fn kind_of(refusal: &DbError) -> ErrorKind {
    match refusal.code().code() {
        "23505" => ErrorKind::UniqueViolation,
        "23503" | "23001" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        "23514" => ErrorKind::CheckViolation,
        "23P01" => ErrorKind::ExclusionViolation,
        "40001" => ErrorKind::SerializationFailure,
        "40P01" => ErrorKind::Deadlock,
        "40003" => ErrorKind::CommitOutcomeUnknown,
        "55P03" => ErrorKind::LockTimeout,
        // One code for both; only the text, which may be in another language, tells who ended the statement.
        "57014" if refusal.message().contains("user request") => ErrorKind::Cancelled,
        "57014" => ErrorKind::StatementTimeout,
        // A wrong message on a connection that stays: without a prepared statement the server counts the values.
        "08P01" => ErrorKind::Misuse,
        "08000" | "08001" | "08003" | "08004" | "08006" | "08007" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05"
        | "25P03" => ErrorKind::ConnectionLost,
        "28P01" | "28000" => ErrorKind::AuthenticationFailed,
        "3D000" => ErrorKind::UnknownDatabase,
        "53300" => ErrorKind::TooManyConnections,
        "25006" => ErrorKind::ReadOnly,
        "25P02" => ErrorKind::TransactionFailed,
        "53100" => ErrorKind::StorageFull,
        "XX001" | "XX002" => ErrorKind::Corrupt,
        "58030" => ErrorKind::Io,
        "42P01" => ErrorKind::UndefinedTable,
        "42703" => ErrorKind::UndefinedColumn,
        "42601" => ErrorKind::Syntax,
        "42P04" | "42P06" | "42P07" | "42701" | "42710" | "42723" => ErrorKind::AlreadyExists,
        "22003" | "22008" | "22015" => ErrorKind::OutOfRange,
        "22001" | "22021" | "22P02" | "22P03" | "22P05" | "22007" | "22030" | "22032" => ErrorKind::InvalidValue,
        "0A000" => ErrorKind::Unsupported,
        _ => ErrorKind::Database,
    }
}

/// A sentence about a refusal. The server's own words are used only for classes of errors whose words are names and SQL text;
/// elsewhere (class 22, class 23, a trigger's RAISE) they may hold a row's values, and stay in the source.
fn message_of(refusal: &DbError) -> String {
    let table = refusal.table().map(|table| format!(" of table \"{table}\"")).unwrap_or_default();
    let constraint = refusal.constraint().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let code = refusal.code().code();
    match code {
        "23505" => format!("a row with this value of the unique constraint{constraint}{table} exists already"),
        "23503" | "23001" => {
            format!(
                "the foreign key{constraint}{table} is violated: the row referred to does not exist, or is still referred to"
            )
        }
        "23502" => {
            let column = refusal.column().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            format!("the column{column}{table} must not be NULL")
        }
        "23514" => format!("the check constraint{constraint}{table} is not satisfied"),
        "23P01" => format!("the exclusion constraint{constraint}{table} is not satisfied"),
        "25P02" => "the transaction failed before and must be rolled back first".to_owned(),
        "22001" => "a text is too long for its column".to_owned(),
        "22003" => "a number is out of the range of its type".to_owned(),
        "22007" | "22P02" => "a text cannot be read as the type that is wanted".to_owned(),
        "22008" | "22015" => "a date, time or interval is out of the range of its type".to_owned(),
        "22012" => "division by zero".to_owned(),
        "22021" | "22P05" => "a text holds a character that the database cannot hold".to_owned(),
        _ => match &code[..2] {
            "08" | "0A" | "25" | "34" | "3B" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58" => {
                refusal.message().to_owned()
            }
            _ => format!("the database refused the statement with SQLSTATE {code}"),
        },
    }
}
