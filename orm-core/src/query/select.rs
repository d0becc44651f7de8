//! `Select<S, O>`: a SELECT whose closures see the tables `S` and whose rows become `O`.

use super::expr::{Condition, Orders};
use super::grouping::Groups;
use super::load::{AddLoad, Load, LoadedAs};
use super::node::{Few, From, Join, LockStrength, Node, SelectBody, Source, and};
use super::output::{Entity, Maybe, Output, Project};
use super::relation::{Relation, join_tables, table_of};
use super::scope::{Args, Joined, Push, SCOPE_MAX, Scope, Tabular};
use super::source::IntoSource;
use crate::model::{Binding, Model};
use std::marker::PhantomData;

/// A SELECT: a value that a [`Connection`](crate::Connection) or a [`Session`](crate::Session) runs.
///
/// `S` is the tuple of the tables in scope, `O` what a row becomes. Cloning gives the tables new numbers, so that a query can stand
/// inside its own copy.
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let users: Select<(Entity<User>,), Entity<User>> = select::<User>(); // or Query<User>
/// let titles: Select<(Entity<User>, Maybe<Post>), Scalar<Option<String>>> =
///     users.left_join(|u| u.posts).columns(|(_, p)| p.title);
/// assert_eq!(connection.all(titles)?.len(), 4);
/// # Ok::<(), Error>(())
/// ```
pub struct Select<S, O> {
    body: Box<SelectBody>,
    shape: PhantomData<fn() -> (S, O)>,
}

/// The type of `select::<M>()`, with or without filters: what people write in signatures.
/// ```
/// # use orm_doc::*;
/// fn admins() -> Query<User> {
///     select::<User>().filter(|u| u.admin)
/// }
/// assert_eq!(names(admins()), ["alice"]);
/// ```
pub type Query<M> = Select<(Entity<M>,), Entity<M>>;

impl<S, O> Clone for Select<S, O> {
    fn clone(&self) -> Self {
        Select::from_body(self.body.renumbered())
    }
}

impl<S, O> std::fmt::Debug for Select<S, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.body.fmt(f)
    }
}

/// All rows of a model's table.
/// ```
/// # use orm_doc::*;
/// let by_name: Query<User> = select::<User>().filter(|u| u.id.ne(2)).order_by(|u| u.username.desc());
/// assert_eq!(names(by_name), ["carol", "alice"]);
/// ```
pub fn select<M: Model>() -> Query<M> {
    let (from, at) = table_of(M::table(), Join::Inner);
    let columns = Few::one(Node::Entity { at, table: M::table() });
    Select::from_body(SelectBody { columns, from: Few::one(from), ..SelectBody::default() })
}

impl<S, O> Select<S, O> {
    pub(crate) fn from_body(body: SelectBody) -> Self {
        Select { body: Box::new(body), shape: PhantomData }
    }

    /// The plain tree.
    pub(crate) fn into_body(self) -> Box<SelectBody> {
        self.body
    }

    /// The plain tree under it, for tools: it can be printed, compared and walked.
    pub fn body(&self) -> &SelectBody {
        &self.body
    }

    pub(crate) fn lift(&mut self, scoping: super::scoping::Scoping) {
        self.body.scoping = self.body.scoping.max(scoping);
    }

    pub(super) fn body_mut(&mut self) -> &mut SelectBody {
        &mut self.body
    }

    fn retyped<S2, O2>(self) -> Select<S2, O2> {
        Select { body: self.body, shape: PhantomData }
    }

    fn with_tables(mut self, from: impl IntoIterator<Item = From>) -> Self {
        self.body.from.extend(from);
        self
    }
}

/// What a closure sees: the fields of the tables that are not hidden.
fn args_of<S: Scope>(body: &SelectBody) -> S::Args {
    let mut places = [Binding { table: 0, column: 0, derived: false }; SCOPE_MAX];
    let visible = body.from.iter().filter(|from| !from.hidden);
    for (place, from) in places.iter_mut().zip(visible) {
        (place.table, place.derived) = (from.number, !matches!(from.source, Source::Table(_)));
    }
    S::args(&places)
}

impl<S: Scope, O: Output> Select<S, O> {
    pub(super) fn args(&self) -> S::Args {
        args_of::<S>(&self.body)
    }

    /// Only rows for which the condition holds; several calls are joined by AND.
    /// ```
    /// # use orm_doc::*;
    /// let query = select::<User>().filter(|u| u.email.is_not_null()).filter(|u| !u.admin);
    /// assert_eq!(names(query), ["carol"]);
    /// ```
    pub fn filter<C: Condition>(mut self, condition: impl FnOnce(S::Args) -> C) -> Self {
        let condition = condition(self.args()).into_condition();
        self.body.filter = Some(and(self.body.filter.take(), condition));
        self
    }

    /// A filter that applies only when there is a value: `.filter_some(name, |u, name| u.username.eq(name))`.
    /// ```
    /// # use orm_doc::*;
    /// let (name, id) = (Some("bob"), None::<i64>);
    /// let query = select::<User>().filter_some(name, |u, name| u.username.eq(name)).filter_some(id, |u, id| u.id.eq(id));
    /// assert_eq!(names(query), ["bob"]);
    /// ```
    pub fn filter_some<V, C: Condition>(self, value: Option<V>, condition: impl FnOnce(S::Args, V) -> C) -> Self {
        match value {
            Some(value) => self.filter(|args| condition(args, value)),
            None => self,
        }
    }

    /// One row for each different value of the keys. Sums of the sums come by [`rollup`](super::rollup).
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Post>().group_by(|p| p.author).order_by(|p| p.author).columns(|p| (p.author, count(p)));
    /// let counts: Vec<(Ref<User>, i64)> = connection.all(query)?;
    /// assert_eq!(counts, [(1.into(), 2), (2.into(), 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn group_by<K: Groups>(mut self, keys: impl FnOnce(S::Args) -> K) -> Self {
        keys(self.args()).push_to(&mut self.body.group);
        self
    }

    /// Only groups for which the condition holds; several calls are joined by AND.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Post>().group_by(|p| p.author).having(|p| avg(p.score).gt(3.1)).columns(|p| avg(p.score));
    /// assert_eq!(connection.all(query)?, [Some(3.25)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn having<C: Condition>(mut self, condition: impl FnOnce(S::Args) -> C) -> Self {
        let condition = condition(self.args()).into_condition();
        self.body.having = Some(and(self.body.having.take(), condition));
        self
    }

    /// The order of the rows; a second call orders what the first left equal.
    /// ```
    /// # use orm_doc::*;
    /// let query = select::<Post>().order_by(|p| p.author.desc()).order_by(|p| p.score);
    /// assert_eq!(titles(query), ["A walk", "Rust for breakfast", "Hello"]);
    /// ```
    pub fn order_by<P: Orders>(mut self, order: impl FnOnce(S::Args) -> P) -> Self {
        order(self.args()).push_to(&mut self.body.order);
        self
    }

    /// At most so many rows.
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().limit(1)), ["alice"]);
    /// ```
    pub fn limit(mut self, rows: u64) -> Self {
        (self.body.limit, self.body.ties) = (Some(rows), false);
        self
    }

    /// Without the first so many rows.
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().order_by(|u| u.id).offset(1).limit(1)), ["bob"]);
    /// ```
    pub fn offset(mut self, rows: u64) -> Self {
        self.body.offset = Some(rows);
        self
    }

    /// Without repeated rows.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let writers = select::<User>().join(|u| u.posts).columns(|(u, _)| u.username);
    /// assert_eq!(connection.all(writers.clone())?.len(), 3);
    /// assert_eq!(connection.all(writers.distinct())?.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn distinct(mut self) -> Self {
        self.body.distinct = true;
        self
    }

    /// What is selected: columns, expressions, tables, or a tuple of these.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let rows: Vec<(User, String)> = connection.all(select::<Post>().join(|p| p.author).columns(|(p, u)| (u, p.title.upper())))?;
    /// assert_eq!(rows[0].1, "HELLO");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn columns<P: Project>(mut self, columns: impl FnOnce(S::Args) -> P) -> Select<S, P::Out> {
        let projection = columns(self.args());
        self.body.loads = projection.loads();
        let mut columns = Vec::new();
        projection.project(&mut columns);
        self.body.columns = columns.into();
        self.retyped()
    }

    /// Loads a relation of the rows, for all of them at once by one more statement: `(User, Vec<Post>)`. What was not loaded is not
    /// in the type, so it cannot be read. In a session the rows are handles as without it, and what was loaded is what
    /// [`related`](crate::Session::related) and `get` then find without a statement (of a relation with a filter or limit only the
    /// objects are kept, since it is not all there is).
    ///
    /// With a filter, order and limit for each owner: `.with(|u| u.posts.filter(|p| p.score.gt(1.0)).limit(3))`; nested:
    /// `.with(|u| u.posts.with(|p| p.comments))`.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let rows: Vec<(User, Vec<Post>, Vec<Group>)> =
    ///     connection.all(select::<User>().order_by(|u| u.id).with(|u| u.posts).with(|u| u.groups))?; // three statements
    /// assert_eq!((rows[0].1.len(), rows[0].2.len()), (2, 2));
    /// let rows: Vec<(Post, User)> = connection.all(select::<Post>().with(|p| p.author))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with<L: Load>(mut self, load: impl FnOnce(S::Args) -> L) -> Select<S, O::Out>
    where
        O: AddLoad<LoadedAs<L::Shape, L::Item>>,
    {
        let spec = load(self.args()).into_spec();
        self.body.loads.push(spec);
        self.retyped()
    }

    /// Locks the rows for writing until the end of the transaction. A session reads them anew, whatever it knows of them.
    /// Where a database has no row locks, an error of kind `Unsupported`.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let error = connection.all(select::<User>().for_update()).unwrap_err(); // this is SQLite
    /// assert_eq!(error.kind(), ErrorKind::Unsupported);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn for_update(self) -> Self {
        self.locked(LockStrength::Update)
    }

    /// Locks the rows against writing until the end of the transaction.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<User>().filter(|u| u.id.eq(1)).for_share();
    /// assert!(connection.all(query).is_err_and(|error| error.kind() == ErrorKind::Unsupported)); // this is SQLite
    /// # Ok::<(), Error>(())
    /// ```
    pub fn for_share(self) -> Self {
        self.locked(LockStrength::Share)
    }

    /// Follows a relation; rows without a partner are left out.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let by_admins = select::<Post>().join(|p| p.author).filter(|(_, u)| u.admin);
    /// assert_eq!(connection.all(by_admins)?.len(), 2); // posts: `columns` would say otherwise
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join<R: Relation>(self, relation: impl FnOnce(S::Args) -> R) -> Select<Joined<S, Entity<R::Target>>, O>
    where
        S: Push<Entity<R::Target>>,
    {
        let path = relation(self.args()).path();
        self.with_tables(join_tables(path, R::Target::table(), Join::Inner)).retyped()
    }

    /// Follows a relation; rows without a partner stay, with `None` beside them.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<User>().left_join(|u| u.posts).filter(|(_, p)| p.id.is_null()).columns(|(u, p)| (u.username, p));
    /// let idle: Vec<(String, Option<Post>)> = connection.all(query)?;
    /// assert_eq!(idle, [("carol".into(), None)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join<R: Relation>(self, relation: impl FnOnce(S::Args) -> R) -> Select<Joined<S, Maybe<R::Target>>, O>
    where
        S: Push<Maybe<R::Target>>,
    {
        let path = relation(self.args()).path();
        self.with_tables(join_tables(path, R::Target::table(), Join::Left)).retyped()
    }

    /// Joins any query on any condition.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let better = select::<Post>().join_on(select::<Post>(), |(a, b)| a.score.gt(b.score)).columns(|(a, b)| (a.title, b.title));
    /// assert_eq!(connection.all(better)?.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join_on<T: Tabular, C: Condition>(
        self,
        source: impl IntoSource<T>,
        on: impl FnOnce(Args<Joined<S, T>>) -> C,
    ) -> Select<Joined<S, T>, O>
    where
        S: Push<T>,
    {
        self.joined_on(source.into_source(Join::Inner, false), on)
    }

    /// Joins any query on any condition; rows without a partner stay, with `None` beside them.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Post>().left_join_on(select::<Post>(), |(a, b)| b.score.gt(a.score)).filter(|(_, b)| b.id.is_null());
    /// assert_eq!(connection.one(query)?.title, "Hello"); // nothing is better
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join_on<T: Tabular, C: Condition>(
        self,
        source: impl IntoSource<T>,
        on: impl FnOnce(Args<Joined<S, T::Outer>>) -> C,
    ) -> Select<Joined<S, T::Outer>, O>
    where
        S: Push<T::Outer>,
    {
        self.joined_on(source.into_source(Join::Left, false), on)
    }

    /// Follows a relation, and keeps also the rows at its end that nothing leads to: what was in the query before becomes
    /// nullable, in closures and in the output.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Post>().right_join(|p| p.author).columns(|(p, u)| (u.username, p.title)).order_by(|(p, _)| p.id.asc().nulls_last());
    /// let rows: Vec<(String, Option<String>)> = connection.all(query)?;
    /// assert_eq!(rows[3], ("carol".into(), None));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn right_join<R: Relation>(
        self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Select<Joined<S::Outer, Entity<R::Target>>, O::Nullable>
    where
        S::Outer: Push<Entity<R::Target>>,
    {
        let path = relation(self.args()).path();
        self.with_tables(join_tables(path, R::Target::table(), Join::Right)).retyped()
    }

    /// Follows a relation and keeps all rows of both sides: everything becomes nullable. MySQL and MariaDB do not have it.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Post>().full_join(|p| p.author).columns(|(p, u)| (p, u));
    /// let rows: Vec<(Option<Post>, Option<User>)> = connection.all(query)?;
    /// assert_eq!(rows.len(), 4);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn full_join<R: Relation>(
        self,
        relation: impl FnOnce(S::Args) -> R,
    ) -> Select<Joined<S::Outer, Maybe<R::Target>>, O::Nullable>
    where
        S::Outer: Push<Maybe<R::Target>>,
    {
        let path = relation(self.args()).path();
        self.with_tables(join_tables(path, R::Target::table(), Join::Full)).retyped()
    }

    /// Joins, for each row, a query of its own that may use the row: `join_lateral(|u| select::<Post>().filter(move |p|
    /// p.author.eq(u.id)).limit(3))`. Rows for which it finds nothing are left out. SQLite and MariaDB do not have it.
    /// ```
    /// # use orm_doc::*;
    /// let latest = |u: UserFields<Required>| select::<Post>().filter(move |p| p.author.eq(u.id)).order_by(|p| p.id.desc()).limit(1);
    /// let query = select::<User>().join_lateral(latest).columns(|(u, p)| (u.username, p.title));
    /// assert!(query.to_sql(&orm_core::dialect::POSTGRES)?.sql.contains("LATERAL"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn join_lateral<T: Tabular, Q: IntoSource<T>>(
        self,
        source: impl FnOnce(S::Args) -> Q,
    ) -> Select<Joined<S, T>, O>
    where
        S: Push<T>,
    {
        let from = source(self.args()).into_source(Join::Inner, true);
        self.with_tables([from]).retyped()
    }

    /// As [`join_lateral`](Self::join_lateral), but rows for which it finds nothing stay, with `None` beside them.
    /// ```
    /// # use orm_doc::*;
    /// let latest = |u: UserFields<Required>| select::<Post>().filter(move |p| p.author.eq(u.id)).order_by(|p| p.id.desc()).limit(1);
    /// let query = select::<User>().left_join_lateral(latest).columns(|(u, p)| (u.username, p.title));
    /// assert!(query.to_sql(&orm_core::dialect::POSTGRES)?.sql.contains("LEFT JOIN LATERAL"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn left_join_lateral<T: Tabular, Q: IntoSource<T>>(
        self,
        source: impl FnOnce(S::Args) -> Q,
    ) -> Select<Joined<S, T::Outer>, O>
    where
        S: Push<T::Outer>,
    {
        let mut from = source(self.args()).into_source(Join::Left, true);
        from.on = Some(Node::Constant(true));
        self.with_tables([from]).retyped()
    }

    /// Every row beside every row of a query.
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.count(select::<User>().cross_join(select::<Group>()))?, 6);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cross_join<T: Tabular>(self, source: impl IntoSource<T>) -> Select<Joined<S, T>, O>
    where
        S: Push<T>,
    {
        self.with_tables([source.into_source(Join::Cross, false)]).retyped()
    }

    fn joined_on<X: Tabular, C: Condition>(
        self,
        from: From,
        on: impl FnOnce(Args<Joined<S, X>>) -> C,
    ) -> Select<Joined<S, X>, O>
    where
        S: Push<X>,
    {
        let mut joined: Select<Joined<S, X>, O> = self.with_tables([from]).retyped();
        let condition = on(args_of::<Joined<S, X>>(&joined.body)).into_condition();
        joined.body.from.last_mut().expect("a table was added").on = Some(condition);
        joined
    }
}
