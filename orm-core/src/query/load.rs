//! Eager loading as data and types: `.with(|u| u.posts)`. Which rows belong to which is decided here; statements are sent by a `Loader`.

use super::expr::{Condition, List, Orders};
use super::node::{Node, Order, SelectBody, and};
use super::ops::in_list;
use super::output::{Entity, Keeper, Maybe, Output, Present, Project};
use super::relation::{Path, Relation, Shape, related_tables};
use crate::error::{Error, Result};
use crate::model::{Binding, Fields, Model};
use crate::row::{Row, RowReader};
use crate::schema::Table;
use crate::value::{Datum, Required, Type};
use std::any::Any;
use std::collections::HashMap;
use std::marker::PhantomData;

/// Keys that are asked for by one statement: under every database's limit of values, filled up to a power of two.
const KEYS_PER_STATEMENT: usize = 8192;

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
    /// What is loaded for the loaded rows.
    pub nested: Vec<LoadSpec>,
}

impl LoadSpec {
    fn of<R: Relation>(relation: R) -> LoadSpec {
        let at = Binding { table: super::node::next_table(), column: 0, derived: false };
        let target = R::Target::table();
        LoadSpec { path: relation.path(), target, at, filter: None, order: Vec::new(), limit: None, nested: Vec::new() }
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
pub struct Nested<R, O> {
    spec: LoadSpec,
    shape: PhantomData<fn() -> (R, O)>,
}

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
    /// Reads the rows of one load for all owners.
    fn fetch(load: &mut Pending, loader: &mut dyn Loader) -> Result<()>;
    /// The rows of one owner.
    fn of_owner(load: &Pending, key: &LoadKey) -> Result<Self::Plain>;
}

impl<S: Shape, O: Output<Plain: Clone>> Loaded for LoadedAs<S, O>
where
    S::Of<O::Plain>: Clone + 'static,
{
    type Plain = S::Of<O::Plain>;
    fn fetch(load: &mut Pending, loader: &mut dyn Loader) -> Result<()> {
        let mut found: HashMap<LoadKey, Vec<O::Plain>> = HashMap::new();
        fetch_items::<O>(&load.spec, std::mem::take(&mut load.keys), loader, &mut found)?;
        load.found = Some(Box::new(found));
        Ok(())
    }
    fn of_owner(load: &Pending, key: &LoadKey) -> Result<Self::Plain> {
        let found: Option<&HashMap<LoadKey, Vec<O::Plain>>> =
            load.found.as_ref().and_then(|found| found.downcast_ref());
        let rows = found.and_then(|found| found.get(key)).map(Vec::as_slice).unwrap_or_default();
        S::collect(rows).ok_or_else(|| {
            Error::decode(format!("a row refers to a row of {} that is not there", load.spec.target.name))
        })
    }
}

/// A load while its query runs: what was asked, the owners' keys, and what was found.
#[doc(hidden)]
pub struct Pending {
    spec: LoadSpec,
    /// Where the owner's key begins in the rows of the query.
    position: usize,
    keys: Vec<Vec<Datum<'static>>>,
    seen: HashMap<LoadKey, ()>,
    found: Option<Box<dyn Any>>,
}

/// The loads of a query while it runs.
#[doc(hidden)]
#[derive(Default)]
pub struct Loads {
    pending: Vec<Pending>,
    next: usize,
}

impl Loads {
    /// The loads of a query whose own columns are so many; their keys stand behind these.
    pub(crate) fn new(specs: &[LoadSpec], width: usize) -> Loads {
        let mut position = width;
        let pending = specs.iter().map(|spec| {
            let load = Pending { spec: spec.clone(), position, keys: Vec::new(), seen: HashMap::new(), found: None };
            position += spec.owner_key().len();
            load
        });
        Loads { pending: pending.collect(), next: 0 }
    }

    /// Begins with the first load again: for the next row, or the next pass.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }

    fn next(&mut self) -> &mut Pending {
        self.next += 1;
        &mut self.pending[self.next - 1]
    }
}

/// What sends the statements of eager loads.
#[doc(hidden)]
pub trait Loader {
    fn select(&mut self, body: &SelectBody, on_row: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()>;
}

/// An owner's key, to find its rows by.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoadKey {
    None,
    Integer(i128),
    Text(String),
    Bytes(Vec<u8>),
    Other(String),
    Several(Vec<LoadKey>),
}

impl LoadKey {
    pub(crate) fn of(datums: &[Datum<'_>]) -> LoadKey {
        let one = |datum: &Datum<'_>| match datum {
            Datum::Null => LoadKey::None,
            Datum::Int(value) => LoadKey::Integer(i128::from(*value)),
            Datum::UInt(value) => LoadKey::Integer(i128::from(*value)),
            Datum::Text(text) => LoadKey::Text(text.to_string()),
            Datum::Bytes(bytes) => LoadKey::Bytes(bytes.to_vec()),
            Datum::Uuid(bytes) => LoadKey::Bytes(bytes.to_vec()),
            other => LoadKey::Other(format!("{other:?}")),
        };
        match datums {
            [only] => one(only),
            several if several.iter().any(Datum::is_null) => LoadKey::None,
            several => LoadKey::Several(several.iter().map(one).collect()),
        }
    }
}

/// Reads a key of these types at a position of a row.
fn read_key(row: &dyn Row, at: usize, types: &[Type]) -> Result<Vec<Datum<'static>>> {
    let read = |(i, ty): (usize, &Type)| -> Result<Datum<'static>> {
        let at = at + i;
        if row.is_null(at)? {
            return Ok(Datum::Null);
        }
        Ok(match ty {
            ty if ty.is_integer() => row.integer(at)?.map_or(Datum::Null, Datum::Int),
            Type::Text | Type::Enum(_) => row.text(at)?.map_or(Datum::Null, |text| Datum::Text(text.to_owned().into())),
            Type::Bytes => row.bytes(at)?.map_or(Datum::Null, |bytes| Datum::Bytes(bytes.to_vec().into())),
            Type::Bool => row.boolean(at)?.map_or(Datum::Null, Datum::Bool),
            other => row.value(at, other)?.into_owned(),
        })
    };
    types.iter().enumerate().map(read).collect()
}

fn types_of(nodes: &[Node]) -> Vec<Type> {
    nodes.iter().map(|node| node.ty().unwrap_or(Type::Text)).collect()
}

/// The statements that find the rows at the end of a relation for some owners, and the owner of each row.
#[doc(hidden)]
pub struct LoadQuery {
    body: SelectBody,
    owner_side: Vec<Node>,
    types: Vec<Type>,
    position: usize,
}

impl LoadQuery {
    /// For a relation without a filter of its own.
    pub(crate) fn new(path: Path, target: &'static Table) -> LoadQuery {
        let at = Binding { table: super::node::next_table(), column: 0, derived: false };
        LoadQuery::of(&LoadSpec { path, target, at, filter: None, order: Vec::new(), limit: None, nested: Vec::new() })
    }

    fn of(spec: &LoadSpec) -> LoadQuery {
        let (from, owner_side) = related_tables(spec.path, spec.target, spec.at);
        let mut columns = vec![Node::Entity { at: spec.at, table: spec.target }];
        columns.extend(spec.nested.iter().flat_map(LoadSpec::owner_key));
        let position = spec.target.columns.len() + columns.len() - 1;
        columns.extend(owner_side.iter().cloned());
        let types = types_of(&owner_side);
        let body = SelectBody {
            columns,
            from,
            filter: spec.filter.clone(),
            order: spec.order.clone(),
            ..SelectBody::default()
        };
        LoadQuery { body, owner_side, types, position }
    }

    /// The statements, each for so many keys as the databases take.
    pub(crate) fn statements(&self, keys: Vec<Vec<Datum<'static>>>) -> impl Iterator<Item = SelectBody> + '_ {
        let operand = match self.owner_side.as_slice() {
            [only] => only.clone(),
            several => Node::Row(several.to_vec()),
        };
        let ty = if self.types.len() == 1 { self.types[0] } else { Type::Row(&[]) };
        let item = |key: Vec<Datum<'static>>| match <[Datum<'static>; 1]>::try_from(key) {
            Ok([only]) => Node::bind(only, self.types[0]),
            Err(several) => {
                Node::Row(several.into_iter().zip(&self.types).map(|(datum, ty)| Node::bind(datum, *ty)).collect())
            }
        };
        let mut items: Vec<Node> = keys.into_iter().map(item).collect();
        std::iter::from_fn(move || {
            if items.is_empty() {
                return None;
            }
            let rest = items.split_off(items.len().min(KEYS_PER_STATEMENT / self.types.len()));
            let belongs = in_list(operand.clone(), List::Items(std::mem::replace(&mut items, rest)), ty);
            let mut body = self.body.clone();
            body.filter = Some(and(body.filter.take(), belongs));
            Some(body)
        })
    }

    /// The key of the owner that a row belongs to.
    pub(crate) fn owner(&self, row: &dyn Row) -> Result<LoadKey> {
        Ok(LoadKey::of(&read_key(row, self.position, &self.types)?))
    }
}

/// The rows that belong to these keys, each under its owner's key.
fn fetch_items<O: Output>(
    spec: &LoadSpec,
    keys: Vec<Vec<Datum<'static>>>,
    loader: &mut dyn Loader,
    found: &mut HashMap<LoadKey, Vec<O::Plain>>,
) -> Result<()> {
    let query = LoadQuery::of(spec);
    let mut loads = Loads::new(&spec.nested, spec.target.columns.len());
    let mut partials = Vec::new();
    for body in query.statements(keys) {
        loader.select(&body, &mut |row| {
            loads.restart();
            partials.push((query.owner(row)?, O::partial(&mut RowReader::new(row, 0), &mut loads)?));
            Ok(())
        })?;
    }
    loads.restart();
    O::run_loads(&mut loads, loader)?;
    let most = spec.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    for (owner, partial) in partials {
        loads.restart();
        let item = O::complete(partial, &mut loads)?;
        let rows = found.entry(owner).or_default();
        if rows.len() < most {
            rows.push(item);
        }
    }
    Ok(())
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
        type Nullable = Self;
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

/// Notes the key of a row's owner for the next load.
fn note_key(row: &dyn Row, loads: &mut Loads, _number: usize) -> Result<LoadKey> {
    let load = loads.next();
    let key = read_key(row, load.position, &types_of(&load.spec.owner_key()))?;
    let name = LoadKey::of(&key);
    if name != LoadKey::None && load.seen.insert(name.clone(), ()).is_none() {
        load.keys.push(key);
    }
    Ok(name)
}

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

impl<F: Fields<Null: Present>, A: Loaded> Project for TableWith<F, (A,)> {
    type Out = With<<F::Null as Present>::Entity<F::Model>, (A,)>;
    fn project(self, out: &mut Vec<Node>) {
        out.push(Node::Entity { at: self.fields.binding(), table: F::Model::table() });
    }
    fn loads(&self) -> Vec<LoadSpec> {
        self.specs.clone()
    }
}
