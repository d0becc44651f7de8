//! The kinds of errors on both servers, the names that they tell, and what they must not tell.

use crate::{column, error, integer, is_mariadb, on_each_server};
use orm_core::driver::Connection;
use orm_core::{Datum, ErrorKind, Type};
use std::error::Error as _;
use std::thread;

/// Two tables with every kind of constraint.
fn tables(connection: &mut dyn Connection) {
    connection
        .batch(
            "CREATE TABLE parent (id INT PRIMARY KEY);
             CREATE TABLE child (
                 id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, age INT NOT NULL DEFAULT 1, parent_id INT,
                 CONSTRAINT child_name_uq UNIQUE (name),
                 CONSTRAINT child_adult CHECK (age > 0),
                 CONSTRAINT child_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id));
             INSERT INTO parent VALUES (1);
             INSERT INTO child VALUES (1, 'ada', 1, 1)",
        )
        .expect("create");
}

on_each_server! {
    fn violations(database) {
        let mut connection = database.connect();
        tables(&mut *connection);
        let insert = "INSERT INTO child (id, name, age, parent_id) VALUES (?, ?, ?, ?)";
        let row = |id, name: &'static str, age, parent| {
            [Datum::Int(id), Datum::text(name), Datum::Int(age), Datum::Int(parent)]
        };

        let unique = error(&mut *connection, insert, &row(2, "ada", 1, 1));
        assert_eq!((unique.kind(), unique.constraint()), (ErrorKind::UniqueViolation, Some("child_name_uq")));
        assert_eq!(unique.code(), Some("1062"));
        assert!(!unique.to_string().contains("ada"), "{unique}");
        assert!(unique.source().is_some_and(|source| source.to_string().contains("ada")));
        let primary = error(&mut *connection, insert, &row(1, "bob", 1, 1));
        assert_eq!((primary.kind(), primary.constraint()), (ErrorKind::UniqueViolation, Some("PRIMARY")));

        let missing = error(&mut *connection, insert, &row(2, "bob", 1, 9));
        assert_eq!((missing.kind(), missing.constraint()), (ErrorKind::ForeignKeyViolation, Some("child_parent_fk")));
        assert_eq!((missing.table(), missing.columns()), (Some("child"), &["parent_id".to_owned()][..]));
        let left = error(&mut *connection, "DELETE FROM parent WHERE id = ?", &[Datum::Int(1)]);
        assert_eq!((left.kind(), left.constraint()), (ErrorKind::ForeignKeyViolation, Some("child_parent_fk")));

        let null = error(&mut *connection, "INSERT INTO child (id, name) VALUES (?, ?)", &[Datum::Int(2), Datum::Null]);
        assert_eq!((null.kind(), null.columns()), (ErrorKind::NotNullViolation, &["name".to_owned()][..]));
        let nothing = error(&mut *connection, "INSERT INTO child (id) VALUES (?)", &[Datum::Int(2)]);
        assert_eq!((nothing.kind(), nothing.columns()), (ErrorKind::NotNullViolation, &["name".to_owned()][..]));

        let check = error(&mut *connection, insert, &row(2, "bob", -1, 1));
        assert_eq!((check.kind(), check.constraint()), (ErrorKind::CheckViolation, Some("child_adult")));
        assert_eq!(integer(&mut *connection, "SELECT COUNT(*) FROM child"), 1);
    }

    fn wrong_statements(database) {
        let mut connection = database.connect();
        tables(&mut *connection);
        for (sql, kind) in [
            ("SELEC 1", ErrorKind::Syntax),
            ("SELECT * FROM nowhere", ErrorKind::UndefinedTable),
            ("SELECT nothing FROM child", ErrorKind::UndefinedColumn),
            ("INSERT INTO child (id, name) VALUES (99999999999, 'x')", ErrorKind::OutOfRange),
            ("INSERT INTO child (id, name) VALUES (3, REPEAT('x', 21))", ErrorKind::InvalidValue),
            ("INSERT INTO child (id, name) VALUES ('three', 'x')", ErrorKind::InvalidValue),
            ("CREATE TABLE child (id INT)", ErrorKind::AlreadyExists),
            ("CREATE INDEX child_name_uq ON child (age)", ErrorKind::AlreadyExists),
            ("ALTER TABLE child ADD COLUMN age INT", ErrorKind::AlreadyExists),
            ("ALTER TABLE child DROP COLUMN nothing", ErrorKind::UndefinedColumn),
            ("DROP TABLE nowhere", ErrorKind::UndefinedTable),
            ("DROP DATABASE orm_drv_nowhere", ErrorKind::UnknownDatabase),
            ("SELECT nothing()", ErrorKind::Database),
        ] {
            let error = error(&mut *connection, sql, &[]);
            assert_eq!(error.kind(), kind, "{sql}: {:?}", error.source().map(ToString::to_string));
            assert!(error.code().is_some(), "{sql}");
        }
        assert_eq!(error(&mut *connection, "SELECT * FROM nowhere", &[]).table(), Some("nowhere"));
        assert_eq!(error(&mut *connection, "SELECT nothing FROM child", &[]).columns(), ["nothing"]);
        let not_a_number = "INSERT INTO child (id, name) VALUES ('three', 'x')";
        assert_eq!(error(&mut *connection, not_a_number, &[]).columns(), ["id"]);
        assert!(connection.is_open());
    }

    fn locks(database) {
        let mut first = database.connect();
        tables(&mut *first);
        let mut second = database.connect_with("lock_timeout", "1s");
        assert_eq!(integer(&mut *second, "SELECT @@innodb_lock_wait_timeout"), 1);
        first.batch("START TRANSACTION; UPDATE child SET age = 2").expect("lock the row");
        let no_wait = column(&mut *second, "SELECT id FROM child FOR UPDATE NOWAIT", &[], Type::I64);
        assert_eq!(no_wait.expect_err("locked").kind(), ErrorKind::LockTimeout);
        let waited = error(&mut *second, "UPDATE child SET age = 3", &[]);
        assert_eq!(waited.kind(), ErrorKind::LockTimeout);
        assert!(waited.is_retryable() && second.is_open());
        first.batch("ROLLBACK").expect("rollback");
    }

    fn deadlocks(database) {
        let mut first = database.connect();
        first.batch("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 0), (2, 0)").expect("create");
        let mut second = database.connect();
        let update = "UPDATE t SET n = n + 1 WHERE id = ?";
        for (connection, id) in [(&mut first, 1), (&mut second, 2)] {
            connection.batch("START TRANSACTION; SAVEPOINT a").expect("begin");
            connection.execute(update, &[Datum::Int(id)]).expect("the first lock");
        }
        let other = thread::spawn(move || {
            let answer = first.execute(update, &[Datum::Int(2)]).map(|outcome| outcome.rows);
            (answer, first)
        });
        let mine = second.execute(update, &[Datum::Int(1)]).map(|outcome| outcome.rows);
        if mine.is_ok() {
            // Only now is the other's wait sure to end, should it not be the victim.
            second.batch("COMMIT").expect("commit");
        }
        let (theirs, first) = other.join().expect("no panic");
        let (victim, mut connection) = match (mine, theirs) {
            (Err(error), Ok(1)) => (error, second),
            (Ok(1), Err(error)) => (error, first),
            both => panic!("one of them must be the victim: {both:?}"),
        };
        assert_eq!(victim.kind(), ErrorKind::Deadlock);
        assert!(victim.is_retryable());
        let gone = connection.batch("ROLLBACK TO SAVEPOINT a").expect_err("the transaction is gone");
        assert_eq!(gone.kind(), ErrorKind::TransactionFailed);
    }

    fn statements_that_take_too_long(database) {
        let mut connection = database.connect_with("statement_timeout", "100");
        let endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                       SELECT COUNT(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.i + b.i + c.i + d.i = 1";
        let timeout = column(&mut *connection, endless, &[], Type::I64).expect_err("it does not end");
        assert_eq!(timeout.kind(), ErrorKind::StatementTimeout, "{timeout:?}");
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1);
    }

    fn a_read_only_transaction(database) {
        let mut connection = database.connect();
        tables(&mut *connection);
        connection.batch("START TRANSACTION READ ONLY").expect("begin");
        assert_eq!(error(&mut *connection, "DELETE FROM child", &[]).kind(), ErrorKind::ReadOnly);
        connection.batch("ROLLBACK").expect("rollback");
    }

    fn the_dialect_is_the_server_s(database) {
        let mut url = database.url();
        let is_maria = is_mariadb(database.connect().dialect());
        url.dialect = if is_maria { "mysql" } else { "mariadb" }.into();
        let driver = crate::driver(&url);
        assert_eq!(driver.dialect().name, if is_maria { "MySQL" } else { "MariaDB" }, "before the first connection");
        let mut connection = driver.connect().expect("connect");
        let expected = if is_maria { "MariaDB" } else { "MySQL" };
        assert_eq!((driver.dialect().name, connection.dialect().name), (expected, expected));
        let client = connection.as_any().downcast_mut::<mysql::Conn>();
        assert_eq!(client.map(|client| client.connection_id() > 0), Some(true));
    }
}
