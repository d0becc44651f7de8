//! A row read in every way there is. What is read as a type must read the same when it comes back from the database.

use orm_core::{Datum, Row, Type};

/// Every type that a column can be asked for.
pub(crate) const TYPES: [Type; 20] = [
    Type::Bool,
    Type::I8,
    Type::I64,
    Type::U8,
    Type::U64,
    Type::F32,
    Type::F64,
    Type::Text,
    Type::Bytes,
    Type::Date,
    Type::Time,
    Type::DateTime,
    Type::Timestamp,
    Type::Uuid,
    Type::Decimal,
    Type::Json,
    Type::Array(&Type::I32),
    Type::Array(&Type::Text),
    Type::Array(&Type::Array(&Type::Bool)),
    Type::Row(&[Type::Bool, Type::Text]),
];

/// Reads each column, and one that is not there, by every getter and as every type. Gives what could be read.
pub(crate) fn read(row: &dyn Row) -> Vec<(Type, Datum<'static>)> {
    let mut found = Vec::new();
    for at in 0..=row.len() {
        let _ = (row.name(at), row.is_null(at), row.boolean(at), row.integer(at), row.unsigned(at));
        let _ = (row.double(at), row.text(at), row.bytes(at));
        for ty in &TYPES {
            match row.value(at, ty) {
                Ok(datum) => found.push((*ty, datum.into_owned())),
                // The text of an error is made when it is asked for.
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    assert!(row.integer(row.len()).is_err(), "there is no such column");
    found
}
