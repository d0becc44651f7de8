//! What statements do, how their texts survive, and what is counted.

use crate::{column, error, integer, on_each_server, value};
use orm_core::driver::{Connection, Outcome};
use orm_core::{Datum, ErrorKind, Type};

fn table(connection: &mut dyn Connection) {
    connection.batch("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n INT)").expect("create");
}

on_each_server! {
    fn matched_rows_are_counted(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        connection.execute("INSERT INTO t (n) VALUES (?), (?)", &[Datum::Int(1), Datum::Int(1)]).expect("insert");
        let update = connection.execute("UPDATE t SET n = ? WHERE id = ?", &[Datum::Int(1), Datum::Int(1)]);
        assert_eq!(update.expect("update"), Outcome { rows: 1, last_id: None, besides: 0 });
        assert_eq!(connection.execute("UPDATE t SET n = 1", &[]).expect("update").rows, 2);
        assert_eq!(connection.execute("DELETE FROM t WHERE id = ?", &[Datum::Int(9)]).expect("delete").rows, 0);
    }

    fn the_first_generated_key_is_told(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        let insert = |n| [Datum::Int(n)];
        let first = connection.execute("INSERT INTO t (n) VALUES (?)", &insert(1)).expect("insert");
        assert_eq!(first, Outcome { rows: 1, last_id: Some(1), besides: 0 });
        let several = connection.execute("INSERT INTO t (n) VALUES (1), (2), (3)", &[]).expect("insert");
        assert_eq!(several, Outcome { rows: 3, last_id: Some(2), besides: 0 });
        let ids = column(&mut *connection, "SELECT id FROM t ORDER BY id", &[], Type::I64).expect("read");
        assert_eq!(ids, [1, 2, 3, 4].map(Datum::Int));
    }

    fn a_key_of_zero_is_stored(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        connection.execute("INSERT INTO t (id, n) VALUES (?, 1)", &[Datum::Int(0)]).expect("insert");
        assert_eq!(integer(&mut *connection, "SELECT id FROM t"), 0);
    }

    fn a_value_that_does_not_fit_is_not_cut(database) {
        let mut connection = database.connect_with("sql_mode", "PIPES_AS_CONCAT");
        connection.batch("CREATE TABLE t (v VARCHAR(3), n TINYINT)").expect("create");
        let long = error(&mut *connection, "INSERT INTO t (v) VALUES (?)", &[Datum::text("abcd")]);
        assert_eq!(long.kind(), ErrorKind::InvalidValue);
        let wide = error(&mut *connection, "INSERT INTO t (n) VALUES (?)", &[Datum::Int(128)]);
        assert_eq!(wide.kind(), ErrorKind::OutOfRange);
        assert_eq!(value(&mut *connection, "SELECT 'a' || 'b'", Type::Text), Datum::text("ab"));
    }

    fn texts_with_colons_reach_the_server_unchanged(database) {
        let mut connection = database.connect();
        for (sql, expected) in [
            ("SELECT ':x'", ":x"),
            ("SELECT CONCAT(1-'2', ':x')", "-1:x"),
            ("SELECT CONCAT(4/'2', ':x')", "2:x"),
            ("SELECT /* a :b '*/ ':x'", ":x"),
            ("SELECT ':x' -- it's :y", ":x"),
            ("SELECT ':x' # it's :y\n", ":x"),
            ("SELECT '/* :x */ ''\\':y'", "/* :x */ '':y"),
            ("SELECT `a:b` FROM (SELECT 'c' AS `a:b`) AS `d:e`", "c"),
            ("SELECT '?:x'", "?:x"),
            ("/* :a */ SELECT ':x' /* :b */", ":x"),
            ("/* :a */ SELECT ':x' AS \"b\"", ":x"),
            ("SELECT \":x\"", ":x"),
        ] {
            assert_eq!(value(&mut *connection, sql, Type::Text), Datum::text(expected), "{sql}");
        }
        let binds = [Datum::Int(5), Datum::text("z")];
        let both = column(&mut *connection, "SELECT CONCAT(?-'2', ':x', ?)", &binds, Type::Text);
        assert_eq!(both.expect("both are bound"), [Datum::text("3:xz")]);
        let none_left = error(&mut *connection, "/* a */ SELECT 1-'2', ':x', `y`, \"z\" FROM t", &[]);
        assert_eq!(none_left.kind(), ErrorKind::Unsupported);
        assert!(connection.is_open());
    }

    fn values_are_counted(database) {
        let mut connection = database.connect();
        let wrong = column(&mut *connection, "SELECT ?, ?", &[Datum::Int(1)], Type::I64).expect_err("one is missing");
        assert_eq!(wrong.kind(), ErrorKind::Misuse);
        assert_eq!(error(&mut *connection, "SELECT 1", &[Datum::Int(1)]).kind(), ErrorKind::Misuse);
        let most = vec![Datum::Int(1); 65_535];
        let list = |count: usize| format!("SELECT 1 IN ({})", vec!["?"; count].join(","));
        assert_eq!(column(&mut *connection, &list(65_535), &most, Type::I64).expect("the most"), [Datum::Int(1)]);
        let over = vec![Datum::Int(1); 65_536];
        assert_eq!(error(&mut *connection, &list(65_536), &over).kind(), ErrorKind::Misuse);
        assert!(connection.is_open());
    }

    fn what_is_too_large_is_refused_before_it_is_sent(database) {
        let mut connection = database.connect();
        let most = usize::try_from(integer(&mut *connection, "SELECT @@max_allowed_packet")).expect("it fits");
        let large = "x".repeat(most);
        let refused = error(&mut *connection, "SELECT LENGTH(?)", &[Datum::text(&large)]);
        assert_eq!(refused.kind(), ErrorKind::InvalidValue);
        assert!(refused.to_string().contains("max_allowed_packet"));
        let batch = connection.batch(&format!("SET @a = '{large}'")).expect_err("too large");
        assert_eq!(batch.kind(), ErrorKind::InvalidValue);
        let fits = &large[..most - 4096];
        let length = column(&mut *connection, "SELECT LENGTH(?)", &[Datum::text(fits)], Type::I64).expect("it fits");
        assert_eq!(length, [Datum::Int(most as i64 - 4096)]);
    }

    fn no_more_statements_are_kept_than_asked_for(database) {
        for capacity in ["0", "1", "3"] {
            let mut connection = database.connect_with("statement_cache_size", capacity);
            for round in 0..2 {
                for n in 0..10 {
                    assert_eq!(integer(&mut *connection, &format!("SELECT {n}")), n, "round {round}");
                }
            }
            let mut closed = 0;
            connection.query("SHOW SESSION STATUS LIKE 'Com\\_stmt\\_close'", &[], &mut |row| {
                closed = row.text(1)?.and_then(|count| count.parse().ok()).expect("a number");
                Ok(())
            }).expect("status");
            // Twenty statements and SHOW were prepared, and SHOW itself is still open.
            let kept: i64 = capacity.parse().expect("a number");
            assert_eq!(closed, 21 - kept.max(1), "capacity {capacity}");
        }
    }

    fn statements_outlive_a_change_of_their_table(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        connection.batch("INSERT INTO t (n) VALUES (7)").expect("insert");
        let all = "SELECT * FROM t";
        let width = |connection: &mut dyn Connection| {
            let mut width = 0;
            connection.query(all, &[], &mut |row| { width = row.len(); Ok(()) }).expect("read");
            width
        };
        assert_eq!(width(&mut *connection), 2);
        connection.batch("ALTER TABLE t ADD COLUMN m INT").expect("alter");
        assert_eq!(width(&mut *connection), 3);
        connection.batch("DROP TABLE t; CREATE TABLE t (id INT)").expect("make it again");
        connection.batch("INSERT INTO t VALUES (1)").expect("insert");
        assert_eq!(width(&mut *connection), 1);
    }

    fn what_cannot_be_prepared_runs_as_text(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        for _ in 0..2 {
            connection.execute("LOCK TABLES t WRITE", &[]).expect("lock");
            connection.execute("UNLOCK TABLES", &[]).expect("unlock");
        }
        let name = format!("xa{}", std::process::id());
        for step in ["XA START", "XA END", "XA PREPARE"] {
            connection.execute(&format!("{step} '{name}'"), &[]).expect(step);
        }
        let mut found = 0;
        connection.query("XA RECOVER", &[], &mut |row| {
            if row.text(3)? == Some(&name) {
                assert_eq!(row.integer(1)?, Some(name.len() as i64));
                found += 1;
            }
            Ok(())
        }).expect("recover");
        connection.execute(&format!("XA ROLLBACK '{name}'"), &[]).expect("rollback");
        assert_eq!(found, 1);
    }

    fn an_error_of_the_closure_leaves_the_connection_usable(database) {
        let mut connection = database.connect();
        let numbers = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i FROM n";
        let mut seen = 0;
        let stopped = connection.query(numbers, &[], &mut |_| {
            seen += 1;
            if seen == 3 { Err(orm_core::Error::new(ErrorKind::Refused, "enough")) } else { Ok(()) }
        });
        assert_eq!((stopped.expect_err("stopped").kind(), seen), (ErrorKind::Refused, 3));
        assert_eq!(integer(&mut *connection, "SELECT 42"), 42);
    }

    fn every_statement_of_a_batch_must_succeed(database) {
        let mut connection = database.connect();
        connection.batch("CREATE TABLE a (id INT); SELECT 1; CREATE TABLE b (id INT);").expect("a batch");
        let second = connection.batch("INSERT INTO a VALUES (1); INSERT INTO c VALUES (1); INSERT INTO b VALUES (1)");
        assert_eq!(second.expect_err("there is no table c").kind(), ErrorKind::UndefinedTable);
        assert_eq!(integer(&mut *connection, "SELECT (SELECT COUNT(*) FROM a) * 10 + (SELECT COUNT(*) FROM b)"), 10);
        let prepared = error(&mut *connection, "SELECT 1; SELECT 2", &[]);
        assert_eq!(prepared.kind(), ErrorKind::Syntax);
    }

    fn a_procedure_returns_one_result(database) {
        let mut connection = database.connect();
        connection.batch("CREATE PROCEDURE one() SELECT 1 AS v").expect("create");
        connection.batch("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END").expect("create");
        connection.batch("CREATE PROCEDURE bad() BEGIN SELECT 1; SELECT * FROM nowhere; END").expect("create");
        assert_eq!(integer(&mut *connection, "CALL one()"), 1);
        let two = column(&mut *connection, "CALL two()", &[], Type::I64).expect_err("two results");
        assert_eq!(two.kind(), ErrorKind::Unsupported);
        let bad = column(&mut *connection, "CALL bad()", &[], Type::I64).expect_err("the second fails");
        assert_eq!(bad.kind(), ErrorKind::UndefinedTable);
        assert_eq!(error(&mut *connection, "CALL bad()", &[]).kind(), ErrorKind::UndefinedTable);
        assert_eq!(integer(&mut *connection, "SELECT 3"), 3);
    }

    fn returned_rows_are_counted_and_read(database) {
        let mut connection = database.connect();
        if !connection.dialect().returning.insert {
            return println!("skipped: {} has no RETURNING", connection.dialect().name);
        }
        table(&mut *connection);
        let insert = "INSERT INTO t (n) VALUES (?), (?) RETURNING id";
        let ids = column(&mut *connection, insert, &[Datum::Int(1), Datum::Int(2)], Type::I64).expect("insert");
        assert_eq!(ids, [Datum::Int(1), Datum::Int(2)]);
        assert_eq!(connection.execute("DELETE FROM t RETURNING id", &[]).expect("delete").rows, 2);
    }

    fn one_statement_for_many_rows(database) {
        let mut connection = database.connect();
        table(&mut *connection);
        let binds: Vec<Datum<'_>> = (1..=5).map(Datum::Int).collect();
        let mut ids = Vec::new();
        connection.execute_many("INSERT INTO t (n) VALUES (?)", &binds, 1, &mut |outcome| {
            ids.push(outcome.last_id);
            Ok(())
        }).expect("insert");
        assert_eq!(ids, [1, 2, 3, 4, 5].map(Some));
    }
}
