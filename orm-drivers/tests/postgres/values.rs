//! Values of every type, both ways, prepared and without a name.

use super::fixture::{Asked, connect, kind, server, with};
use orm_core::{Datum, ErrorKind, Type};
use std::borrow::Cow;

fn decimal(text: &str) -> Datum<'_> {
    Datum::Decimal(Cow::Borrowed(text))
}

/// The value comes back as it was sent, and the server sees the text that is expected.
fn check(asked: &mut Asked, ty: &str, datum: Datum<'static>, wanted: Type, text: &str) {
    let sql = format!("SELECT $1::{ty}");
    assert_eq!(asked.one(&sql, &[datum.borrowed()], wanted), datum, "{ty}");
    let sql = format!("SELECT CAST($1::{ty} AS text)");
    assert_eq!(asked.one(&sql, &[datum.borrowed()], Type::Text), Datum::text(text), "{ty}");
    let sql = format!("SELECT $1::{ty}");
    assert_eq!(asked.one(&sql, &[Datum::Null], wanted), Datum::Null, "{ty}");
}

fn on_both_ways(run: fn(&mut Asked)) {
    let Some(url) = server() else { return };
    run(&mut connect(&url));
    run(&mut connect(&with(url, "statement_cache_size", "0")));
}

#[test]
fn numbers_at_their_ends() {
    on_both_ways(|c| {
        for value in [i64::MIN, -1, 0, i64::MAX] {
            check(c, "int8", Datum::Int(value), Type::I64, &value.to_string());
        }
        for value in [i32::MIN, i32::MAX] {
            check(c, "int4", Datum::Int(value.into()), Type::I32, &value.to_string());
        }
        for value in [i16::MIN, i16::MAX] {
            check(c, "int2", Datum::Int(value.into()), Type::I16, &value.to_string());
        }
        check(c, "oid", Datum::UInt(u32::MAX.into()), Type::U32, "4294967295");
        check(c, "numeric", Datum::UInt(u64::MAX), Type::U64, "18446744073709551615");
        check(c, "bool", Datum::Bool(true), Type::Bool, "true");
        check(c, "float8", Datum::Float(f64::MIN_POSITIVE), Type::F64, "2.2250738585072014e-308");
        check(c, "float8", Datum::Float(f64::MAX), Type::F64, "1.7976931348623157e+308");
        check(c, "float8", Datum::Float(f64::NEG_INFINITY), Type::F64, "-Infinity");
        check(c, "float8", Datum::Float(f64::NAN), Type::F64, "NaN");
        check(c, "float8", Datum::Float(-0.0), Type::F64, "-0");
        check(c, "float4", Datum::Float(0.1_f32.into()), Type::F32, "0.1");
    });
}

#[test]
fn decimals_are_exact() {
    on_both_ways(|c| {
        for text in [
            "0",
            "0.00",
            "-1",
            "1.10",
            "10000",
            "0.0001",
            "79228162514264337593543950335",
            "-0.0000000000000000000000000001",
            "123456789012345678901234567890123456789012345678901234567890.123456789012345678901234567890",
        ] {
            check(c, "numeric", Datum::Decimal(Cow::Borrowed(text)), Type::Decimal, text);
        }
        let sum = c.one("SELECT sum(v) FROM unnest($1::int8[]) v", &[longs(&[i64::MAX, -5])], Type::I64);
        assert_eq!(sum, Datum::Int(i64::MAX - 5));
        assert_eq!(c.one("SELECT avg(v) FROM unnest($1::int4[]) v", &[longs(&[1, 2])], Type::F64), Datum::Float(1.5));
        assert_eq!(c.one("SELECT 7::int4", &[], Type::Decimal), decimal("7"));
        for special in ["NaN", "Infinity"] {
            let sql = format!("SELECT '{special}'::numeric");
            assert_eq!(kind(c.try_one(&sql, &[], Type::Decimal)), Err(ErrorKind::Decode), "{special}");
        }
    });
}

#[test]
fn texts_bytes_and_documents() {
    on_both_ways(|c| {
        for ty in ["text", "varchar", "name", "varchar(20)"] {
            check(c, ty, Datum::text("ünï \u{10ffff} '\"\\"), Type::Text, "ünï \u{10ffff} '\"\\");
        }
        check(c, "text", Datum::text(""), Type::Text, "");
        check(c, "bytea", Datum::Bytes(Cow::Borrowed(&[0, 255, 10])), Type::Bytes, "\\x00ff0a");
        check(c, "bytea", Datum::Bytes(Cow::Borrowed(&[])), Type::Bytes, "\\x");
        check(c, "json", Datum::Json(Cow::Borrowed("{\"a\": [1, null]}")), Type::Json, "{\"a\": [1, null]}");
        check(c, "jsonb", Datum::Json(Cow::Borrowed("{\"a\": [1, null]}")), Type::Json, "{\"a\": [1, null]}");
        let uuid = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
        check(c, "uuid", Datum::Uuid(uuid), Type::Uuid, "00010203-0405-0607-0809-0a0b0c0d0eff");
        // A text is read by the server as it reads a literal.
        let address = c.one("SELECT host($1::inet)", &[Datum::text("10.0.0.1/8")], Type::Text);
        assert_eq!(address, Datum::text("10.0.0.1"));
        c.batch("CREATE TYPE pg_temp.mood AS ENUM ('sad', 'glad')").unwrap();
        check(c, "pg_temp.mood", Datum::text("glad"), Type::Enum(&["sad", "glad"]), "glad");
        c.batch("CREATE DOMAIN pg_temp.age AS int4 CHECK (VALUE >= 0)").unwrap();
        check(c, "pg_temp.age", Datum::Int(7), Type::I32, "7");
        let error = c.try_one("SELECT $1::pg_temp.mood", &[Datum::text("odd")], Type::Text);
        assert_eq!(kind(error), Err(ErrorKind::InvalidValue));
    });
}

#[test]
fn days_and_times() {
    on_both_ways(|c| {
        c.batch("SET TIME ZONE 'UTC'").unwrap();
        check(c, "date", Datum::Date(0), Type::Date, "1970-01-01");
        check(c, "date", Datum::Date(-719_162), Type::Date, "0001-01-01");
        check(c, "date", Datum::Date(2_932_896), Type::Date, "9999-12-31");
        check(c, "time", Datum::Time(0), Type::Time, "00:00:00");
        check(c, "time", Datum::Time(86_399_999_999), Type::Time, "23:59:59.999999");
        check(c, "timestamp", Datum::DateTime(-1), Type::DateTime, "1969-12-31 23:59:59.999999");
        check(
            c,
            "timestamptz",
            Datum::Timestamp(946_684_800_000_001),
            Type::Timestamp,
            "2000-01-01 00:00:00.000001+00",
        );
        check(
            c,
            "timestamptz",
            Datum::Timestamp(253_402_300_799_999_999),
            Type::Timestamp,
            "9999-12-31 23:59:59.999999+00",
        );
        // A point in time is the same in every time zone.
        c.batch("SET TIME ZONE 'Asia/Tokyo'").unwrap();
        check(c, "timestamptz", Datum::Timestamp(0), Type::Timestamp, "1970-01-01 09:00:00+09");
        for (sql, wanted) in [
            ("SELECT 'infinity'::date", Type::Date),
            ("SELECT '-infinity'::timestamp", Type::DateTime),
            ("SELECT 'infinity'::timestamptz", Type::Timestamp),
            ("SELECT '294276-12-31'::timestamp", Type::DateTime),
            ("SELECT now()", Type::DateTime),
            ("SELECT '1 day'::interval", Type::Time),
        ] {
            assert_eq!(kind(c.try_one(sql, &[], wanted)), Err(ErrorKind::Decode), "{sql}");
        }
    });
}

fn longs(values: &[i64]) -> Datum<'static> {
    Datum::Array(values.iter().copied().map(Datum::Int).collect())
}

#[test]
fn arrays_of_every_type() {
    on_both_ways(|c| {
        check(
            c,
            "int8[]",
            longs(&[i64::MIN, 0, i64::MAX]),
            Type::Array(&Type::I64),
            "{-9223372036854775808,0,9223372036854775807}",
        );
        check(c, "int2[]", longs(&[]), Type::Array(&Type::I16), "{}");
        let gaps = Datum::Array(vec![Datum::Null, Datum::Int(1), Datum::Null]);
        check(c, "int4[]", gaps, Type::Array(&Type::I32), "{NULL,1,NULL}");
        let texts = Datum::Array(["", "a,b", "\"\\", "NULL", "ü"].map(Datum::text).to_vec());
        check(c, "text[]", texts, Type::Array(&Type::Text), r#"{"","a,b","\"\\","NULL",ü}"#);
        let bytes =
            Datum::Array(vec![Datum::Null, Datum::Bytes(Cow::Borrowed(&[1])), Datum::Bytes(Cow::Borrowed(&[]))]);
        check(c, "bytea[]", bytes, Type::Array(&Type::Bytes), r#"{NULL,"\\x01","\\x"}"#);
        check(c, "bool[]", Datum::Array(vec![Datum::Bool(true)]), Type::Array(&Type::Bool), "{t}");
        check(c, "float8[]", Datum::Array(vec![Datum::Float(1.5)]), Type::Array(&Type::F64), "{1.5}");
        check(c, "numeric[]", Datum::Array(vec![decimal("1.50")]), Type::Array(&Type::Decimal), "{1.50}");
        check(c, "date[]", Datum::Array(vec![Datum::Date(1)]), Type::Array(&Type::Date), "{1970-01-02}");
        let documents = Datum::Array(vec![Datum::Json(Cow::Borrowed("{\"a\": 1}"))]);
        check(c, "jsonb[]", documents, Type::Array(&Type::Json), r#"{"{\"a\": 1}"}"#);
        let square = c.try_one("SELECT '{{1},{2}}'::int4[]", &[], Type::Array(&Type::I32));
        assert_eq!(kind(square), Err(ErrorKind::Decode));
    });
}

#[test]
fn ten_thousand_rows_by_unnest() {
    on_both_ways(|c| {
        c.batch("CREATE TEMP TABLE item (id bigint GENERATED BY DEFAULT AS IDENTITY, a int4, b text)").unwrap();
        let names: Vec<String> = (0..10_000).map(|at| format!("name {at}")).collect();
        let numbers =
            Datum::Array((0..10_000).map(|at| if at % 3 == 0 { Datum::Null } else { Datum::Int(at) }).collect());
        let names = Datum::Array(names.iter().map(|name| Datum::text(name)).collect());
        let keys = c
            .try_all(
                "INSERT INTO item (a, b) SELECT d.a, d.b FROM unnest($1::int4[], $2::text[]) WITH ORDINALITY AS d(a, b, ord) \
                 ORDER BY d.ord RETURNING id",
                &[numbers, names],
                Type::I64,
            )
            .unwrap();
        assert_eq!(keys, (1..=10_000).map(Datum::Int).collect::<Vec<_>>());
        let last =
            c.one("SELECT b FROM item WHERE id = ANY($1) AND a IS NOT NULL", &[longs(&[9_999, 10_000])], Type::Text);
        assert_eq!(last, Datum::text("name 9998"));
    });
}

#[test]
fn getters_say_what_they_cannot_read() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    let sql =
        "SELECT 1.5::numeric AS price, 'x'::text AS name, 300::int4 AS number, now() AS moment, NULL::int4 AS nothing";
    let mut seen = Vec::new();
    c.query(sql, &[], &mut |row| {
        assert_eq!((row.len(), row.name(0), row.name(9)), (5, "price", ""));
        assert!(row.is_null(4)? && !row.is_null(0)? && row.integer(4)?.is_none() && row.text(4)?.is_none());
        assert_eq!(
            (row.double(0)?, row.text(1)?, row.integer(2)?, row.unsigned(2)?),
            (Some(1.5), Some("x"), Some(300), Some(300))
        );
        seen.push(row.integer(0).unwrap_err());
        seen.push(row.integer(1).unwrap_err());
        seen.push(row.boolean(2).unwrap_err());
        seen.push(row.text(3).unwrap_err());
        seen.push(row.bytes(1).unwrap_err());
        assert_eq!(row.integer(5).unwrap_err().kind(), ErrorKind::Misuse);
        Ok(())
    })
    .unwrap();
    assert!(seen.iter().all(|error| error.kind() == ErrorKind::Decode));
    let texts: Vec<String> = seen.iter().map(ToString::to_string).collect();
    assert_eq!(texts[1], "column \"name\" of the result has the type text, which is not read as an integer");
    assert!(texts[0].contains("price") && texts[2].contains("number") && texts[3].contains("timestamptz"));
}

#[test]
fn values_that_do_not_fit_are_refused_before_they_are_sent() {
    let Some(url) = server() else { return };
    let mut c = connect(&url);
    c.batch("BEGIN").unwrap();
    let handle = orm_core::RawHandle { session: 1, model: 0, slot: 0, generation: 0 };
    for (sql, datum, expected) in [
        ("SELECT $1::int2", Datum::Int(40_000), ErrorKind::OutOfRange),
        ("SELECT $1::int8", Datum::UInt(u64::MAX), ErrorKind::OutOfRange),
        ("SELECT $1::int4[]", longs(&[1, 1 << 40]), ErrorKind::OutOfRange),
        ("SELECT $1::float4", Datum::Float(0.1), ErrorKind::OutOfRange),
        ("SELECT $1::text", Datum::text("a\0"), ErrorKind::InvalidValue),
        ("SELECT $1::numeric", decimal("1e5"), ErrorKind::InvalidValue),
        ("SELECT $1::int8", Datum::Pending(handle), ErrorKind::InvalidReference),
        ("SELECT $1::int8", Datum::Default, ErrorKind::Misuse),
        ("SELECT $1::int8", Datum::Bool(true), ErrorKind::Misuse),
        ("SELECT $1::timestamp", Datum::Timestamp(0), ErrorKind::Misuse),
        ("SELECT $1::time", Datum::Invalid("a leap second"), ErrorKind::InvalidValue),
    ] {
        let error = c.refusal(sql, &[datum]);
        assert_eq!(error.kind(), expected, "{sql}: {error}");
        assert!(error.to_string().starts_with("parameter 1: "), "{error}");
        assert!(!error.to_string().contains("40000"));
    }
    // The transaction is as good as before: nothing was sent.
    assert_eq!(c.one("SELECT 1", &[], Type::I32), Datum::Int(1));
    c.batch("COMMIT").unwrap();
}
