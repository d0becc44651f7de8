//! Tests of reading values that are already here, and of the reader.

use super::*;
use crate::error::ErrorKind;

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn every_getter_gives_none_for_null() {
    let row = Data(&[Datum::Null]);
    assert!(row.is_null(0).unwrap());
    assert_eq!(row.boolean(0).unwrap(), None);
    assert_eq!(row.integer(0).unwrap(), None);
    assert_eq!(row.unsigned(0).unwrap(), None);
    assert_eq!(row.double(0).unwrap(), None);
    assert_eq!(row.text(0).unwrap(), None);
    assert_eq!(row.bytes(0).unwrap(), None);
    assert_eq!(row.value(0, &Type::Date).unwrap(), Datum::Null);
}

#[test]
fn a_column_that_is_not_there_is_an_error() {
    let row = Data(&[Datum::Int(1)]);
    assert_eq!(row.integer(1).unwrap_err().to_string(), "column 2 was asked for, and the row has 1");
    assert_eq!(kind(row.is_null(1)), ErrorKind::Decode);
    assert_eq!(kind(row.value(usize::MAX - 1, &Type::I64)), ErrorKind::Decode);
    assert_eq!(kind(RowReader::new(&Data(&[]), 0).next::<i64>()), ErrorKind::Decode);
}

#[test]
fn integers_cross_between_signed_and_unsigned_where_they_fit() {
    let largest = i64::MAX as u64;
    for (datum, signed, unsigned) in [
        (Datum::Int(i64::MIN), Some(i64::MIN), None),
        (Datum::Int(-1), Some(-1), None),
        (Datum::Int(0), Some(0), Some(0)),
        (Datum::Int(i64::MAX), Some(i64::MAX), Some(largest)),
        (Datum::UInt(largest), Some(i64::MAX), Some(largest)),
        (Datum::UInt(largest + 1), None, Some(largest + 1)),
        (Datum::UInt(u64::MAX), None, Some(u64::MAX)),
    ] {
        let row = Data(std::slice::from_ref(&datum));
        assert_eq!(row.integer(0).ok().flatten(), signed, "{datum:?}");
        assert_eq!(row.unsigned(0).ok().flatten(), unsigned, "{datum:?}");
    }
}

#[test]
fn truth_values_may_be_zero_and_one() {
    let row = Data(&[Datum::Bool(true), Datum::Int(0), Datum::Int(1), Datum::Int(2), Datum::Float(1.0)]);
    assert_eq!(row.boolean(0).unwrap(), Some(true));
    assert_eq!(row.boolean(1).unwrap(), Some(false));
    assert_eq!(row.boolean(2).unwrap(), Some(true));
    assert_eq!(kind(row.boolean(3)), ErrorKind::Decode);
    assert_eq!(kind(row.boolean(4)), ErrorKind::Decode);
}

#[test]
fn errors_tell_the_type_and_not_the_value() {
    let row = Data(&[Datum::text("secret"), Datum::Float(0.5)]);
    assert_eq!(row.integer(0).unwrap_err().to_string(), "column 1 of the result is not an integer but a text");
    assert_eq!(row.bytes(0).unwrap_err().to_string(), "column 1 of the result is not bytes but a text");
    assert_eq!(row.text(1).unwrap_err().to_string(), "column 2 of the result is not a text but a float");
    assert_eq!(kind(row.double(0)), ErrorKind::Decode);
}

#[test]
fn a_reader_goes_left_to_right() {
    let data = [Datum::Int(1), Datum::Null, Datum::text("three"), Datum::Null, Datum::Null];
    let row = Data(&data);
    let mut reader = RowReader::new(&row, 0);
    assert!(!reader.is_absent(2).unwrap());
    assert_eq!(reader.next::<i64>().unwrap(), 1);
    assert!(reader.is_absent(1).unwrap());
    assert!(!reader.is_absent(2).unwrap());
    assert_eq!(reader.next::<Option<i64>>().unwrap(), None);
    assert_eq!(reader.next::<Option<String>>().unwrap().as_deref(), Some("three"));
    assert_eq!(reader.position(), 3);
    assert!(reader.is_absent(2).unwrap());
    assert!(reader.is_absent(3).is_err(), "there are only two columns left");
    let error = reader.next::<Vec<u8>>().unwrap_err();
    assert_eq!(error.to_string(), "column 4 of the result is NULL, but is read into `Vec<u8>`, which is not an Option");
}
