//! Whose rows a session sees, and deletions that are marks: tenants and soft deletes.

use super::Session;
use super::flush::{mark_children, refuse_real_deletes};
use super::objects::Objects;
use super::state::State;
use super::store::Meta;
use crate::compile::{Surroundings, check_tenant, is_unnamed, tenant_of};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model};
use crate::query::Scoping;
use crate::row::Data;
use crate::schema::Table;
use crate::value::{Datum, Key, RawHandle, Type};
use std::collections::{BTreeMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a session sees of tables with scopes, and what it deletes for real.
#[derive(Default)]
pub(crate) struct Scopes {
    tenant: Option<Datum<'static>>,
    scoping: Scoping,
    forced: HashSet<(usize, u32)>,
}

impl Surroundings for Objects {
    fn key(&self, handle: RawHandle) -> Result<Datum<'static>> {
        self.key_of(handle)
    }
    fn tenant(&self) -> Option<Datum<'static>> {
        self.scopes.tenant.clone()
    }
    fn scoping(&self) -> Scoping {
        self.scopes.scoping
    }
}

impl Session {
    /// The tenant whose rows the session sees and writes, in every model with `#[orm(tenant)]`: said once, when it is made. The
    /// column of a new object is filled in where it holds 0, a nil UUID, an empty text or NULL; an object of another tenant is
    /// refused. A statement about such a model in a session without a tenant is an error, never all rows.
    ///
    /// ```standalone_crate
    /// # extern crate orm_doc as orm;
    /// use orm::prelude::*;
    /// #[derive(Model, Clone, Debug, PartialEq)]
    /// #[orm(table = "invoices")]
    /// struct Invoice {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(tenant, index)]
    ///     company: i64,
    ///     total: i64,
    /// }
    ///
    /// let engine = orm::create_engine("sqlite::memory:")?;
    /// Schema::of::<Invoice>().create_all(&engine)?;
    /// let mut session = engine.session().tenant(7);
    /// let invoice = session.add(Invoice { id: 0, company: 0, total: 30 });
    /// session.commit()?;
    /// assert_eq!(session[invoice].company, 7);
    /// assert_eq!(engine.session().tenant(8).count(select::<Invoice>())?, 0);
    /// assert_eq!(engine.session().count(select::<Invoice>()).unwrap_err().kind(), ErrorKind::Misuse);
    /// assert_eq!(engine.session().count(select::<Invoice>().unscoped())?, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn tenant(mut self, tenant: impl Key) -> Session {
        self.objects.scopes.tenant = Some(tenant.key_datum().into_owned());
        self
    }

    /// A session that sees deleted rows of models with `#[orm(soft_delete)]`, too.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut bin = engine().session().with_deleted();
    /// assert_eq!(bin.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_deleted(mut self) -> Session {
        self.objects.scopes.scoping = self.objects.scopes.scoping.max(Scoping::WithDeleted);
        self
    }

    /// A session that sees all rows: deleted ones, and those of all tenants. Nothing is filled in or refused.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let mut all = engine().session().unscoped();
    /// assert_eq!(all.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unscoped(mut self) -> Session {
        self.objects.scopes.scoping = Scoping::Lifted;
        self
    }

    /// As [`delete`](Session::delete), but the row of a model with `#[orm(soft_delete)]` is really deleted, also one that is
    /// marked already.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let alice = session.get::<User>(1)?.expect("alice is there");
    /// session.force_delete(alice);
    /// session.commit()?; // DELETE
    /// # Ok::<(), Error>(())
    /// ```
    pub fn force_delete<M: Model>(&mut self, handle: Handle<M>) {
        self.delete(handle);
        if self.state(handle) == State::Deleting {
            self.objects.scopes.forced.insert((M::table().number, handle.slot()));
        }
    }

    /// Writes the changes; a deletion in a model with a mark becomes an UPDATE that sets it.
    pub(super) fn write_scoped(&mut self, commit: bool) -> Result<()> {
        let scoped = |table: &Table| table.tenant.is_some() || table.soft_delete.is_some();
        if !self.objects.stores().any(|(_, store)| scoped(store.table())) {
            return self.write_changes(commit);
        }
        name_tenants(&mut self.objects)?;
        refuse_real_deletes_of_children(&self.objects)?;
        let now = now();
        let marked = mark_deleted(&mut self.objects, now);
        let result = self.write_changes(false).and_then(|()| self.mark_children(&marked, now));
        let failed = self.refuse_if_failed().is_err();
        for Marked { number, slot, column, before } in marked {
            if result.is_ok() {
                self.objects.remember(number, slot);
                self.objects.store_any(number).removed(slot);
                self.objects.forgot_something();
            } else if !failed {
                // Nothing was sent: it still waits for its deletion.
                let store = self.objects.store_any(number);
                store.read_columns(slot, &[column], &Data(&[before]), 0)?;
                store.delete_again(slot);
            }
        }
        if result.is_ok() {
            self.objects.scopes.forced.clear();
        }
        result
    }
}

impl Session {
    /// Marks the rows that go with those that were just marked; objects of them that are loaded are deleted, too.
    fn mark_children(&mut self, parents: &[Marked], now: i64) -> Result<()> {
        let Session { channel, objects, .. } = self;
        let mut keys: BTreeMap<usize, Vec<Vec<Datum<'static>>>> = BTreeMap::new();
        for Marked { number, slot, column: _, before } in parents {
            let key = objects.store(*number).stored_key(*slot).filter(|_| is_no_mark(before));
            keys.entry(*number).or_default().extend(key.map(|key| key.into_iter().map(Datum::into_owned).collect()));
        }
        for (number, keys) in keys {
            if keys.is_empty() {
                continue;
            }
            let table = objects.store(number).table();
            let marked = mark_children(objects, channel, table, keys, &|ty| mark_of(ty, now));
            for (child, keys) in marked.inspect_err(|error| channel.fail_all(error))? {
                for key in keys {
                    if let Some((slot, _)) = objects.place_of_key(child, &key) {
                        objects.remember(child.number, slot);
                        objects.store_any(child.number).removed(slot);
                    }
                }
                objects.rows_changed(Some(child));
                objects.drop_collections();
            }
        }
        Ok(())
    }
}

impl Objects {
    /// Whether an object is one that a query with so much in sight would find, judged by its values.
    pub(super) fn is_seen(&self, number: usize, slot: u32, scoping: Scoping) -> bool {
        let (store, scoping) = (self.store(number), scoping.max(self.scopes.scoping));
        let table = store.table();
        let of_tenant = |column: usize, values: &[Datum<'_>]| self.scopes.tenant.as_ref() == Some(&values[column]);
        match (table.soft_delete, table.tenant) {
            (None, None) => true,
            (mark, tenant) => {
                let values = store.values(slot);
                let deleted = mark.is_some_and(|mark| !is_no_mark(&values[mark]));
                let hidden = deleted && scoping == Scoping::Full;
                let foreign = tenant.is_some_and(|column| !of_tenant(column, &values)) && scoping < Scoping::Lifted;
                !hidden && !foreign
            }
        }
    }

    /// Whether no statement is needed to find an object. For one that is not seen the database has the last word; a tenant may be
    /// lacking, too.
    pub(super) fn is_known(&self, number: usize, slot: u32, meta: Meta, scoping: Scoping) -> bool {
        self.is_fresh(number, meta) && self.is_seen(number, slot, scoping)
    }

    /// Forgets what is to be deleted for real.
    pub(super) fn forget_forced(&mut self) {
        self.scopes.forced.clear();
    }

    /// Whether an object that was just looked for in vain is another's, or deleted as its values say: then it is still there.
    pub(super) fn is_hidden(&self, number: usize, slot: u32, scoping: Scoping, meta: Meta) -> bool {
        meta.state == State::Clean && !self.is_seen(number, slot, scoping)
    }
}

/// New objects get the tenant of the session; what belongs to another is refused.
fn name_tenants(objects: &mut Objects) -> Result<()> {
    let tables: Vec<&'static Table> = objects.stores().map(|(_, store)| store.table()).collect();
    for table in tables.into_iter().filter(|table| table.tenant.is_some()) {
        let store = objects.store(table.number);
        let (pending, touched, deleting) = (store.pending(), store.touched(), store.deleting());
        if pending.is_empty() && touched.is_empty() && deleting.is_empty() {
            continue;
        }
        let Some((column, tenant)) = tenant_of(table, objects, Scoping::Full)? else { continue };
        for slot in pending {
            let store = objects.store_any(table.number);
            if is_unnamed(&store.values(slot)[column]) {
                store.read_columns(slot, &[column], &Data(std::slice::from_ref(&tenant)), 0)?;
            }
            check_tenant(table, &tenant, &store.values(slot)[column])?;
        }
        for slot in touched.into_iter().chain(deleting) {
            let store = objects.store(table.number);
            check_tenant(table, &tenant, &store.base_values(slot)[column])?;
            check_tenant(table, &tenant, &store.values(slot)[column])?;
        }
    }
    Ok(())
}

/// An object whose deletion is written as an UPDATE.
struct Marked {
    number: usize,
    slot: u32,
    column: usize,
    before: Datum<'static>,
}

/// Nothing is sent where rows that cannot be brought back would go with others that can.
fn refuse_real_deletes_of_children(objects: &Objects) -> Result<()> {
    objects.stores().map(|(_, store)| store).filter(|store| store.table().soft_delete.is_some()).try_for_each(|store| {
        let number = store.table().number;
        let marks = store.deleting().iter().any(|slot| !objects.scopes.forced.contains(&(number, *slot)));
        if marks { refuse_real_deletes(objects, store.table()) } else { Ok(()) }
    })
}

fn mark_deleted(objects: &mut Objects, now: i64) -> Vec<Marked> {
    let tables: Vec<&'static Table> = objects.stores().map(|(_, store)| store.table()).collect();
    let mut marked = Vec::new();
    for table in tables {
        let Some(column) = table.soft_delete else { continue };
        let number = table.number;
        let mut deleting = objects.store(number).deleting();
        deleting.retain(|slot| !objects.scopes.forced.contains(&(number, *slot)));
        for slot in deleting {
            objects.remember(number, slot);
            let store = objects.store_any(number);
            let before = store.values(slot)[column].borrowed().into_owned();
            store.update_instead(slot);
            // A mark that is there already stays as it is.
            if is_no_mark(&before) {
                let read = store.read_columns(slot, &[column], &Data(&[mark_of(table.columns[column].ty, now)]), 0);
                debug_assert!(read.is_ok(), "the derive checks the type of a mark");
            }
            marked.push(Marked { number, slot, column, before });
        }
    }
    marked
}

fn is_no_mark(datum: &Datum<'_>) -> bool {
    matches!(datum, Datum::Null | Datum::Bool(false))
}

/// Microseconds since 1970. All rows that a flush marks have one time, so that they can be brought back together.
fn now() -> i64 {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_micros());
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// The mark of a row that is deleted at a time.
fn mark_of(ty: Type, micros: i64) -> Datum<'static> {
    match ty {
        Type::Bool => Datum::Bool(true),
        Type::DateTime => Datum::DateTime(micros),
        _ => Datum::Timestamp(micros),
    }
}

/// A link model whose rows have scopes is written by its objects, which have hooks and tenants.
pub(super) fn refuse_links(table: &Table) -> Result<()> {
    if table.tenant.is_none() && table.soft_delete.is_none() {
        return Ok(());
    }
    let message = format!(
        "the rows of `{}` have a tenant or a mark of deletion: add and delete its objects instead of `link` and `unlink`",
        table.model
    );
    Err(Error::new(ErrorKind::Misuse, message))
}
