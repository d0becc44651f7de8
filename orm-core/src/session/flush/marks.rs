//! Marks of deletion that rows get with the rows they refer to: models with `#[orm(soft_delete)]` on both sides of a reference
//! with `on_delete = "cascade", by = "session"`. Nothing is loaded but keys.

use super::children::Families;
use crate::compile::{self, Compiled};
use crate::engine::{Channel, Effect, complete};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::model::Binding;
use crate::query::node::{Assignment, Few, From, Join, Node, SelectBody, UnaryOp, and};
use crate::query::{List, LoadKey, Scoping, UpdateBody, in_list, table_of};
use crate::schema::{ForeignKey, Table};
use crate::session::lines::Lines;
use crate::session::objects::Objects;
use crate::value::{Datum, Type};
use std::collections::HashSet;

type Key = Vec<Datum<'static>>;

/// So many values stand in one list.
const VALUES: usize = 1000;

/// The rows that the session deletes with rows of a table.
fn followers(families: &Families, table: &Table) -> Vec<(&'static Table, &'static ForeignKey)> {
    families.children(table).filter(|(_, key)| key.by_session).collect()
}

/// A row that can be brought back must not take others with it that cannot.
///
/// # Errors
/// `Misuse` for a model without marks whose rows would go with those of this one.
pub(crate) fn refuse_real_deletes(objects: &Objects, table: &'static Table) -> Result<()> {
    let families = Families::around(objects, table);
    let (mut seen, mut waiting) = (HashSet::from([table.number]), vec![table]);
    while let Some(parent) = waiting.pop() {
        for (child, key) in followers(&families, parent) {
            if child.soft_delete.is_none() {
                let message = format!(
                    "`{}` is only marked as deleted, and `{}.{}` says that the session deletes its rows with it, for good: give \
                     `{}` a mark of its own, or leave `by = \"session\"` out and keep the rows",
                    parent.model, child.model, child.columns[key.columns[0]].field, child.model
                );
                return Err(Error::new(ErrorKind::Misuse, message));
            }
            if seen.insert(child.number) {
                waiting.push(child);
            }
        }
    }
    Ok(())
}

/// Marks what refers to rows that were just marked, and what refers to that in turn; rows with a mark keep it. Returns the rows.
pub(in crate::session) fn mark_children(
    objects: &Objects,
    channel: &mut Lines,
    table: &'static Table,
    keys: Vec<Key>,
    mark: &dyn Fn(Type) -> Datum<'static>,
) -> Result<Vec<(&'static Table, Vec<Key>)>> {
    let families = Families::around(objects, table);
    let mut seen: HashSet<(usize, LoadKey)> = keys.iter().map(|key| (table.number, LoadKey::of(key))).collect();
    let (mut marked, mut waiting) = (Vec::new(), vec![(table, keys)]);
    while let Some((parent, keys)) = waiting.pop() {
        for (child, foreign) in followers(&families, parent) {
            channel.go_and_write(child.bind)?;
            let mut found = unmarked(objects, channel, child, &foreign.columns, &keys)
                .context(|| format!("find the rows of {} that go with others", child.name))?;
            found.retain(|key| seen.insert((child.number, LoadKey::of(key))));
            if found.is_empty() {
                continue;
            }
            set_marks(objects, channel, child, &found, mark)
                .map_err(|error| complete(error, child).context(format_args!("update {}", child.name)))?;
            marked.push((child, found.clone()));
            waiting.push((child, found));
        }
    }
    Ok(marked)
}

/// The keys of the rows without a mark that refer to these.
fn unmarked(
    objects: &Objects,
    channel: &mut Channel,
    table: &'static Table,
    columns: &[usize],
    parents: &[Key],
) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for chunk in parents.chunks(VALUES / columns.len()) {
        let (from, at) = place_of(table);
        let column = |&column: &usize| Node::Column { at: at.offset(column), ty: table.columns[column].ty };
        let body = SelectBody {
            columns: table.primary_key.iter().map(column).collect(),
            from: Few::one(from),
            filter: Some(and(Some(among(at, table, columns, chunk)), is_unmarked(at, table))),
            ..SelectBody::default()
        };
        let Compiled { sql, binds } = compile::select_statement(&body, channel.dialect(), objects)?;
        channel.query(&sql, &binds, Effect::Reads, &mut |row| {
            let part = |(i, column): (usize, &usize)| Ok(row.value(i, &table.columns[*column].ty)?.into_owned());
            keys.push(table.primary_key.iter().enumerate().map(part).collect::<Result<Key>>()?);
            Ok(())
        })?;
    }
    Ok(keys)
}

fn set_marks(
    objects: &Objects,
    channel: &mut Channel,
    table: &'static Table,
    keys: &[Key],
    mark: &dyn Fn(Type) -> Datum<'static>,
) -> Result<()> {
    let Some(column) = table.soft_delete else { return Ok(()) };
    let ty = table.columns[column].ty;
    for chunk in keys.chunks(VALUES / table.primary_key.len()) {
        let (from, at) = place_of(table);
        let set = vec![Assignment { at: at.offset(column), width: 1, value: Node::bind(mark(ty), ty) }];
        let filter = Some(and(Some(among(at, table, &table.primary_key, chunk)), is_unmarked(at, table)));
        let body = UpdateBody { from, joins: Vec::new(), set, filter, returning: Vec::new() };
        let Compiled { sql, binds } = compile::update_statement(&body, channel.dialect(), objects)?;
        channel.execute(&sql, &binds, Effect::Writes)?;
    }
    Ok(())
}

/// The table of a statement whose conditions say themselves which marks they mean.
fn place_of(table: &'static Table) -> (From, Binding) {
    let (mut from, at) = table_of(table, Join::Inner);
    from.scoping = Scoping::WithDeleted;
    (from, at)
}

fn is_unmarked(at: Binding, table: &Table) -> Node {
    let column = table.soft_delete.expect("a child without a mark was refused");
    let mark = Box::new(Node::Column { at: at.offset(column), ty: table.columns[column].ty });
    if table.columns[column].nullable {
        Node::IsNull { of: mark, negated: false }
    } else {
        Node::Unary(UnaryOp::Not, mark)
    }
}

/// `(a, b) IN ((?, ?), ..)`
fn among(at: Binding, table: &Table, columns: &[usize], keys: &[Key]) -> Node {
    let ty = |column: usize| table.columns[column].ty;
    let bind = |(column, datum): (&usize, &Datum<'static>)| Node::bind(datum.clone(), ty(*column));
    let row = |mut parts: Vec<Node>| if parts.len() == 1 { parts.remove(0) } else { Node::Row(parts) };
    let own = row(columns.iter().map(|&column| Node::Column { at: at.offset(column), ty: ty(column) }).collect());
    let items = keys.iter().map(|key| row(columns.iter().zip(key).map(bind).collect())).collect();
    let ty = if columns.len() == 1 { ty(columns[0]) } else { Type::Row(&[]) };
    in_list(own, List::Items(items), ty)
}
