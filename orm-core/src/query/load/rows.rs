//! How the rows of eager loads are found: the owners' keys, the statements for them, and who belongs to whom. Statements are
//! sent by a `Loader`, or by a session, which keeps the rows as objects.

use super::LoadSpec;
use crate::error::Result;
use crate::query::expr::List;
use crate::query::node::{BinaryOp, From, Join, Node, Order, SelectBody, Source, and, next_table};
use crate::query::ops::{binary, in_list};
use crate::query::output::Output;
use crate::query::relation::{Path, related_tables};
use crate::query::scoping::Scoping;
use crate::query::source::{column_types, positions};
use crate::query::window::{RowsCall, RowsFunction, Window};
use crate::row::{Row, RowReader};
use crate::value::{Datum, Type};
use std::any::Any;
use std::collections::HashMap;

/// Keys that are asked for by one statement: under every database's limit of values, filled up to a length that others have.
const KEYS_PER_STATEMENT: usize = 8192;

/// A load while its query runs: what was asked, the owners' keys, and what was found.
#[doc(hidden)]
pub struct Pending {
    pub(super) spec: LoadSpec,
    /// Where the owner's key begins in the rows of the query.
    position: usize,
    pub(super) keys: Vec<Vec<Datum<'static>>>,
    /// The types of the owner's key.
    types: Vec<Type>,
    /// For how many rows each key was noted, less those that have got theirs.
    pub(super) wanted: LoadMap<u32>,
    /// A key was noted for several rows.
    pub(super) shared: bool,
    pub(super) found: Option<Box<dyn Any>>,
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
            let types = types_of(&spec.owner_key());
            let (start, width) = (position, types.len());
            position += width;
            let (spec, wanted) = (spec.clone(), LoadMap::default());
            Pending { spec, position: start, keys: Vec::new(), types, wanted, shared: false, found: None }
        });
        Loads { pending: pending.collect(), next: 0 }
    }

    /// The loads of a query.
    pub(crate) fn of(body: &SelectBody) -> Loads {
        let mut types = Vec::new();
        if !body.loads.is_empty() {
            body.columns.iter().for_each(|column| column_types(column, &mut types));
        }
        Loads::new(&body.loads, types.len())
    }

    /// Begins with the first load again: for the next row, or the next pass.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
    }

    pub(super) fn next(&mut self) -> &mut Pending {
        self.next += 1;
        &mut self.pending[self.next - 1]
    }

    /// Notes the owners' keys in a row for all loads.
    pub(crate) fn note(&mut self, row: &dyn Row) -> Result<()> {
        self.restart();
        (0..self.pending.len()).try_for_each(|number| note_key(row, self, number).map(|_| ()))
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
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Other(String),
    Several(Vec<LoadKey>),
}

impl LoadKey {
    pub(crate) fn of(datums: &[Datum<'_>]) -> LoadKey {
        let one = |datum: &Datum<'_>| match datum {
            Datum::Null => LoadKey::None,
            Datum::Int(value) => LoadKey::Integer(*value),
            // Equal integers have equal names, whatever their type.
            Datum::UInt(value) => {
                i64::try_from(*value).map_or_else(|_| LoadKey::Other(value.to_string()), LoadKey::Integer)
            }
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

/// Something for each key.
#[doc(hidden)]
pub type LoadMap<T> = HashMap<LoadKey, T, foldhash::fast::RandomState>;

/// The name of the key of these types at a position of a row.
fn key_name(row: &dyn Row, at: usize, types: &[Type]) -> Result<LoadKey> {
    match types {
        // Nearly every key, without a list for it.
        [ty] if ty.is_integer() => Ok(row.integer(at)?.map_or(LoadKey::None, LoadKey::Integer)),
        types => Ok(LoadKey::of(&read_key(row, at, types)?)),
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
    /// At most so many rows of each owner, by this order.
    most: Option<(u64, Vec<Order>)>,
}

impl LoadQuery {
    pub(crate) fn of(spec: &LoadSpec) -> LoadQuery {
        let (from, owner_side) = related_tables(spec.path, spec.target, spec.at);
        let mut columns = vec![Node::Entity { at: spec.at, table: spec.target }];
        columns.extend(spec.nested.iter().flat_map(LoadSpec::owner_key));
        let position = spec.target.columns.len() + columns.len() - 1;
        columns.extend(owner_side.iter().cloned());
        let types = types_of(&owner_side);
        // A reference leads to one row, which needs no number among its owner's.
        let most = spec.limit.filter(|_| !matches!(spec.path, Path::To { .. })).map(|most| (most, spec.order.clone()));
        let order = if most.is_some() { Vec::new() } else { spec.order.clone() };
        let body = SelectBody {
            columns: columns.into(),
            from: from.into(),
            filter: spec.filter.clone(),
            order,
            ..SelectBody::default()
        };
        LoadQuery { body, owner_side, types, position, most }
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
            Some(match &self.most {
                Some((most, order)) => first_of_each(body, &self.owner_side, *most, order),
                None => body,
            })
        })
    }

    /// The key of the owner that a row belongs to.
    pub(crate) fn owner(&self, row: &dyn Row) -> Result<LoadKey> {
        key_name(row, self.position, &self.types)
    }
}

/// The first rows of each owner, whose number among these the database counts: only they are sent.
fn first_of_each(mut body: SelectBody, owner: &[Node], most: u64, order: &[Order]) -> SelectBody {
    let mut number = RowsCall::new(RowsFunction::RowNumber, Type::I64, None);
    number.over = Some(Window { partition: owner.to_vec(), order: order.to_vec(), ..Window::default() });
    body.columns.push(Node::Rows(Box::new(number)));
    let source = Source::Query { body: Box::new(body), lateral: false };
    let from =
        From { number: next_table(), source, join: Join::Inner, on: None, hidden: false, scoping: Scoping::Full };
    let mut columns = positions(&from);
    let number = columns.pop().expect("the number is the last column");
    let most = Node::bind(Datum::Int(i64::try_from(most).unwrap_or(i64::MAX)), Type::I64);
    let filter = Some(binary(BinaryOp::Le, Type::I64, number.clone(), most));
    let order = vec![Order { node: number, descending: false, nulls: None }];
    SelectBody { columns: columns.into(), from: vec![from].into(), filter, order, ..SelectBody::default() }
}

/// What keeps the rows of loads as objects: a session.
#[doc(hidden)]
pub trait Prefill {
    /// Sends the statements of a load for some owners, keeps the rows, and shows each that was kept.
    fn load<O: Output>(
        &mut self,
        spec: &LoadSpec,
        keys: Vec<Vec<Datum<'static>>>,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;
}

/// Keeps the rows that belong to these keys, and what is loaded for them.
pub(crate) fn prefill_items<O: Output, P: Prefill>(
    spec: &LoadSpec,
    keys: Vec<Vec<Datum<'static>>>,
    into: &mut P,
) -> Result<()> {
    let mut loads = Loads::new(&spec.nested, spec.target.columns.len());
    into.load::<O>(spec, keys, &mut |row| loads.note(row))?;
    loads.restart();
    O::prefill_loads(&mut loads, into)
}

/// The rows that belong to these keys, each under its owner's key.
pub(crate) fn fetch_items<O: Output>(
    spec: &LoadSpec,
    keys: Vec<Vec<Datum<'static>>>,
    loader: &mut dyn Loader,
    found: &mut LoadMap<Vec<O::Plain>>,
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
    // The rows of an owner mostly come one after another.
    let mut run = (LoadKey::None, Vec::new());
    for (owner, partial) in partials {
        loads.restart();
        let item = O::complete(partial, &mut loads)?;
        if owner != run.0 {
            let (owner, items) = std::mem::replace(&mut run, (owner, Vec::new()));
            keep(found, owner, items, spec.most());
        }
        run.1.push(item);
    }
    keep(found, run.0, run.1, spec.most());
    Ok(())
}

/// More rows of an owner, up to so many in all.
fn keep<T>(found: &mut LoadMap<Vec<T>>, owner: LoadKey, mut items: Vec<T>, most: usize) {
    if items.is_empty() {
        return;
    }
    let known = found.entry(owner).or_default();
    items.truncate(most.saturating_sub(known.len()));
    if known.is_empty() {
        *known = items;
    } else {
        known.append(&mut items);
    }
}

/// Notes the key of a row's owner for the next load.
pub(super) fn note_key(row: &dyn Row, loads: &mut Loads, _number: usize) -> Result<LoadKey> {
    let load = loads.next();
    let name = key_name(row, load.position, &load.types)?;
    if name != LoadKey::None {
        let rows = load.wanted.entry(name.clone()).or_insert(0);
        *rows += 1;
        match name {
            _ if *rows > 1 => load.shared = true,
            LoadKey::Integer(value) => load.keys.push(vec![Datum::Int(value)]),
            _ => load.keys.push(read_key(row, load.position, &load.types)?),
        }
    }
    Ok(name)
}
