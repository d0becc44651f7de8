//! Tests of the standard column types, of keys over several columns, and of how values spread over columns.

use super::*;
use crate::error::{ErrorKind, Result};
use crate::row::{Data, RowReader};
use std::fmt::Debug;

fn round_trip<T: SqlType>(value: &T) -> Result<T> {
    let mut out = Writer::default();
    out.put(value);
    assert_eq!(out.data.len(), T::WIDTH);
    SqlType::read(&mut RowReader::new(&Data(&out.data), 0))
}

fn check<T: SqlType + Debug>(values: impl IntoIterator<Item = T>) {
    for value in values {
        let read = round_trip(&value).unwrap();
        assert!(read.same(&value), "{value:?} became {read:?}");
    }
}

#[test]
fn extremes_round_trip() {
    check([i8::MIN, -1, 0, i8::MAX]);
    check([i16::MIN, i16::MAX]);
    check([i32::MIN, i32::MAX]);
    check([i64::MIN, -1, 0, i64::MAX]);
    check([0, u8::MAX]);
    check([0, u16::MAX]);
    check([0, u32::MAX]);
    check([0, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX]);
    check([0.0, -0.0, f64::MIN, f64::MAX, f64::from_bits(1), f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    check([0.0, -0.0, f32::MIN, f32::MAX, f32::from_bits(1), f32::INFINITY, f32::NAN, 0.1]);
    check([true, false]);
    check(["", "\0", "🦀 e\u{301}", "'\"`\\"].map(str::to_owned));
    check([vec![], vec![0_u8, 255], vec![7; 1 << 20]]);
    check([Some(1_i64), None]);
    check([Auto::Set(Some(1_i64)), Auto::Set(None)]);
    check([vec![], vec![i64::MIN, i64::MAX]]);
    check([vec![String::new(), "a,b".to_owned()]]);
    check([vec![f64::NAN, -0.0]]);
}

#[test]
fn random_numbers_round_trip() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20_000 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let bits = state.rotate_left((state >> 59) as u32);
        check([bits as i64]);
        check([bits]);
        check([bits as u16]);
        check([f64::from_bits(bits)]);
        // Widening an f32 makes a signalling NaN a quiet one.
        check(Some(f32::from_bits(bits as u32)).filter(|float| !float.is_nan()));
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    fn refused<T: Value + Debug>(datum: Datum<'_>) -> String {
        let error = T::read(&Data(&[datum]), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        error.to_string()
    }
    assert_eq!(refused::<i8>(Datum::Int(128)), "128 in column 1 of the result does not fit `i8`");
    refused::<i32>(Datum::Int(i64::from(i32::MAX) + 1));
    refused::<i64>(Datum::UInt(u64::MAX));
    refused::<u8>(Datum::Int(-1));
    refused::<u8>(Datum::Int(256));
    refused::<u64>(Datum::Int(-1));
    refused::<f32>(Datum::Float(0.1));
    refused::<f32>(Datum::Float(1e300));
    refused::<i64>(Datum::Float(1.0));
    refused::<bool>(Datum::Int(2));
    refused::<Vec<i64>>(Datum::Int(1));
    refused::<Vec<i64>>(Datum::Array(vec![Datum::Int(1), Datum::Null]));
}

#[test]
fn sameness_is_about_what_would_be_written() {
    assert!(Value::same(&f64::NAN, &f64::NAN));
    assert!(!Value::same(&0.0_f64, &-0.0));
    assert!(Value::same(&vec![f32::NAN], &vec![f32::NAN]));
    assert!(!Value::same(&vec![1_i64], &vec![1, 2]));
    assert!(!SqlType::same(&Auto::Default, &Auto::Set(1_i64)));
    assert!(!SqlType::same(&None, &Some(0_i64)));
    assert_eq!(Datum::Int(1), Datum::UInt(1));
    assert_ne!(Datum::Int(-1), Datum::UInt(u64::MAX));
    assert_ne!(Datum::Text("1".into()), Datum::Decimal("1".into()));
    assert_ne!(Datum::DateTime(0), Datum::Timestamp(0));
}

type Nested = ((i64, String), u8);

#[test]
fn keys_spread_over_columns() {
    const TYPE: Type = <Nested as KeyParts>::TYPE;
    assert_eq!(TYPE.width(), 3);
    let mut flat = Vec::new();
    TYPE.flatten(&mut flat);
    assert_eq!(flat, [Type::I64, Type::Text, Type::U8]);

    let key: Nested = ((7, "seven".to_owned()), 3);
    let mut out = Writer::default();
    out.push(Datum::Bool(true), 1);
    out.push(key.key_datum(), TYPE.width());
    assert_eq!(out.data, [Datum::Bool(true), Datum::Int(7), Datum::text("seven"), Datum::UInt(3)]);
    assert_eq!(Nested::read_key(&Data(&out.data), 1).unwrap(), Some(key));
}

#[test]
fn a_key_is_null_as_a_whole_or_not_at_all() {
    let read = |data: &[Datum<'_>]| <(i64, String)>::read_key(&Data(data), 0);
    assert_eq!(read(&[Datum::Null, Datum::Null]).unwrap(), None);
    assert_eq!(read(&[Datum::Int(1), Datum::text("a")]).unwrap(), Some((1, "a".to_owned())));
    assert_eq!(
        read(&[Datum::Int(1), Datum::Null]).unwrap_err().to_string(),
        "the composite key that starts at column 1 of the result is NULL in some of its columns only"
    );
    assert!(Nested::read_key(&Data(&[Datum::Null, Datum::Null, Datum::UInt(1)]), 0).is_err());
    assert!(read(&[Datum::Int(1)]).is_err(), "a column is missing");
}

#[test]
fn what_stands_for_several_columns_is_repeated() {
    let pending = RawHandle { session: 1, model: 0, slot: 2, generation: 3 };
    for whole in [Datum::Null, Datum::Default, Datum::Pending(pending), Datum::Invalid("no")] {
        let mut out = Writer::with_capacity(4);
        out.push(whole.borrowed(), 3);
        out.push(Datum::Int(1), 1);
        assert_eq!(out.data[..3], [whole.clone(), whole.clone(), whole.clone()]);
        assert_eq!(out.data[3..], [Datum::Int(1)]);
    }
}

#[test]
fn copies_of_a_datum_are_equal() {
    let pending = RawHandle { session: 1, model: 0, slot: 2, generation: 3 };
    let all = [
        Datum::Null,
        Datum::Bool(true),
        Datum::Int(-1),
        Datum::UInt(u64::MAX),
        Datum::Float(f64::NAN),
        Datum::text("text"),
        Datum::Bytes(vec![1].into()),
        Datum::Date(1),
        Datum::Time(2),
        Datum::DateTime(3),
        Datum::Timestamp(4),
        Datum::Uuid([5; 16]),
        Datum::Decimal("6.0".into()),
        Datum::Json("7".into()),
        Datum::Array(vec![Datum::Int(8)]),
        Datum::Row(vec![Datum::Int(9), Datum::Null]),
        Datum::Pending(pending),
        Datum::Default,
        Datum::Invalid("reason"),
    ];
    for (at, datum) in all.iter().enumerate() {
        assert_eq!(&datum.borrowed(), datum);
        assert_eq!(&datum.clone().into_owned(), datum);
        assert_eq!(all.iter().position(|other| other == datum), Some(at), "equal to itself only");
        assert!(!datum.kind().is_empty());
    }
}

#[test]
fn null_is_what_has_nothing_but_null() {
    assert!(Datum::Null.is_null());
    assert!(Datum::Row(vec![Datum::Null, Datum::Row(vec![Datum::Null])]).is_null());
    assert!(!Datum::Row(vec![Datum::Null, Datum::Int(0)]).is_null());
    assert!(!Datum::Array(vec![Datum::Null]).is_null(), "an array of a NULL is an array");
    assert!(!Datum::Json("null".into()).is_null());
    assert!(!Datum::Default.is_null());
}

#[test]
fn names_of_types_are_short() {
    assert_eq!(short_name::<i64>(), "i64");
    assert_eq!(short_name::<Option<Vec<String>>>(), "Option<Vec<String>>");
    assert_eq!(short_name::<(RawHandle, [u8; 4])>(), "(RawHandle, [u8; 4])");
}

#[test]
fn an_auto_column_is_left_out_until_it_is_set() {
    let mut out = Writer::default();
    out.put(&Auto::<i64>::Default);
    assert_eq!(out.data, [Datum::Default]);
    assert!(round_trip(&Auto::<i64>::Set(1)).unwrap() == Auto::Set(1));
    assert!(std::panic::catch_unwind(|| *Auto::<i64>::Default).is_err());
}
