//! `uuid::Uuid`, behind the feature `uuid`: a column of [`Type::Uuid`], and a primary key that this library generates.
//!
//! A generated key is of version 7, so that new rows stand at the end of the index; the nil UUID means "not yet". All 128
//! bits are kept as they are, in network order, whatever their version.
//!
//! ```
//! use orm_core::{Data, Datum, Value};
//! use uuid::Uuid;
//!
//! let id: Uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?;
//! assert_eq!(id.to_datum(), Datum::Uuid(*id.as_bytes()));
//! assert_eq!(Uuid::read(&Data(&[id.to_datum()]), 0)?, Some(id));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::error::Result;
use crate::row::Row;
use crate::value::{Datum, Key, Type, Value};
use uuid::Uuid;

/// A UUID of any version.
impl Value for Uuid {
    const TYPE: Type = Type::Uuid;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Uuid(*self.as_bytes())
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        match row.value(at, &Type::Uuid)? {
            Datum::Null => Ok(None),
            Datum::Uuid(bytes) => Ok(Some(Uuid::from_bytes(bytes))),
            other => Err(other.unexpected("a UUID", at)),
        }
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
    fn generate() -> Option<Self> {
        Some(Uuid::now_v7())
    }
}

impl Key for Uuid {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::row::Data;
    use crate::value;

    #[test]
    fn every_bit_round_trips() {
        let mut all = vec![Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f)];
        all.extend((0..128).map(|bit| Uuid::from_u128(1 << bit)));
        for id in all {
            assert_eq!(Uuid::read(&Data(&[id.to_datum()]), 0).unwrap(), Some(id));
        }
        let Datum::Uuid(bytes) = Uuid::from_u128(1).to_datum() else { panic!("not a UUID") };
        assert_eq!(bytes[15], 1, "network order");
    }

    #[test]
    fn generated_keys_ascend_and_differ() {
        let keys: Vec<Uuid> = (0..1000).map(|_| Uuid::generate().unwrap()).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(keys[0].get_version_num(), 7);
    }

    #[test]
    fn null_and_other_types() {
        assert_eq!(Uuid::read(&Data(&[Datum::Null]), 0).unwrap(), None);
        assert!(value::SqlType::same(&Some(Uuid::nil()), &Some(Uuid::nil())));
        assert!(!value::SqlType::same(&Some(Uuid::nil()), &None));
        let error = Uuid::read(&Data(&[Datum::text("67e55044")]), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.to_string(), "column 1 of the result is not a UUID but a text");
    }
}
