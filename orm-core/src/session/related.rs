//! Lazy loading: `session.related(user, |u| u.posts)` loads for every object of the same result at once.

use super::Session;
use super::objects::invalid_reference;
use super::state::State;
use crate::engine::{Effect, none};
use crate::error::{Context, Result};
use crate::model::{Binding, Handle, Model};
use crate::query::{Keeper, LoadKey, LoadQuery, Path, Relation, Shape};
use crate::row::RowReader;
use crate::schema::Table;
use crate::value::{Datum, Required};
use std::collections::HashMap;

/// At most so many objects are loaded for at once.
const OWNERS: usize = 10_000;

/// A relation of a model, whatever the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RelationId {
    owner: usize,
    target: usize,
    link: usize,
    names: (&'static str, &'static str),
    column: u16,
}

impl RelationId {
    fn new(owner: &Table, target: &Table, path: Path) -> RelationId {
        let id =
            RelationId { owner: owner.number, target: target.number, link: usize::MAX, names: ("", ""), column: 0 };
        match path {
            Path::To { at, .. } => RelationId { column: at.column, ..id },
            Path::From { field, .. } => RelationId { names: (field, ""), ..id },
            Path::Through { link, left, right, .. } => RelationId { link: link.number, names: (left, right), ..id },
        }
    }
}

/// Collections that were loaded in this transaction: for each relation, the objects at its end by the owner's slot.
pub(crate) type Collections = HashMap<RelationId, HashMap<u32, Vec<u32>>>;

impl Session {
    /// The objects at the end of a relation: `Vec<Handle<_>>`, `Option<Handle<_>>` or `Handle<_>`.
    ///
    /// The first call for one object of a result loads for all objects of that result (up to 10 000) with one statement; the
    /// calls for the others send nothing. A result is what the last query gave; objects from `get`, `one`, `first` and `add` are
    /// results of one. What was loaded holds until the next flush with changes, commit or rollback.
    ///
    /// # Errors
    /// What a flush or the database refuses; `InvalidReference` for an object that is no longer in the session; `NotFound` when
    /// the row that a `Ref` names is not there.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// for user in session.all(select::<User>())? {
    ///     let posts = session.related(user, |u| u.posts)?; // one statement for all three users
    ///     println!("{} wrote {}", session[user].username, posts.len());
    /// }
    /// let hello = session.get::<Post>(1)?.expect("it is there");
    /// let author: Handle<User> = session.related(hello, |p| p.author)?;
    /// assert_eq!(session[author].username, "alice");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn related<M: Model, R: Relation>(
        &mut self,
        handle: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> R,
    ) -> Result<<R::Shape as Shape>::Of<Handle<R::Target>>> {
        self.objects.locate(handle).map_err(invalid_reference)?;
        self.prepare()?;
        let at = Binding { table: crate::query::next_table(), column: 0, derived: false };
        let path = relation(M::fields(at)).path();
        let id = RelationId::new(M::table(), R::Target::table(), path);
        if self.objects.collection(id, handle.slot()).is_none() {
            self.load_related::<M, R::Target>(handle, id, path)?;
        }
        let slots = self.objects.collection(id, handle.slot()).unwrap_or_default();
        let handles: Vec<Handle<R::Target>> = slots.iter().filter_map(|slot| self.objects.live_handle(*slot)).collect();
        R::Shape::collect(&handles).ok_or_else(|| none(R::Target::table().name).context("follow a reference"))
    }

    /// Loads a relation for the members of an object's result that do not have it yet.
    fn load_related<M: Model, T: Model>(&mut self, handle: Handle<M>, id: RelationId, path: Path) -> Result<()> {
        let number = M::table().number;
        let mut members = self.objects.members(number, handle.slot());
        members.retain(|slot| {
            let clean = self.objects.store(number).meta(*slot).is_some_and(|meta| meta.state == State::Clean);
            clean && self.objects.collection(id, *slot).is_none()
        });
        if members.len() > OWNERS {
            let from = members.iter().position(|slot| *slot == handle.slot()).unwrap_or(0);
            members = members.split_off(from.min(members.len() - OWNERS));
            members.truncate(OWNERS);
        }
        if !members.contains(&handle.slot()) {
            members.push(handle.slot());
        }
        let query = LoadQuery::new(path, T::table());
        let mut owners: Vec<(u32, LoadKey)> = Vec::with_capacity(members.len());
        let mut keys: HashMap<LoadKey, Vec<Datum<'static>>> = HashMap::new();
        for slot in members {
            let key = self.owner_key(M::table(), slot, path)?;
            let name = LoadKey::of(&key);
            if name != LoadKey::None {
                keys.insert(name.clone(), key);
            }
            owners.push((slot, name));
        }
        let found = self.fetch_related::<T>(&query, keys.into_values().collect())?;
        for (slot, name) in owners {
            let slots = found.get(&name).cloned().unwrap_or_default();
            self.objects.keep_collection(id, slot, slots);
        }
        Ok(())
    }

    /// The columns of an owner that say which rows belong to it.
    fn owner_key(&self, table: &'static Table, slot: u32, path: Path) -> Result<Vec<Datum<'static>>> {
        let store = self.objects.store(table.number);
        let key: Vec<Datum<'_>> = match path {
            Path::To { at, ty } => {
                let start = usize::from(at.column);
                store.values(slot).into_iter().skip(start).take(ty.width()).collect()
            }
            Path::From { .. } | Path::Through { .. } => store.stored_key(slot).unwrap_or_default(),
        };
        key.into_iter()
            .map(|datum| match datum {
                // The object was flushed, but a reference without autoflush may still wait for its key.
                Datum::Pending(raw) => self.objects.key_of(raw),
                other => Ok(other.into_owned()),
            })
            .collect()
    }

    fn fetch_related<T: Model>(
        &mut self,
        query: &LoadQuery,
        keys: Vec<Vec<Datum<'static>>>,
    ) -> Result<HashMap<LoadKey, Vec<u32>>> {
        let mut found: HashMap<LoadKey, Vec<u32>> = HashMap::new();
        let mut order = Vec::new();
        for body in query.statements(keys) {
            let Session { channel, objects, .. } = self;
            let channel = channel.as_mut().expect("the transaction was begun");
            let compiled = crate::compile::select_statement(&body, channel.dialect(), &*objects)?;
            channel
                .query(&compiled.sql, &compiled.binds, Effect::Reads, &mut |row| {
                    let owner = query.owner(row)?;
                    let target: Handle<T> = objects.keep(&mut RowReader::new(row, 0))?;
                    found.entry(owner).or_default().push(target.slot());
                    order.push(target.slot());
                    Ok(())
                })
                .context(|| format!("load {}", T::table().name))?;
        }
        self.objects.note_result(T::table().number, order);
        Ok(found)
    }
}
