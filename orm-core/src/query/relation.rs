//! Relations as values: where they start, what they lead to, and the condition of the join between.

use super::expr::{Condition, Expr, Field, Orders};
use super::load::{Hierarchy, Load, Loaded, LoadedAs, Nested, TreeOf, With};
use super::node::{Aggregate, BinaryOp, Few, From, Join, Node, SelectBody, Source, and, next_table};
use super::ops::binary;
use super::output::Entity;
use super::scoping::Scoping;
use crate::model::{Binding, Model, Ref};
use crate::schema::Table;
use crate::value::{Required, Type};
use std::marker::PhantomData;

/// How many objects a relation leads to.
pub trait Shape {
    /// `Vec<T>`, `T` or `Option<T>`.
    type Of<T: Clone + 'static>: Clone + 'static;
    /// How many where the owner itself may be missing.
    #[doc(hidden)]
    type Nullable: Shape;
    /// The rows of one owner in this shape; `None` when there must be one and there is none.
    #[doc(hidden)]
    fn collect<T: Clone + 'static>(rows: &[T]) -> Option<Self::Of<T>>;
    /// The same without copies.
    #[doc(hidden)]
    fn take<T: Clone + 'static>(rows: Vec<T>) -> Option<Self::Of<T>>;
}
/// Any number: `Vec`.
#[derive(Clone, Copy, Debug)]
pub struct Many;
/// Exactly one.
#[derive(Clone, Copy, Debug)]
pub struct One;
/// One or none: `Option`.
#[derive(Clone, Copy, Debug)]
pub struct Optional;
impl Shape for Many {
    type Of<T: Clone + 'static> = Vec<T>;
    type Nullable = Many;
    fn collect<T: Clone + 'static>(rows: &[T]) -> Option<Vec<T>> {
        Some(rows.to_vec())
    }
    fn take<T: Clone + 'static>(rows: Vec<T>) -> Option<Vec<T>> {
        Some(rows)
    }
}
impl Shape for One {
    type Of<T: Clone + 'static> = T;
    type Nullable = Optional;
    fn collect<T: Clone + 'static>(rows: &[T]) -> Option<T> {
        rows.first().cloned()
    }
    fn take<T: Clone + 'static>(rows: Vec<T>) -> Option<T> {
        rows.into_iter().next()
    }
}
impl Shape for Optional {
    type Of<T: Clone + 'static> = Option<T>;
    type Nullable = Optional;
    fn collect<T: Clone + 'static>(rows: &[T]) -> Option<Option<T>> {
        Some(rows.first().cloned())
    }
    fn take<T: Clone + 'static>(rows: Vec<T>) -> Option<Option<T>> {
        Some(rows.into_iter().next())
    }
}

/// How a relation is stored.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Path {
    /// A reference in the table where the relation starts.
    To { at: Binding, ty: Type },
    /// A reference in the other table.
    From { at: Binding, owner: &'static Table, field: &'static str },
    /// Two references in a table between.
    Through { at: Binding, owner: &'static Table, link: &'static Table, left: &'static str, right: &'static str },
}

/// A relation of a model: a `Ref` field, or one of `has_many`, `has_one`, `many_to_many`.
///
/// `join`, `left_join` and the others follow it; [`any`](Relation::any), [`all`](Relation::all) and [`count`](Relation::count) ask about
/// the rows at its end without a join.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(names(select::<User>().filter(|u| u.groups.any(|g| g.name.eq("hiking")))), ["alice", "bob"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relation",
    label = "not a relation",
    note = "a relation is a `Ref` column or one of has_many(..), has_one(..), many_to_many(..) of the model"
)]
pub trait Relation: Sized {
    /// The model at its end.
    type Target: Model;
    /// How many.
    type Shape: Shape;

    /// How it is stored.
    #[doc(hidden)]
    fn path(self) -> Path;

    /// True when a row at its end satisfies the condition.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().filter(|u| u.posts.any(|p| p.score.gt(4)))), ["alice"]);
    /// ```
    fn any<C: Condition>(self, condition: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> C) -> Expr<bool> {
        let (mut body, at) = related_rows(self.path(), Self::Target::table());
        let condition = condition(Self::Target::fields(at)).into_condition();
        body.filter = Some(and(body.filter.take(), condition));
        body.columns = Few::one(Node::Constant(true));
        Expr::new(Node::Exists(Box::new(body)))
    }

    /// True when no row at its end fails the condition; also when there is no row.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().filter(|u| u.posts.all(|p| p.score.gt(2)))), ["bob", "carol"]);
    /// ```
    fn all<C: Condition>(self, condition: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> C) -> Expr<bool> {
        let fails = self.any(|fields| {
            // A condition that is unknown has failed, too.
            let condition = condition(fields).into_condition();
            Expr::<bool>::new(binary(BinaryOp::NotSame, Type::Bool, condition, Node::Constant(true)))
        });
        !fails
    }

    /// True when no row at its end satisfies the condition; also when there is no row.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().filter(|u| u.posts.none(|p| p.score.gt(4)))), ["bob", "carol"]);
    /// ```
    fn none<C: Condition>(self, condition: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> C) -> Expr<bool> {
        !self.any(condition)
    }

    /// Only rows for which the condition holds, for [`with`](crate::Select::with).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let users = connection.all(select::<User>().with(|u| u.posts.filter(|p| p.score.gt(4))).order_by(|u| u.id))?;
    /// assert_eq!((users[0].1.len(), users[1].1.len()), (1, 0)); // all users, some of their posts
    /// # Ok::<(), Error>(())
    /// ```
    fn filter<C: Condition>(
        self,
        condition: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> C,
    ) -> Nested<Self, Entity<Self::Target>> {
        Nested::new(self).filter(condition)
    }

    /// The order of the rows of each owner, for [`with`](crate::Select::with).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let users = connection.all(select::<User>().with(|u| u.posts.order_by(|p| p.score)).order_by(|u| u.id))?;
    /// assert_eq!(users[0].1[0].title, "Rust for breakfast");
    /// # Ok::<(), Error>(())
    /// ```
    fn order_by<P: Orders>(
        self,
        order: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> P,
    ) -> Nested<Self, Entity<Self::Target>> {
        Nested::new(self).order_by(order)
    }

    /// At most so many rows for each owner, for [`with`](crate::Select::with).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let users = connection.all(select::<User>().with(|u| u.posts.limit(1)))?;
    /// assert!(users.iter().all(|(_, posts)| posts.len() <= 1));
    /// # Ok::<(), Error>(())
    /// ```
    fn limit(self, rows: u64) -> Nested<Self, Entity<Self::Target>> {
        Nested::new(self).limit(rows)
    }

    /// Loads a relation of the rows at its end, for [`with`](crate::Select::with): `u.posts.with(|p| p.comments)`.
    fn with<L: Load>(
        self,
        load: impl FnOnce(<Self::Target as Model>::Fields<Required>) -> L,
    ) -> Nested<Self, With<Entity<Self::Target>, (LoadedAs<L::Shape, L::Item>,)>>
    where
        LoadedAs<L::Shape, L::Item>: Loaded,
    {
        Nested::<Self, Entity<Self::Target>>::new(self).with(load)
    }

    /// The rows at its end with the rows below them, to a depth: `(Category, Vec<Tree<Category>>)`. One statement for each level
    /// serves all rows, and the first empty level is the last; rows that are below themselves end at the depth, too. A depth of 1
    /// is the rows right below, a depth of 0 none.
    ///
    /// With an order, filter or limit, which hold on every level: `c.children.order_by(|c| c.name).recursive(5)`. In a session
    /// all levels become what [`related`](crate::Session::related) finds without a statement.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<Category>().filter(|c| c.parent.is_null()).with(|c| c.children.recursive(5));
    /// let roots: Vec<(Category, Vec<Tree<Category>>)> = connection.all(query)?;
    /// let fruit = &roots[0].1[0];
    /// assert_eq!((fruit.node.name.as_str(), fruit.children[0].node.name.as_str()), ("fruit", "apples"));
    /// # Ok::<(), Error>(())
    /// ```
    fn recursive(self, depth: u32) -> Nested<Self, TreeOf<Self::Target>>
    where
        Self: Hierarchy,
    {
        Nested::<Self, Entity<Self::Target>>::new(self).recursive(depth)
    }

    /// How many rows are at its end.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(of_alice(|u| u.posts.count()), 2);
    /// ```
    fn count(self) -> Expr<i64> {
        let (mut body, _) = related_rows(self.path(), Self::Target::table());
        body.columns =
            Few::one(Node::Aggregate { function: Aggregate::Count, ty: Type::I64, of: None, distinct: false });
        Expr::new(Node::Subquery(Box::new(body)))
    }
}

// pub struct HasMany<O, M>: a Copy value of a place and a field's name, and its impls
macro_rules! relations { ($($(#[$doc:meta])* $name:ident<$($p:ident),*> = $shape:ident, $target:ident;)*) => { $(
    $(#[$doc])*
    pub struct $name<$($p),*> {
        at: Binding,
        fields: (&'static str, &'static str),
        models: PhantomData<fn() -> ($($p,)*)>,
    }
    impl<$($p),*> Clone for $name<$($p),*> {
        fn clone(&self) -> Self {
            *self
        }
    }
    impl<$($p),*> Copy for $name<$($p),*> {}
    impl<$($p),*> std::fmt::Debug for $name<$($p),*> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, concat!(stringify!($name), "({}{})"), self.fields.0, self.fields.1)
        }
    }
    #[diagnostic::do_not_recommend]
    impl<$($p: Model),*> Relation for $name<$($p),*> {
        type Target = $target;
        type Shape = $shape;
        fn path(self) -> Path {
            self.stored()
        }
    }
)* } }
relations! {
    /// The rows of another model that refer to this one.
    HasMany<O, M> = Many, M;
    /// The one row of another model that refers to this one, if there is one.
    HasOne<O, M> = Optional, M;
    /// The rows of another model that are linked to this one by rows of a third.
    ManyToMany<O, M, L> = Many, M;
}

impl<O, M> HasMany<O, M> {
    /// By the name of the other model's `Ref` field. The derive calls it.
    #[doc(hidden)]
    pub fn new(at: Binding, field: &'static str) -> Self {
        HasMany { at, fields: (field, ""), models: PhantomData }
    }
}
impl<O: Model, M: Model> HasMany<O, M> {
    fn stored(self) -> Path {
        Path::From { at: self.at, owner: O::table(), field: self.fields.0 }
    }
}
impl<O, M> HasOne<O, M> {
    /// By the name of the other model's `Ref` field. The derive calls it.
    #[doc(hidden)]
    pub fn new(at: Binding, field: &'static str) -> Self {
        HasOne { at, fields: (field, ""), models: PhantomData }
    }
}
impl<O: Model, M: Model> HasOne<O, M> {
    fn stored(self) -> Path {
        Path::From { at: self.at, owner: O::table(), field: self.fields.0 }
    }
}
impl<O, M, L> ManyToMany<O, M, L> {
    /// By the names of the link model's `Ref` fields to this model and to the other. The derive calls it.
    #[doc(hidden)]
    pub fn new(at: Binding, left: &'static str, right: &'static str) -> Self {
        ManyToMany { at, fields: (left, right), models: PhantomData }
    }
}
impl<O: Model, M: Model, L: Model> ManyToMany<O, M, L> {
    fn stored(self) -> Path {
        Path::Through { at: self.at, owner: O::table(), link: L::table(), left: self.fields.0, right: self.fields.1 }
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model> Relation for Field<Ref<M>> {
    type Target = M;
    type Shape = One;
    fn path(self) -> Path {
        Path::To { at: self.at, ty: <M::Key as crate::value::KeyParts>::TYPE }
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> Relation for Field<Option<Ref<M>>> {
    type Target = M;
    type Shape = Optional;
    fn path(self) -> Path {
        Path::To { at: self.at, ty: <M::Key as crate::value::KeyParts>::TYPE }
    }
}

/// A table of a query under a new number.
pub(crate) fn table_of(table: &'static Table, join: Join) -> (From, Binding) {
    let number = next_table();
    let from = From { number, source: Source::Table(table), join, on: None, hidden: false, scoping: Scoping::Full };
    (from, Binding { table: number, column: 0, derived: false })
}

/// The primary key of a table as one operand.
pub(crate) fn key_node(at: Binding, table: &'static Table) -> Node {
    let column = |&column: &usize| Node::Column { at: at.offset(column), ty: table.columns[column].ty };
    match table.primary_key.as_slice() {
        [only] => column(only),
        several => Node::Row(several.iter().map(column).collect()),
    }
}

/// The reference of a field of a table as one operand.
fn field_node(at: Binding, table: &'static Table, field: &str) -> Node {
    let field = table.field(field).expect("the derive checks that a relation names a field of the other model");
    let types: Vec<Type> =
        table.columns[field.start..field.start + field.width].iter().map(|column| column.ty).collect();
    match types.as_slice() {
        [only] => Node::Column { at: at.offset(field.start), ty: *only },
        several => {
            let column = |(i, ty): (usize, &Type)| Node::Column { at: at.offset(field.start + i), ty: *ty };
            Node::Row(several.iter().enumerate().map(column).collect())
        }
    }
}

fn equal(left: Node, right: Node) -> Node {
    let ty = left.ty().unwrap_or(Type::Row(&[]));
    binary(BinaryOp::Eq, ty, left, right)
}

/// The tables that a join along a relation adds, each with its condition; the last is the target.
pub(crate) fn join_tables(path: Path, target: &'static Table, join: Join) -> Vec<From> {
    let (mut end, at_end) = table_of(target, join);
    match path {
        Path::To { at, ty } => {
            end.on = Some(equal(Node::Column { at, ty }, key_node(at_end, target)));
            end.scoping = Scoping::WithDeleted; // a reference leads to its row, whatever became of that
            vec![end]
        }
        Path::From { at, owner, field } => {
            end.on = Some(equal(field_node(at_end, target, field), key_node(at, owner)));
            vec![end]
        }
        Path::Through { at, owner, link, left, right } => {
            // The link's rows alone are never wanted, only those at either end.
            let join_link = match join {
                Join::Left | Join::Full => Join::Left,
                Join::Inner | Join::Right | Join::Cross => Join::Inner,
            };
            let (mut between, at_link) = table_of(link, join_link);
            between.hidden = true;
            between.on = Some(equal(field_node(at_link, link, left), key_node(at, owner)));
            end.on = Some(equal(key_node(at_end, target), field_node(at_link, link, right)));
            vec![between, end]
        }
    }
}

/// The rows at the end of a relation as a query of their own, correlated with the place where it starts.
fn related_rows(path: Path, target: &'static Table) -> (SelectBody, Binding) {
    let mut from = join_tables(path, target, Join::Inner);
    let at = Binding { table: from.last().expect("a join adds a table").number, column: 0, derived: false };
    let filter = from[0].on.take();
    (SelectBody { from: from.into(), filter, ..SelectBody::default() }, at)
}

/// The row with a primary key.
pub(crate) fn key_equals<M: Model>(at: Binding, key: Node) -> Expr<bool> {
    Expr::new(equal(key_node(at, M::table()), key))
}

/// The rows behind a primary key of one column.
pub(crate) fn key_above<M: Model>(at: Binding, key: Node) -> Expr<bool> {
    let own = key_node(at, M::table());
    let ty = own.ty().unwrap_or(Type::Row(&[]));
    Expr::new(binary(BinaryOp::Gt, ty, own, key))
}

/// The tables of a statement that loads a relation, and the columns in them that name the owner.
pub(crate) fn related_tables(path: Path, target: &'static Table, at: Binding) -> (Vec<From>, Vec<Node>) {
    let columns = |at: Binding, table: &'static Table, start: usize, width: usize| -> Vec<Node> {
        (start..start + width)
            .map(|column| Node::Column { at: at.offset(column), ty: table.columns[column].ty })
            .collect()
    };
    let mut end = From {
        number: at.table,
        source: Source::Table(target),
        join: Join::Inner,
        on: None,
        hidden: false,
        scoping: Scoping::Full,
    };
    let field = |table: &'static Table, name: &str| {
        let field = table.field(name).expect("the derive checks that a relation names a field of the other model");
        (field.start, field.width)
    };
    match path {
        Path::To { .. } => {
            let column = |&column: &usize| Node::Column { at: at.offset(column), ty: target.columns[column].ty };
            end.scoping = Scoping::WithDeleted;
            (vec![end], target.primary_key.iter().map(column).collect())
        }
        Path::From { field: name, .. } => {
            let (start, width) = field(target, name);
            (vec![end], columns(at, target, start, width))
        }
        Path::Through { link, left, right, .. } => {
            let (mut between, at_link) = table_of(link, Join::Inner);
            between.hidden = true;
            between.on = Some(equal(key_node(at, target), field_node(at_link, link, right)));
            let (start, width) = field(link, left);
            (vec![end, between], columns(at_link, link, start, width))
        }
    }
}
