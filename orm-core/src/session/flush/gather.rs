//! What a flush has to do, as data: changes with the rows they need. Checks what can be checked before any SQL.

use super::order::{Change, Need, Operation};
use super::settle::settle;
use super::unique;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Difference, Reference};
use crate::schema::{Action, Generated, Table};
use crate::session::objects::Objects;
use crate::session::state::{Gone, State};
use crate::session::store::Store;
use crate::value::{Datum, RawHandle};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The changes of a flush.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) changes: Vec<Change>,
    /// The changed columns of each update, by the position of the change; empty for the others.
    pub(crate) columns: Vec<Rc<[usize]>>,
    /// New objects that take the row of a deleted one with the same key: new slot → old slot, by store.
    pub(crate) switches: HashMap<(usize, u32), u32>,
    positions: HashMap<(usize, u32), usize, foldhash::fast::RandomState>,
    /// Whether a table of these refers to others, so that changes must be found by their rows.
    refers: bool,
    deletes: bool,
}

/// A reference of an object, as it was found.
struct Found {
    column: usize,
    target: &'static Table,
    pending: Option<RawHandle>,
    key: Vec<Datum<'static>>,
}

impl Gathered {
    fn push(&mut self, table: &'static Table, slot: u32, operation: Operation, columns: &[usize]) {
        if self.refers {
            self.positions.insert((table.number, slot), self.changes.len());
        }
        self.deletes |= operation == Operation::Delete;
        self.changes.push(Change { table, slot, operation, needs: Vec::new(), left_by: Vec::new(), takes: Vec::new() });
        // Most objects of a table change in the same columns.
        let same = self.columns.last().filter(|last| ***last == *columns).map(Rc::clone);
        self.columns.push(same.unwrap_or_else(|| columns.into()));
    }
}

/// Gathers the changes of all objects.
///
/// # Errors
/// `InvalidReference` for a reference to an object that is gone or deleted, `UniqueViolation` for two new objects with one key.
pub(crate) fn gather(objects: &mut Objects) -> Result<Gathered> {
    let numbers: Vec<usize> = objects.stores().map(|(number, _)| number).collect();
    let refers = objects.stores().any(|(_, store)| !store.table().foreign_keys.is_empty());
    let mut gathered = Gathered { refers, ..Gathered::default() };
    for &number in &numbers {
        gather_store(objects, number, &mut gathered)?;
    }
    for at in 0..gathered.changes.len() {
        connect(objects, &mut gathered, at)?;
    }
    unique::connect(objects, &mut gathered);
    Ok(gathered)
}

fn gather_store(objects: &mut Objects, number: usize, gathered: &mut Gathered) -> Result<()> {
    let table = objects.store(number).table();
    let deleting: HashSet<u32> = objects.store(number).deleting().into_iter().collect();
    let mut replaced = HashSet::new();
    let store = objects.store_any(number);
    let pending = store.pending();
    if table.generated.is_some_and(|column| table.columns[column].generated == Generated::Client) {
        pending.iter().for_each(|slot| store.generate_key(*slot));
    }
    if let Some(key) = store.index_pending() {
        let message = format!("two new objects of `{}` have the same primary key {key}", table.model);
        return Err(Error::new(ErrorKind::UniqueViolation, message));
    }
    for slot in pending {
        let old = if deleting.is_empty() { None } else { store.row_of_own_key(slot) };
        match old.filter(|old| deleting.contains(old)) {
            Some(old) => {
                replaced.insert(old);
                gathered.switches.insert((number, slot), old);
                let mut columns = store.differs_from(slot, old);
                keep_writable(table, &mut columns);
                refuse_defaults(table, store, slot, &columns)?;
                gathered.push(table, slot, Operation::Update, &columns);
            }
            None => gathered.push(table, slot, Operation::Insert, &[]),
        }
    }
    let touched = store.touched();
    if !table.foreign_keys.is_empty() {
        touched.iter().for_each(|slot| settle(objects, number, *slot));
    }
    let store = objects.store_any(number);
    let mut difference = Difference::default();
    for slot in touched {
        store.changed_into(slot, &mut difference);
        keep_writable(table, &mut difference.columns);
        if difference.columns.is_empty() {
            store.unchanged(slot);
        } else {
            refuse_defaults(table, store, slot, &difference.columns)?;
            gathered.push(table, slot, Operation::Update, &difference.columns);
        }
    }
    for slot in store.deleting().into_iter().filter(|slot| !replaced.contains(slot)) {
        gathered.push(table, slot, Operation::Delete, &[]);
    }
    Ok(())
}

/// Only an INSERT can leave a column to its server default.
fn refuse_defaults(table: &Table, store: &dyn Store, slot: u32, columns: &[usize]) -> Result<()> {
    if !columns.iter().any(|column| table.columns[*column].auto) {
        return Ok(());
    }
    let values = store.values(slot);
    let Some(&column) = columns.iter().find(|column| matches!(values[**column], Datum::Default)) else { return Ok(()) };
    let message = format!(
        "`{}.{}` was set to `Auto::Default` in a row that is there already; only a new row can leave it to the database",
        table.model, table.columns[column].field
    );
    Err(Error::new(ErrorKind::Misuse, message))
}

/// A computed column is the database's, and the version is the flush's own.
fn keep_writable(table: &Table, columns: &mut Vec<usize>) {
    columns.retain(|&column| table.columns[column].computed.is_none() && table.version != Some(column));
}

/// Finds the changes whose rows a change refers to.
fn connect(objects: &mut Objects, gathered: &mut Gathered, at: usize) -> Result<()> {
    let Change { table, slot, operation, .. } = gathered.changes[at];
    if table.foreign_keys.is_empty() {
        return Ok(());
    }
    if operation == Operation::Delete {
        for found in base_references(objects, table, slot) {
            if let Some(other) = row_change(objects, gathered, &found, Operation::Delete) {
                let need = need(table, &found, other);
                if other != at || (need.nullable && is_refused(table, found.column)) {
                    gathered.changes[at].needs.push(need);
                }
            }
        }
        return Ok(());
    }
    let goes = gathered.deletes && operation == Operation::Update && goes_with_parent(objects, gathered, at);
    for found in references(objects, table, slot) {
        let other = match found.pending {
            // Of a row that is deleted with its parent nothing is written, so nothing in it can be wrong.
            Some(_) if goes => None,
            Some(raw) => pending_change(objects, gathered, table, found.column, raw)?,
            None => new_row_of_key(objects, gathered, &found),
        };
        // A row may refer to itself at once if its key is known before it is there.
        if let Some(other) = other.filter(|other| *other != at || is_key_unknown(objects, table, slot)) {
            let need = need(table, &found, other);
            gathered.changes[at].needs.push(need);
        }
    }
    if gathered.deletes && operation == Operation::Update {
        let changed = Rc::clone(&gathered.columns[at]);
        let row_slot = gathered.switches.get(&(table.number, slot)).copied().unwrap_or(slot);
        for found in
            base_references(objects, table, row_slot).into_iter().filter(|found| changed.contains(&found.column))
        {
            if let Some(left) = row_change(objects, gathered, &found, Operation::Delete) {
                gathered.changes[left].left_by.push(at);
            }
        }
    }
    if goes {
        gathered.columns[at] = Rc::default();
    }
    Ok(())
}

/// True when the row of an update refers, and goes on to refer, to a row that this flush deletes, and the database then deletes
/// it as well.
fn goes_with_parent(objects: &mut Objects, gathered: &Gathered, at: usize) -> bool {
    let Change { table, slot, .. } = gathered.changes[at];
    let row_slot = gathered.switches.get(&(table.number, slot)).copied().unwrap_or(slot);
    base_references(objects, table, row_slot).iter().any(|found| {
        let key = table.foreign_keys.iter().find(|key| key.columns[0] == found.column);
        key.is_some_and(|key| key.on_delete == Action::Cascade)
            && !gathered.columns[at].contains(&found.column)
            && row_change(objects, gathered, found, Operation::Delete).is_some()
    })
}

/// True for a reference without an action: MySQL then does not even delete a row that only its own reference holds.
fn is_refused(table: &Table, column: usize) -> bool {
    let key = table.foreign_keys.iter().find(|key| key.columns[0] == column);
    key.is_some_and(|key| matches!(key.on_delete, Action::NoAction | Action::Restrict))
}

/// True for a new object whose key the database will generate.
fn is_key_unknown(objects: &Objects, table: &Table, slot: u32) -> bool {
    let store = objects.store(table.number);
    let sent = |column: usize| store.row(slot).is_ok_and(|row| row.columns.contains(&column));
    store.stored_key(slot).is_none() && table.generated.is_some_and(|column| !sent(column))
}

fn need(table: &Table, found: &Found, change: usize) -> Need {
    Need { change, column: found.column, nullable: table.columns[found.column].nullable }
}

fn collect(out: &mut Vec<Found>, column: usize, reference: &mut dyn Reference) {
    let mut writer = crate::value::Writer::default();
    let pending = reference.pending();
    if pending.is_none() {
        writer.push(reference.key().into_owned(), 1);
    }
    out.push(Found { column, target: reference.target(), pending, key: writer.data });
}

fn references(objects: &mut Objects, table: &Table, slot: u32) -> Vec<Found> {
    let mut found = Vec::new();
    objects.store_any(table.number).references(slot, &mut |column, reference| collect(&mut found, column, reference));
    found
}

fn base_references(objects: &mut Objects, table: &Table, slot: u32) -> Vec<Found> {
    let mut found = Vec::new();
    objects
        .store_any(table.number)
        .base_references(slot, &mut |column, reference| collect(&mut found, column, reference));
    found
}

/// The change of the loaded row with this key, if there is one of this operation.
fn row_change(objects: &Objects, gathered: &Gathered, found: &Found, operation: Operation) -> Option<usize> {
    if !objects.has_store(found.target) || found.key.iter().any(Datum::is_null) {
        return None;
    }
    let slot = objects.store(found.target.number).find_datums(&found.key)?;
    let change = *gathered.positions.get(&(found.target.number, slot))?;
    (gathered.changes[change].operation == operation).then_some(change)
}

/// The insert of the new object whose explicit key this is.
fn new_row_of_key(objects: &Objects, gathered: &Gathered, found: &Found) -> Option<usize> {
    if !objects.has_store(found.target) || found.key.iter().any(Datum::is_null) {
        return None;
    }
    let slot = objects.store(found.target.number).find_pending(&found.key)?;
    gathered.positions.get(&(found.target.number, slot)).copied()
}

/// The insert of the object of a handle; none if it is in the database already.
fn pending_change(
    objects: &Objects,
    gathered: &Gathered,
    table: &Table,
    column: usize,
    raw: RawHandle,
) -> Result<Option<usize>> {
    let invalid = |gone: Gone| {
        let field = &table.columns[column].field;
        let message = format!("`{}.{field}` refers to an object that {}", table.model, gone.reason());
        Error::new(ErrorKind::InvalidReference, message)
    };
    match objects.meta_of(raw).map_err(invalid)?.state {
        State::Pending => Ok(gathered.positions.get(&(raw.model as usize, raw.slot)).copied()),
        State::Clean => Ok(None),
        State::Deleting | State::Deleted => Err(invalid(Gone::Deleted)),
        State::Gone(gone) => Err(invalid(gone)),
    }
}
