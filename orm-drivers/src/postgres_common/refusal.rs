//! What the server said when it refused, as ours: SQLSTATE to kind, and a sentence without values of rows. Knows no client.
//!
//! The codes are those of <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use orm_core::{Details, Error, ErrorKind};

/// The code of statements refused because their transaction failed before.
pub(crate) const IN_FAILED_TRANSACTION: &str = "25P02";

/// The fields of an error message that matter here.
pub(crate) struct Refusal<'e> {
    pub(crate) code: &'e str,
    pub(crate) message: &'e str,
    pub(crate) constraint: Option<&'e str>,
    pub(crate) table: Option<&'e str>,
    pub(crate) column: Option<&'e str>,
    /// The server's function that refused.
    pub(crate) routine: Option<&'e str>,
    /// The severity is FATAL or PANIC.
    pub(crate) severe: bool,
}

impl Refusal<'_> {
    /// A FATAL error ends the connection, whatever its code; the codes are asked too for servers that forget the severity.
    pub(crate) fn is_fatal(&self) -> bool {
        self.severe || kind_of(self) == ErrorKind::ConnectionLost
    }

    /// True when a statement prepared earlier does not fit the server's state any more: the schema changed under it, or a
    /// pooler gave this client another server connection.
    pub(crate) fn is_stale_statement(&self) -> bool {
        match self.code {
            "26000" | "42P05" => true,
            "0A000" => self.routine == Some("RevalidateCachedQuery"),
            _ => false,
        }
    }

    /// The names in the message.
    pub(crate) fn details(&self) -> Details {
        Details {
            code: Some(self.code.to_owned()),
            constraint: self.constraint.map(str::to_owned),
            table: self.table.map(str::to_owned),
            columns: self.column.map(str::to_owned).into_iter().collect(),
            ..Details::default()
        }
    }

    /// The error of a statement, to which the caller adds the source.
    pub(crate) fn error(&self) -> Error {
        let error = if self.is_stale_statement() {
            let message = "a statement prepared earlier does not fit the schema any more; run the transaction again";
            Error::new(ErrorKind::SerializationFailure, message)
        } else if self.is_fatal() {
            Error::new(ErrorKind::ConnectionLost, "the connection to the server is lost")
        } else {
            Error::new(kind_of(self), message_of(self))
        };
        error.with_details(self.details())
    }

    /// The error of a connection that was refused, to which the caller adds the source. `target` names hosts and ports.
    pub(crate) fn connect_error(&self, target: &str, database: &str) -> Error {
        let (kind, message) = match self.code {
            "28P01" | "28000" => {
                // The words of libpq and the server are the same in every version; in another language there is no hint.
                let hint = match self.message {
                    text if text.contains("no encryption") => {
                        "; it may accept encrypted connections only (`sslmode=verify-full`, or `require`)"
                    }
                    text if text.contains("valid client certificate") => {
                        "; it wants a certificate of ours (`sslcert`, `sslkey`)"
                    }
                    _ => "",
                };
                let message = format!("the server at {target} refused the user or the password{hint}");
                (ErrorKind::AuthenticationFailed, message)
            }
            "3D000" => (ErrorKind::UnknownDatabase, format!("the server at {target} has no database \"{database}\"")),
            "53300" => (ErrorKind::TooManyConnections, format!("the server at {target} takes no more connections")),
            "57P03" => (ErrorKind::ConnectFailed, format!("the server at {target} is starting up or shutting down")),
            _ => (ErrorKind::ConnectFailed, format!("the server at {target} refused the connection")),
        };
        Error::new(kind, message).with_details(self.details())
    }
}

/// The kind behind a code.
pub(crate) fn kind_of(refusal: &Refusal<'_>) -> ErrorKind {
    match refusal.code {
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
        "57014" if refusal.message.contains("user request") => ErrorKind::Cancelled,
        "57014" => ErrorKind::StatementTimeout,
        // A wrong message on a connection that stays: without a prepared statement the server counts the values.
        "08P01" => ErrorKind::Misuse,
        "08000" | "08001" | "08003" | "08004" | "08006" | "08007" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05"
        | "25P03" => ErrorKind::ConnectionLost,
        "28P01" | "28000" => ErrorKind::AuthenticationFailed,
        "3D000" => ErrorKind::UnknownDatabase,
        "53300" => ErrorKind::TooManyConnections,
        // A standby, or a transaction that was begun READ ONLY: the layers above know which they asked for.
        "25006" => ErrorKind::ReadOnlyServer,
        // BEGIN READ WRITE on a standby: the setting of the transaction is refused, not a statement.
        "0A000" if refusal.routine == Some("call_bool_check_hook") => ErrorKind::ReadOnlyServer,
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
pub(crate) fn message_of(refusal: &Refusal<'_>) -> String {
    let table = refusal.table.map(|table| format!(" of table \"{table}\"")).unwrap_or_default();
    let constraint = refusal.constraint.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let code = refusal.code;
    match code {
        "23505" => format!("a row with this value of the unique constraint{constraint}{table} exists already"),
        "23503" | "23001" => {
            format!(
                "the foreign key{constraint}{table} is violated: the row referred to does not exist, or is still referred to"
            )
        }
        "23502" => {
            let column = refusal.column.map(|name| format!(" \"{name}\"")).unwrap_or_default();
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
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "0A" | "25" | "34" | "3B" | "3D" | "3F" | "40" | "42" | "53" | "54" | "55" | "57" | "58" => {
                refusal.message.to_owned()
            }
            _ => format!("the database refused the statement with SQLSTATE {code}"),
        },
    }
}
