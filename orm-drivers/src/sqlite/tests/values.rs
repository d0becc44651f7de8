//! Every type at its extremes, and what is found where another type is wanted.

use super::fixture::{integer, memory, one, text, try_one};
use orm_core::driver::Connection;
use orm_core::value::text::{DAY, FIRST_DAY, LAST_DAY};
use orm_core::{Datum, ErrorKind, Row, Type};
use std::borrow::Cow;

/// The value comes back as it went, through a column without affinity, and is stored as this.
#[track_caller]
fn round_trip(db: &mut dyn Connection, datum: Datum<'_>, ty: Type, stored: &str) {
    let back = one(db, "SELECT ?", std::slice::from_ref(&datum), ty);
    assert_eq!(back, datum);
    let shown = one(db, "SELECT typeof(?1) || ' ' || quote(?1)", &[datum], Type::Text);
    assert_eq!(shown, Datum::text(stored));
}

#[test]
fn numbers_round_trip() {
    let db = &mut *memory();
    round_trip(db, Datum::Bool(true), Type::Bool, "integer 1");
    round_trip(db, Datum::Bool(false), Type::Bool, "integer 0");
    round_trip(db, Datum::Int(i64::MIN), Type::I64, "integer -9223372036854775808");
    round_trip(db, Datum::UInt(i64::MAX as u64), Type::U64, "integer 9223372036854775807");
    round_trip(db, Datum::Float(0.1), Type::F64, "real 0.1");
    for float in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1.0] {
        assert_eq!(one(db, "SELECT ?", &[Datum::Float(float)], Type::F64), Datum::Float(float), "{float}");
    }
}

#[test]
fn texts_and_bytes_round_trip() {
    let db = &mut *memory();
    round_trip(db, Datum::Null, Type::Text, "null NULL");
    round_trip(db, Datum::text(""), Type::Text, "text ''");
    round_trip(
        db,
        Datum::text("it's \u{1F980} e\u{301} \u{FFFF}"),
        Type::Text,
        "text 'it''s \u{1F980} e\u{301} \u{FFFF}'",
    );
    round_trip(db, Datum::Bytes(Cow::Borrowed(&[])), Type::Bytes, "blob X''");
    round_trip(db, Datum::Bytes(Cow::Borrowed(&[0, 255])), Type::Bytes, "blob X'00FF'");
    round_trip(db, Datum::Json(Cow::Borrowed("{\"a\": [1]}")), Type::Json, "text '{\"a\": [1]}'");
    round_trip(db, Datum::text("red"), Type::Enum(&["red"]), "text 'red'");
    let with_nul = Datum::text("a\0b");
    assert_eq!(one(db, "SELECT ?", std::slice::from_ref(&with_nul), Type::Text), with_nul);
    let long = Datum::Bytes(Cow::Owned(vec![7; (16 << 20) + 1]));
    assert_eq!(one(db, "SELECT ?", std::slice::from_ref(&long), Type::Bytes), long);
}

#[test]
fn times_round_trip_and_sort_as_text() {
    let db = &mut *memory();
    round_trip(db, Datum::Date(FIRST_DAY), Type::Date, "text '0001-01-01'");
    round_trip(db, Datum::Date(LAST_DAY), Type::Date, "text '9999-12-31'");
    round_trip(db, Datum::Time(0), Type::Time, "text '00:00:00.000000'");
    round_trip(db, Datum::Time(DAY - 1), Type::Time, "text '23:59:59.999999'");
    let first = i64::from(FIRST_DAY) * DAY;
    round_trip(db, Datum::DateTime(first), Type::DateTime, "text '0001-01-01 00:00:00.000000'");
    round_trip(db, Datum::Timestamp(-1), Type::Timestamp, "text '1969-12-31 23:59:59.999999'");
    let sorted = [first, -1, 0, 1, 1_000_000, 1_500_000, i64::from(LAST_DAY) * DAY];
    for pair in sorted.windows(2) {
        let pair = [Datum::Timestamp(pair[0]), Datum::Timestamp(pair[1])];
        assert_eq!(one(db, "SELECT ? < ?", &pair, Type::Bool), Datum::Bool(true), "{pair:?}");
    }
    // What SQLite itself and other programs write.
    for (sql, ty, expected) in [
        ("datetime(1, 'unixepoch')", Type::DateTime, Datum::DateTime(1_000_000)),
        ("'1970-01-01T00:00:01.5Z'", Type::Timestamp, Datum::Timestamp(1_500_000)),
        ("date(0, 'unixepoch')", Type::Date, Datum::Date(0)),
    ] {
        assert_eq!(one(db, &format!("SELECT {sql}"), &[], ty), expected, "{sql}");
    }
}

#[test]
fn uuids_and_decimals_round_trip() {
    let db = &mut *memory();
    let uuid = Datum::Uuid(*b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef");
    for form in ["01234567-89ab-cdef-0123-456789ABCDEF", "0123456789abcdef0123456789abcdef"] {
        assert_eq!(one(db, "SELECT ?", &[Datum::text(form)], Type::Uuid), uuid, "{form}");
    }
    round_trip(db, uuid, Type::Uuid, "blob X'0123456789ABCDEF0123456789ABCDEF'");
    let long = "79228162514264337593543950335.0000000000000000000000000001";
    round_trip(db, Datum::Decimal(Cow::Borrowed(long)), Type::Decimal, &format!("text '{long}'"));
    round_trip(db, Datum::Decimal(Cow::Borrowed("-1.50")), Type::Decimal, "text '-1.50'");
    for (sql, expected) in
        [("7", "7"), ("0.1", "0.1"), ("1e300 * 0 + 1e21", "1000000000000000000000"), ("'+05.0'", "5.0")]
    {
        let found = one(db, &format!("SELECT {sql}"), &[], Type::Decimal);
        assert_eq!(found, Datum::Decimal(Cow::Borrowed(expected)), "{sql}");
    }
}

#[test]
fn tables_keep_what_they_are_given() {
    let db = &mut *memory();
    db.batch("CREATE TABLE t (d DECIMAL_TEXT(10,2), x TIMESTAMP_TEXT, u UUID_BLOB, f DOUBLE, b BOOLEAN)").unwrap();
    let row = [
        Datum::Decimal(Cow::Borrowed("1.10")),
        Datum::Timestamp(0),
        Datum::Uuid([1; 16]),
        Datum::Float(2.0),
        Datum::Bool(true),
    ];
    db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", &row).unwrap();
    assert_eq!(
        text(db, "SELECT concat_ws(',', typeof(d), typeof(x), typeof(u), typeof(f), typeof(b)) FROM t"),
        "text,text,blob,real,integer"
    );
    assert_eq!(integer(db, "SELECT count(*) FROM t WHERE f = 2"), 1);
    assert_eq!(text(db, "SELECT d FROM t"), "1.10");
    // A table keeps whole floats as integers, which have no negative zero.
    for (float, kept) in [(-0.0, 0.0), (1.0, 1.0), (f64::MAX, f64::MAX), (f64::NEG_INFINITY, f64::NEG_INFINITY)] {
        db.execute("UPDATE t SET f = ?", &[Datum::Float(float)]).unwrap();
        assert_eq!(one(db, "SELECT f FROM t", &[], Type::F64), Datum::Float(kept), "{float}");
    }
}

#[test]
fn another_type_than_wanted_is_an_error_that_names_the_column() {
    let db = &mut *memory();
    for (sql, ty) in [
        ("2", Type::Bool),
        ("'1'", Type::Bool),
        ("1.0", Type::I64),
        ("'1'", Type::I64),
        ("-1", Type::U64),
        ("'1.5'", Type::F64),
        ("9007199254740993", Type::F64),
        ("9223372036854775807", Type::F64),
        ("1", Type::Text),
        ("x'61'", Type::Text),
        ("CAST(x'ff61' AS TEXT)", Type::Text),
        ("'text'", Type::Bytes),
        ("20240101", Type::Date),
        ("'2024-02-30'", Type::Date),
        ("'25:00:00'", Type::Time),
        ("'2024-01-01 00:00:00Z'", Type::DateTime),
        ("x'00'", Type::Uuid),
        ("'0123456789abcdef0123456789abcdeg'", Type::Uuid),
        ("'01234567-89ab-cdef-0123-456789abcdéf'", Type::Uuid),
        ("'1e5'", Type::Decimal),
        ("9e999", Type::Decimal),
        ("x'31'", Type::Json),
    ] {
        let error = try_one(db, &format!("SELECT 0, {sql} AS found"), &[], Type::I64).map(drop);
        error.unwrap();
        let error = db.query(&format!("SELECT 0, {sql} AS found"), &[], &mut |row| row.value(1, &ty).map(drop));
        let error = error.expect_err(sql);
        assert_eq!(error.kind(), ErrorKind::Decode, "{sql} as {ty:?}: {error}");
        assert!(error.to_string().contains("`found` (number 2)"), "{error}");
    }
    assert_eq!(one(db, "SELECT 9007199254740992", &[], Type::F64), Datum::Float(9_007_199_254_740_992.0));
    let array = try_one(db, "SELECT 1", &[], Type::Array(&Type::I64));
    assert_eq!(array.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_broken_text_does_not_hide_the_other_rows() {
    let db = &mut *memory();
    let mut kinds = Vec::new();
    db.query("VALUES ('a'), (CAST(x'ff' AS TEXT)), ('c')", &[], &mut |row: &dyn Row| {
        kinds.push(row.text(0).map(|text| text.map(str::to_owned)).map_err(|error| error.kind()));
        Ok(())
    })
    .unwrap();
    assert_eq!(kinds, [Ok(Some("a".to_owned())), Err(ErrorKind::Decode), Ok(Some("c".to_owned()))]);
}

#[test]
fn null_is_none_for_every_getter() {
    let db = &mut *memory();
    db.query("SELECT NULL", &[], &mut |row| {
        assert!(row.is_null(0)?);
        assert_eq!((row.boolean(0)?, row.integer(0)?, row.unsigned(0)?), (None, None, None));
        assert_eq!((row.double(0)?, row.text(0)?, row.bytes(0)?), (None, None, None));
        assert_eq!(row.value(0, &Type::Timestamp)?, Datum::Null);
        Ok(())
    })
    .unwrap();
}
