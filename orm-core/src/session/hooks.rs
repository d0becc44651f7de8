//! Hooks: what a model does of its own before its rows are written and after they are read. Sends nothing.

use super::info::Info;
use super::key::{IntoKey, Wanted};
use super::objects::Objects;
use super::state::State;
use super::store::{hooks_of, typed_mut};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Handle, Model};
use std::collections::HashSet;

/// So often may hooks give each other work in one flush.
const ROUNDS: usize = 16;

/// What a model does before its rows are written, and after they are read: `#[orm(hooks)]` on the struct, and this trait with
/// the hooks that it wants.
///
/// The hooks of a flush run before anything is sent, each once for an object. They may change the object, and other objects by
/// way of the [`HookContext`]; what they add, change and delete has its own hooks run, in at most 16 rounds. An error ends the
/// flush: nothing was sent, and what the hooks did to objects is undone. They run for objects of a session only: bulk statements,
/// links, and what the database deletes by a foreign key have no hooks.
///
/// A `delete` and an `add` of one key are one UPDATE; the hooks that run are `before_delete` of the one and `before_insert` of
/// the other.
///
/// ```standalone_crate
/// # extern crate orm_doc as orm;
/// use orm::prelude::*;
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[orm(table = "pages", hooks)]
/// pub struct Page {
///     #[orm(primary_key)]
///     pub id: i64,
///     pub title: String,
///     pub edits: i64,
///     #[orm(skip)]
///     pub shown: String,
/// }
///
/// impl Hooks for Page {
///     fn before_update(&mut self, _: &mut HookContext<Self>) -> orm::Result<()> {
///         self.edits += 1;
///         Ok(())
///     }
///     fn after_load(&mut self) -> orm::Result<()> {
///         self.shown = self.title.to_uppercase();
///         Ok(())
///     }
/// }
///
/// let engine = orm::create_engine("sqlite::memory:")?;
/// Schema::of::<Page>().create_all(&engine)?;
/// let mut session = engine.session();
/// let page = session.add(Page { id: 0, title: "home".into(), edits: 0, shown: String::new() });
/// session.commit()?;
/// session[page].title = "start".into();
/// session.commit()?; // UPDATE pages SET title = ?, edits = ? WHERE id = ?
/// session.refresh(page)?;
/// assert_eq!((session[page].edits, session[page].shown.as_str()), (1, "START"));
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has `#[orm(hooks)]` and no hooks",
    label = "these hooks are missing",
    note = "write `impl Hooks for {Self} {{ .. }}` with the hooks that it wants, or leave `hooks` out"
)]
pub trait Hooks: Hooked {
    /// Before the row of a new object is inserted. A key that the database generates is not there yet, and neither are those of
    /// new objects that it refers to.
    ///
    /// # Errors
    /// Ends the flush, before anything was sent.
    fn before_insert(&mut self, context: &mut HookContext<'_, Self>) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// Before the row of a changed object is updated, with [`HookContext::original`] to compare with. An object that is left
    /// equal to its row is not written.
    ///
    /// # Errors
    /// Ends the flush, before anything was sent.
    fn before_update(&mut self, context: &mut HookContext<'_, Self>) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// Before the row of an object is deleted, by `session.delete`.
    ///
    /// # Errors
    /// Ends the flush, before anything was sent.
    fn before_delete(&mut self, context: &mut HookContext<'_, Self>) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// After the object was read from its row, by a session: the place to fill fields with `#[orm(skip)]`. What it changes counts
    /// as read, and is not written.
    ///
    /// # Errors
    /// Ends the query.
    fn after_load(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A model with `#[orm(hooks)]`; the derive says so.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never run",
    label = "nobody knows of these hooks",
    note = "add `#[orm(hooks)]` to `{Self}`"
)]
pub trait Hooked: Model {}

/// The hooks of a model, as a session finds them.
#[doc(hidden)]
pub struct HookSet<M: Model> {
    before_insert: fn(&mut M, &mut HookContext<'_, M>) -> Result<()>,
    before_update: fn(&mut M, &mut HookContext<'_, M>) -> Result<()>,
    before_delete: fn(&mut M, &mut HookContext<'_, M>) -> Result<()>,
    pub(super) after_load: fn(&mut M) -> Result<()>,
}

impl<M: Model> HookSet<M> {
    /// The hooks that the model implements.
    #[allow(clippy::new_without_default)] // only ever the value of a static
    pub const fn new() -> HookSet<M>
    where
        M: Hooks,
    {
        HookSet {
            before_insert: M::before_insert,
            before_update: M::before_update,
            before_delete: M::before_delete,
            after_load: M::after_load,
        }
    }
}

/// What a hook sees of the session beside its object. It reads and changes objects in memory; statements cannot be sent.
///
/// ```standalone_crate
/// # extern crate orm_doc as orm;
/// use orm::prelude::*;
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// #[orm(hooks)]
/// struct Account {
///     #[orm(primary_key)]
///     id: i64,
///     balance: i64,
/// }
///
/// #[derive(Model, Clone, Debug, PartialEq)]
/// struct Movement {
///     #[orm(primary_key)]
///     id: i64,
///     account: Ref<Account>,
///     amount: i64,
/// }
///
/// impl Hooks for Account {
///     fn before_update(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
///         let before = context.original().map_or(0, |account| account.balance);
///         if self.balance < 0 {
///             return Err(Error::refused("an account is not overdrawn"));
///         }
///         context.add(Movement { id: 0, account: context.handle().into(), amount: self.balance - before });
///         Ok(())
///     }
/// }
///
/// let engine = orm::create_engine("sqlite::memory:")?;
/// Schema::of::<(Account, Movement)>().create_all(&engine)?;
/// let mut session = engine.session();
/// let account = session.add(Account { id: 0, balance: 100 });
/// session.commit()?;
/// session[account].balance = 70;
/// session.commit()?;
/// assert_eq!(session.one(select::<Movement>().columns(|m| m.amount))?, -30);
/// session[account].balance = -1;
/// assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Refused);
/// assert_eq!(session[account].balance, -1); // nothing was sent: it can be put right
/// # Ok::<(), Error>(())
/// ```
pub struct HookContext<'c, M: Model> {
    objects: &'c mut Objects,
    info: &'c Info,
    handle: Handle<M>,
    deletes_itself: bool,
}

impl<M: Model> HookContext<'_, M> {
    /// The handle of the hook's own object, for references to it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn welcome(context: &mut HookContext<User>) {
    ///     let user = context.handle();
    ///     context.add(post("Welcome", user));
    /// }
    /// ```
    pub fn handle(&self) -> Handle<M> {
        self.handle
    }

    /// The row of the hook's own object as it was last seen; `None` for a new object, and where nothing was changed.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn was_admin(context: &HookContext<User>) -> bool {
    ///     context.original().is_some_and(|before| before.admin)
    /// }
    /// ```
    pub fn original(&self) -> Option<&M> {
        self.objects.store_of::<M>()?.get(self.handle.slot())?.base.as_deref()
    }

    /// Another object of the session; `None` for one that is gone, and for the hook's own, which is `self`.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn title<'c>(context: &'c HookContext<User>, post: Handle<Post>) -> Option<&'c str> {
    ///     context.get(post).map(|post| post.title.as_str())
    /// }
    /// ```
    pub fn get<T: Model>(&self, handle: Handle<T>) -> Option<&T> {
        self.objects.locate(handle).ok()
    }

    /// Another object, to be changed; its `before_update` runs in the next round if it did not yet.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn like(context: &mut HookContext<User>, post: Handle<Post>) {
    ///     if let Some(post) = context.get_mut(post) {
    ///         post.score += 1.0;
    ///     }
    /// }
    /// ```
    pub fn get_mut<T: Model>(&mut self, handle: Handle<T>) -> Option<&mut T> {
        self.objects.touch(handle).ok()
    }

    /// The object of a key or a `Ref`, if the session has it; no statement is sent.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn author<'c>(post: &Post, context: &'c HookContext<Post>) -> Option<&'c User> {
    ///     context.get(context.find(post.author.clone())?)
    /// }
    /// ```
    pub fn find<T: Model>(&self, key: impl IntoKey<T>) -> Option<Handle<T>> {
        let handle = match key.wanted() {
            Wanted::Key(key) | Wanted::Reference(key) => self.objects.find::<T>(&key)?.0,
            Wanted::Handle(handle) => handle,
            Wanted::Nothing => return None,
        };
        matches!(self.objects.state(handle), State::Clean | State::Pending).then_some(handle)
    }

    /// Adds a new object; its `before_insert` runs in the next round.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn welcome(context: &mut HookContext<User>) {
    ///     let welcome: Handle<Post> = context.add(post("Welcome", context.handle()));
    /// }
    /// ```
    pub fn add<T: Model>(&mut self, object: T) -> Handle<T> {
        self.objects.add(object)
    }

    /// Marks an object for deletion; its `before_delete` runs in the next round. A new object is forgotten.
    ///
    /// ```
    /// # use orm_doc::*;
    /// fn take_back(context: &mut HookContext<User>, post: Handle<Post>) {
    ///     context.delete(post);
    /// }
    /// ```
    pub fn delete<T: Model>(&mut self, handle: Handle<T>) {
        if handle.raw() == self.handle.raw() {
            self.deletes_itself = true; // when it is back in its place
        } else {
            self.objects.delete(handle);
        }
    }

    /// What the program put into the session with [`set_info`](super::Session::set_info): who is at work, for one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// struct AtWork(&'static str);
    ///
    /// fn who(context: &HookContext<User>) -> &'static str {
    ///     context.info::<AtWork>().map_or("nobody", |at_work| at_work.0)
    /// }
    /// ```
    pub fn info<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.info.get()
    }
}

impl<M: Model> std::fmt::Debug for HookContext<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookContext").field("handle", &self.handle).finish_non_exhaustive()
    }
}

/// What is about to happen to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Moment {
    Insert,
    Update,
    Delete,
}

/// Runs a hook of the object in a slot, by the type that only its store knows.
pub(crate) type Runner = fn(&mut Objects, &Info, u32, Moment) -> Result<()>;

/// The runner of a model's hooks, if it has any.
pub(super) fn runner<M: Model>() -> Option<Runner> {
    hooks_of::<M>().map(|_| run::<M> as Runner)
}

fn run<M: Model>(objects: &mut Objects, info: &Info, slot: u32, moment: Moment) -> Result<()> {
    let number = M::table().number;
    objects.remember(number, slot);
    let store = typed_mut::<M>(objects.store_any(number));
    if moment == Moment::Update {
        store.touch(slot);
    }
    let Some(place) = store.get_mut(slot) else { return Ok(()) };
    let generation = place.meta.generation;
    // Out of its place, so that the hook has it and the other objects at once.
    let (Some(mut object), Some(hooks)) = (place.value.take(), hooks_of::<M>()) else { return Ok(()) };
    let handle = objects.handle(slot, generation);
    let mut context = HookContext { objects, info, handle, deletes_itself: false };
    let hook = match moment {
        Moment::Insert => hooks.before_insert,
        Moment::Update => hooks.before_update,
        Moment::Delete => hooks.before_delete,
    };
    let result = hook(&mut object, &mut context);
    let deletes_itself = context.deletes_itself;
    if let Some(place) = typed_mut::<M>(objects.store_any(number)).get_mut(slot) {
        place.value = Some(object);
    }
    if deletes_itself {
        objects.delete(handle);
    }
    result
}

/// Runs the hooks of everything that waits to be flushed, and of the objects in `more`, until no hook is due.
///
/// # Errors
/// The first of a hook, and `Misuse` after too many rounds; the objects are then as before.
pub(super) fn run_hooks(objects: &mut Objects, info: &Info, more: &[(usize, u32)]) -> Result<()> {
    let mut done = HashSet::new();
    let mut due = due(objects, more, &done);
    if due.is_empty() {
        return Ok(());
    }
    let level = HookLevel::begin(objects);
    for _ in 0..ROUNDS {
        for (number, slot, moment) in due {
            let Some(generation) = generation(level.objects, number, slot, moment) else { continue };
            done.insert((number, slot, generation, moment));
            if let Some(runner) = level.objects.store(number).hooks() {
                runner(level.objects, info, slot, moment)?;
            }
        }
        due = self::due(level.objects, more, &done);
        if due.is_empty() {
            level.keep();
            return Ok(());
        }
    }
    let model = level.objects.store(due[0].0).table().model;
    let message = format!("the hooks gave each other work in {ROUNDS} rounds, lastly with a `{model}`");
    Err(Error::new(ErrorKind::Misuse, message))
}

type Done = HashSet<(usize, u32, u32, Moment)>;

/// The objects whose hooks are to run.
fn due(objects: &Objects, more: &[(usize, u32)], done: &Done) -> Vec<(usize, u32, Moment)> {
    let mut due = Vec::new();
    for (number, store) in objects.stores().filter(|(_, store)| store.hooks().is_some()) {
        let more = more.iter().filter(|(other, _)| *other == number).map(|(_, slot)| *slot);
        let mut updates: Vec<u32> =
            store.touched().into_iter().filter(|slot| !store.changed(*slot).is_empty()).collect();
        updates.extend(more);
        due.extend(store.pending().into_iter().map(|slot| (number, slot, Moment::Insert)));
        due.extend(updates.into_iter().map(|slot| (number, slot, Moment::Update)));
        due.extend(store.deleting().into_iter().map(|slot| (number, slot, Moment::Delete)));
    }
    let mut seen = HashSet::new();
    due.retain(|&(number, slot, moment)| {
        let generation = generation(objects, number, slot, moment);
        generation.is_some_and(|generation| !done.contains(&(number, slot, generation, moment)))
            && seen.insert((number, slot, moment))
    });
    due
}

/// The generation of an object that is still in the state of a hook: one that ran before may have deleted it.
fn generation(objects: &Objects, number: usize, slot: u32, moment: Moment) -> Option<u32> {
    let state = match moment {
        Moment::Insert => State::Pending,
        Moment::Update => State::Clean,
        Moment::Delete => State::Deleting,
    };
    objects.store(number).meta(slot).filter(|meta| meta.state == state).map(|meta| meta.generation)
}

/// A level of the undo log around the hooks of a flush: whatever ends them before their end, the objects are as before.
struct HookLevel<'o> {
    objects: &'o mut Objects,
    kept: bool,
}

impl HookLevel<'_> {
    fn begin(objects: &mut Objects) -> HookLevel<'_> {
        objects.begin_level();
        HookLevel { objects, kept: false }
    }

    fn keep(mut self) {
        self.objects.release_level();
        self.kept = true;
    }
}

impl Drop for HookLevel<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.objects.rollback_level();
        }
    }
}
