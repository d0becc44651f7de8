//! Eager loading as types: `.with(|u| u.posts)`, and what it makes of an output. How the rows are found is told in `rows`.

mod rows;
mod tree;

pub use rows::{LoadKey, LoadMap, LoadQuery, Loader, Loads, Pending, Prefill};
pub(crate) use rows::{fetch_items, prefill_items};
pub use tree::{Hierarchy, Tree, TreeOf};

use super::expr::{Condition, Orders};
use super::node::{Node, Order, and};
use super::output::{Entity, Keeper, Maybe, Output, Present, Project};
use super::relation::{Path, Relation, Shape};
use crate::error::{Error, Result};
use crate::model::{Binding, Fields, Model};
use crate::row::RowReader;
use crate::schema::Table;
use crate::value::Required;
use rows::note_key;
use std::marker::PhantomData;

/// One relation to be loaded: where it leads, and what of the rows there is wanted.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct LoadSpec {
    pub path: Path,
    pub target: &'static Table,
    /// The number of the target's table in the conditions below.
    pub at: Binding,
    pub filter: Option<Node>,
    pub order: Vec<Order>,
    /// At most so many for each owner.
    pub limit: Option<u64>,
    /// How many levels of it, where it leads from a table to itself; otherwise 1.
    pub depth: u32,
    /// What is loaded for the loaded rows.
    pub nested: Vec<LoadSpec>,
}

impl LoadSpec {
    /// All rows at the end of a relation.
    pub(crate) fn new(path: Path, target: &'static Table) -> LoadSpec {
        let at = Binding { table: super::node::next_table(), column: 0, derived: false };
        LoadSpec { path, target, at, filter: None, order: Vec::new(), limit: None, depth: 1, nested: Vec::new() }
    }

    fn of<R: Relation>(relation: R) -> LoadSpec {
        LoadSpec::new(relation.path(), R::Target::table())
    }

    /// True when each owner gets all of its rows.
    pub(crate) fn is_whole(&self) -> bool {
        self.filter.is_none() && self.limit.is_none()
    }

    /// At most so many rows for each owner.
    pub(crate) fn most(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// The owner's columns that say which rows belong to it.
    pub(crate) fn owner_key(&self) -> Vec<Node> {
        match self.path {
            Path::To { at, ty } => {
                let mut types = Vec::new();
                ty.flatten(&mut types);
                types.into_iter().enumerate().map(|(i, ty)| Node::Column { at: at.offset(i), ty }).collect()
            }
            Path::From { at, owner, .. } | Path::Through { at, owner, .. } => {
                let column = |&column: &usize| Node::Column { at: at.offset(column), ty: owner.columns[column].ty };
                owner.primary_key.iter().map(column).collect()
            }
        }
    }
}

/// A relation with what is wanted of it: what the closure of `with` returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "a relation is a `Ref` column or one of has_many(..), has_one(..), many_to_many(..) of the model"
)]
pub trait Load: Sized {
    /// How many.
    type Shape: Shape;
    /// What each becomes.
    type Item: Output<Plain: Clone>;
    /// The plain data.
    #[doc(hidden)]
    fn into_spec(self) -> LoadSpec;
}

impl<R: Relation> Load for R {
    type Shape = R::Shape;
    type Item = Entity<R::Target>;
    fn into_spec(self) -> LoadSpec {
        LoadSpec::of(self)
    }
}

/// A relation with a filter, an order, a limit or loads of its own.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let best = select::<User>().order_by(|u| u.id).with(|u| u.posts.order_by(|p| p.score.desc()).limit(1));
/// let users: Vec<(User, Vec<Post>)> = connection.all(best)?;
/// assert_eq!((users[0].1[0].title.as_str(), users[0].1.len()), ("Hello", 1));
/// # Ok::<(), Error>(())
/// ```
pub struct Nested<R, O> {
    spec: LoadSpec,
    shape: PhantomData<fn() -> (R, O)>,
}

#[diagnostic::do_not_recommend]
impl<R: Relation, O: Output<Plain: Clone>> Load for Nested<R, O> {
    type Shape = R::Shape;
    type Item = O;
    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}

type TargetFields<R> = <<R as Relation>::Target as Model>::Fields<Required>;

impl<R: Relation, O: Output> Nested<R, O> {
    pub(crate) fn new(relation: R) -> Self {
        Nested { spec: LoadSpec::of(relation), shape: PhantomData }
    }

    fn fields(&self) -> TargetFields<R> {
        R::Target::fields(self.spec.at)
    }

    /// Only rows for which the condition holds; see [`limit`](Nested::limit).
    pub fn filter<C: Condition>(mut self, condition: impl FnOnce(TargetFields<R>) -> C) -> Self {
        let condition = condition(self.fields()).into_condition();
        self.spec.filter = Some(and(self.spec.filter.take(), condition));
        self
    }

    /// The order of the rows of each owner.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let best = select::<User>().with(|u| u.posts.limit(1).order_by(|p| p.score.desc())).order_by(|u| u.id);
    /// assert_eq!(connection.all(best)?[0].1[0].title, "Hello");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn order_by<P: Orders>(mut self, order: impl FnOnce(TargetFields<R>) -> P) -> Self {
        order(self.fields()).push_to(&mut self.spec.order);
        self
    }

    /// At most so many rows for each owner: the first by the order.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let best = select::<User>().with(|u| u.posts.order_by(|p| p.score.desc()).limit(1));
    /// assert!(connection.all(best)?.iter().all(|(_, posts)| posts.len() <= 1));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        self.spec.limit = Some(rows);
        self
    }

    /// Loads a relation of the loaded rows.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<User>().with(|u| u.posts.limit(3).with(|p| p.author));
    /// let users: Vec<(User, Vec<(Post, User)>)> = connection.all(query)?;
    /// assert_eq!(users[0].0, users[0].1[0].1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with<L: Load>(mut self, load: impl FnOnce(TargetFields<R>) -> L) -> Nested<R, O::Out>
    where
        O: AddLoad<LoadedAs<L::Shape, L::Item>>,
    {
        let nested = load(self.fields()).into_spec();
        self.spec.nested.push(nested);
        Nested { spec: self.spec, shape: PhantomData }
    }
}

/// The shape of a loaded relation: how many, of what.
pub struct LoadedAs<S, O>(PhantomData<fn() -> (S, O)>);
/// An output with loaded relations beside it, flat: `(User, Vec<Post>, Vec<Group>)`.
pub struct With<O, L>(PhantomData<fn() -> (O, L)>);

/// A loaded relation.
#[doc(hidden)]
pub trait Loaded {
    /// `Vec<Post>`, `User`, `Option<Profile>`.
    type Plain: Clone + 'static;
    /// The same for an owner that may be missing.
    type Nullable: Loaded;
    /// Reads the rows of one load for all owners.
    fn fetch(load: &mut Pending, loader: &mut dyn Loader) -> Result<()>;
    /// The rows of one owner.
    fn of_owner(load: &mut Pending, key: &LoadKey) -> Result<Self::Plain>;
    /// Loads the rows of one load for all owners as the objects of a session.
    fn prefill<P: Prefill>(load: &mut Pending, into: &mut P) -> Result<()>;
}

impl<S: Shape, O: Output<Plain: Clone + 'static>> Loaded for LoadedAs<S, O> {
    type Plain = S::Of<O::Plain>;
    type Nullable = LoadedAs<S::Nullable, O>;
    fn fetch(load: &mut Pending, loader: &mut dyn Loader) -> Result<()> {
        let mut found: LoadMap<Vec<O::Plain>> = LoadMap::default();
        O::fetch_items(&load.spec, std::mem::take(&mut load.keys), loader, &mut found)?;
        load.found = Some(Box::new(found));
        Ok(())
    }
    fn of_owner(load: &mut Pending, key: &LoadKey) -> Result<Self::Plain> {
        let found: Option<&mut LoadMap<Vec<O::Plain>>> = load.found.as_mut().and_then(|found| found.downcast_mut());
        // The last owner gets the rows themselves, those before it copies.
        let is_last = !load.shared
            || load.wanted.get_mut(key).is_none_or(|rows| {
                *rows = rows.saturating_sub(1);
                *rows == 0
            });
        let rows = match found {
            Some(found) if is_last => S::take(found.remove(key).unwrap_or_default()),
            Some(found) => S::collect(found.get(key).map(Vec::as_slice).unwrap_or_default()),
            None => S::take(Vec::new()),
        };
        rows.ok_or_else(|| {
            Error::decode(format!("a row refers to a row of {} that is not there", load.spec.target.name))
        })
    }
    fn prefill<P: Prefill>(load: &mut Pending, into: &mut P) -> Result<()> {
        O::prefill_items(&load.spec, std::mem::take(&mut load.keys), into)
    }
}

/// An output to which a load can be added, flat.
#[diagnostic::on_unimplemented(
    message = "nothing can be loaded beside this output",
    label = "at most six `.with(..)` on one query"
)]
pub trait AddLoad<L> {
    /// With the load.
    type Out: Output;
}
impl<M: Model, L: Loaded> AddLoad<L> for Entity<M> {
    type Out = With<Self, (L,)>;
}
impl<M: Model, L: Loaded> AddLoad<L> for Maybe<M> {
    type Out = With<Self, (L,)>;
}

// impl AddLoad<L> for With<O, (A,)> { type Out = With<O, (A, L)>; } and Output for With<O, (A,)>
macro_rules! with { ($(($($t:ident $i:tt),+))*) => { $(
    impl<O: Output, $($t: Loaded),+> Output for With<O, ($($t,)+)> {
        type Plain = (O::Plain, $($t::Plain),+);
        type Managed = O::Managed;
        type Nullable = With<O::Nullable, ($($t::Nullable,)+)>;
        type Partial = (O::Partial, [LoadKey; [$($i),+].len()]);
        const LOADS: bool = true;
        fn read(_row: &mut RowReader<'_>) -> Result<Self::Plain> {
            Err(Error::new(crate::error::ErrorKind::Misuse, "rows with loaded relations come all together: use `all`"))
        }
        fn manage<K: Keeper>(keeper: &mut K, row: &mut RowReader<'_>) -> Result<Self::Managed> {
            O::manage(keeper, row)
        }
        fn partial(row: &mut RowReader<'_>, loads: &mut Loads) -> Result<Self::Partial> {
            let inner = O::partial(row, loads)?;
            Ok((inner, [$(note_key(row.row(), loads, $i)?),+]))
        }
        fn run_loads(loads: &mut Loads, loader: &mut dyn Loader) -> Result<()> {
            O::run_loads(loads, loader)?;
            $($t::fetch(loads.next(), loader)?;)+
            Ok(())
        }
        fn complete(partial: Self::Partial, loads: &mut Loads) -> Result<Self::Plain> {
            let (inner, keys) = partial;
            let inner = O::complete(inner, loads)?;
            Ok((inner, $($t::of_owner(loads.next(), &keys[$i])?),+))
        }
        fn prefill_loads<P: Prefill>(loads: &mut Loads, into: &mut P) -> Result<()> {
            O::prefill_loads(loads, into)?;
            $($t::prefill(loads.next(), into)?;)+
            Ok(())
        }
    }
)* } }
with! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5) }

// impl AddLoad<L> for With<O, (A,)> { type Out = With<O, (A, L)>; }
macro_rules! add { ($(($($t:ident),+))*) => { $(
    impl<O: Output, $($t: Loaded,)+ L: Loaded> AddLoad<L> for With<O, ($($t,)+)> {
        type Out = With<O, ($($t,)+ L)>;
    }
)* } }
add! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }

// impl AddLoad<L> for (A, B): the load stands beside the tuple
macro_rules! tuples { ($(($($t:ident),+))*) => { $(
    impl<LOAD: Loaded, $($t: Output),+> AddLoad<LOAD> for ($($t,)+) {
        type Out = With<Self, (LOAD,)>;
    }
)* } }
tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H) }

/// A table of a query with loads of its own, inside `columns`: `(u, p.with(|p| p.comments))`.
pub struct TableWith<F, L> {
    fields: F,
    specs: Vec<LoadSpec>,
    shape: PhantomData<fn() -> L>,
}

/// Eager loads on a table inside `columns`.
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let query = select::<Post>().join(|p| p.author).columns(|(p, u)| (p.title, u.with(|u| u.groups)));
/// let rows: Vec<(String, (User, Vec<Group>))> = connection.all(query)?;
/// assert_eq!(rows[0].1.1.len(), 2);
/// # Ok::<(), Error>(())
/// ```
pub trait Loading: Fields {
    /// Loads a relation of the table's rows.
    fn with<L: Load>(self, load: impl FnOnce(Self) -> L) -> TableWith<Self, (LoadedAs<L::Shape, L::Item>,)> {
        let specs = vec![load(self).into_spec()];
        TableWith { fields: self, specs, shape: PhantomData }
    }
}
impl<F: Fields> Loading for F {}

#[diagnostic::do_not_recommend]
impl<F: Fields<Null: Present>, A: Loaded> Project for TableWith<F, (A,)> {
    type Out = With<<F::Null as Present>::Entity<F::Model>, (A,)>;
    fn project(self, out: &mut Vec<Node>) {
        out.push(Node::Entity { at: self.fields.binding(), table: F::Model::table() });
    }
    fn loads(&self) -> Vec<LoadSpec> {
        self.specs.clone()
    }
}
