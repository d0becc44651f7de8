//! `session.graph(..)`: a literal tree of new objects, added in one call. Sends nothing.

use super::Session;
use super::state::Gone;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Binding, Handle, Model};
use crate::query::{HasMany, HasOne, ManyToMany, Path, Relation};
use crate::value::{KeyParts, RawHandle, Required};

/// A new object with what hangs on it, for [`Session::graph`]: made by [`new`].
#[must_use = "nothing is added before `session.graph(..)`"]
pub struct New<'g, M: Model> {
    object: M,
    below: Vec<Below<'g, M>>,
}

/// Adds what hangs on an object, when that has its handle.
type Below<'g, M> = Box<dyn FnOnce(&mut Planting<'_>, Handle<M>) -> Result<()> + 'g>;

/// What [`many`](New::many) and [`one`](New::one) take for a child: a struct, or what [`new`] makes of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new `{T}`",
    label = "the relation leads to `{T}`: expected such a struct, or `new(..)` of it"
)]
pub trait Child<'g, T: Model> {
    #[doc(hidden)]
    fn into_new(self) -> New<'g, T>;
}
impl<'g, T: Model> Child<'g, T> for T {
    fn into_new(self) -> New<'g, T> {
        new(self)
    }
}
impl<'g, T: Model> Child<'g, T> for New<'g, T> {
    fn into_new(self) -> New<'g, T> {
        self
    }
}

/// What [`links`](New::links) takes for the other end: a handle, a struct, or what [`new`] makes of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a `{T}` in the session nor a new one",
    label = "the relation leads to `{T}`: expected its handle, such a struct, or `new(..)` of it"
)]
pub trait End<'g, T: Model> {
    #[doc(hidden)]
    fn plant(self, planting: &mut Planting<'_>) -> Result<Handle<T>>;
}
impl<'g, T: Model> End<'g, T> for Handle<T> {
    fn plant(self, _planting: &mut Planting<'_>) -> Result<Handle<T>> {
        Ok(self)
    }
}
impl<'g, T: Model> End<'g, T> for T {
    fn plant(self, planting: &mut Planting<'_>) -> Result<Handle<T>> {
        planting.plant(new(self))
    }
}
impl<'g, T: Model> End<'g, T> for New<'g, T> {
    fn plant(self, planting: &mut Planting<'_>) -> Result<Handle<T>> {
        planting.plant(self)
    }
}

/// A new object, to which [`many`](New::many), [`one`](New::one) and [`links`](New::links) add others along its relations. It is
/// nothing but a value until [`Session::graph`].
///
/// ```
/// # use orm_doc::*; let mut session = engine().session();
/// let dora = session.graph(new(user("dora")).many(|u| u.posts, |dora| [post("Hello", dora), post("A walk", dora)]))?;
/// assert_eq!(session.related(dora, |u| u.posts)?.len(), 2);
/// # Ok::<(), Error>(())
/// ```
pub fn new<'g, M: Model>(object: M) -> New<'g, M> {
    New { object, below: Vec::new() }
}

impl<'g, M: Model> New<'g, M> {
    /// The objects of a `has_many`: structs, or what [`new`] makes, so that a tree is as deep as its literal. The closure gets the
    /// object's handle, for the `Ref`s of the children; an inner closure that names an outer handle is a `move` closure. An
    /// `Option<Ref<_>>` may be `None`: it gets the parent.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let named = |name: &str| Category { id: 0, name: name.into(), parent: None };
    /// let tree = new(named("drinks")).many(|c| c.children, |_| {
    ///     [new(named("juice")).many(|c| c.children, |_| [named("apple juice")]), new(named("tea"))]
    /// });
    /// let drinks = session.graph(tree)?;
    /// session.commit()?;
    /// let below = session.related(drinks, |c| c.children)?;
    /// assert_eq!(session[below[0]].parent.and_then(|parent| parent.key().copied()), Some(session[drinks].id));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn many<T: Model, I>(
        mut self,
        relation: impl FnOnce(M::Fields<Required>) -> HasMany<M, T>,
        children: impl FnOnce(Handle<M>) -> I + 'g,
    ) -> Self
    where
        I: IntoIterator<Item: Child<'g, T>>,
    {
        let reference = reference_of::<M, _>(relation);
        self.below.push(Box::new(move |planting, parent| {
            children(parent).into_iter().try_for_each(|child| planting.child(child.into_new(), parent, reference))
        }));
        self
    }

    /// The object of a `has_one`; as [`many`](New::many).
    pub fn one<T: Model, N: Child<'g, T>>(
        mut self,
        relation: impl FnOnce(M::Fields<Required>) -> HasOne<M, T>,
        child: impl FnOnce(Handle<M>) -> N + 'g,
    ) -> Self {
        let reference = reference_of::<M, _>(relation);
        self.below.push(Box::new(move |planting, parent| planting.child(child(parent).into_new(), parent, reference)));
        self
    }

    /// Links to the objects of a `many_to_many`: handles, structs, or what [`new`] makes; as [`Session::link`] does.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let rust = session.get::<Group>("rust")?.expect("there is such a group");
    /// let dora = session.graph(
    ///     new(user("dora")).links(|u| u.groups, [rust]).links(|u| u.groups, [Group { name: "chess".into() }]),
    /// )?;
    /// assert_eq!(session.related(dora, |u| u.groups)?.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn links<T: Model, L: Model, I>(
        mut self,
        relation: impl FnOnce(M::Fields<Required>) -> ManyToMany<M, T, L> + 'g,
        others: I,
    ) -> Self
    where
        I: IntoIterator<Item: End<'g, T>> + 'g,
    {
        self.below.push(Box::new(move |planting, owner| {
            let relation = relation(M::fields(anywhere()));
            for other in others {
                let other = other.plant(planting)?;
                planting.session.link(owner, |_| relation, other)?;
            }
            Ok(())
        }));
        self
    }
}

impl Session {
    /// Adds a tree of new objects, written as one literal, and gives the handle of its root. It is what `add` and `link` would do
    /// one by one: nothing is sent until the next flush, which writes all rows of a table by one statement.
    ///
    /// # Errors
    /// `Misuse` for a child that refers to another object than its parent; `InvalidReference` for a link to an object that is
    /// not in the session. Nothing was added then.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let dora = session.graph(
    ///     new(user("dora"))
    ///         .many(|u| u.posts, |dora| [post("Hello", dora), post("Bye", dora)])
    ///         .links(|u| u.groups, [Group { name: "chess".into() }]),
    /// )?;
    /// session.commit()?; // INSERT users, INSERT posts, INSERT groups, INSERT memberships
    /// assert_eq!(session.related(dora, |u| u.posts)?.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn graph<M: Model>(&mut self, root: New<'_, M>) -> Result<Handle<M>> {
        let links = self.deferred.links_so_far();
        let mut planting = Planting { session: self, added: Vec::new() };
        let planted = planting.plant(root);
        let added = planting.added;
        if planted.is_err() {
            self.deferred.take_links_back(links);
            added
                .iter()
                .for_each(|raw| self.objects.store_any(raw.model as usize).release(raw.slot, Gone::NeverWritten));
        }
        planted
    }
}

/// A tree on its way into a session.
#[doc(hidden)]
pub struct Planting<'s> {
    session: &'s mut Session,
    added: Vec<RawHandle>,
}

impl Planting<'_> {
    fn plant<M: Model>(&mut self, New { object, below }: New<'_, M>) -> Result<Handle<M>> {
        let handle = self.session.add(object);
        self.added.push(handle.raw());
        below.into_iter().try_for_each(|add| add(self, handle))?;
        Ok(handle)
    }

    /// Adds a child, whose reference of this name leads to the parent.
    fn child<M: Model, T: Model>(
        &mut self,
        child: New<'_, T>,
        parent: Handle<M>,
        reference: &'static str,
    ) -> Result<()> {
        let child = self.plant(child)?;
        let field = T::table().field(reference).expect("the derive checks that a relation names a field of the model");
        let parent_key = self.session.try_get(parent).and_then(M::key_of);
        let mut refers = false;
        let store = self.session.objects.store_any(T::table().number);
        store.references(child.slot(), &mut |column, found| {
            if column == field.start {
                refers = found.pending() == Some(parent.raw())
                    || found.point_to(parent.raw())
                    || parent_key.as_ref().is_some_and(|key| found.key() == key.key_datum());
            }
        });
        if refers {
            return Ok(());
        }
        let message = format!(
            "a new `{}` in a graph has a `{reference}` that is not the `{}` it hangs on",
            T::table().model,
            M::table().model
        );
        Err(Error::new(ErrorKind::Misuse, message))
    }
}

/// The place of a relation that is asked only for its name.
fn anywhere() -> Binding {
    Binding { table: crate::query::next_table(), column: 0, derived: false }
}

/// The field of the other model that refers to this one.
fn reference_of<M: Model, R: Relation>(relation: impl FnOnce(M::Fields<Required>) -> R) -> &'static str {
    match relation(M::fields(anywhere())).path() {
        Path::From { field, .. } => field,
        Path::To { .. } | Path::Through { .. } => {
            unreachable!("a has_many or has_one is a reference in the other table")
        }
    }
}
