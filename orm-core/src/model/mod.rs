//! What the derives implement: `Model`, `Embedded` and `Record`, and the fields structs that closures see. Knows no query.

mod column;
mod handle;
mod reference;
#[cfg(test)]
mod tests;

pub use column::Column;
pub use handle::Handle;
pub use reference::{Ref, RefType, Reference};

use crate::error::Result;
use crate::row::RowReader;
use crate::schema::{Definition, FieldSpec, Table};
use crate::value::{Key, Nullability, SqlType, Writer};
use std::any::Any;

/// A struct that is a row of a table. Derive it: `#[derive(Model)]`.
///
/// The derive also makes `UserFields<N>`, a `Copy` struct with a [`Field`](crate::Field) for each column, which is what the
/// closures of queries get.
///
/// ```
/// # use orm_doc::*;
/// fn all<M: Model>(engine: &Engine) -> Result<Vec<M>> {
///     engine.connect()?.all(select::<M>())
/// }
/// assert_eq!(all::<Group>(&engine())?.len(), 2);
/// assert_eq!(User::table().name, "users");
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add #[derive(Model)] to `{Self}`"
)]
pub trait Model: Record + Clone + Send {
    /// The primary key: the key field's type, a tuple for several fields, `User::Key` for a field that is a `Ref<User>`.
    type Key: Key;
    /// `Ref<Self>`. The derive names references by it: where there is no model it is no type at all, and the compiler says so once.
    #[doc(hidden)]
    type Reference;
    /// What closures see of the table.
    type Fields<N: Nullability>: Fields<Model = Self, Null = N>;

    /// What the derive read off the struct.
    #[doc(hidden)]
    const DEFINITION: &'static Definition;

    /// The fields, bound to a table of a query.
    #[doc(hidden)]
    fn fields<N: Nullability>(at: Binding) -> Self::Fields<N>;

    /// The table as data.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(User::table().columns[0].name, "id");
    /// ```
    fn table() -> &'static Table;

    /// The key as the struct holds it; `None` while a reference in it has no key yet.
    #[doc(hidden)]
    fn key_of(&self) -> Option<Self::Key>;

    /// The hooks of a model with `#[orm(hooks)]`, whose type the session knows.
    #[doc(hidden)]
    fn hooks() -> Option<&'static (dyn Any + Send + Sync)> {
        None
    }

    /// A column by its field's name, for names that are known only at run time (the sort column of a web grid).
    ///
    /// # Errors
    /// `UndefinedColumn` for a name that is no field with one column; the text lists the fields there are.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let by = User::column("username")?;
    /// assert_eq!(names(select::<User>().order_by(|u| u.named(by).desc()))[0], "carol");
    /// assert_eq!(User::column("; DROP TABLE users").unwrap_err().kind(), ErrorKind::UndefinedColumn);
    /// # Ok::<(), Error>(())
    /// ```
    fn column(name: &str) -> Result<Column<Self>> {
        Column::find(name)
    }
}

/// A struct whose fields are columns: a model, or a struct embedded in one. The derives write it; nobody else does.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded",
    label = "not embeddable",
    note = "add #[derive(Embed)] to `{Self}`"
)]
pub trait Record: Sized + 'static {
    /// The fields as data.
    const FIELDS: &'static [FieldSpec];
    /// The number of columns.
    const WIDTH: usize = {
        let (mut width, mut i) = (0, 0);
        while i < Self::FIELDS.len() {
            width += Self::FIELDS[i].width();
            i += 1;
        }
        width
    };

    /// Reads the columns left to right.
    fn read(row: &mut RowReader<'_>) -> Result<Self>;
    /// Writes all columns left to right; a reference without a key as `Datum::Pending`.
    fn write<'a>(&'a self, out: &mut Writer<'a>);
    /// Notes the columns in which `self` differs from `base`.
    fn diff(&self, base: &Self, out: &mut Difference);
    /// Replaces the field that starts at a column by what the row holds.
    fn read_column(&mut self, column: usize, row: &mut RowReader<'_>) -> Result<()>;
    /// Shows every reference with its first column.
    fn references(&mut self, first: usize, visit: &mut dyn FnMut(usize, &mut dyn Reference));
}

/// A struct whose columns become columns of the model that holds it, with a prefix. Derive it: `#[derive(Embed)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded",
    label = "not embeddable",
    note = "add #[derive(Embed)] to `{Self}`"
)]
pub trait Embedded: Record + Clone + Send {
    /// What closures see of it.
    type Fields<N: Nullability>: Copy;

    /// The fields, bound to columns of a table.
    #[doc(hidden)]
    fn fields<N: Nullability>(at: Binding) -> Self::Fields<N>;
}

/// The columns in which a struct differs from its base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    next: usize,
    /// The changed columns, ascending.
    pub columns: Vec<usize>,
}

impl Difference {
    /// Begins anew, in the same memory.
    pub(crate) fn clear(&mut self) {
        self.next = 0;
        self.columns.clear();
    }

    /// Compares the next field.
    pub fn field<T: SqlType>(&mut self, value: &T, base: &T) {
        self.columns(value.same(base), T::WIDTH);
    }

    /// Notes whether the next columns are the same.
    pub fn columns(&mut self, same: bool, width: usize) {
        let end = self.next + width;
        if !same {
            self.columns.extend(self.next..end);
        }
        self.next = end;
    }

    /// Compares the fields of an embedded struct.
    pub fn embedded<T: Record>(&mut self, value: &T, base: &T) {
        value.diff(base, self);
    }
}

/// The fields of a model, bound to a table of a query: what closures get. Made by the derive.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// fn written<F: Fields>(table: F) -> Expr<i64> {
///     count(table)
/// }
/// assert_eq!(connection.one(select::<User>().columns(written))?, 3);
/// # Ok::<(), Error>(())
/// ```
pub trait Fields: Copy {
    /// The model.
    type Model: Model;
    /// Whether the table is behind an outer join.
    type Null: Nullability;
    /// Where the fields point to.
    #[doc(hidden)]
    fn binding(&self) -> Binding;
}

/// Where a fields struct points to: a table of the query by its number, and the first column in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The table's number in the query.
    pub table: u32,
    /// The first column.
    pub column: u16,
    /// True for a query used as a table: its columns are named by position.
    pub derived: bool,
}

impl Binding {
    /// The place `offset` columns further on.
    pub const fn offset(self, offset: usize) -> Binding {
        Binding { table: self.table, column: self.column + offset as u16, derived: self.derived }
    }
}

/// The type of a column of a model by the hash of its field's name: how a relation that is declared by name only
/// (`many_to_many(groups = Membership::user => Membership::group)`) finds the model at its end.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Ref` field of this name",
    label = "not a `Ref` field of `{Self}`",
    note = "many_to_many names the two references of the link model"
)]
pub trait HasColumn<const NAME: u64> {
    type Type: SqlType;
}
