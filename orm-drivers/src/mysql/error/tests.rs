//! The servers' messages, as MariaDB 10.11 and MySQL 9 write them, against what is told of them.

use super::*;

fn server(code: u16, message: &str) -> Error {
    let error = MySqlError { state: "HY000".into(), message: message.into(), code };
    of_statement(Fault::Client(mysql::Error::MySqlError(error)), "INSERT INTO t VALUES (?)")
}

#[test]
fn the_key_of_a_duplicate() {
    let mysql = server(1062, "Duplicate entry 'it's' for key 'users.users_name_uq'");
    assert_eq!((mysql.constraint(), mysql.table()), (Some("users_name_uq"), Some("users")));
    let mariadb = server(1062, "Duplicate entry 'a.b' for key 'PRIMARY'");
    assert_eq!((mariadb.constraint(), mariadb.table()), (Some("PRIMARY"), None));
    assert_eq!(mariadb.code(), Some("1062"));
}

#[test]
fn the_names_of_a_foreign_key() {
    let error = server(
        1452,
        "Cannot add or update a child row: a foreign key constraint fails (`db`.`posts`, CONSTRAINT `posts``fk` \
         FOREIGN KEY (`a`, `b`) REFERENCES `users` (`id`, `x`) ON DELETE CASCADE)",
    );
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    assert_eq!((error.table(), error.constraint()), (Some("posts"), Some("posts`fk")));
    assert_eq!(error.columns(), ["a", "b"]);
    assert_eq!(server(1452, "Cannot add or update a child row: a foreign key constraint fails").constraint(), None);
}

#[test]
fn the_columns_that_messages_name() {
    for (code, message) in [
        (1048, "Column 'name' cannot be null"),
        (1364, "Field 'name' doesn't have a default value"),
        (1054, "Unknown column 'name' in 'field list'"),
        (1264, "Out of range value for column 'name' at row 1"),
        (1406, "Data too long for column 'name' at row 1"),
        (1265, "Data truncated for column 'name' at row 1"),
        (1366, "Incorrect integer value: 'a 'b' c' for column 'name' at row 1"),
        (1366, "Incorrect string value: '\\xFF' for column `db`.`t`.`name` at row 1"),
    ] {
        assert_eq!(server(code, message).columns(), ["name"], "{message}");
    }
}

#[test]
fn no_data_of_a_row_is_taken_for_a_name() {
    let error = server(1292, "Truncated incorrect DOUBLE value: 'secret 'b''");
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    assert!(error.columns().is_empty());
    for code in 1000..4200 {
        let error = server(code, "Something 'secret' happened");
        assert!(!error.to_string().contains("secret"), "{code}");
    }
}

#[test]
fn the_check_that_failed() {
    let mysql = server(3819, "Check constraint 'adult' is violated.");
    assert_eq!(mysql.constraint(), Some("adult"));
    let mariadb = server(4025, "CONSTRAINT `adult` failed for `db`.`t`");
    assert_eq!((mariadb.constraint(), mariadb.table()), (Some("adult"), Some("t")));
}

#[test]
fn an_option_is_not_always_read_only() {
    let read_only = "The MySQL server is running with the --read-only option so it cannot execute this statement";
    assert_eq!(server(1290, read_only).kind(), ErrorKind::ReadOnlyServer);
    let other = "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement";
    assert_eq!(server(1290, other).kind(), ErrorKind::Database);
}

#[test]
fn losing_the_connection_in_commit_leaves_its_outcome_unknown() {
    let gone = || Fault::Client(mysql::Error::IoError(std::io::Error::other("gone")));
    let kind = |sql| of_statement(gone(), sql).kind();
    assert_eq!(kind("SELECT 1"), ErrorKind::ConnectionLost);
    assert_eq!(kind(" commit"), ErrorKind::CommitOutcomeUnknown);
    assert_eq!(kind("UPDATE t SET a = 1; COMMIT"), ErrorKind::CommitOutcomeUnknown);
    assert_eq!(kind("COMMENT"), ErrorKind::ConnectionLost);
    let killed = MySqlError { state: "70100".into(), message: "Connection was killed".into(), code: 1927 };
    let error = of_statement(Fault::Client(mysql::Error::MySqlError(killed)), "COMMIT");
    assert_eq!((error.kind(), error.code()), (ErrorKind::CommitOutcomeUnknown, Some("1927")));
}

#[test]
fn only_errors_of_the_server_leave_a_connection_usable() {
    let of_code = |code| {
        Fault::Client(mysql::Error::MySqlError(MySqlError { state: String::new(), message: String::new(), code }))
    };
    assert!(!of_code(1062).is_fatal() && of_code(4031).is_fatal() && of_code(1153).is_fatal());
    assert!(Fault::Client(mysql::Error::IoError(std::io::ErrorKind::WouldBlock.into())).is_fatal());
    assert!(Fault::Client(mysql::Error::DriverError(mysql::DriverError::UnexpectedPacket)).is_fatal());
    assert!(Fault::Panicked.is_fatal());
    assert!(!Fault::Caller(Error::decode("no date")).is_fatal());
}

#[test]
fn a_savepoint_that_is_gone_means_a_failed_transaction() {
    let error = || {
        Fault::Client(mysql::Error::MySqlError(MySqlError {
            state: "42000".into(),
            message: "SAVEPOINT a does not exist".into(),
            code: 1305,
        }))
    };
    assert_eq!(of_statement(error(), "ROLLBACK TO SAVEPOINT a").kind(), ErrorKind::TransactionFailed);
    assert_eq!(of_statement(error(), "CALL a()").kind(), ErrorKind::Database);
}

#[test]
fn a_password_that_was_not_sent_says_why() {
    let no_key = || mysql::Error::IoError(std::io::ErrorKind::NotFound.into());
    let withheld = of_connect(no_key(), "db:3306", true);
    assert_eq!(withheld.kind(), ErrorKind::AuthenticationFailed);
    assert!(withheld.to_string().contains("allow_public_key_retrieval=true"), "{withheld}");
    assert_eq!(of_connect(no_key(), "db:3306", false).kind(), ErrorKind::ConnectFailed);
}

#[test]
fn what_a_server_says_to_a_connection() {
    let kind = |code| {
        let error = MySqlError { state: String::new(), message: "secret".into(), code };
        of_connect(mysql::Error::MySqlError(error), "db:3306", false).kind()
    };
    assert_eq!(kind(1045), ErrorKind::AuthenticationFailed);
    assert_eq!(kind(1049), ErrorKind::UnknownDatabase);
    assert_eq!(kind(1040), ErrorKind::TooManyConnections);
    assert_eq!(kind(1129), ErrorKind::ConnectFailed);
}
