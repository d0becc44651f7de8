//! `Json<T>` and `serde_json::Value`, behind the feature `serde_json`: columns of [`Type::Json`].
//!
//! ```
//! use orm_core::{Data, Datum, Json, Value};
//! use std::collections::BTreeMap;
//!
//! let tags = Json(BTreeMap::from([("rust".to_owned(), 3)]));
//! assert_eq!(tags.to_datum(), Datum::Json(r#"{"rust":3}"#.into()));
//! let read = Json::<BTreeMap<String, i32>>::read(&Data(&[tags.to_datum()]), 0)?;
//! assert_eq!(read, Some(tags));
//! # Ok::<(), orm_core::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::row::Row;
use crate::value::{Datum, Type, Value};
use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// A column that holds anything that serde knows, as a JSON document.
///
/// What is written is what `serde_json` writes. Two caveats of that crate apply: a float that is NaN or infinite becomes
/// `null`, and what is nested more than 128 levels deep cannot be read back. PostgreSQL and MySQL keep the document, not its
/// text: the order of an object's keys is theirs.
///
/// A changed field is one whose document differs; the order of the keys in an object is no difference. JSON's `null` is a
/// document and not SQL's NULL: in an `Option<Json<Option<T>>>` the outer `None` is NULL and `Some(Json(None))` is `null`.
///
/// ```
/// use orm_core::{Datum, Json, Value};
///
/// let mut scores = Json(vec![1, 2]);
/// scores.push(3); // a `Vec` by `DerefMut`
/// assert_eq!(scores.to_datum(), Datum::Json("[1,2,3]".into()));
/// assert_eq!(Json(None::<i32>).to_datum(), Datum::Json("null".into()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<T>(pub T);

impl<T> Json<T> {
    /// The value inside.
    ///
    /// ```
    /// # use orm_core::*;
    /// assert_eq!(Json(vec![1, 2]).into_inner(), [1, 2]);
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Json(value)
    }
}

/// As the value inside.
impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        T::deserialize(deserializer).map(Json)
    }
}

/// Any document of one Rust type.
impl<T: Serialize + DeserializeOwned + Send + 'static> Value for Json<T> {
    const TYPE: Type = Type::Json;
    fn to_datum(&self) -> Datum<'_> {
        document(&self.0)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        Ok(read(row, at)?.map(Json))
    }
    /// Compares the documents.
    fn same(&self, other: &Self) -> bool {
        match (serde_json::to_value(&self.0), serde_json::to_value(&other.0)) {
            (Ok(a), Ok(b)) => a == b,
            // An integer of more than 64 bits can be written, but is no `Value`; its text tells enough.
            _ => matches!((document(&self.0), document(&other.0)), (Datum::Json(a), Datum::Json(b)) if a == b),
        }
    }
}

/// Any document.
impl Value for JsonValue {
    const TYPE: Type = Type::Json;
    fn to_datum(&self) -> Datum<'_> {
        document(self)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        read(row, at)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

fn document<T: Serialize>(value: &T) -> Datum<'_> {
    match serde_json::to_string(value) {
        Ok(text) => Datum::Json(Cow::Owned(text)),
        Err(_) => {
            Datum::Invalid("serde cannot write the value as JSON: its `Serialize` failed, or a key is not a text")
        }
    }
}

fn read<T: DeserializeOwned>(row: &dyn Row, at: usize) -> Result<Option<T>> {
    match row.value(at, &Type::Json)? {
        Datum::Null => Ok(None),
        Datum::Json(text) => match serde_json::from_str(&text) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(unreadable(error, at, &crate::value::short_name::<T>())),
        },
        other => Err(other.unexpected("JSON", at)),
    }
}

/// What serde says may quote the document, so it is the source and not the sentence.
#[cold]
fn unreadable(error: serde_json::Error, at: usize, wanted: &str) -> Error {
    let reason = match error.classify() {
        serde_json::error::Category::Data => "does not have the shape of",
        _ => "is not valid JSON to be read as",
    };
    let (line, place) = (error.line(), error.column());
    Error::decode(format!("column {} of the result {reason} `{wanted}` at line {line}, character {place}", at + 1))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::row::{Data, RowReader};
    use crate::value::{self, Writer};
    use serde_json::json;
    use std::collections::{BTreeMap, HashMap};
    use std::error::Error as _;

    fn round_trip<T: Value>(value: &T) -> T {
        T::read(&Data(&[value.to_datum()]), 0).unwrap().unwrap()
    }

    #[test]
    fn documents_round_trip() {
        for document in [
            JsonValue::Null,
            json!(true),
            json!(""),
            json!("🦀 e\u{301} \u{0} \" \\ \u{2028} עברית \u{ffff}"),
            json!(i64::MIN),
            json!(u64::MAX),
            json!([0.1, 1e-308, f64::MAX, f64::MIN_POSITIVE, 123_456_789.123_456_78]),
            json!([]),
            json!({"": {"a": [1, {"b": null}]}, "🦀": []}),
        ] {
            assert_eq!(round_trip(&document), document);
            assert_eq!(round_trip(&Json(document.clone())), Json(document));
        }
    }

    #[test]
    fn floats_keep_their_last_bit() {
        // Numbers that a parser without correct rounding reads one bit off.
        for bits in [0x3fe9_f5c2_8f5c_28f6_u64, 0x0010_0000_0000_0001, 0x7fef_ffff_ffff_fffe, 0x4341_c379_37e0_8001, 1]
        {
            let value = f64::from_bits(bits);
            assert_eq!(round_trip(&Json(value)).to_bits(), bits, "{value}");
        }
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let value = f64::from_bits(bits.rotate_left(23));
            if value.is_finite() {
                assert_eq!(round_trip(&Json(value)).to_bits(), value.to_bits(), "{value:e}");
            }
        }
    }

    #[test]
    fn null_is_not_null() {
        type Field = Option<Json<JsonValue>>;
        let write = |field: &Field| {
            let mut out = Writer::default();
            value::SqlType::write(field, &mut out);
            let data: Vec<Datum<'static>> = out.data.into_iter().map(Datum::into_owned).collect();
            data
        };
        let (sql_null, json_null): (Field, Field) = (None, Some(Json(JsonValue::Null)));
        assert_eq!(write(&sql_null), [Datum::Null]);
        assert_eq!(write(&json_null), [Datum::Json("null".into())]);
        for field in [sql_null.clone(), json_null.clone()] {
            assert_eq!(RowReader::new(&Data(&write(&field)), 0).next::<Field>().unwrap(), field);
        }
        assert!(!value::SqlType::same(&sql_null, &json_null));
    }

    #[test]
    fn the_same_document_is_no_change() {
        let map =
            |pairs: &[(&str, i32)]| Json(pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect::<HashMap<_, _>>());
        let pairs: Vec<(String, i32)> = (0..64).map(|i| (format!("key {i}"), i)).collect();
        let pairs: Vec<(&str, i32)> = pairs.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let reversed: Vec<(&str, i32)> = pairs.iter().rev().copied().collect();
        assert!(map(&pairs).same(&map(&reversed)));
        assert!(!map(&pairs).same(&map(&reversed[1..])));
        assert!(json!({"a": 1, "b": 2}).same(&json!({"b": 2, "a": 1})));
        assert!(Json(u128::MAX).same(&Json(u128::MAX)));
        assert!(!Json(u128::MAX).same(&Json(u128::MAX - 1)));
    }

    #[test]
    fn what_serde_cannot_write_is_refused() {
        let by_pair = Json(BTreeMap::from([((1, 2), 3)]));
        // Not a `Value` here, since such a key cannot be read either; the document alone shows it.
        assert!(matches!(document(&by_pair.0), Datum::Invalid(_)));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let read = |text: &'static str| Json::<Vec<i32>>::read(&Data(&[Datum::Json(text.into())]), 0).unwrap_err();
        let error = read(r#"[1, "secret"]"#);
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(
            error.to_string(),
            "column 1 of the result does not have the shape of `Vec<i32>` at line 1, character 12"
        );
        assert!(error.source().unwrap().to_string().contains("expected i32"));
        for text in ["", "[1", "[1]]", "nul", "\u{feff}[1]"] {
            assert!(read(text).to_string().contains("is not valid JSON"), "{text:?}");
        }
        assert!(Json::<i32>::read(&Data(&[Datum::Int(1)]), 0).is_err());
    }

    #[test]
    fn serde_sees_the_value_inside() {
        assert_eq!(serde_json::to_string(&vec![Json(1), Json(2)]).unwrap(), "[1,2]");
        assert_eq!(serde_json::from_str::<Json<i32>>("7").unwrap(), Json(7));
        assert_eq!(Json(5).into_inner(), 5);
    }
}
