//! From SQLite's result codes and messages to our errors: <https://www.sqlite.org/rescode.html>

use orm_core::{Details, Error, ErrorKind};
use rusqlite::ffi;

/// The error with its kind, code, and what the message tells about tables, columns and constraints.
#[cold]
pub(super) fn from_rusqlite(error: rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => failure(code, message),
        // rusqlite repeats the whole statement in this one; where in the statement is enough.
        rusqlite::Error::SqlInputError { error, msg, sql: _, offset } => {
            let mapped = failure(error, Some(msg));
            if offset > 0 { mapped.context(format_args!("at byte {offset} of the statement")) } else { mapped }
        }
        rusqlite::Error::MultipleStatement => {
            let message = "the text holds more than one statement; only a batch without values can";
            Error::new(ErrorKind::Misuse, message).with_source(error)
        }
        rusqlite::Error::InvalidColumnIndex(at) => {
            Error::new(ErrorKind::Decode, format!("the result has no column {}", at + 1)).with_source(error)
        }
        rusqlite::Error::NulError(_) | rusqlite::Error::InvalidPath(_) => {
            Error::new(ErrorKind::InvalidUrl, "SQLite cannot take this file name").with_source(error)
        }
        rusqlite::Error::SqliteSingleThreadedMode => {
            Error::new(ErrorKind::Unsupported, "this SQLite was built for a single thread").with_source(error)
        }
        other => Error::new(ErrorKind::Database, "rusqlite failed").with_source(other),
    }
}

fn failure(code: ffi::Error, message: Option<String>) -> Error {
    let text = message.as_deref().unwrap_or_default();
    let mut details = Details { code: Some(code.extended_code.to_string()), ..Details::default() };
    let (kind, sentence) = match code.extended_code & 0xff {
        ffi::SQLITE_CONSTRAINT => constraint(code.extended_code, text, &mut details),
        ffi::SQLITE_ERROR => statement(text, &mut details),
        primary => by_code(primary, code.extended_code, text),
    };
    Error::new(kind, sentence).with_details(details).with_source(rusqlite::Error::SqliteFailure(code, message))
}

fn by_code(primary: i32, extended: i32, text: &str) -> (ErrorKind, String) {
    let (kind, sentence) = match primary {
        // The transaction read before another one committed, so it cannot write any more: waiting does not help.
        ffi::SQLITE_BUSY if extended == ffi::SQLITE_BUSY_SNAPSHOT => {
            (ErrorKind::SerializationFailure, "another transaction has written since this one began to read")
        }
        ffi::SQLITE_BUSY => (ErrorKind::LockTimeout, "another connection kept the SQLite file locked for too long"),
        ffi::SQLITE_LOCKED => (ErrorKind::LockTimeout, "a table is in use by another statement of this connection"),
        ffi::SQLITE_PROTOCOL => (ErrorKind::LockTimeout, "SQLite could not get its locks in order"),
        ffi::SQLITE_READONLY => (ErrorKind::ReadOnly, "the SQLite database does not accept writes"),
        ffi::SQLITE_PERM => (ErrorKind::ReadOnly, "SQLite may not use the file in this way"),
        ffi::SQLITE_FULL => (ErrorKind::StorageFull, "the SQLite database, or its disk, is full"),
        ffi::SQLITE_CORRUPT => (ErrorKind::Corrupt, "the SQLite database file is damaged"),
        ffi::SQLITE_NOTADB => (ErrorKind::Corrupt, "the file is not a SQLite database, or it is encrypted"),
        ffi::SQLITE_CANTOPEN => (ErrorKind::ConnectFailed, "SQLite cannot open the file"),
        ffi::SQLITE_IOERR => (ErrorKind::Io, "the operating system failed to read or write for SQLite"),
        ffi::SQLITE_INTERRUPT => (ErrorKind::Cancelled, "the statement was interrupted"),
        ffi::SQLITE_ABORT => (ErrorKind::TransactionFailed, "the transaction was rolled back under the statement"),
        ffi::SQLITE_TOOBIG => (ErrorKind::InvalidValue, "a text or blob, or the statement, is too long for SQLite"),
        ffi::SQLITE_MISMATCH => (ErrorKind::InvalidValue, "a value does not have the type that its column demands"),
        ffi::SQLITE_MISUSE => (ErrorKind::Misuse, "SQLite cannot run this: is there a statement in the text?"),
        ffi::SQLITE_RANGE => (ErrorKind::Misuse, "the statement has no parameter of this number"),
        ffi::SQLITE_NOMEM => (ErrorKind::Database, "SQLite is out of memory"),
        ffi::SQLITE_AUTH => (ErrorKind::Refused, "SQLite is not authorized to do this"),
        ffi::SQLITE_NOLFS => (ErrorKind::Unsupported, "the operating system cannot hold a file of this size"),
        _ => return (ErrorKind::Database, said("SQLite failed", text)),
    };
    (kind, sentence.to_owned())
}

/// A violated constraint. SQLite names the columns of a UNIQUE, the name or text of a CHECK, and nothing of a foreign key.
fn constraint(extended: i32, text: &str, details: &mut Details) -> (ErrorKind, String) {
    let subject = text.split_once("constraint failed: ").map_or("", |(_, subject)| subject);
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            // "index 'name'" is said of an index over expressions.
            match subject.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
                Some(index) => details.constraint = Some(index.to_owned()),
                None => note_columns(subject, details),
            }
            (ErrorKind::UniqueViolation, format!("a row with the same {} exists already", named(subject, "key")))
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            note_columns(subject, details);
            (ErrorKind::NotNullViolation, format!("{} must not be NULL", named(subject, "a column")))
        }
        ffi::SQLITE_CONSTRAINT_CHECK => {
            // An unnamed constraint is reported by its text, which is no name.
            let is_name = subject.chars().all(|other| other.is_alphanumeric() || other == '_');
            details.constraint = Some(subject.to_owned()).filter(|name| is_name && !name.is_empty());
            (ErrorKind::CheckViolation, format!("a row does not satisfy the check {}", named(subject, "of its table")))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => foreign_key(),
        // RESTRICT is enforced by a trigger of SQLite's own.
        ffi::SQLITE_CONSTRAINT_TRIGGER if text.starts_with("FOREIGN KEY") => foreign_key(),
        ffi::SQLITE_CONSTRAINT_TRIGGER => (ErrorKind::Refused, said("a trigger refused", text)),
        ffi::SQLITE_CONSTRAINT_DATATYPE => {
            (ErrorKind::InvalidValue, said("a value does not have the type that its column demands", subject))
        }
        _ => (ErrorKind::Database, said("a constraint failed", text)),
    }
}

fn foreign_key() -> (ErrorKind, String) {
    let message = "a row refers to a row that does not exist, or is still referred to";
    (ErrorKind::ForeignKeyViolation, message.to_owned())
}

/// Takes "table.column, table.column" apart.
fn note_columns(subject: &str, details: &mut Details) {
    for column in subject.split(", ").filter(|column| !column.is_empty()) {
        let (table, name) = column.split_once('.').unwrap_or(("", column));
        details.columns.push(name.to_owned());
        details.table = Some(table.to_owned()).filter(|table| !table.is_empty());
    }
}

/// SQLITE_ERROR stands for all that is wrong with a statement; only the message tells which.
fn statement(text: &str, details: &mut Details) -> (ErrorKind, String) {
    let after = |before: &str| text.strip_prefix(before).map(|rest| rest.split(" - ").next().unwrap_or(rest));
    if let Some(table) = after("no such table: ").or_else(|| after("no such view: ")) {
        details.table = Some(bare(table));
        return (ErrorKind::UndefinedTable, format!("there is no table {}", bare(table)));
    }
    if let Some(column) = after("no such column: ") {
        let column = bare(column.trim_matches('"'));
        let message = format!("there is no column {column}");
        details.columns.push(column);
        return (ErrorKind::UndefinedColumn, message);
    }
    if let Some((table, column)) = after("table ").and_then(|rest| rest.split_once(" has no column named ")) {
        details.table = Some(bare(table));
        details.columns.push(bare(column));
        return (ErrorKind::UndefinedColumn, format!("the table {table} has no column {column}"));
    }
    if text.ends_with("already exists") || text.starts_with("there is already ") {
        details.table = text.strip_prefix("table ").and_then(|rest| rest.strip_suffix(" already exists")).map(bare);
        return (ErrorKind::AlreadyExists, text.to_owned());
    }
    let (kind, what) = match text {
        _ if text.starts_with("duplicate column name") => (ErrorKind::AlreadyExists, "SQLite refuses the statement"),
        _ if text.ends_with("syntax error") || text.starts_with("unrecognized token") || text == "incomplete input" => {
            (ErrorKind::Syntax, "SQLite cannot parse the statement")
        }
        _ if LIMITS.iter().any(|limit| text.starts_with(limit)) => {
            (ErrorKind::Unsupported, "the statement is beyond SQLite's limits")
        }
        _ if text.starts_with("no such function") || text.starts_with("no such collation") => {
            (ErrorKind::Unsupported, "SQLite does not have what the statement uses")
        }
        _ if ["cannot start a transaction", "cannot commit", "cannot rollback", "no such savepoint"]
            .iter()
            .any(|order| text.starts_with(order)) =>
        {
            (ErrorKind::Misuse, "the transaction is not in the state for this")
        }
        "integer overflow" => (ErrorKind::OutOfRange, "a result does not fit an integer of SQLite"),
        _ if text.starts_with("malformed JSON") || text.starts_with("decimal_") => {
            (ErrorKind::InvalidValue, "a value is not what the statement needs")
        }
        _ => (ErrorKind::Database, "SQLite refuses the statement"),
    };
    (kind, said(what, text))
}

/// How the messages about <https://www.sqlite.org/limits.html> begin.
const LIMITS: [&str; 10] = [
    "too many",
    "variable number must be",
    "Expression tree is too large",
    "parser stack overflow",
    "at most 64 tables",
    "LIKE or GLOB pattern too complex",
    "statement too long",
    "sqlite_schema has too many",
    "Recursion limit",
    "maximum ",
];

/// A name without what qualifies it and without what follows it.
fn bare(name: &str) -> String {
    name.trim().rsplit('.').next().unwrap_or(name).trim_matches('"').to_owned()
}

fn named<'t>(subject: &'t str, otherwise: &'t str) -> &'t str {
    if subject.is_empty() { otherwise } else { subject }
}

fn said(sentence: &str, text: &str) -> String {
    if text.is_empty() { sentence.to_owned() } else { format!("{sentence}: {text}") }
}
