//! Every type there and back, at its extremes, and what must not be read as what.

use crate::{column, integer, on_each_server, value};
use orm_core::driver::Connection;
use orm_core::{Datum, ErrorKind, Result, Type};
use std::borrow::Cow;

/// Writes values into a column and reads them back.
fn round_trip(connection: &mut dyn Connection, sql_type: &str, ty: Type, values: &[Datum<'_>]) {
    connection.batch("DROP TABLE IF EXISTS t").expect("drop");
    let create = format!("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v {sql_type})");
    connection.batch(&create).unwrap_or_else(|error| panic!("{create}: {error:?}"));
    for value in values {
        let inserted = connection.execute("INSERT INTO t (v) VALUES (?)", &[value.borrowed()]);
        assert_eq!(inserted.unwrap_or_else(|error| panic!("{sql_type} {value:?}: {error:?}")).rows, 1);
    }
    connection.execute("INSERT INTO t (v) VALUES (?)", &[Datum::Null]).expect("NULL fits every column");
    let mut expected: Vec<Datum<'_>> = values.iter().map(Datum::borrowed).collect();
    expected.push(Datum::Null);
    assert_eq!(column(connection, "SELECT v FROM t ORDER BY id", &[], ty).expect("it is read"), expected, "{sql_type}");
}

fn decimal(text: &str) -> Datum<'_> {
    Datum::Decimal(Cow::Borrowed(text))
}

fn json(text: &str) -> Datum<'_> {
    Datum::Json(Cow::Borrowed(text))
}

on_each_server! {
    fn integers(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        for (name, ty, least, most) in [
            (types.i8, Type::I8, i64::from(i8::MIN), i64::from(i8::MAX)),
            (types.i16, Type::I16, i64::from(i16::MIN), i64::from(i16::MAX)),
            (types.i32, Type::I32, i64::from(i32::MIN), i64::from(i32::MAX)),
            (types.i64, Type::I64, i64::MIN, i64::MAX),
        ] {
            round_trip(&mut *connection, name, ty, &[least, -1, 0, most].map(Datum::Int));
        }
        for (name, ty, most) in [
            (types.u8, Type::U8, u64::from(u8::MAX)),
            (types.u16, Type::U16, u64::from(u16::MAX)),
            (types.u32, Type::U32, u64::from(u32::MAX)),
            (types.u64, Type::U64, u64::MAX),
        ] {
            round_trip(&mut *connection, name, ty, &[Datum::UInt(0), Datum::UInt(1), Datum::UInt(most)]);
        }
        round_trip(&mut *connection, types.bool, Type::Bool, &[Datum::Bool(true), Datum::Bool(false)]);
        round_trip(&mut *connection, "BIT(1)", Type::Bool, &[Datum::Bool(true), Datum::Bool(false)]);
        round_trip(&mut *connection, "BIT(64)", Type::U64, &[Datum::UInt(u64::MAX), Datum::UInt(256)]);
        round_trip(&mut *connection, "YEAR", Type::I16, &[Datum::Int(1901), Datum::Int(2155)]);
    }

    fn floats(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let doubles = [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 0.1, 1.0 / 3.0, -1e-300, 9_007_199_254_740_993.0];
        round_trip(&mut *connection, types.f64, Type::F64, &doubles.map(Datum::Float));
        let singles = [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 0.1, 1.0 / 3.0, 16_777_217.0];
        round_trip(&mut *connection, types.f32, Type::F32, &singles.map(|single| Datum::Float(f64::from(single))));
        for not_finite in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let answer = connection.execute("INSERT INTO t (v) VALUES (?)", &[Datum::Float(not_finite)]);
            assert_eq!(answer.expect_err("refused").kind(), ErrorKind::InvalidValue);
        }
    }

    fn texts(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let texts = [
            "", "a", "it's", "\\", "\"", "`", "a\0b", "%_", ":x ? ?", "\n\r\t", "żółć", "日本語", "🦀👩‍👩‍👧‍👦", "e\u{301}",
            "\u{10FFFF}", "\u{FFFF}", "مرحبا", "' OR 1=1 --",
        ];
        let long = "🦀".repeat(100_000);
        let mut datums: Vec<Datum<'_>> = texts.iter().map(|text| Datum::text(text)).collect();
        datums.push(Datum::text(&long));
        round_trip(&mut *connection, types.text, Type::Text, &datums);
        datums.pop();
        round_trip(&mut *connection, "VARCHAR(80)", Type::Text, &datums);
        round_trip(&mut *connection, "ENUM('red', 'grün')", Type::Enum(&["red", "grün"]), &[Datum::text("grün")]);
    }

    fn bytes(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let all: Vec<u8> = (0..=255).collect();
        let not_text = [0xff, 0xfe, 0x00, 0x80, 0xc3];
        let long = vec![0xa5; 2_000_000];
        let bytes = [&[][..], &all, &not_text, &long].map(|bytes| Datum::Bytes(Cow::Borrowed(bytes)));
        round_trip(&mut *connection, types.bytes, Type::Bytes, &bytes);
        round_trip(&mut *connection, "VARBINARY(300)", Type::Bytes, &bytes[..3]);
        let found = column(&mut *connection, "SELECT COUNT(*) FROM t WHERE v = ?", &bytes[2..3], Type::I64);
        assert_eq!(found.expect("counted"), [Datum::Int(1)]);
        let error = column(&mut *connection, "SELECT v FROM t", &[], Type::Text).expect_err("not UTF-8");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("`v`"), "{error}");
        assert!(connection.is_open());
    }

    fn uuids(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let uuids = [[0; 16], [0xff; 16], *b"0123456789abcdef"];
        round_trip(&mut *connection, types.uuid, Type::Uuid, &uuids.map(Datum::Uuid));
        let text = "SELECT '123e4567-e89b-12d3-a456-426614174000'";
        let expected = 0x123e_4567_e89b_12d3_a456_4266_1417_4000_u128.to_be_bytes();
        assert_eq!(value(&mut *connection, text, Type::Uuid), Datum::Uuid(expected));
    }

    fn days_and_times(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        // 0000-01-01, 1582-10-15, 1969-12-31, 1970-01-01, 2000-02-29, 9999-12-31
        let days = [-719_528, -141_427, -1, 0, 11_016, 2_932_896];
        round_trip(&mut *connection, types.date, Type::Date, &days.map(Datum::Date));
        let day = 86_400_000_000;
        let micros = [0, 1, 999_999, day / 2, day - 1];
        round_trip(&mut *connection, types.time, Type::Time, &micros.map(Datum::Time));
        let moments = [-719_528 * day, -1, 0, 1, 1_700_000_000_123_456, 2_932_897 * day - 1];
        round_trip(&mut *connection, types.datetime, Type::DateTime, &moments.map(Datum::DateTime));
        round_trip(&mut *connection, types.timestamp, Type::Timestamp, &moments.map(Datum::Timestamp));
        round_trip(&mut *connection, "TIMESTAMP(6) NULL", Type::Timestamp, &[Datum::Timestamp(1_700_000_000_123_456)]);
    }

    fn the_session_is_in_utc(database) {
        let mut connection = database.connect();
        assert_eq!(value(&mut *connection, "SELECT FROM_UNIXTIME(0)", Type::Timestamp), Datum::Timestamp(0));
        assert_eq!(value(&mut *connection, "SELECT @@time_zone", Type::Text), Datum::text("+00:00"));
    }

    fn dates_that_we_do_not_have(database) {
        let mut connection = database.connect();
        connection.batch("SET sql_mode = ''; CREATE TABLE t (d DATE, at DATETIME, spent TIME)").expect("create");
        connection.batch("INSERT INTO t VALUES ('0000-00-00', '2024-00-00 00:00:00', '-01:00:00')").expect("insert");
        for (name, ty) in [("d", Type::Date), ("at", Type::DateTime), ("spent", Type::Time)] {
            let error = column(&mut *connection, &format!("SELECT {name} FROM t"), &[], ty).expect_err("no such date");
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        }
        connection.batch("UPDATE t SET spent = '24:00:00', at = '2024-01-01 00:00:01'").expect("update");
        let end_of_day = column(&mut *connection, "SELECT spent FROM t", &[], Type::Time).expect_err("24:00");
        assert_eq!(end_of_day.kind(), ErrorKind::Decode);
        let cut = column(&mut *connection, "SELECT at FROM t", &[], Type::Date).expect_err("it would lose the time");
        assert_eq!(cut.kind(), ErrorKind::Decode);
    }

    fn dates_as_text(database) {
        let mut connection = database.connect();
        assert_eq!(value(&mut *connection, "SELECT '1970-01-02'", Type::Date), Datum::Date(1));
        assert_eq!(value(&mut *connection, "SELECT '00:00:01.5'", Type::Time), Datum::Time(1_500_000));
        let date_add = "SELECT DATE_ADD('1970-01-01 00:00:00', INTERVAL 1 SECOND)";
        assert_eq!(value(&mut *connection, date_add, Type::DateTime), Datum::DateTime(1_000_000));
    }

    fn decimals(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let most = format!("{}.{}", "9".repeat(28), "9".repeat(28));
        let least = format!("-{most}");
        let smallest = format!("0.{}1", "0".repeat(27));
        let zero = format!("0.{}", "0".repeat(28));
        let decimals = [&most, &least, &smallest, &zero].map(|text| decimal(text));
        round_trip(&mut *connection, types.decimal, Type::Decimal, &decimals);
        assert_eq!(value(&mut *connection, "SELECT 7", Type::Decimal), decimal("7"));
        assert_eq!(value(&mut *connection, "SELECT 1.5e0", Type::Decimal), decimal("1.5"));
    }

    fn sums_and_averages(database) {
        let mut connection = database.connect();
        connection.batch("CREATE TABLE t (n BIGINT, u BIGINT UNSIGNED)").expect("create");
        connection.batch("INSERT INTO t VALUES (1, 18446744073709551615), (2, 0)").expect("insert");
        assert_eq!(integer(&mut *connection, "SELECT SUM(n) FROM t"), 3);
        assert_eq!(value(&mut *connection, "SELECT SUM(u) FROM t", Type::U64), Datum::UInt(u64::MAX));
        assert_eq!(value(&mut *connection, "SELECT AVG(n) FROM t", Type::F64), Datum::Float(1.5));
        assert_eq!(value(&mut *connection, "SELECT SUM(n) FROM t", Type::F64), Datum::Float(3.0));
        assert_eq!(value(&mut *connection, "SELECT COUNT(*) > 1 FROM t", Type::Bool), Datum::Bool(true));
        let no_fit = [("AVG(n)", Type::I64), ("SUM(u) + 1", Type::U64), ("SUM(u)", Type::I64)];
        for (sql, ty) in no_fit.map(|(sum, ty)| (format!("SELECT {sum} FROM t"), ty)) {
            assert_eq!(column(&mut *connection, &sql, &[], ty).expect_err(&sql).kind(), ErrorKind::Decode, "{sql}");
        }
    }

    fn documents(database) {
        let mut connection = database.connect();
        let types = &connection.dialect().types;
        let documents = [r#"{"a": [1, "🦀"]}"#, "null", r#""it's""#].map(json);
        round_trip(&mut *connection, types.json, Type::Json, &documents);
        let error = connection.execute("INSERT INTO t (v) VALUES (?)", &[json("{")]).expect_err("no document");
        assert!(matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::CheckViolation), "{error:?}");
    }

    fn nothing_is_read_as_something_else(database) {
        let mut connection = database.connect();
        for (sql, ty) in [
            ("SELECT 'a' AS c", Type::I64),
            ("SELECT '12' AS c", Type::I64),
            ("SELECT 2 AS c", Type::Bool),
            ("SELECT -1 AS c", Type::U64),
            ("SELECT 18446744073709551615 AS c", Type::I64),
            ("SELECT 'a' AS c", Type::F64),
            ("SELECT 1 AS c", Type::Text),
            ("SELECT 1 AS c", Type::Bytes),
            ("SELECT 1e0 AS c", Type::I64),
            ("SELECT CURRENT_DATE AS c", Type::Text),
            ("SELECT 'yesterday' AS c", Type::Date),
            ("SELECT CURRENT_DATE AS c", Type::Time),
            ("SELECT 'x' AS c", Type::Uuid),
            ("SELECT 'x' AS c", Type::Decimal),
            ("SELECT 'x' AS c", Type::Array(&Type::I64)),
            ("SELECT 'x' AS c", Type::Row(&[Type::I64, Type::I64])),
        ] {
            let error = column(&mut *connection, sql, &[], ty).expect_err(sql);
            assert_eq!(error.kind(), ErrorKind::Decode, "{sql}");
            assert!(error.to_string().contains("`c`"), "{error}");
        }
        assert_eq!(integer(&mut *connection, "SELECT 1"), 1);
    }

    fn rows_know_their_columns(database) {
        let mut connection = database.connect();
        let mut names = Vec::new();
        let asked = connection.query("SELECT 1 AS one, NULL AS `größe`", &[], &mut |row| -> Result<()> {
            names.extend((0..row.len()).map(|at| row.name(at).to_owned()));
            assert!(row.is_null(1)? && !row.is_null(0)?);
            assert_eq!(row.name(2), "");
            row.integer(2).map(drop)
        });
        assert_eq!(names, ["one", "größe"]);
        assert_eq!(asked.expect_err("there is no third column").kind(), ErrorKind::Decode);
    }
}
