//! `Value`: what a type must be able to do to stand in a column that is never NULL, and the standard types that can.

use super::{Datum, Type};
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;
use std::borrow::Cow;

/// A type that a NOT NULL column can hold. `Option<T>` of it is the same column with NULL.
///
/// Derive it: `#[derive(SqlType)]` for a newtype, `#[derive(SqlEnum)]` for an enum of unit variants.
///
/// ```
/// use orm_core::{Datum, Result, Row, Type, Value};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Celsius(f64);
///
/// impl Value for Celsius {
///     const TYPE: Type = Type::F64;
///     fn to_datum(&self) -> Datum<'_> {
///         self.0.to_datum()
///     }
///     fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
///         Ok(f64::read(row, at)?.map(Celsius))
///     }
/// }
/// assert_eq!(Celsius(20.5).to_datum(), Datum::Float(20.5));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "not a type that a database column can hold",
    note = "use an integer, float, bool, String, Vec<u8>, Ref<Model>, an Option of these, a type of a crate whose feature is on,",
    note = "or derive it: #[derive(SqlType)] for a newtype, #[derive(SqlEnum)] for an enum; Json<T> holds anything that serde knows"
)]
pub trait Value: Sized + Send + 'static {
    /// The type of the column.
    const TYPE: Type;

    /// True for `Ref` alone: it lets the derive refuse an alias of `Ref`, whose foreign key it could not see.
    #[doc(hidden)]
    const REFERENCE: bool = false;

    /// The value as drivers take it, borrowed where it can be.
    fn to_datum(&self) -> Datum<'_>;

    /// Reads the value at a position of a row; `None` for NULL.
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>>;

    /// True when writing `self` over `other` would change nothing: floats by their bits, JSON by value.
    fn same(&self, other: &Self) -> bool {
        self.to_datum() == other.to_datum()
    }

    /// Makes a key on the client's side, for key types that do so (UUID).
    #[doc(hidden)]
    fn generate() -> Option<Self> {
        None
    }
}

/// A type whose values are text, so that `like`, `lower` and the others apply.
///
/// ```
/// # use orm_core::*;
/// fn starts_with_a<T: SqlType<Base: Text>>(field: Field<T>) -> Expr<bool> {
///     field.lower().like("a%")
/// }
/// ```
#[diagnostic::on_unimplemented(message = "only a text column can do this", label = "this column holds `{Self}`")]
pub trait Text: Value {}

/// A type whose values are numbers, so that arithmetic and `sum` apply.
///
/// ```
/// # use orm_core::*;
/// fn doubled<T: Number>(field: Field<T>) -> Expr<T> {
///     field + field
/// }
/// ```
#[diagnostic::on_unimplemented(message = "only a numeric column can do this", label = "this column holds `{Self}`")]
pub trait Number: Value {}

/// A type whose values are true or false, so that it can be a condition.
///
/// ```
/// # use orm_core::*;
/// fn off<T: SqlType<Base: Boolean>>(field: Field<T>) -> Expr<T> {
///     !field
/// }
/// ```
#[diagnostic::on_unimplemented(message = "expected a true/false expression", label = "this column holds `{Self}`")]
pub trait Boolean: Value {}

impl Text for String {}
impl Boolean for bool {}

// impl Value for i32 { const TYPE: Type = Type::I32; .. read by `integer`, checked to fit .. }
macro_rules! integers { ($($t:ty => $ty:ident, $datum:ident($wide:ty), $getter:ident;)*) => { $(
    impl Value for $t {
        const TYPE: Type = Type::$ty;
        fn to_datum(&self) -> Datum<'_> {
            Datum::$datum(<$wide>::from(*self))
        }
        fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
            match row.$getter(at)? {
                None => Ok(None),
                Some(wide) => match <$t>::try_from(wide) {
                    Ok(value) => Ok(Some(value)),
                    Err(_) => Err(does_not_fit(wide.into(), stringify!($t), at)),
                },
            }
        }
        fn same(&self, other: &Self) -> bool {
            self == other
        }
    }
    #[diagnostic::do_not_recommend]
    impl Number for $t {}
)* } }
integers! {
    i8 => I8, Int(i64), integer;
    i16 => I16, Int(i64), integer;
    i32 => I32, Int(i64), integer;
    i64 => I64, Int(i64), integer;
    u8 => U8, UInt(u64), unsigned;
    u16 => U16, UInt(u64), unsigned;
    u32 => U32, UInt(u64), unsigned;
    u64 => U64, UInt(u64), unsigned;
}

#[cold]
fn does_not_fit(value: i128, wanted: &str, at: usize) -> Error {
    Error::new(ErrorKind::Decode, format!("{value} in column {} of the result does not fit `{wanted}`", at + 1))
}

impl Value for f64 {
    const TYPE: Type = Type::F64;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Float(*self)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        row.double(at)
    }
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}
#[diagnostic::do_not_recommend]
impl Number for f64 {}

impl Value for f32 {
    const TYPE: Type = Type::F32;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Float(f64::from(*self))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        let Some(wide) = row.double(at)? else { return Ok(None) };
        let narrow = wide as f32;
        if f64::from(narrow).to_bits() == wide.to_bits() || wide.is_nan() {
            return Ok(Some(narrow));
        }
        Err(Error::decode(format!("{wide} in column {} of the result does not fit `f32`", at + 1)))
    }
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}
#[diagnostic::do_not_recommend]
impl Number for f32 {}

impl Value for bool {
    const TYPE: Type = Type::Bool;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Bool(*self)
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        row.boolean(at)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Value for String {
    const TYPE: Type = Type::Text;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Text(Cow::Borrowed(self))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        Ok(row.text(at)?.map(str::to_owned))
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Value for Vec<u8> {
    const TYPE: Type = Type::Bytes;
    fn to_datum(&self) -> Datum<'_> {
        Datum::Bytes(Cow::Borrowed(self))
    }
    fn read(row: &dyn Row, at: usize) -> Result<Option<Self>> {
        Ok(row.bytes(at)?.map(<[u8]>::to_vec))
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
