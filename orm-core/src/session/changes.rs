//! Changes as data: what the next flush will write, object by object and column by column. Sends nothing.

use super::Session;
use super::objects::Objects;
use super::state::State;
use crate::model::{Handle, Model};
use crate::schema::Table;
use crate::value::{Datum, RawHandle};

/// What is done with the row of an object.
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// session.add(user("dora"));
/// assert_eq!(session.unflushed()[0].operation, Operation::Insert);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// A new row.
    Insert,
    /// Changed columns of a row.
    Update,
    /// A row that goes.
    Delete,
}

/// The change of one object, as data.
///
/// ```
/// # use orm_doc::*; use orm_core::Datum; let mut session = engine().session();
/// let alice = session.get::<User>(1)?.expect("alice is there");
/// session[alice].email = None;
/// let changes: Vec<Change> = session.unflushed();
/// assert_eq!((changes[0].model, changes[0].table, changes[0].operation), ("User", "users", Operation::Update));
/// assert_eq!(changes[0].key, [Datum::Int(1)]);
/// assert_eq!(changes[0].columns[0].column, "email");
/// assert_eq!(changes[0].handle(), Some(alice));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The name of the struct.
    pub model: &'static str,
    /// The name of the table.
    pub table: &'static str,
    /// What is done with the row.
    pub operation: Operation,
    /// The primary key of the row, column by column: the old one if it is changed. Empty for a new row whose key is still to be
    /// generated.
    pub key: Vec<Datum<'static>>,
    /// An update has the columns that differ; an insert and a delete have all columns.
    pub columns: Vec<ColumnChange>,
    object: RawHandle,
}

impl Change {
    /// The object, if it is one of `M`.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.add(user("dora"));
    /// let change = &session.unflushed()[0];
    /// assert_eq!((change.handle::<User>(), change.handle::<Post>()), (Some(dora), None));
    /// ```
    pub fn handle<M: Model>(&self) -> Option<Handle<M>> {
        let RawHandle { session, model, slot, generation } = self.object;
        (model as usize == M::table().number).then(|| Handle::new(session, slot, generation))
    }
}

/// One column of a change.
///
/// ```
/// # use orm_doc::*; use orm_core::Datum; let mut session = engine().session();
/// let bob = session.get::<User>(2)?.expect("bob is there");
/// session[bob].admin = true;
/// let ColumnChange { field, column, old, new, .. } = session.changes(bob).remove(0);
/// assert_eq!((field, column), ("admin", "is_admin"));
/// assert_eq!((old, new), (Some(Datum::Bool(false)), Some(Datum::Bool(true))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ColumnChange {
    /// The name of the column.
    pub column: &'static str,
    /// The name of the field; `address.city` inside of an embedded struct.
    pub field: &'static str,
    /// The value in the row; `None` for a new row.
    pub old: Option<Datum<'static>>,
    /// The value that is to be in the row; `None` for a row that goes. A reference to an object without a key is
    /// `Datum::Pending`.
    pub new: Option<Datum<'static>>,
}

impl Session {
    /// What the next flush will write of an object: for a changed one the columns that differ from its row, for a new one and for
    /// one that is to be deleted all of them. Empty when nothing waits. Sends nothing.
    ///
    /// ```
    /// # use orm_doc::*; use orm_core::Datum; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session[alice].admin = true; // as it was
    /// assert!(session.changes(alice).is_empty());
    /// session[alice].username = "alicia".into();
    /// let changes = session.changes(alice);
    /// assert_eq!((changes.len(), changes[0].field), (1, "username"));
    /// assert_eq!(changes[0].old, Some(Datum::text("alice")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn changes<M: Model>(&self, handle: Handle<M>) -> Vec<ColumnChange> {
        let meta = self.objects.meta(M::table(), handle.raw());
        let change = meta.ok().and_then(|meta| change_of(&self.objects, M::table(), handle.raw(), meta.state));
        change.map(|change| change.columns).unwrap_or_default()
    }

    /// Whether the next flush has something to write of an object. One that was touched and is equal to its row again is not
    /// modified.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session[alice].admin = false;
    /// assert!(session.is_modified(alice));
    /// session[alice].admin = true;
    /// assert!(!session.is_modified(alice));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_modified<M: Model>(&self, handle: Handle<M>) -> bool {
        match self.state(handle) {
            State::Pending | State::Deleting => true,
            State::Clean => !written_columns(&self.objects, M::table(), handle.slot()).is_empty(),
            State::Deleted | State::Gone(_) => false,
        }
    }

    /// Everything that the next flush will write of objects: what was added, what was changed, what is to be deleted, told apart
    /// by [`Change::operation`]. Sends nothing; links and expressions (`link`, `set`) are not among it.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.delete(alice);
    /// session.add(user("dora"));
    /// let operations: Vec<Operation> = session.unflushed().iter().map(|change| change.operation).collect();
    /// assert_eq!(operations, [Operation::Insert, Operation::Delete]);
    /// session.flush()?;
    /// assert!(session.unflushed().is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unflushed(&self) -> Vec<Change> {
        unflushed(&self.objects)
    }
}

/// All changes that wait, by model; of one model the new objects first, then the changed ones, then those to be deleted.
pub(super) fn unflushed(objects: &Objects) -> Vec<Change> {
    let mut changes = Vec::new();
    for (number, store) in objects.stores() {
        let slots = [store.pending(), store.touched(), store.deleting()];
        for slot in slots.into_iter().flatten() {
            let Some(meta) = store.meta(slot) else { continue };
            let model = u32::try_from(number).unwrap_or(u32::MAX);
            let object = RawHandle { session: objects.session, model, slot, generation: meta.generation };
            changes.extend(change_of(objects, store.table(), object, meta.state));
        }
    }
    changes
}

/// The columns that an UPDATE of a changed object sets. A computed column is the database's, and the version the flush's own.
fn written_columns(objects: &Objects, table: &Table, slot: u32) -> Vec<usize> {
    let mut columns = objects.store(table.number).changed(slot);
    columns.retain(|&column| table.columns[column].computed.is_none() && table.version != Some(column));
    columns
}

fn change_of(objects: &Objects, table: &'static Table, object: RawHandle, state: State) -> Option<Change> {
    let (store, slot) = (objects.store(table.number), object.slot);
    let operation = match state {
        State::Pending => Operation::Insert,
        State::Clean => Operation::Update,
        State::Deleting => Operation::Delete,
        State::Deleted | State::Gone(_) => return None,
    };
    let columns = match operation {
        Operation::Update => written_columns(objects, table, slot),
        Operation::Insert | Operation::Delete => (0..table.columns.len()).collect(),
    };
    if columns.is_empty() {
        return None;
    }
    let new = (operation != Operation::Delete).then(|| store.values(slot));
    let old = (operation != Operation::Insert).then(|| store.base_values(slot));
    let owned = |values: &Option<Vec<Datum<'_>>>, at: usize| Some(values.as_ref()?.get(at)?.borrowed().into_owned());
    let key = match operation {
        Operation::Insert => {
            store.row(slot).ok().filter(|row| table.primary_key.iter().all(|at| row.columns.contains(at)))
        }
        Operation::Update | Operation::Delete => None,
    };
    let key = match (key, store.stored_key(slot)) {
        (_, Some(stored)) => stored.into_iter().map(Datum::into_owned).collect(),
        (Some(_), None) => table.primary_key.iter().filter_map(|&at| owned(&new, at)).collect(),
        (None, None) => Vec::new(),
    };
    let column = |at: usize| ColumnChange {
        column: &table.columns[at].name,
        field: &table.columns[at].field,
        old: owned(&old, at),
        new: owned(&new, at),
    };
    let columns = columns.into_iter().map(column).collect();
    Some(Change { model: table.model, table: table.name, operation, key, columns, object })
}

/// Changes that were written: the keys and values that the database and the flush made are filled in.
pub(super) fn settle(changes: &mut [Change], objects: &Objects) {
    for change in changes.iter_mut().filter(|change| change.operation != Operation::Delete) {
        let store = objects.store(change.object.model as usize);
        let values = store.values(change.object.slot);
        for column in &mut change.columns {
            let at = store.table().column(column.column);
            column.new = at.and_then(|at| values.get(at)).map(|value| value.borrowed().into_owned());
        }
        if change.key.is_empty() {
            let key = store.stored_key(change.object.slot).unwrap_or_default();
            change.key = key.into_iter().map(Datum::into_owned).collect();
        }
    }
}
