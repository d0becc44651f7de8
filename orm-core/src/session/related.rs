//! Lazy loading: `session.related(user, |u| u.posts)` loads for every object of the same result at once.

use super::Session;
use super::collections::{Place, RelationId};
use super::objects::{Objects, invalid_reference};
use super::prefill::load_rows;
use super::state::State;
use crate::engine::none;
use crate::error::Result;
use crate::model::{Binding, Handle, Model};
use crate::query::{Entity, LoadKey, LoadMap, LoadSpec, Path, Relation, Shape};
use crate::schema::Table;
use crate::value::{Datum, Required};
use std::collections::HashSet;

/// At most so many objects are loaded for at once.
const OWNERS: usize = 10_000;

/// A session that loads for one object at a time. Made by [`Session::alone`].
pub struct Alone<'s> {
    session: &'s mut Session,
}

impl Alone<'_> {
    /// As [`Session::related`], for this object only.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn related<M: Model, R: Relation>(
        &mut self,
        handle: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> R,
    ) -> Result<<R::Shape as Shape>::Of<Handle<R::Target>>> {
        self.session.related_with(handle, relation, Company::Alone)
    }
}

/// For whom a relation is loaded.
#[derive(Clone, Copy, Debug)]
enum Company {
    /// All objects of the object's result.
    Result,
    /// The object alone.
    Alone,
}

impl Session {
    /// The objects at the end of a relation: `Vec<Handle<_>>`, `Option<Handle<_>>` or `Handle<_>`.
    ///
    /// The first call for one object of a result loads for all objects of that result (up to 10 000) with one statement; the
    /// calls for the others send nothing. A result is what the last query gave; objects from `get`, `one`, `first` and `add` are
    /// results of one. What a query loaded by `.with(..)`, without a filter or limit, is there already. [`alone`](Session::alone) loads for one object.
    ///
    /// What was loaded holds until commit or rollback, and follows what the session writes: a new child is at the end, a deleted
    /// one is gone, one whose `Ref` changed has moved. A bulk or raw statement and the rollback of a savepoint end it.
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
    #[track_caller]
    pub fn related<M: Model, R: Relation>(
        &mut self,
        handle: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> R,
    ) -> Result<<R::Shape as Shape>::Of<Handle<R::Target>>> {
        self.related_with(handle, relation, Company::Result)
    }

    /// Loads for one object and not for all of its result: for the one of many whose relation is wanted.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let users = session.all(select::<User>().order_by(|u| u.id))?;
    /// let posts = session.alone().related(users[0], |u| u.posts)?; // WHERE author_id = ?, of one user only
    /// assert_eq!(posts.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn alone(&mut self) -> Alone<'_> {
        Alone { session: self }
    }

    #[track_caller]
    fn related_with<M: Model, R: Relation>(
        &mut self,
        handle: Handle<M>,
        relation: impl FnOnce(M::Fields<Required>) -> R,
        company: Company,
    ) -> Result<<R::Shape as Shape>::Of<Handle<R::Target>>> {
        self.objects.locate(handle).map_err(invalid_reference)?;
        self.prepare(R::Target::table().bind)?;
        let at = Binding { table: crate::query::next_table(), column: 0, derived: false };
        let path = relation(M::fields(at)).path();
        let handles = match RelationId::of(R::Target::table(), path) {
            Some(id) => self.members_of::<M, R::Target>(handle, id, path, company)?,
            None => self.target_of::<M, R::Target>(handle, path, company)?,
        };
        R::Shape::collect(&handles).ok_or_else(|| none(R::Target::table().name).context("follow a reference"))
    }

    /// The objects that refer to an object, or are linked to it.
    fn members_of<M: Model, T: Model>(
        &mut self,
        handle: Handle<M>,
        id: RelationId,
        path: Path,
        company: Company,
    ) -> Result<Vec<Handle<T>>> {
        let number = M::table().number;
        let owner = self.objects.place(number, handle.slot());
        if let Some(known) = self.objects.collection(id, owner) {
            return Ok(known);
        }
        let owners =
            self.owners(handle, company, |objects, slot| !objects.has_collection(id, objects.place(number, slot)));
        let (owners, keys) = self.keys(M::table(), owners, path)?;
        let mut found = self.load_related::<T>(path, keys)?;
        for (slot, name) in owners {
            let owner = self.objects.place(number, slot);
            self.objects.keep_collection(id, owner, found.remove(&name).unwrap_or_default());
        }
        Ok(self.objects.collection(id, owner).unwrap_or_default())
    }

    /// The object that an object's reference leads to.
    fn target_of<M: Model, T: Model>(
        &mut self,
        handle: Handle<M>,
        path: Path,
        company: Company,
    ) -> Result<Vec<Handle<T>>> {
        let table = M::table();
        let key = self.owner_key(table, handle.slot(), path)?;
        if LoadKey::of(&key) == LoadKey::None {
            return Ok(Vec::new());
        }
        if let Some(known) = self.objects.fresh::<T>(&key) {
            return Ok(vec![known]);
        }
        let owners = self.owners(handle, company, |_, _| true);
        let (_, mut keys) = self.keys(table, owners, path)?;
        keys.retain(|key| self.objects.fresh::<T>(key).is_none());
        let found = self.load_related::<T>(path, keys)?;
        let places = found.get(&LoadKey::of(&key)).map(Vec::as_slice).unwrap_or_default();
        Ok(places.iter().filter_map(|place| self.objects.live_handle(place.0)).collect())
    }

    /// The members of an object's result for which a relation is loaded, itself among them.
    fn owners<M: Model>(
        &self,
        handle: Handle<M>,
        company: Company,
        missing: impl Fn(&Objects, u32) -> bool,
    ) -> Vec<u32> {
        let number = M::table().number;
        let mut members = match company {
            Company::Result => self.objects.members(number, handle.slot()),
            Company::Alone => Vec::new(),
        };
        members.retain(|slot| {
            let clean = self.objects.store(number).meta(*slot).is_some_and(|meta| meta.state == State::Clean);
            clean && missing(&self.objects, *slot)
        });
        if members.len() > OWNERS {
            let from = members.iter().position(|slot| *slot == handle.slot()).unwrap_or(0);
            members = members.split_off(from.min(members.len() - OWNERS));
            members.truncate(OWNERS);
        }
        if !members.contains(&handle.slot()) {
            members.push(handle.slot());
        }
        members
    }

    /// The owners, each with the name of its key; and the keys, each once.
    fn keys(
        &self,
        table: &'static Table,
        owners: Vec<u32>,
        path: Path,
    ) -> Result<(Vec<(u32, LoadKey)>, Vec<Vec<Datum<'static>>>)> {
        let mut named: Vec<(u32, LoadKey)> = Vec::with_capacity(owners.len());
        let mut keys: Vec<Vec<Datum<'static>>> = Vec::new();
        let mut seen: HashSet<LoadKey, foldhash::fast::RandomState> = HashSet::default();
        for slot in owners {
            let key = self.owner_key(table, slot, path)?;
            let name = LoadKey::of(&key);
            if name != LoadKey::None && seen.insert(name.clone()) {
                keys.push(key);
            }
            named.push((slot, name));
        }
        Ok((named, keys))
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

    fn load_related<T: Model>(&mut self, path: Path, keys: Vec<Vec<Datum<'static>>>) -> Result<LoadMap<Vec<Place>>> {
        let Session { channel, objects, .. } = self;
        load_rows::<Entity<T>>(channel, objects, &LoadSpec::new(path, T::table()), keys, &mut |_| Ok(()))
    }
}

impl Objects {
    /// The object of a key, if its row was read in this transaction, or would not be taken over if it were.
    fn fresh<T: Model>(&self, key: &[Datum<'_>]) -> Option<Handle<T>> {
        let (slot, _) = self.place_of_key(T::table(), key)?;
        let place = self.store_of::<T>()?.get(slot)?;
        let known = place.base.is_some() || self.is_fresh(T::table().number, place.meta);
        if known { self.live_handle(slot) } else { None }
    }

    /// The handle of a slot whose object is there.
    fn live_handle<T: Model>(&self, slot: u32) -> Option<Handle<T>> {
        let meta = self.store_of::<T>()?.get(slot)?.meta;
        matches!(meta.state, State::Clean | State::Pending).then(|| self.handle(slot, meta.generation))
    }
}
