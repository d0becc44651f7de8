//! What a row of a query becomes: `Output` in a connection and in a session, and `Project`, which says it for a projection.

use super::expr::{AsExpr, Expr, Field};
use super::from_row::FromRow;
use super::load::{LoadKey, LoadSpec, Loader, Loads, Prefill, fetch_items, prefill_items};
use super::node::Node;
use crate::error::Result;
use crate::model::{Fields, Handle, Model, Record};
use crate::row::RowReader;
use crate::value::{Datum, Nullability, Outer, Required, SqlType};
use std::collections::HashMap;
use std::marker::PhantomData;

/// What a row becomes: plain values on a connection, handles for the entities in a session.
///
/// ```
/// # use orm_doc::*;
/// # let mut session = engine().session();
/// let best = select::<User>().join(|u| u.posts).filter(|(_, p)| p.score.gt(4)).columns(|(u, p)| (u, p.title));
/// let plain: Vec<(User, String)> = engine().connect()?.all(best.clone())?;
/// let managed: Vec<(Handle<User>, String)> = engine().session().all(best)?;
/// assert_eq!(plain.len(), managed.len());
/// # Ok::<(), Error>(())
/// ```
pub trait Output: Sized {
    /// On a connection: structs and values.
    type Plain: 'static;
    /// In a session: handles and values.
    type Managed;
    /// The same with everything nullable, behind a right or full join.
    type Nullable: Output;

    /// What is read of a row before its relations are loaded.
    #[doc(hidden)]
    type Partial;
    /// Whether relations are loaded beside the rows.
    #[doc(hidden)]
    const LOADS: bool = false;

    /// Reads the next columns, and notes the keys for loading.
    #[doc(hidden)]
    fn partial(row: &mut RowReader<'_>, loads: &mut Loads) -> Result<Self::Partial>;
    /// Loads the relations of all rows.
    #[doc(hidden)]
    fn run_loads(loads: &mut Loads, loader: &mut dyn Loader) -> Result<()>;
    /// Puts the loaded rows beside their owner.
    #[doc(hidden)]
    fn complete(partial: Self::Partial, loads: &mut Loads) -> Result<Self::Plain>;
    /// Reads the next columns as plain values.
    #[doc(hidden)]
    fn read(row: &mut RowReader<'_>) -> Result<Self::Plain>;
    /// Reads the next columns and gives the entities to a keeper.
    #[doc(hidden)]
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Self::Managed>;
    /// Reads the rows of one load, each of which becomes this.
    #[doc(hidden)]
    fn fetch_items(
        spec: &LoadSpec,
        keys: Vec<Vec<Datum<'static>>>,
        loader: &mut dyn Loader,
        found: &mut HashMap<LoadKey, Vec<Self::Plain>>,
    ) -> Result<()> {
        fetch_items::<Self>(spec, keys, loader, found)
    }
    /// Loads the relations of all rows as the objects of a session.
    #[doc(hidden)]
    fn prefill_loads<P: Prefill>(_loads: &mut Loads, _into: &mut P) -> Result<()> {
        Ok(())
    }
    /// Loads the rows of one load, each of which becomes this, as the objects of a session.
    #[doc(hidden)]
    fn prefill_items<P: Prefill>(spec: &LoadSpec, keys: Vec<Vec<Datum<'static>>>, into: &mut P) -> Result<()> {
        prefill_items::<Self, P>(spec, keys, into)
    }
}

/// What keeps the entities of a result: the session.
#[doc(hidden)]
pub trait Keeper {
    /// Takes the entity in the next columns.
    fn keep<M: Model>(&mut self, row: &mut RowReader<'_>) -> Result<Handle<M>>;
}

/// The output shape of a model.
///
/// ```
/// # use orm_doc::*;
/// fn everybody() -> Select<(Entity<User>,), Entity<User>> {
///     select::<User>() // `Query<User>` is the same type
/// }
/// assert_eq!(names(everybody()).len(), 3);
/// ```
pub struct Entity<M>(PhantomData<fn() -> M>);
/// The output shape of a model behind an outer join.
///
/// ```
/// # use orm_doc::*;
/// fn with_posts() -> Select<(Entity<User>, Maybe<Post>), Entity<User>> {
///     select::<User>().left_join(|u| u.posts)
/// }
/// assert_eq!(engine().connect()?.count(with_posts())?, 4);
/// # Ok::<(), Error>(())
/// ```
pub struct Maybe<M>(PhantomData<fn() -> M>);
/// The output shape of a column or expression.
///
/// ```
/// # use orm_doc::*;
/// fn scores() -> Select<(Entity<Post>,), Scalar<f64>> {
///     select::<Post>().columns(|p| p.score)
/// }
/// assert_eq!(engine().connect()?.all(scores().order_by(|p| p.id))?, [4.5, 2.0, 3.0]);
/// # Ok::<(), Error>(())
/// ```
pub struct Scalar<T>(PhantomData<fn() -> T>);

impl<M: Model> Output for Entity<M> {
    type Plain = M;
    type Managed = Handle<M>;
    type Nullable = Maybe<M>;
    type Partial = Self::Plain;
    fn partial(row: &mut RowReader<'_>, _loads: &mut Loads) -> Result<Self::Plain> {
        Self::read(row)
    }
    fn run_loads(_loads: &mut Loads, _loader: &mut dyn Loader) -> Result<()> {
        Ok(())
    }
    fn complete(partial: Self::Plain, _loads: &mut Loads) -> Result<Self::Plain> {
        Ok(partial)
    }
    fn read(row: &mut RowReader<'_>) -> Result<M> {
        M::read(row)
    }
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Handle<M>> {
        keeper.keep(row)
    }
}

impl<M: Model> Output for Maybe<M> {
    type Plain = Option<M>;
    type Managed = Option<Handle<M>>;
    type Nullable = Maybe<M>;
    type Partial = Self::Plain;
    fn partial(row: &mut RowReader<'_>, _loads: &mut Loads) -> Result<Self::Plain> {
        Self::read(row)
    }
    fn run_loads(_loads: &mut Loads, _loader: &mut dyn Loader) -> Result<()> {
        Ok(())
    }
    fn complete(partial: Self::Plain, _loads: &mut Loads) -> Result<Self::Plain> {
        Ok(partial)
    }
    fn read(row: &mut RowReader<'_>) -> Result<Option<M>> {
        if is_absent::<M>(row)? { Ok(None) } else { M::read(row).map(Some) }
    }
    fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Option<Handle<M>>> {
        if is_absent::<M>(row)? { Ok(None) } else { keeper.keep(row).map(Some) }
    }
}

/// True when the outer join found no row, which its primary key tells; then the columns are passed over.
pub(super) fn is_absent<M: Model>(row: &mut RowReader<'_>) -> Result<bool> {
    let absent = row.row().is_null(row.position() + M::table().primary_key[0])?;
    if absent {
        row.take(<M as Record>::WIDTH);
    }
    Ok(absent)
}

impl<T: SqlType> Output for Scalar<T> {
    type Plain = T;
    type Managed = T;
    type Nullable = Scalar<Option<T::Base>>;
    type Partial = Self::Plain;
    fn partial(row: &mut RowReader<'_>, _loads: &mut Loads) -> Result<Self::Plain> {
        Self::read(row)
    }
    fn run_loads(_loads: &mut Loads, _loader: &mut dyn Loader) -> Result<()> {
        Ok(())
    }
    fn complete(partial: Self::Plain, _loads: &mut Loads) -> Result<Self::Plain> {
        Ok(partial)
    }
    fn read(row: &mut RowReader<'_>) -> Result<T> {
        T::read(row)
    }
    fn manage<K: Keeper>(_keeper: &mut K, row: &mut RowReader<'_>) -> Result<T> {
        T::read(row)
    }
}

/// The output shape of a table with a nullability: `Entity` or `Maybe`.
pub trait Present: Nullability {
    /// The shape.
    type Entity<M: Model>: Output;
}
impl Present for Required {
    type Entity<M: Model> = Entity<M>;
}
impl Present for Outer {
    type Entity<M: Model> = Maybe<M>;
}

/// What may be selected: a table, a column, an expression, or a tuple of these.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let rows: Vec<(User, (String, f64))> = connection.all(
///     select::<User>().join(|u| u.posts).columns(|(u, p)| (u, (p.title, p.score))),
/// )?;
/// assert_eq!(rows.len(), 3);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected",
    label = "expected a table, a column, an expression, or a tuple of these (up to 16); wrap a plain value in `val(..)`"
)]
pub trait Project {
    /// What a row becomes.
    type Out: Output;
    /// Appends what is selected.
    #[doc(hidden)]
    fn project(self, out: &mut Vec<Node>);
    /// The relations to be loaded beside it.
    #[doc(hidden)]
    fn loads(&self) -> Vec<LoadSpec> {
        Vec::new()
    }
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> Project for Field<T> {
    type Out = Scalar<T>;
    fn project(self, out: &mut Vec<Node>) {
        out.push(self.into_node());
    }
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> Project for Expr<T> {
    type Out = Scalar<T>;
    fn project(self, out: &mut Vec<Node>) {
        out.push(self.into_node());
    }
}
#[diagnostic::do_not_recommend]
impl<F: Fields<Null: Present>> Project for F {
    type Out = <F::Null as Present>::Entity<F::Model>;
    fn project(self, out: &mut Vec<Node>) {
        out.push(Node::Entity { at: self.binding(), table: F::Model::table() });
    }
}

// impl Output for (A, B), Project for (A, B), FromRow for (A, B)
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    impl<$($t: Output),+> Output for ($($t,)+) {
        type Plain = ($($t::Plain,)+);
        type Managed = ($($t::Managed,)+);
        type Nullable = ($($t::Nullable,)+);
        type Partial = ($($t::Partial,)+);
        const LOADS: bool = $($t::LOADS)||+;
        fn partial(row: &mut RowReader<'_>, loads: &mut Loads) -> Result<Self::Partial> {
            Ok(($($t::partial(row, loads)?,)+))
        }
        fn run_loads(loads: &mut Loads, loader: &mut dyn Loader) -> Result<()> {
            $($t::run_loads(loads, loader)?;)+
            Ok(())
        }
        fn complete(partial: Self::Partial, loads: &mut Loads) -> Result<Self::Plain> {
            Ok(($($t::complete(partial.$i, loads)?,)+))
        }
        fn read(row: &mut RowReader<'_>) -> Result<Self::Plain> {
            Ok(($($t::read(row)?,)+))
        }
        fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Self::Managed> {
            Ok(($($t::manage(keeper, row)?,)+))
        }
        fn prefill_loads<Into: Prefill>(loads: &mut Loads, into: &mut Into) -> Result<()> {
            $($t::prefill_loads(loads, into)?;)+
            Ok(())
        }
    }
    #[diagnostic::do_not_recommend]
    impl<$($t: Project),+> Project for ($($t,)+) {
        type Out = ($($t::Out,)+);
        fn project(self, out: &mut Vec<Node>) {
            $(self.$i.project(out);)+
        }
        fn loads(&self) -> Vec<LoadSpec> {
            let mut loads = Vec::new();
            $(loads.extend(self.$i.loads());)+
            loads
        }
    }
    #[diagnostic::do_not_recommend]
    impl<$($t: FromRow),+> FromRow for ($($t,)+) {
        const WIDTH: usize = 0 $(+ <$t as FromRow>::WIDTH)+;
        fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
            Ok(($(<$t as FromRow>::from_row(row)?,)+))
        }
        fn names(out: &mut Vec<Option<&'static str>>) {
            $(<$t as FromRow>::names(out);)+
        }
    }
)* } }
tuples! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10, L 11) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10, L 11, M 12)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10, L 11, M 12, N 13)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10, L 11, M 12, N 13, P 14)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K2 10, L 11, M 12, N 13, P 14, Q 15)
}
