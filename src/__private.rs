//! What the output of the derives names, and nothing else does: no promise of any kind is made about this module.

pub use orm_core::schema::{
    Action, Computed, Definition, FieldKind, FieldSpec, FullTextSpec, Generated, IndexSpec, Table, Target,
};
pub use orm_core::{
    Binding, Boolean, ColumnOf, Datum, Difference, Embedded, Error, ErrorKind, Field, Fields, FromColumns, FromRow,
    HasColumn, HasMany, HasOne, HookSet, Hooked, Key, ManyToMany, Model, Nullability, Number, OrNull, Record, Ref,
    RefType, Reference, Required, Result, Row, RowReader, SqlType, Text, Type, Value, Writer, model_or_null, type_of,
};
pub use std::any::Any;
pub use std::clone::Clone;
pub use std::default::Default;
pub use std::marker::{Copy, Send, Sync};
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{Err, Ok};
pub use std::sync::OnceLock;
pub use std::unreachable;
pub use std::vec::Vec;

/// The kind of a field that is a column.
pub const fn column<T: SqlType>() -> FieldKind {
    FieldKind::Column { ty: type_of::<T>(), nullable: <T::Null as Nullability>::NULLABLE, auto: T::AUTO }
}

/// The kind of a field that is a `Ref`.
pub const fn reference<T: SqlType + RefType>(
    on_delete: Action,
    on_update: Action,
    by_session: bool,
    deferrable: bool,
) -> FieldKind {
    let target = Target { definition: || <T::Target as Model>::DEFINITION, table: <T::Target as Model>::table };
    let (ty, nullable) = (type_of::<T>(), <T::Null as Nullability>::NULLABLE);
    FieldKind::Reference { ty, nullable, target, on_delete, on_update, by_session, deferrable }
}

/// The first column of a field: the columns of those before it.
pub const fn start(fields: &[FieldSpec], number: usize) -> usize {
    let (mut width, mut i) = (0, 0);
    while i < number {
        width += fields[i].width();
        i += 1;
    }
    width
}

/// Refuses an alias of `Ref`: the derive sees names only, and would not give it its foreign key.
pub const fn plain_column(reference: bool) {
    assert!(
        !reference,
        "this is a `Ref` under another name: write `Ref<..>` out, so that the column becomes a foreign key"
    );
}

/// The kind of the column that tells the variants of an enum apart.
pub const fn discriminator(values: &'static [&'static str]) -> FieldKind {
    FieldKind::Column { ty: Type::Enum(values), nullable: false, auto: false }
}

/// The discriminator in the next column.
pub fn label<'r>(row: &mut RowReader<'r>) -> Result<&'r str> {
    let at = row.take(1);
    row.row().text(at)?.ok_or_else(|| Error::decode("the discriminator of a row is NULL"))
}

/// Asks that the discriminator in the next column is what it was: a single column cannot make another variant.
pub fn keeps_label(row: &mut RowReader<'_>, label: &str, model: &str) -> Result<()> {
    let found = self::label(row)?;
    if found == label {
        return Ok(());
    }
    Err(Error::decode(format!(
        "the row of a `{model}` has become \"{found}\", and the object is \"{label}\": refresh it"
    )))
}

/// What a variant holds in a column that is NULL for other variants.
pub fn held<T>(value: Option<T>, variant: &str, field: &str) -> Result<T> {
    value.ok_or_else(|| Error::decode(format!("`{field}` of a `{variant}` is NULL in the database")))
}

/// The columns of a field that this variant does not have.
pub fn write_null<T: SqlType>(out: &mut Writer<'_>) {
    out.push(Datum::Null, T::WIDTH);
}

/// Compares two variants column by column.
pub fn differ<T: Record>(value: &T, base: &T, out: &mut Difference) {
    let (mut ours, mut theirs) = (Writer::with_capacity(T::WIDTH), Writer::with_capacity(T::WIDTH));
    value.write(&mut ours);
    base.write(&mut theirs);
    ours.data.iter().zip(&theirs.data).for_each(|(a, b)| out.columns(a == b, 1));
}

/// Asks that a field of a struct that is read by name has one column.
pub const fn one_column(width: usize) {
    assert!(width == 1, "this field has several columns, so that no name finds it: leave out `#[orm(by_name)]`");
}

/// Asks that the inner type of a newtype with `#[orm(number)]` is a number.
pub const fn number<T: Number>() {}
/// Asks that the inner type of a newtype with `#[orm(text)]` is a text.
pub const fn text<T: Text>() {}
/// Asks that the inner type of a newtype with `#[orm(boolean)]` is a truth value.
pub const fn boolean<T: Boolean>() {}

/// Asks that a column can be the mark of a deleted row.
pub const fn soft_delete<T: SqlType>() {
    let nullable = <T::Null as Nullability>::NULLABLE;
    assert!(
        matches!((type_of::<T>(), nullable), (Type::Bool, false) | (Type::Timestamp | Type::DateTime, true)),
        "the mark of a deleted row is a `bool`, or an `Option` of a date with its time"
    );
}

/// Asks that a column can say whose a row is.
pub const fn tenant<T: SqlType>() {
    let ty = type_of::<T>();
    assert!(
        ty.width() == 1 && (ty.is_integer() || matches!(ty, Type::Text | Type::Uuid)),
        "a tenant is an integer, a text, a UUID, or a `Ref` to a row with such a key"
    );
}

/// A column of another model that refers to the model `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not refer to `{M}`",
    label = "this is not a `Ref<{M}>`",
    note = "a relation names the field of the other model that refers to this one"
)]
pub trait RefersTo<M> {}
#[diagnostic::do_not_recommend]
impl<M: Model> RefersTo<M> for Field<Ref<M>> {}
#[diagnostic::do_not_recommend]
impl<M: Model> RefersTo<M> for Field<Option<Ref<M>>> {}

/// Asks that a column refers to a model.
pub const fn refers_to<M: Model, F: RefersTo<M> + Copy>(_: F) {}

/// Why `read_column` cannot read.
#[cold]
pub fn no_field_at(model: &str, column: usize) -> Error {
    Error::new(ErrorKind::Misuse, format!("no field of `{model}` starts at column {column}"))
}

/// Why a text of the database is no variant of an enum.
#[cold]
pub fn unknown_label(found: &str, name: &str, labels: &[&str]) -> Error {
    Error::decode(format!("\"{found}\" is no `{name}`; the labels are {}", labels.join(", ")))
}
