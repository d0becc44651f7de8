//! The typed rim: `Field<T>` and `Expr<T>` carry a type and lower at once to plain nodes; `IntoExpr` says what may stand beside what.

use super::node::{Node, Order};
use super::output::Scalar;
use super::select::Select;
use crate::model::{Binding, Handle, Model, Ref};
use crate::value::{Datum, Key, KeyParts, Nullability, Outer, Required, SqlType, Type, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A column of a table in a query. Comes from the fields struct that a closure gets: `|u| u.username`.
///
/// ```
/// # use orm_doc::*;
/// fn of_example_net(address: orm_core::Field<Option<String>>) -> Expr<bool> {
///     address.ends_with("@example.net")
/// }
/// assert_eq!(names(select::<User>().filter(|u| of_example_net(u.email))), ["carol"]);
/// ```
pub struct Field<T> {
    pub(crate) at: Binding,
    ty: PhantomData<fn() -> T>,
}

/// An SQL expression of a type.
///
/// ```
/// # use orm_doc::*;
/// fn active<N: Nullability>(u: UserFields<N>) -> Expr<bool> {
///     u.posts.any(|p| p.score.gt(2))
/// }
/// assert_eq!(names(select::<User>().filter(active)), ["alice", "bob"]);
/// assert_eq!(of_alice(|u| (u.id + 1) * 3), 6);
/// ```
pub struct Expr<T> {
    pub(crate) node: Node,
    ty: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Field<T> {}
impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Expr::unmeasured(self.node.clone())
    }
}
impl<T> fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field(t{}.{})", self.at.table, self.at.column)
    }
}
impl<T> fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<T> Field<T> {
    /// The column at a place of a query. The derive calls it.
    #[doc(hidden)]
    pub fn at(at: Binding) -> Self {
        Field { at, ty: PhantomData }
    }
}

impl<T: SqlType> Field<T> {
    /// The same column with its NULL forgotten: for a column that a filter has made NOT NULL. If a NULL comes after all,
    /// reading it is a `Decode` error.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = select::<User>().filter(|u| u.email.is_not_null()).columns(|u| u.email.assume_not_null());
    /// let addresses: Vec<String> = connection.all(query)?;
    /// assert_eq!(addresses.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn assume_not_null(self) -> Field<T::Base> {
        Field::at(self.at)
    }
}

/// A column as an expression, for a function that takes or gives either.
///
/// ```
/// # use orm_doc::*;
/// fn shown(user: UserFields<Required>, full: bool) -> Expr<String> {
///     if full { user.username.concat("@example.org") } else { user.username.into() }
/// }
/// assert_eq!(of_alice(|u| shown(u, false)), "alice");
/// ```
impl<T: SqlType> From<Field<T>> for Expr<T> {
    fn from(field: Field<T>) -> Self {
        Expr::new(field.into_node())
    }
}

impl<T> Expr<T> {
    /// Of a tree that is known not to be too deep; all others come by [`new`](Expr::new).
    pub(super) fn unmeasured(node: Node) -> Self {
        Expr { node, ty: PhantomData }
    }
}

/// A field or an expression, as a free function takes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column or SQL expression",
    label = "expected a column or expression; wrap a plain value in `val(..)`"
)]
pub trait AsExpr: Sized {
    /// Its SQL type.
    type Sql: SqlType;
    /// The tree under it.
    #[doc(hidden)]
    fn into_node(self) -> Node;
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> AsExpr for Field<T> {
    type Sql = T;
    fn into_node(self) -> Node {
        Node::Column { at: self.at, ty: <T::Base as Value>::TYPE }
    }
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> AsExpr for Expr<T> {
    type Sql = T;
    fn into_node(self) -> Node {
        self.node
    }
}

/// What may stand beside something of base type `B`: a value, a column, an expression, a subquery.
///
/// `Null` says whether it may be NULL: comparison does not care, assignment and arithmetic do.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let query = select::<User>().join(|u| u.posts).filter(|(u, p)| p.author.eq(u.id) & u.email.ne(u.username) & p.score.eq(4.5));
/// assert_eq!(connection.one(query)?.username, "alice");
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand where SQL expects `{B}`",
    label = "expected `{B}`: a value, column, expression or subquery of that type",
    note = "types must match: convert a number by `i64::from(n)`, an `Option<&str>` by `.map(str::to_owned)`, a column by `.cast::<i64>()`"
)]
pub trait IntoExpr<B: Value>: Sized {
    /// Whether it may be NULL.
    type Null: Nullability;
    /// The tree under it.
    #[doc(hidden)]
    fn into_operand(self) -> Node;
}

fn bind<B: Value>(value: &B) -> Node {
    Node::bind(value.to_datum().into_owned(), B::TYPE)
}

fn column<B: Value>(at: Binding) -> Node {
    Node::Column { at, ty: B::TYPE }
}

// One impl of `IntoExpr<$b>` for `$t` each: `impl<T: Value> IntoExpr<T> for T { type Null = Required; fn into_operand(self) -> Node { bind(&self) } }`
macro_rules! into_expr { ($([$($generics:tt)*] $t:ty => $b:ty, $null:ty, $this:ident: $node:expr;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($generics)*> IntoExpr<$b> for $t {
        type Null = $null;
        fn into_operand(self) -> Node {
            let $this = self;
            $node
        }
    }
)* } }

into_expr! {
    [T: Value] T => T, Required, v: bind(&v);
    ['a, T: Value] &'a T => T, Required, v: bind(v);
    [T: Value] Option<T> => T, Outer, v: v.as_ref().map_or(Node::bind(Datum::Null, T::TYPE), bind);
    ['a, T: Value] &'a Option<T> => T, Outer, v: v.as_ref().map_or(Node::bind(Datum::Null, T::TYPE), bind);
    ['a] &'a str => String, Required, v: Node::bind(Datum::Text(Cow::Owned(v.to_owned())), Type::Text);
    ['a, 'b] &'a &'b str => String, Required, v: Node::bind(Datum::Text(Cow::Owned((*v).to_owned())), Type::Text);
    ['a] Cow<'a, str> => String, Required, v: Node::bind(Datum::Text(Cow::Owned(v.into_owned())), Type::Text);
    ['a] &'a [u8] => Vec<u8>, Required, v: Node::bind(Datum::Bytes(Cow::Owned(v.to_owned())), Type::Bytes);
    [T: Value] Field<T> => T, Required, v: column::<T>(v.at);
    [T: Value] Field<Option<T>> => T, Outer, v: column::<T>(v.at);
    [T: Value] Expr<T> => T, Required, v: v.node;
    [T: Value] Expr<Option<T>> => T, Outer, v: v.node;
    // `score.gt(4)`: lossless, and the only integer beside a float, so that literals still infer.
    [] i32 => f64, Required, v: Node::bind(Datum::Float(f64::from(v)), Type::F64);
    // A scalar subquery may find no row.
    [S, T: Value] Select<S, Scalar<T>> => T, Outer, v: Node::Subquery(v.into_body());
    [S, T: Value] Select<S, Scalar<Option<T>>> => T, Outer, v: Node::Subquery(v.into_body());
    // Ref columns: handles, keys of any key type, key columns, and back.
    [M: Model] Handle<M> => Ref<M>, Required, v: bind(&Ref::<M>::from(v));
    [M: Model<Key = K>, K: Key] K => Ref<M>, Required, v: bind(&Ref::<M>::from(v));
    ['a, M: Model<Key = String>] &'a str => Ref<M>, Required, v: bind(&Ref::<M>::from(v));
    [M: Model<Key = K>, K: Key + Value] Field<K> => Ref<M>, Required, v: column::<K>(v.at);
    [M: Model<Key = K>, K: Key + Value] Field<Option<K>> => Ref<M>, Outer, v: column::<K>(v.at);
    [M: Model<Key = K>, K: Key + Value] Expr<K> => Ref<M>, Required, v: v.node;
    [M: Model<Key = K>, K: Key + Value] Expr<Option<K>> => Ref<M>, Outer, v: v.node;
    [M: Model<Key = K>, K: Key + Value] Field<Ref<M>> => K, Required, v: column::<Ref<M>>(v.at);
    [M: Model<Key = K>, K: Key + Value] Field<Option<Ref<M>>> => K, Outer, v: column::<Ref<M>>(v.at);
    [M: Model<Key = K>, K: Key + Value] Expr<Ref<M>> => K, Required, v: v.node;
    [M: Model<Key = K>, K: Key + Value] Expr<Option<Ref<M>>> => K, Outer, v: v.node;
    [S, M: Model<Key = K>, K: Key + Value] Select<S, Scalar<K>> => Ref<M>, Outer, v: Node::Subquery(v.into_body());
    [S, M: Model<Key = K>, K: Key + Value] Select<S, Scalar<Option<K>>> => Ref<M>, Outer, v: Node::Subquery(v.into_body());
    [S, M: Model<Key = K>, K: Key + Value] Select<S, Scalar<Ref<M>>> => K, Outer, v: Node::Subquery(v.into_body());
    [S, M: Model<Key = K>, K: Key + Value] Select<S, Scalar<Option<Ref<M>>>> => K, Outer, v: Node::Subquery(v.into_body());
    [M: Model<Key = K>, K: Key + Value] Ref<M> => K, Required, v: Node::bind(Value::to_datum(&v).into_owned(), <K as KeyParts>::TYPE);
}

#[cfg(feature = "rust_decimal")]
into_expr! {
    [] i64 => rust_decimal::Decimal, Required, v: bind(&rust_decimal::Decimal::from(v));
}

/// What `in_` takes: anything iterable of what `eq` takes, or a query of one column.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(names(select::<User>().filter(|u| u.id.in_(1..=2))), ["alice", "bob"]);
/// assert_eq!(names(select::<User>().filter(|u| u.username.in_(["bob", "eve"]))), ["bob"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list or one-column query of `{B}`",
    label = "expected an array, Vec, slice, iterator or `select(..)` of `{B}`"
)]
pub trait IntoList<B: Value> {
    /// The list.
    #[doc(hidden)]
    fn into_list(self) -> List;
}

/// The right side of IN.
#[doc(hidden)]
#[derive(Debug)]
pub enum List {
    Items(Vec<Node>),
    Query(Box<super::node::SelectBody>),
}

impl<B: Value, I: IntoIterator<Item: IntoExpr<B>>> IntoList<B> for I {
    fn into_list(self) -> List {
        List::Items(self.into_iter().map(IntoExpr::into_operand).collect())
    }
}
// impl IntoList<$b> for Select<S, Scalar<$t>>: the same types as `IntoExpr` has for a query
macro_rules! queries { ($([$($generics:tt)*] $t:ty => $b:ty;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<S, $($generics)*> IntoList<$b> for Select<S, Scalar<$t>> {
        fn into_list(self) -> List {
            List::Query(self.into_body())
        }
    }
)* } }
queries! {
    [T: Value] T => T;
    [T: Value] Option<T> => T;
    [M: Model<Key = K>, K: Key + Value] K => Ref<M>;
    [M: Model<Key = K>, K: Key + Value] Option<K> => Ref<M>;
    [M: Model<Key = K>, K: Key + Value] Ref<M> => K;
    [M: Model<Key = K>, K: Key + Value] Option<Ref<M>> => K;
}

/// A plain value as an expression: `val("x")`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of a column type",
    label = "expected a value that a database column can hold",
    note = "an integer, float, bool, String, Vec<u8>, a type with #[derive(SqlType)] or #[derive(SqlEnum)], or an Option of these"
)]
pub trait Literal {
    /// Its SQL type.
    type Sql: SqlType;
    /// The tree under it.
    #[doc(hidden)]
    fn into_literal(self) -> Node;
}
#[diagnostic::do_not_recommend]
impl<T: Value> Literal for T {
    type Sql = T;
    fn into_literal(self) -> Node {
        bind(&self)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Value> Literal for Option<T> {
    type Sql = Option<T>;
    fn into_literal(self) -> Node {
        IntoExpr::<T>::into_operand(self)
    }
}
#[diagnostic::do_not_recommend]
impl Literal for &str {
    type Sql = String;
    fn into_literal(self) -> Node {
        IntoExpr::<String>::into_operand(self)
    }
}

/// What `filter`, `having` and `on` take: a true/false expression or column, or a plain `bool`.
///
/// ```
/// # use orm_doc::*;
/// let everybody = true;
/// assert_eq!(names(select::<User>().filter(|u| u.admin)).len(), 1); // a column
/// assert_eq!(names(select::<User>().filter(|_| everybody)).len(), 3); // a plain bool
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "expected a true/false expression, such as `u.age.gt(18)`"
)]
pub trait Condition {
    /// The tree under it.
    #[doc(hidden)]
    fn into_condition(self) -> Node;
}
impl<T: SqlType<Base: crate::value::Boolean>> Condition for Expr<T> {
    fn into_condition(self) -> Node {
        self.node
    }
}
impl<T: SqlType<Base: crate::value::Boolean>> Condition for Field<T> {
    fn into_condition(self) -> Node {
        AsExpr::into_node(self)
    }
}
impl Condition for bool {
    fn into_condition(self) -> Node {
        Node::Constant(self)
    }
}

/// What `order_by` takes: `u.name.asc()`, a column or expression alone (ascending), a tuple or a `Vec` of these.
///
/// ```
/// # use orm_doc::*;
/// assert_eq!(titles(select::<Post>().order_by(|p| (p.author, p.score.desc()))), ["Hello", "Rust for breakfast", "A walk"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order",
    label = "expected a column, `.asc()`, `.desc()`, or a tuple of these"
)]
pub trait Orders {
    /// Appends the orders.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Order>);
}
#[diagnostic::do_not_recommend]
impl Orders for Order {
    fn push_to(self, out: &mut Vec<Order>) {
        out.push(self);
    }
}
#[diagnostic::do_not_recommend]
impl<E: AsExpr> Orders for E {
    fn push_to(self, out: &mut Vec<Order>) {
        out.push(Order { node: self.into_node(), descending: false, nulls: None });
    }
}
#[diagnostic::do_not_recommend]
impl Orders for Vec<Order> {
    fn push_to(mut self, out: &mut Vec<Order>) {
        out.append(&mut self);
    }
}

/// What `group_by`, `partition_by` and `on_conflict` take: columns, expressions, a whole table, or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no columns",
    label = "expected a column, an expression, a table, or a tuple of these"
)]
pub trait GroupKey {
    /// Appends the expressions.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Node>);
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> GroupKey for Field<T> {
    fn push_to(self, out: &mut Vec<Node>) {
        out.push(self.into_node());
    }
}
#[diagnostic::do_not_recommend]
impl<T: SqlType> GroupKey for Expr<T> {
    fn push_to(self, out: &mut Vec<Node>) {
        out.push(self.node);
    }
}
#[diagnostic::do_not_recommend]
impl<F: crate::model::Fields> GroupKey for F {
    fn push_to(self, out: &mut Vec<Node>) {
        out.push(Node::Entity { at: self.binding(), table: F::Model::table() });
    }
}

// impl<A: Orders, B: Orders> Orders for (A, B) {..} and the same for GroupKey
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Orders),+> Orders for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Order>) {
            $(self.$i.push_to(out);)+
        }
    }
    #[diagnostic::do_not_recommend]
    impl<$($t: GroupKey),+> GroupKey for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Node>) {
            $(self.$i.push_to(out);)+
        }
    }
)* } }
tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5) }
