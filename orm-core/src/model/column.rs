//! `Column<M>`: a column of a model that is chosen at run time, checked against the model's own.

use super::Model;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Type;
use std::marker::PhantomData;

/// A column of a model, found by name with [`Model::column`].
///
/// ```
/// # use orm_doc::*;
/// let column = Post::column("title")?;
/// assert_eq!(column.index(), 1);
/// # Ok::<(), Error>(())
/// ```
pub struct Column<M> {
    index: u16,
    ty: Type,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for Column<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Column<M> {}

impl<M: Model> Column<M> {
    pub(super) fn find(name: &str) -> Result<Self> {
        let table = M::table();
        match table.field(name).filter(|field| field.width == 1) {
            Some(field) => {
                let index = u16::try_from(field.start).expect("a table has fewer than 65536 columns");
                Ok(Column { index, ty: table.columns[field.start].ty, model: PhantomData })
            }
            None => {
                let known = table.fields.iter().filter(|field| field.width == 1).map(|field| field.name.as_str());
                let known = known.collect::<Vec<_>>().join(", ");
                Err(Error::new(
                    ErrorKind::UndefinedColumn,
                    format!("`{}` has no column `{name}`; it has {known}", table.model),
                ))
            }
        }
    }

    /// The position in the table.
    pub fn index(self) -> usize {
        usize::from(self.index)
    }

    /// The type.
    pub fn ty(self) -> Type {
        self.ty
    }
}

impl<M: Model> std::fmt::Debug for Column<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({}.{})", M::table().name, M::table().columns[self.index()].name)
    }
}
