//! `SqlType`: a column's base type and whether it may be NULL, apart, so that code can be generic over either.

use super::{Type, Value, Writer};
use crate::error::{Error, Result};
use crate::row::RowReader;
use std::ops::{Deref, DerefMut};

/// What a struct field that is a column can be: a [`Value`], an `Option` of one (NULL), or [`Auto`] of one.
///
/// Never implemented by hand: every `Value` has it.
///
/// ```
/// # use orm_core::*;
/// fn is_missing<T: SqlType>(field: Field<T>) -> Expr<bool> {
///     field.is_null()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column type",
    label = "not a type that a database column can hold",
    note = "use an integer, float, bool, String, Vec<u8>, Ref<Model>, an Option of these, a type of a crate whose feature is on,",
    note = "or derive it: #[derive(SqlType)] for a newtype, #[derive(SqlEnum)] for an enum; Json<T> holds anything that serde knows"
)]
pub trait SqlType: Sized + Send + 'static {
    /// The type without its NULL.
    type Base: Value;
    /// Whether it may be NULL.
    type Null: Nullability;
    /// The type in SQL: itself, but `T` for `Auto<T>`.
    type Column: SqlType<Base = Self::Base, Null = Self::Null>;
    /// True for `Auto`: the server's default applies when the field says so.
    const AUTO: bool = false;
    /// How many columns it occupies.
    const WIDTH: usize = <Self::Base as Value>::TYPE.width();

    /// Reads the next columns of a row.
    fn read(row: &mut RowReader<'_>) -> Result<Self>;
    /// Writes its columns.
    fn write<'a>(&'a self, out: &mut Writer<'a>);
    /// True when writing `self` over `other` would change nothing.
    fn same(&self, other: &Self) -> bool;
}

/// The SQL type of a struct field.
pub type ColumnOf<T> = <T as SqlType>::Column;

#[diagnostic::do_not_recommend]
impl<T: Value> SqlType for T {
    type Base = T;
    type Null = Required;
    type Column = T;
    fn read(row: &mut RowReader<'_>) -> Result<Self> {
        let at = row.take(T::TYPE.width());
        T::read(row.row(), at)?.ok_or_else(|| null_in_required(at, &super::short_name::<T>()))
    }
    fn write<'a>(&'a self, out: &mut Writer<'a>) {
        out.push(self.to_datum(), T::TYPE.width());
    }
    fn same(&self, other: &Self) -> bool {
        Value::same(self, other)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> SqlType for Option<T> {
    type Base = T;
    type Null = Outer;
    type Column = Option<T>;
    fn read(row: &mut RowReader<'_>) -> Result<Self> {
        let at = row.take(T::TYPE.width());
        T::read(row.row(), at)
    }
    fn write<'a>(&'a self, out: &mut Writer<'a>) {
        match self {
            Some(value) => out.push(value.to_datum(), T::TYPE.width()),
            None => out.push(super::Datum::Null, T::TYPE.width()),
        }
    }
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        }
    }
}

#[cold]
fn null_in_required(at: usize, wanted: &str) -> Error {
    Error::decode(format!(
        "column {} of the result is NULL, but is read into `{wanted}`, which is not an Option",
        at + 1
    ))
}

/// A column that may be left to its server default.
///
/// A new object starts with [`Auto::Default`]: the column is left out of the INSERT, and read back after it, so that the
/// field holds the server's value. [`Auto::Set`] sends a value. Reading through `Deref` panics while the value is not
/// known yet; [`get`](Auto::get) does not.
///
/// ```
/// use orm_core::Auto;
///
/// let mut stock: Auto<i32> = Auto::Default;
/// assert_eq!(stock.get(), None);
/// stock = Auto::Set(3);
/// assert_eq!(*stock + 1, 4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Auto<T> {
    /// Left to the server's default; read back after the INSERT.
    #[default]
    Default,
    /// This value.
    Set(T),
}

impl<T> Auto<T> {
    /// The value, if it is known.
    ///
    /// ```
    /// # use orm_core::*;
    /// assert_eq!(Auto::from(3).get(), Some(&3));
    /// assert_eq!(Auto::<i32>::Default.get(), None);
    /// ```
    pub fn get(&self) -> Option<&T> {
        match self {
            Auto::Default => None,
            Auto::Set(value) => Some(value),
        }
    }
}

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Self {
        Auto::Set(value)
    }
}

impl<T> Deref for Auto<T> {
    type Target = T;
    #[track_caller]
    fn deref(&self) -> &T {
        self.get()
            .expect("this column was left to its server default, which is known only after the flush; use `get()`")
    }
}

impl<T> DerefMut for Auto<T> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Auto::Set(value) => value,
            Auto::Default => panic!(
                "this column was left to its server default, which is known only after the flush; assign `Auto::Set(..)`"
            ),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: SqlType> SqlType for Auto<T> {
    type Base = T::Base;
    type Null = T::Null;
    type Column = T::Column;
    const AUTO: bool = true;
    fn read(row: &mut RowReader<'_>) -> Result<Self> {
        T::read(row).map(Auto::Set)
    }
    fn write<'a>(&'a self, out: &mut Writer<'a>) {
        match self {
            Auto::Set(value) => value.write(out),
            Auto::Default => out.push(super::Datum::Default, Self::WIDTH),
        }
    }
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Auto::Set(a), Auto::Set(b)) => a.same(b),
            (Auto::Default, Auto::Default) => true,
            _ => false,
        }
    }
}

/// Whether something may be NULL: [`Required`] or [`Outer`]. A fields struct is generic over it, so that a predicate can be
/// written once for a table and for the same table behind an outer join.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// fn known<N: Nullability>(u: UserFields<N>) -> Expr<bool> {
///     u.email.is_not_null()
/// }
/// assert_eq!(names(select::<User>().filter(known)), ["alice", "carol"]);
/// assert_eq!(connection.count(select::<Post>().left_join(|p| p.author).filter(|(_, u)| known(u)))?, 2);
/// # Ok::<(), Error>(())
/// ```
pub trait Nullability: Copy + Send + 'static {
    /// True for `Outer`.
    const NULLABLE: bool;
    /// The type with this nullability added. The bound on `Base` is what makes `u.age.gt(18)` compile for every `N`.
    type Of<T: SqlType>: SqlType<Base = T::Base>;
    /// NULL if either may be.
    type Or<N: Nullability>: Nullability;
}

/// Never NULL by itself.
#[derive(Clone, Copy, Debug)]
pub struct Required;
/// May be NULL: an `Option`, or anything of a table behind an outer join.
#[derive(Clone, Copy, Debug)]
pub struct Outer;

impl Nullability for Required {
    const NULLABLE: bool = false;
    type Of<T: SqlType> = T;
    type Or<N: Nullability> = N;
}

impl Nullability for Outer {
    const NULLABLE: bool = true;
    type Of<T: SqlType> = Option<T::Base>;
    type Or<N: Nullability> = Outer;
}

/// The type of `a + b`: NULL if either side may be.
pub type Either<T, R> = <<<T as SqlType>::Null as Nullability>::Or<R> as Nullability>::Of<<T as SqlType>::Base>;
/// The same type with NULL.
pub type Nullable<T> = Option<<T as SqlType>::Base>;

/// The type of a field's column.
#[doc(hidden)]
pub const fn type_of<T: SqlType>() -> Type {
    <T::Base as Value>::TYPE
}
