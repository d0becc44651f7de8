//! What a flush does beside writing objects: links of many-to-many relations, and expressions that the database computes.

use super::Session;
use super::lines::Lines;
use super::objects::{Objects, invalid_reference};
use super::scoped::refuse_links;
use crate::compile::{self, Compiled};
use crate::engine::{Channel, Effect, select_by_keys};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::model::{Binding, Handle, Model};
use crate::query::node::{Assignment, BinaryOp, Join, LogicOp, Node, logic};
use crate::query::{
    Assigns, Conflict, DeleteBody, ManyToMany, Path, Relation, Scoping, UpdateBody, binary, key_node, table_of,
};
use crate::schema::Table;
use crate::value::{Datum, RawHandle, Required, Type, Writer};

/// So many links are written by one statement.
const LINKS: usize = 100;

/// What waits for the next flush.
#[derive(Default)]
pub(crate) struct Deferred {
    links: Vec<Link>,
    sets: Vec<Set>,
}

/// A row of a link table that is to be there, or not.
struct Link {
    table: &'static Table,
    fields: (&'static str, &'static str),
    ends: (RawHandle, RawHandle),
    present: bool,
}

/// Assignments to one object's row.
struct Set {
    table: &'static Table,
    slot: u32,
    from: crate::query::node::From,
    assignments: Vec<Assignment>,
}

impl Session {
    /// Links two objects by a many-to-many relation; either may be without a key yet. The next flush writes the row of the link
    /// model; a link that is there already is no error. Its other columns get their server defaults: a link model with columns
    /// that have none is added like any object.
    ///
    /// # Errors
    /// `InvalidReference` for an object that is no longer in the session. The flush: `Unsupported` when the two references are no
    /// unique key of the link model.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let carol = session.get::<User>(3)?.expect("carol is there");
    /// let group = session.add(Group { name: "chess".into() });
    /// session.link(carol, |u| u.groups, group)?;
    /// session.commit()?; // INSERT groups, INSERT memberships
    /// assert_eq!(session.related(carol, |u| u.groups)?, [group]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn link<M: Model, T: Model, L: Model>(
        &mut self,
        owner: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> ManyToMany<M, T, L>,
        other: Handle<T>,
    ) -> Result<()> {
        self.note_link(owner, relation, other, true)
    }

    /// Takes a link away again; one that is not there is no error. `link` and `unlink` of one pair cancel each other.
    ///
    /// # Errors
    /// As [`link`](Session::link).
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// let rust = session.get::<Group>("rust")?.expect("there is such a group");
    /// session.unlink(alice, |u| u.groups, rust)?;
    /// session.commit()?; // DELETE
    /// assert_eq!(session.related(alice, |u| u.groups)?.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unlink<M: Model, T: Model, L: Model>(
        &mut self,
        owner: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> ManyToMany<M, T, L>,
        other: Handle<T>,
    ) -> Result<()> {
        self.note_link(owner, relation, other, false)
    }

    fn note_link<M: Model, T: Model, L: Model>(
        &mut self,
        owner: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> ManyToMany<M, T, L>,
        other: Handle<T>,
        present: bool,
    ) -> Result<()> {
        self.objects.locate(owner).map_err(invalid_reference)?;
        self.objects.locate(other).map_err(invalid_reference)?;
        let at = Binding { table: crate::query::next_table(), column: 0, derived: false };
        let Path::Through { link: table, left, right, .. } = relation(M::fields(at)).path() else {
            unreachable!("a many-to-many relation goes through a table")
        };
        refuse_links(table)?;
        let ends = (owner.raw(), other.raw());
        // The last word on a pair counts.
        self.deferred.links.retain(|link| (link.table, link.fields, link.ends) != (table, (left, right), ends));
        self.deferred.links.push(Link { table, fields: (left, right), ends, present });
        Ok(())
    }

    /// Assigns expressions to an object's row, which the database computes with the next flush: no change of another transaction
    /// is lost. The object has the new values after the flush.
    ///
    /// `session.set(account, |a| a.balance.to(a.balance - 10))?`
    ///
    /// What another transaction wrote meanwhile is built upon, so the version of a model with `#[orm(version)]` is raised and not
    /// checked. Of such a model the whole row is read back: the object never has a version that is newer than its values.
    ///
    /// # Errors
    /// `InvalidReference` for an object that is no longer in the session, `Misuse` for a primary key. The flush: `StaleData`
    /// when the row is gone.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let hello = session.get::<Post>(1)?.expect("it is there");
    /// session.set(hello, |p| p.score.to(p.score + 1.0))?;
    /// session.commit()?; // UPDATE posts SET score = score + ? WHERE id = ?
    /// session.refresh(hello)?;
    /// assert_eq!(session[hello].score, 5.5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set<M: Model, A: Assigns>(
        &mut self,
        handle: Handle<M>,
        set: impl FnOnce(M::Fields<Required>) -> A,
    ) -> Result<()> {
        self.objects.locate(handle).map_err(invalid_reference)?;
        let (mut from, at) = table_of(M::table(), Join::Inner);
        from.scoping = Scoping::WithDeleted;
        let mut assignments = Vec::new();
        set(M::fields(at)).push_to(&mut assignments);
        if let Some(key) = assigned(&assignments).find(|column| M::table().primary_key.contains(column)) {
            let (model, field) = (M::table().model, &M::table().columns[key].field);
            let message =
                format!("`{model}.{field}` is of the primary key, which `set` cannot change: assign it in the object");
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        self.deferred.sets.push(Set { table: M::table(), slot: handle.slot(), from, assignments });
        Ok(())
    }
}

impl Deferred {
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.sets.is_empty()
    }

    /// The objects whose rows are written beside their changes, by store.
    pub(crate) fn targets(&self) -> Vec<(usize, u32)> {
        self.sets.iter().map(|set| (set.table.number, set.slot)).collect()
    }

    /// What was asked for since the last flush is taken back.
    pub(crate) fn clear(&mut self) {
        self.links.clear();
        self.sets.clear();
    }

    /// How many links wait.
    pub(crate) fn links_so_far(&self) -> usize {
        self.links.len()
    }

    /// Takes back the links that were asked for since there were so many; they are of objects that were new then.
    pub(crate) fn take_links_back(&mut self, links: usize) {
        self.links.truncate(links);
    }

    /// Sends it; the objects concerned have their keys.
    pub(super) fn run(&mut self, objects: &mut Objects, channel: &mut Lines) -> Result<()> {
        // Where no connection can be had, all of it still waits.
        let first = self.sets.first().map(|set| set.table).or(self.links.first().map(|link| link.table));
        first.map_or(Ok(()), |table| channel.go_and_write(table.bind))?;
        for Set { table, slot, from, assignments } in std::mem::take(&mut self.sets) {
            channel.go_and_write(table.bind)?;
            run_set(table, slot, from, assignments, objects, channel).context(|| format!("update {}", table.name))?;
            objects.seat(table, &[slot]);
            objects.relations_of(table).0.into_iter().for_each(|id| objects.drop_relation(id));
        }
        let mut links = std::mem::take(&mut self.links);
        while let Some(first) = links.first() {
            let kind = (first.table, first.fields, first.present);
            let (batch, rest): (Vec<Link>, Vec<Link>) =
                links.into_iter().partition(|link| (link.table, link.fields, link.present) == kind);
            links = rest;
            channel.go_and_write(kind.0.bind)?;
            for chunk in batch.chunks(LINKS) {
                let write = if kind.2 { insert_links } else { delete_links };
                write(chunk, objects, channel).context(|| format!("write links to {}", kind.0.name))?;
            }
            objects.rows_changed(Some(kind.0));
            let pairs: Vec<_> = batch.iter().map(|link| link.ends).collect();
            objects.note_links(kind.0, kind.1, &pairs, kind.2);
        }
        Ok(())
    }
}

/// The columns that are assigned to.
fn assigned(assignments: &[Assignment]) -> impl Iterator<Item = usize> {
    assignments.iter().flat_map(|assign| (0..assign.width).map(|offset| usize::from(assign.at.column) + offset))
}

fn run_set(
    table: &'static Table,
    slot: u32,
    from: crate::query::node::From,
    set: Vec<Assignment>,
    objects: &mut Objects,
    channel: &mut Channel,
) -> Result<()> {
    let Some(key) = objects.store(table.number).stored_key(slot) else { return Ok(()) };
    let key: Vec<Datum<'static>> = key.into_iter().map(Datum::into_owned).collect();
    let assigned: Vec<usize> = assigned(&set).collect();
    // Others may have changed the rest of a versioned row: its new version stands for all of it.
    let columns: Vec<usize> = (0..table.columns.len())
        .filter(|at| {
            let column = &table.columns[*at];
            table.version.is_some() || column.computed.is_some() || column.read_back || assigned.contains(at)
        })
        .collect();
    let at = Binding { table: from.number, column: 0, derived: false };
    let filter = Some(binary(BinaryOp::Eq, Type::Row(&[]), key_node(at, table), key_value(&key, table)));
    let body = UpdateBody { from, joins: Vec::new(), set, filter, returning: Vec::new() };
    let Compiled { sql, binds } = compile::update_statement(&body, channel.dialect(), &*objects)?;
    if channel.execute(&sql, &binds, Effect::Writes)?.rows != 1 {
        return Err(Error::new(ErrorKind::StaleData, format!("the row of a `{}` is gone", table.model)));
    }
    objects.remember(table.number, slot);
    let store = objects.store_any(table.number);
    select_by_keys(channel, table, &columns, &key, &mut |row| store.read_back(row, &columns))
}

fn key_value(key: &[Datum<'static>], table: &Table) -> Node {
    let part = |(datum, column): (&Datum<'static>, &usize)| Node::bind(datum.clone(), table.columns[*column].ty);
    let mut parts: Vec<Node> = key.iter().zip(&table.primary_key).map(part).collect();
    if parts.len() == 1 { parts.remove(0) } else { Node::Row(parts) }
}

/// The columns of the two references, and the values of each pair.
fn pairs(links: &[Link], objects: &Objects) -> Result<(Vec<usize>, Vec<Vec<Datum<'static>>>)> {
    let (table, (left, right)) = (links[0].table, links[0].fields);
    let columns = [left, right].into_iter().flat_map(|name| {
        let field = table.field(name).expect("the derive checks that a relation names a field of the link model");
        field.start..field.start + field.width
    });
    let values = |link: &Link| {
        let mut row = Writer::default();
        row.push(objects.key_of(link.ends.0)?, 1);
        row.push(objects.key_of(link.ends.1)?, 1);
        Ok(row.data)
    };
    Ok((columns.collect(), links.iter().map(values).collect::<Result<_>>()?))
}

fn insert_links(links: &[Link], objects: &Objects, channel: &mut Channel) -> Result<()> {
    let table = links[0].table;
    let (columns, rows) = pairs(links, objects)?;
    let (from, at) = table_of(table, Join::Inner);
    let target =
        columns.iter().map(|&column| Node::Column { at: at.offset(column), ty: table.columns[column].ty }).collect();
    let conflict = Conflict { target, set: Vec::new() };
    let head = compile::insert_rows(channel.dialect(), table, &columns, rows.len());
    let binds = rows.into_iter().flatten().collect();
    let compiled =
        compile::insert_tail(head, binds, &from, Some(&conflict), &[], channel.dialect(), &compile::unresolved)?;
    channel.execute(&compiled.sql, &compiled.binds, Effect::Writes)?;
    Ok(())
}

fn delete_links(links: &[Link], objects: &Objects, channel: &mut Channel) -> Result<()> {
    let table = links[0].table;
    let (columns, rows) = pairs(links, objects)?;
    let (from, at) = table_of(table, Join::Inner);
    let equal = |(&column, datum): (&usize, Datum<'static>)| {
        let ty = table.columns[column].ty;
        binary(BinaryOp::Eq, ty, Node::Column { at: at.offset(column), ty }, Node::bind(datum, ty))
    };
    let and = |a, b| logic(LogicOp::And, a, b);
    let pair = |row: Vec<Datum<'static>>| columns.iter().zip(row).map(equal).reduce(and);
    let filter = rows.into_iter().filter_map(pair).reduce(|a, b| logic(LogicOp::Or, a, b));
    let body = DeleteBody { from, joins: Vec::new(), filter, returning: Vec::new() };
    let compiled = compile::delete_statement(&body, channel.dialect(), &compile::unresolved)?;
    channel.execute(&compiled.sql, &compiled.binds, Effect::Writes)?;
    Ok(())
}
