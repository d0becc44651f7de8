//! The client's errors as ours: what a server's error number means, which errors end a connection, and the names that a
//! message tells. The server's own text, which may hold row data, stays in the source.

use mysql::MySqlError;
use orm_core::{Details, Error, ErrorKind};

/// The result of calling the client.
pub(super) type Attempt<T> = Result<T, Fault>;

/// What can go wrong below `Connection`.
pub(super) enum Fault {
    /// The client reports an error.
    Client(mysql::Error),
    /// The client panicked over an answer that it does not understand.
    Panicked,
    /// An error of ours, or of the closure that takes the rows; the connection has nothing to do with it.
    Caller(Error),
}

impl From<mysql::Error> for Fault {
    fn from(error: mysql::Error) -> Fault {
        Fault::Client(error)
    }
}

impl Fault {
    /// The server's error number, if it is an error of the server.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Fault::Client(mysql::Error::MySqlError(error)) => Some(error.code),
            _ => None,
        }
    }

    /// True when the connection must never be used again. After a timeout, for example, the late answer would be taken
    /// for that of the next statement.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Fault::Client(mysql::Error::MySqlError(error)) => {
                is_disconnect(error.code) || error.code == PACKET_TOO_LARGE
            }
            // Found before anything is sent.
            Fault::Client(mysql::Error::DriverError(mysql::DriverError::MixedParams)) => false,
            Fault::Client(_) | Fault::Panicked => true,
            Fault::Caller(_) => false,
        }
    }
}

/// The server closes the connection after it.
const PACKET_TOO_LARGE: u16 = 1153;

/// Error numbers with which a server ends a connection: shutdown, KILL, idle for too long, a broken stream.
fn is_disconnect(code: u16) -> bool {
    matches!(code, 1053 | 1152 | 1156..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031)
}

/// The error of a statement.
pub(super) fn of_statement(fault: Fault, sql: &str) -> Error {
    match fault {
        Fault::Caller(error) => error,
        Fault::Panicked => {
            Error::decode("the MySQL client does not understand the server's answer; the connection is closed")
        }
        Fault::Client(mysql::Error::MySqlError(error)) if is_disconnect(error.code) => {
            let details = Details { code: Some(error.code.to_string()), ..Details::default() };
            lost(sql, "the server ended the connection").with_details(details).with_source(error)
        }
        Fault::Client(mysql::Error::MySqlError(error)) => of_server(error, sql),
        Fault::Client(mysql::Error::DriverError(mysql::DriverError::MixedParams)) => Error::new(
            ErrorKind::Unsupported,
            "the MySQL client takes a colon before a name for a parameter of its own; bind the text that holds it",
        ),
        Fault::Client(mysql::Error::IoError(error)) if is_timeout(error.kind()) => {
            lost(sql, "the server did not answer within the time allowed; the connection is closed").with_source(error)
        }
        Fault::Client(error) => lost(sql, "the connection to the server is lost").with_source(error),
    }
}

/// The connection was lost while a statement ran, or before.
fn lost(sql: &str, message: &str) -> Error {
    if commits(sql) {
        let message = format!("{message} during COMMIT, which may or may not have happened");
        return Error::new(ErrorKind::CommitOutcomeUnknown, message);
    }
    Error::new(ErrorKind::ConnectionLost, message)
}

/// The connection is not there any more when a statement is to be run.
pub(super) fn lost_before() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection to the server was lost before")
}

/// True when one of the statements of a text is a COMMIT. A COMMIT inside of a literal after a semicolon counts too: it
/// only makes the error more cautious.
fn commits(sql: &str) -> bool {
    sql.split(';').any(|statement| starts_with(statement, "COMMIT"))
}

fn starts_with(sql: &str, word: &str) -> bool {
    sql.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn is_timeout(kind: std::io::ErrorKind) -> bool {
    matches!(kind, std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// The error of an attempt to connect to `target`, a host and port or a socket.
pub(super) fn of_connect(error: mysql::Error, target: &str, key_withheld: bool) -> Error {
    match error {
        mysql::Error::MySqlError(error) => {
            let (kind, message) = match error.code {
                1044 | 1045 | 1130 | 1251 | 1275 | 1698 | 1820 | 1862 | 3118 | 3878 | 4151 => (
                    ErrorKind::AuthenticationFailed,
                    format!("the server at {target} refused the user or the password"),
                ),
                3159 => (
                    ErrorKind::TlsFailed,
                    format!(
                        "the server at {target} accepts encrypted connections only (`sslmode=verify-full`, or `require`)"
                    ),
                ),
                1049 => (ErrorKind::UnknownDatabase, format!("the server at {target} has no database of this name")),
                1040 | 1203 | 1226 => {
                    (ErrorKind::TooManyConnections, format!("the server at {target} takes no more connections for now"))
                }
                _ => (ErrorKind::ConnectFailed, format!("the server at {target} refused the connection")),
            };
            let details = Details { code: Some(error.code.to_string()), ..Details::default() };
            Error::new(kind, message).with_details(details).with_source(error)
        }
        // Where the client must not ask the server for its key, it is given a key file that does not exist.
        mysql::Error::IoError(error) if key_withheld && error.kind() == std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::AuthenticationFailed,
            format!(
                "the server at {target} asks for the password, which is not sent without TLS unless the server's key \
                 is known (server_public_key=path) or may be asked for (allow_public_key_retrieval=true)"
            ),
        ),
        mysql::Error::IoError(error) if is_timeout(error.kind()) => {
            Error::new(ErrorKind::ConnectFailed, format!("the server at {target} did not answer in time"))
                .with_source(error)
        }
        error => Error::new(ErrorKind::ConnectFailed, format!("could not connect to the server at {target}"))
            .with_source(error),
    }
}

fn of_server(error: MySqlError, sql: &str) -> Error {
    let (kind, message) = meaning(&error, sql);
    let details = details(kind, &error);
    Error::new(kind, message).with_details(details).with_source(error)
}

/// The kind of a server's error, and a sentence about it. The numbers are those of the server error references:
/// <https://dev.mysql.com/doc/mysql-errors/9.4/en/server-error-reference.html> and
/// <https://mariadb.com/docs/server/reference/error-codes>.
fn meaning(error: &MySqlError, sql: &str) -> (ErrorKind, String) {
    let plain = |kind, message: &str| (kind, message.to_owned());
    match error.code {
        1022 | 1062 | 1169 | 1557 | 1586 | 1761 | 1762 | 1859 => {
            plain(ErrorKind::UniqueViolation, "a row with the same value of a unique key exists already")
        }
        1216 | 1452 => plain(ErrorKind::ForeignKeyViolation, "the row refers to a row that does not exist"),
        1217 | 1451 | 1701 | 3730 => plain(ErrorKind::ForeignKeyViolation, "other rows still refer to the row"),
        1048 | 1263 => plain(ErrorKind::NotNullViolation, "NULL was given for a column that cannot be NULL"),
        1364 => plain(ErrorKind::NotNullViolation, "nothing was given for a column that has no default"),
        3819 | 4025 => plain(ErrorKind::CheckViolation, "the row does not satisfy a check constraint"),
        1213 => plain(ErrorKind::Deadlock, "this transaction and another waited for each other; it was rolled back"),
        1020 | 3101 | 9007 => plain(ErrorKind::SerializationFailure, "another transaction changed the same rows"),
        1205 | 3572 => plain(ErrorKind::LockTimeout, "a lock was not free within the time allowed"),
        1969 | 3024 => plain(ErrorKind::StatementTimeout, "the statement ran longer than allowed"),
        1317 => plain(ErrorKind::Cancelled, "the statement was cancelled"),
        1792 => plain(ErrorKind::ReadOnly, "the transaction is read only"),
        1836 => plain(ErrorKind::ReadOnlyServer, "the server does not accept writes"),
        // The message names the option that forbids the statement: --read-only is one of several.
        1290 if error.message.contains("read-only") || error.message.contains("read_only") => {
            plain(ErrorKind::ReadOnlyServer, "the server does not accept writes")
        }
        1021 | 1114 => plain(ErrorKind::StorageFull, "the server's disk, or the table, is full"),
        126 | 127 | 1034 | 1194 | 1195 => plain(ErrorKind::Corrupt, "the table is damaged"),
        1008 | 1049 => plain(ErrorKind::UnknownDatabase, "the server has no database of this name"),
        1051 | 1109 | 1146 | 1824 => plain(ErrorKind::UndefinedTable, "there is no such table"),
        1054 | 1072 | 1091 => plain(ErrorKind::UndefinedColumn, "there is no such column"),
        1007 | 1050 | 1060 | 1061 | 1304 | 1359 | 1440 | 1826 | 3822 => {
            plain(ErrorKind::AlreadyExists, "something of this name exists already")
        }
        1064 | 1065 | 1149 => plain(ErrorKind::Syntax, "the server cannot parse the statement"),
        1235 | 1295 => plain(ErrorKind::Unsupported, "the server does not support the statement"),
        1264 | 1690 => plain(ErrorKind::OutOfRange, "a number is out of the range of its column or type"),
        1406 => plain(ErrorKind::InvalidValue, "a value is too long for its column"),
        1265 | 1292 | 1366 | 1411 | 3140 | 3141 => {
            plain(ErrorKind::InvalidValue, "a value is not valid for its column")
        }
        PACKET_TOO_LARGE => plain(
            ErrorKind::InvalidValue,
            "the statement is larger than the server's max_allowed_packet; the connection is closed",
        ),
        // A deadlock ends the transaction, and its savepoints with it.
        1305 if starts_with(sql, "ROLLBACK TO") || starts_with(sql, "RELEASE") => plain(
            ErrorKind::TransactionFailed,
            "the savepoint does not exist any more; its transaction was rolled back",
        ),
        _ if error.state == "40001" => {
            plain(ErrorKind::SerializationFailure, "the transaction cannot be put in order with others")
        }
        code => (ErrorKind::Database, format!("the server refused the statement with error {code}")),
    }
}

/// The names that a message tells. The words around them are translated on some servers, the quotes are not, so that
/// names are found by quotes where that is safe: a quoted value of a row must never get in.
fn details(kind: ErrorKind, error: &MySqlError) -> Details {
    let message = error.message.as_str();
    let mut details = Details { code: Some(error.code.to_string()), ..Details::default() };
    match (kind, error.code) {
        // Duplicate entry '..' for key 'name', on MySQL 8 'table.name'
        (ErrorKind::UniqueViolation, 1062) => {
            let name = last_quoted(message);
            match name.and_then(|name| name.split_once('.')) {
                Some((table, key)) => {
                    details.table = Some(table.to_owned());
                    details.constraint = Some(key.to_owned());
                }
                None => details.constraint = name.map(str::to_owned),
            }
        }
        // .. fails (`db`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES `other` (`id`))
        (ErrorKind::ForeignKeyViolation, 1451 | 1452) => {
            if let Some((before, after)) = message.split_once("CONSTRAINT ") {
                details.table = backquoted(before).pop();
                let (own, _) = after.split_once("REFERENCES").unwrap_or((after, ""));
                let mut names = backquoted(own).into_iter();
                details.constraint = names.next();
                details.columns = names.collect();
            }
        }
        // Column 'a' cannot be null; Field 'a' doesn't have a default value
        (ErrorKind::NotNullViolation, 1048 | 1364) => details.columns.extend(first_quoted(message).map(str::to_owned)),
        // Check constraint 'name' is violated.
        (ErrorKind::CheckViolation, 3819) => details.constraint = first_quoted(message).map(str::to_owned),
        // CONSTRAINT `name` failed for `db`.`table`
        (ErrorKind::CheckViolation, 4025) => {
            let mut names = backquoted(message).into_iter();
            details.constraint = names.next();
            details.table = names.next_back();
        }
        // Table 'db.table' doesn't exist
        (ErrorKind::UndefinedTable, 1051 | 1146) => {
            let name = first_quoted(message).map(|name| name.split_once('.').map_or(name, |(_, table)| table));
            details.table = name.map(str::to_owned);
        }
        // Unknown column 'a' in 'where clause'
        (ErrorKind::UndefinedColumn, 1054) => details.columns.extend(first_quoted(message).map(str::to_owned)),
        // Out of range value for column 'a' at row 1; Data too long for column 'a' at row 1
        (ErrorKind::OutOfRange, 1264) | (ErrorKind::InvalidValue, 1406) => {
            details.columns.extend(first_quoted(message).map(str::to_owned));
        }
        // Incorrect integer value: '..' for column 'a' at row 1, on MariaDB `db`.`t`.`a`
        (ErrorKind::InvalidValue, 1265 | 1292 | 1366) => {
            if let Some((_, name)) = message.rsplit_once("for column ") {
                let quoted = first_quoted(name).map(str::to_owned);
                details.columns.extend(quoted.or_else(|| backquoted(name).pop()));
            }
        }
        _ => {}
    }
    details
}

fn first_quoted(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once('\'')?;
    rest.split_once('\'').map(|(name, _)| name)
}

fn last_quoted(message: &str) -> Option<&str> {
    let (rest, _) = message.rsplit_once('\'')?;
    rest.rsplit_once('\'').map(|(_, name)| name)
}

/// All names in backquotes, with doubled ones made single.
fn backquoted(message: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = message;
    while let Some((_, inside)) = rest.split_once('`') {
        let mut name = String::new();
        let mut left = inside;
        loop {
            let Some((part, after)) = left.split_once('`') else { return names };
            name.push_str(part);
            match after.strip_prefix('`') {
                Some(more) => {
                    name.push('`');
                    left = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests;
