//! `into_struct`: rows of a query as a struct, by position, checked by the compiler.

use super::load::{Loader, Loads};
use super::output::{Keeper, Output};
use super::scope::Scope;
use super::select::Select;
use crate::error::Result;
use crate::row::RowReader;
use std::marker::PhantomData;

/// A struct, or a field of one, that can be made of what a query selects. `#[derive(FromRow)]` implements it for a struct of the
/// tuple of its fields.
///
/// A field takes what has its own type; an `Option` takes also what is never NULL; a struct with `#[derive(FromRow)]` takes the
/// tuple of its fields.
///
/// ```
/// # use orm_doc::*;
/// #[derive(FromRow)]
/// struct Line {
///     name: String,
///     score: Option<f64>,
/// }
/// let line: Line = orm_core::FromColumns::from_columns(("Hello".to_owned(), 4.5));
/// assert_eq!((line.name.as_str(), line.score), ("Hello", Some(4.5)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{P}` of the query does not fit `{Self}` of the struct",
    label = "the struct's fields do not have the types of what is selected",
    note = "fields are filled by position: `.columns(..)` selects a tuple with one part for each field of the struct, in the same order and of the same types"
)]
pub trait FromColumns<P>: Sized {
    /// Moves what was selected into the fields.
    fn from_columns(columns: P) -> Self;
}
#[diagnostic::do_not_recommend]
impl<T> FromColumns<T> for T {
    fn from_columns(columns: T) -> T {
        columns
    }
}
#[diagnostic::do_not_recommend]
impl<T> FromColumns<T> for Option<T> {
    fn from_columns(columns: T) -> Option<T> {
        Some(columns)
    }
}

/// The output shape of a struct that is made of another output. Made by [`Select::into_struct`].
pub struct Struct<O, T>(PhantomData<fn() -> (O, T)>);

impl<O: Output, T: FromColumns<O::Plain> + 'static> Output for Struct<O, T> {
    type Plain = T;
    type Managed = T;
    type Nullable = O::Nullable;
    type Partial = O::Partial;
    const LOADS: bool = O::LOADS;
    fn partial(row: &mut RowReader<'_>, loads: &mut Loads) -> Result<Self::Partial> {
        O::partial(row, loads)
    }
    fn run_loads(loads: &mut Loads, loader: &mut dyn Loader) -> Result<()> {
        O::run_loads(loads, loader)
    }
    fn complete(partial: Self::Partial, loads: &mut Loads) -> Result<T> {
        O::complete(partial, loads).map(T::from_columns)
    }
    fn read(row: &mut RowReader<'_>) -> Result<T> {
        O::read(row).map(T::from_columns)
    }
    fn manage<K: Keeper>(_keeper: &mut K, row: &mut RowReader<'_>) -> Result<T> {
        O::read(row).map(T::from_columns)
    }
}

impl<S: Scope, O: Output> Select<S, O> {
    /// Rows as a struct with `#[derive(FromRow)]` instead of a tuple: by position, and the compiler checks number and types.
    ///
    /// Say it last: a query of structs is no table for another query, and a right join behind it gives the tuple again. A
    /// session gives the same structs, so that models inside of them are copies that it does not watch.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// #[derive(FromRow, Debug, PartialEq)]
    /// struct Summary {
    ///     name: String,
    ///     posts: i64,
    /// }
    /// let query = select::<User>().order_by(|u| u.id).columns(|u| (u.username, u.posts.count()));
    /// let summaries: Vec<Summary> = connection.all(query.into_struct::<Summary>())?;
    /// assert_eq!(summaries[0], Summary { name: "alice".into(), posts: 2 });
    /// # Ok::<(), Error>(())
    /// ```
    pub fn into_struct<T: FromColumns<O::Plain> + 'static>(self) -> Select<S, Struct<O, T>> {
        Select::from_body(*self.into_body())
    }
}
