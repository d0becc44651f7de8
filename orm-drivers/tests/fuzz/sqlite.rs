//! Any value that a SQLite file may hold, read as any type: a column of SQLite promises nothing about its values.

use super::input::Input;
use super::values;
use orm_core::Datum;
use orm_core::driver::Connection;
use orm_drivers::Url;
use std::borrow::Cow;
use std::cell::RefCell;

pub(crate) const EXAMPLES: &[&[u8]] = &[
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x01",
    b"\x01\x3f\xf8\x00\x00\x00\x00\x00\x00",
    b"\x022024-02-29 23:59:59.999999+00:00",
    b"\x022024-02-29T23:59:59Z",
    b"\x02-12345678901234567890.00012",
    b"\x02123e4567-e89b-12d3-a456-426614174000",
    b"\x02{\"a\": [1, null, \"\\u0000\"]}",
    b"\x02\xff\xfe\x00text",
    b"\x03\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00",
    b"\x04",
];

thread_local! {
    /// One for all runs of a thread.
    static CONNECTION: RefCell<Box<dyn Connection>> = RefCell::new(open());
}

fn open() -> Box<dyn Connection> {
    let url = Url::parse("sqlite::memory:").expect("it is right");
    orm_drivers::open(&url).and_then(|driver| driver.connect()).expect("memory can be opened")
}

pub(crate) fn run(data: &[u8]) {
    CONNECTION.with_borrow_mut(|connection| {
        let mut input = Input(data);
        let kind = input.byte() % 5;
        let rest = input.0;
        let mut number = [0; 8];
        number[8 - rest.len().min(8)..].copy_from_slice(&rest[..rest.len().min(8)]);
        let (sql, bind) = match kind {
            0 => ("SELECT ?1", Datum::Int(i64::from_be_bytes(number))),
            1 => ("SELECT ?1", Datum::Float(f64::from_be_bytes(number))),
            // Bytes as a text, valid or not.
            2 => ("SELECT CAST(?1 AS TEXT)", Datum::Bytes(Cow::Borrowed(rest))),
            3 => ("SELECT ?1", Datum::Bytes(Cow::Borrowed(rest))),
            _ => ("SELECT ?1", Datum::Null),
        };
        let mut found = Vec::new();
        let asked = connection.query(sql, &[bind], &mut |row| {
            found = values::read(row);
            Ok(())
        });
        // NaN is no value of SQLite's.
        assert!(asked.is_ok() || kind == 1, "{asked:?}");
        for (ty, datum) in found {
            let mut again = None;
            let asked = connection.query("SELECT ?1", std::slice::from_ref(&datum), &mut |row| {
                again = row.value(0, &ty).ok().map(Datum::into_owned);
                Ok(())
            });
            assert!(asked.is_ok() && again.as_ref() == Some(&datum), "{datum:?} comes back as {again:?}, {asked:?}");
        }
    });
}
