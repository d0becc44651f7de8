//! The methods and operators of fields and expressions. Each is a line over a function without type parameters.

use super::expr::{AsExpr, Condition, Expr, Field, IntoExpr, IntoList, List};
use super::node::{BinaryOp, Function, LikeKind, LogicOp, Node, Nulls, Order, UnaryOp, logic};
use crate::value::{Boolean, Either, Nullability, Nullable, Number, SqlType, Text, Type, Value};
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Rem, Sub};

pub(crate) fn binary(op: BinaryOp, ty: Type, left: Node, right: Node) -> Node {
    Node::Binary { op, ty, sides: Box::new([left, right]) }
}

pub(crate) fn compare(op: BinaryOp, ty: Type, left: Node, right: Node) -> Node {
    let is_null = matches!(&right, Node::Bind { datum, .. } if datum.is_null());
    match op {
        BinaryOp::Eq | BinaryOp::Same if is_null => Node::IsNull { of: Box::new(left), negated: false },
        BinaryOp::Ne | BinaryOp::NotSame if is_null => Node::IsNull { of: Box::new(left), negated: true },
        _ => binary(op, ty, left, right),
    }
}

/// `x IN (..)`: an empty list is false, and a NULL in the list means "or is NULL", as `eq(None)` does.
pub(crate) fn in_list(left: Node, list: List, ty: Type) -> Node {
    match list {
        List::Query(query) => Node::InQuery { of: Box::new(left), query },
        List::Items(mut items) => {
            let before = items.len();
            items.retain(|item| !matches!(item, Node::Bind { datum, .. } if datum.is_null()));
            let null = (items.len() < before).then(|| Node::IsNull { of: Box::new(left.clone()), negated: false });
            let list = (!items.is_empty()).then(|| Node::InList { of: Box::new(left), ty, items });
            match (list, null) {
                (Some(list), Some(null)) => logic(LogicOp::Or, list, null),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => Node::Constant(false),
            }
        }
    }
}

fn like(kind: LikeKind, of: Node, pattern: Node) -> Node {
    Node::Like { kind, of: Box::new(of), pattern: Box::new(pattern) }
}

pub(crate) fn call(function: Function, ty: Type, args: Vec<Node>) -> Node {
    Node::Call { function, ty, args }
}

fn order(node: Node, descending: bool) -> Order {
    Order { node, descending, nulls: None }
}

impl Order {
    /// NULLs before everything else, on every database.
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().order_by(|u| u.email.asc().nulls_first())), ["bob", "alice", "carol"]);
    /// ```
    pub fn nulls_first(mut self) -> Order {
        self.nulls = Some(Nulls::First);
        self
    }

    /// NULLs after everything else, on every database.
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(names(select::<User>().order_by(|u| u.email.asc().nulls_last())), ["alice", "carol", "bob"]);
    /// ```
    pub fn nulls_last(mut self) -> Order {
        self.nulls = Some(Nulls::Last);
        self
    }
}

// impl<T: SqlType> Field<T> { pub fn eq(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    impl<T: SqlType> $shell<T> {
        fn compare(self, op: BinaryOp, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            Expr::new(compare(op, <T::Base as Value>::TYPE, self.into_node(), right.into_operand()))
        }
        /// Equal. `eq(None)` is `IS NULL`; a column that is NULL equals nothing, see [`same`](Self::same).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.username.eq("bob") & u.email.eq(None))), ["bob"]);
        /// ```
        pub fn eq(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Eq, right)
        }
        /// Not equal. `ne(None)` is `IS NOT NULL`.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.username.ne("bob"))), ["alice", "carol"]);
        /// ```
        pub fn ne(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Ne, right)
        }
        /// Greater than.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.gt(3))), ["Hello"]);
        /// ```
        pub fn gt(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Gt, right)
        }
        /// Greater than or equal.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.ge(3))), ["Hello", "A walk"]);
        /// ```
        pub fn ge(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Ge, right)
        }
        /// Less than.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.lt(3))), ["Rust for breakfast"]);
        /// ```
        pub fn lt(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Lt, right)
        }
        /// Less than or equal.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.le(3))), ["Rust for breakfast", "A walk"]);
        /// ```
        pub fn le(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Le, right)
        }
        /// Equal, or both NULL.
        /// ```
        /// # use orm_doc::*;
        /// assert!(of_alice(|u| u.email.nullif("alice@example.org").same(u.email.nullif("alice@example.org"))));
        /// ```
        pub fn same(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::Same, right)
        }
        /// Not equal, where NULL equals NULL.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.email.not_same("alice@example.org"))), ["bob", "carol"]);
        /// ```
        pub fn not_same(self, right: impl IntoExpr<T::Base>) -> Expr<bool> {
            self.compare(BinaryOp::NotSame, right)
        }
        /// At least `low` and at most `high`.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.between(2, 3))), ["Rust for breakfast", "A walk"]);
        /// ```
        pub fn between(self, low: impl IntoExpr<T::Base>, high: impl IntoExpr<T::Base>) -> Expr<bool> {
            let parts = Box::new([self.into_node(), low.into_operand(), high.into_operand()]);
            Expr::new(Node::Between { ty: <T::Base as Value>::TYPE, parts })
        }
        /// Is NULL.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.email.is_null())), ["bob"]);
        /// ```
        pub fn is_null(self) -> Expr<bool> {
            Expr::new(Node::IsNull { of: Box::new(self.into_node()), negated: false })
        }
        /// Is not NULL.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.email.is_not_null())), ["alice", "carol"]);
        /// ```
        pub fn is_not_null(self) -> Expr<bool> {
            Expr::new(Node::IsNull { of: Box::new(self.into_node()), negated: true })
        }
        /// Is one of a list or of the rows of a one-column query. An empty list is false.
        /// ```
        /// # use orm_doc::*;
        /// let best = select::<Post>().columns(|p| max(p.score));
        /// assert_eq!(titles(select::<Post>().filter(|p| p.score.in_(best) | p.id.in_([3]))), ["Hello", "A walk"]);
        /// ```
        pub fn in_(self, list: impl IntoList<T::Base>) -> Expr<bool> {
            Expr::new(in_list(self.into_node(), list.into_list(), <T::Base as Value>::TYPE))
        }
        /// Is none of a list or of the rows of a one-column query. With an empty list it is true.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.id.not_in([1, 2]))), ["carol"]);
        /// ```
        pub fn not_in(self, list: impl IntoList<T::Base>) -> Expr<bool> {
            !self.in_(list)
        }
        /// This, or another value where it is NULL.
        /// ```
        /// # use orm_doc::*; let mut connection = engine().connect()?;
        /// let addresses: Vec<String> = connection.all(select::<User>().columns(|u| u.email.coalesce(u.username)))?;
        /// # Ok::<(), Error>(())
        /// ```
        pub fn coalesce<R: IntoExpr<T::Base>>(self, or: R) -> Expr<<R::Null as Nullability>::Of<T::Base>> {
            Expr::new(call(Function::Coalesce, <T::Base as Value>::TYPE, vec![self.into_node(), or.into_operand()]))
        }
        /// NULL where it equals the other value.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.nullif("alice")), None);
        /// ```
        pub fn nullif(self, other: impl IntoExpr<T::Base>) -> Expr<Nullable<T>> {
            Expr::new(call(Function::NullIf, <T::Base as Value>::TYPE, vec![self.into_node(), other.into_operand()]))
        }
        /// The value as another type, as the database converts it.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.id.cast::<String>()), "1");
        /// ```
        pub fn cast<U: Value>(self) -> Expr<<T::Null as Nullability>::Of<U>> {
            Expr::new(Node::Cast { of: Box::new(self.into_node()), ty: U::TYPE })
        }
        /// Matches a pattern: `%` is any text, `_` any character, `\` takes the next one as it is.
        ///
        /// Case matters on PostgreSQL; SQLite ignores it for ASCII letters, MySQL and MariaDB by the column's collation.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.title.like("%for%"))), ["Rust for breakfast"]);
        /// ```
        pub fn like(self, pattern: impl IntoExpr<String>) -> Expr<bool>
        where
            T::Base: Text,
        {
            Expr::new(like(LikeKind::Pattern, self.into_node(), pattern.into_operand()))
        }
        /// Matches a pattern whatever the case (of ASCII letters on SQLite).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.title.ilike("HELL_"))), ["Hello"]);
        /// ```
        pub fn ilike(self, pattern: impl IntoExpr<String>) -> Expr<bool>
        where
            T::Base: Text,
        {
            Expr::new(like(LikeKind::PatternAnyCase, self.into_node(), pattern.into_operand()))
        }
        /// Holds the text anywhere; `%` and `_` in it mean themselves. Case as with [`like`](Self::like).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.email.contains("example."))), ["alice", "carol"]);
        /// ```
        pub fn contains(self, part: impl IntoExpr<String>) -> Expr<bool>
        where
            T::Base: Text,
        {
            Expr::new(like(LikeKind::Contains, self.into_node(), part.into_operand()))
        }
        /// Begins with the text; `%` and `_` in it mean themselves. Case as with [`like`](Self::like).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.username.starts_with("al"))), ["alice"]);
        /// ```
        pub fn starts_with(self, part: impl IntoExpr<String>) -> Expr<bool>
        where
            T::Base: Text,
        {
            Expr::new(like(LikeKind::StartsWith, self.into_node(), part.into_operand()))
        }
        /// Ends with the text; `%` and `_` in it mean themselves. Case as with [`like`](Self::like).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(names(select::<User>().filter(|u| u.email.ends_with(".net"))), ["carol"]);
        /// ```
        pub fn ends_with(self, part: impl IntoExpr<String>) -> Expr<bool>
        where
            T::Base: Text,
        {
            Expr::new(like(LikeKind::EndsWith, self.into_node(), part.into_operand()))
        }
        /// In lower case (ASCII letters only, on SQLite).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().filter(|p| p.title.lower().eq("hello"))), ["Hello"]);
        /// ```
        pub fn lower(self) -> Expr<T>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Lower, Type::Text, vec![self.into_node()]))
        }
        /// In upper case (ASCII letters only, on SQLite).
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.upper()), "ALICE");
        /// ```
        pub fn upper(self) -> Expr<T>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Upper, Type::Text, vec![self.into_node()]))
        }
        /// Without spaces at both ends.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| val("  ").concat(u.username).trim()), "alice");
        /// ```
        pub fn trim(self) -> Expr<T>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Trim, Type::Text, vec![self.into_node()]))
        }
        /// How many characters.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.length()), 5);
        /// ```
        pub fn length(self) -> Expr<<T::Null as Nullability>::Of<i64>>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Length, Type::I64, vec![self.into_node()]))
        }
        /// Followed by another text; NULL if either is.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.concat("!")), "alice!");
        /// ```
        pub fn concat<R: IntoExpr<T::Base>>(self, other: R) -> Expr<Either<T, R::Null>>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Concat, Type::Text, vec![self.into_node(), other.into_operand()]))
        }
        /// With every `from` replaced.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.replace("ice", "aska")), "alaska");
        /// ```
        pub fn replace(self, from: impl IntoExpr<String>, to: impl IntoExpr<String>) -> Expr<T>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Replace, Type::Text, vec![self.into_node(), from.into_operand(), to.into_operand()]))
        }
        /// `length` characters from the character `start`, which counts from 1.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.substring(2, 3)), "lic");
        /// ```
        pub fn substring(self, start: impl IntoExpr<i32>, length: impl IntoExpr<i32>) -> Expr<T>
        where
            T::Base: Text,
        {
            Expr::new(call(Function::Substring, Type::Text, vec![self.into_node(), start.into_operand(), length.into_operand()]))
        }
        /// Without its sign.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| (u.id - 5).abs()), 4);
        /// ```
        pub fn abs(self) -> Expr<T>
        where
            T::Base: Number,
        {
            Expr::new(call(Function::Abs, <T::Base as Value>::TYPE, vec![self.into_node()]))
        }
        /// From small to large.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().order_by(|p| p.score.asc()))[0], "Rust for breakfast");
        /// ```
        pub fn asc(self) -> Order {
            order(self.into_node(), false)
        }
        /// From large to small.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(titles(select::<Post>().order_by(|p| (p.author.asc(), p.score.desc())))[0], "Hello");
        /// ```
        pub fn desc(self) -> Order {
            order(self.into_node(), true)
        }
    }
    impl<T: SqlType<Base: Boolean>> Not for $shell<T> {
        type Output = Expr<T>;
        fn not(self) -> Expr<T> {
            Expr::new(Node::Unary(UnaryOp::Not, Box::new(self.into_node())))
        }
    }
    impl<T: SqlType<Base: Number>> Neg for $shell<T> {
        type Output = Expr<T>;
        fn neg(self) -> Expr<T> {
            Expr::new(Node::Unary(UnaryOp::Negate, Box::new(self.into_node())))
        }
    }
)* } }
methods!(Field, Expr);

// impl<T, R: IntoExpr<bool>> BitAnd<R> for Field<T> { .. a AND b .. }
macro_rules! logic_operators { ($($shell:ident: $trait:ident $method:ident $op:ident;)*) => { $(
    impl<T: SqlType<Base: Boolean>, R: IntoExpr<bool>> $trait<R> for $shell<T> {
        type Output = Expr<bool>;
        fn $method(self, right: R) -> Expr<bool> {
            Expr::new(logic(LogicOp::$op, self.into_node(), right.into_operand()))
        }
    }
)* } }
logic_operators! { Field: BitAnd bitand And; Field: BitOr bitor Or; Expr: BitAnd bitand And; Expr: BitOr bitor Or; }

// impl<T, R: IntoExpr<T::Base>> Add<R> for Field<T> { .. a + b, NULL if either is .. }
macro_rules! arithmetic { ($($shell:ident: $($trait:ident $method:ident),*;)*) => { $($(
    impl<T: SqlType<Base: Number>, R: IntoExpr<T::Base>> $trait<R> for $shell<T> {
        type Output = Expr<Either<T, R::Null>>;
        fn $method(self, right: R) -> Self::Output {
            Expr::new(binary(BinaryOp::$trait, <T::Base as Value>::TYPE, self.into_node(), right.into_operand()))
        }
    }
)*)* } }
arithmetic! {
    Field: Add add, Sub sub, Mul mul, Div div, Rem rem;
    Expr: Add add, Sub sub, Mul mul, Div div, Rem rem;
}

// impl Add<Field<i64>> for i64 and Add<Field<Option<i64>>> for i64: `1 + u.id`
macro_rules! left_literals { ($($shell:ident: $($t:ty),*;)*) => { $($(
    left_literals!(@ $shell $t: Add add, Sub sub, Mul mul, Div div, Rem rem);
)*)* };
(@ $shell:ident $t:ty: $($trait:ident $method:ident),*) => { $(
    impl $trait<$shell<$t>> for $t {
        type Output = Expr<$t>;
        fn $method(self, right: $shell<$t>) -> Expr<$t> {
            Expr::new(binary(BinaryOp::$trait, <$t as Value>::TYPE, IntoExpr::<$t>::into_operand(self), right.into_node()))
        }
    }
    impl $trait<$shell<Option<$t>>> for $t {
        type Output = Expr<Option<$t>>;
        fn $method(self, right: $shell<Option<$t>>) -> Expr<Option<$t>> {
            Expr::new(binary(BinaryOp::$trait, <$t as Value>::TYPE, IntoExpr::<$t>::into_operand(self), right.into_node()))
        }
    }
)* } }
left_literals! {
    Field: i16, i32, i64, u32, u64, f32, f64;
    Expr: i16, i32, i64, u32, u64, f32, f64;
}

/// Comparing several columns at once: `(a.x, a.y).in_([(1, 2), (3, 4)])`.
pub trait RowExpr<L>: Sized {
    /// The columns as one row value.
    #[doc(hidden)]
    fn into_row(self) -> Node;
    /// An item of the list as a row value.
    #[doc(hidden)]
    fn item(item: L) -> Node;
    /// The columns together are one of the list's tuples. An empty list is false.
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(titles(select::<Post>().filter(|p| (p.author, p.title).in_([(1, "Hello"), (2, "Hello")]))), ["Hello"]);
    /// ```
    fn in_(self, list: impl IntoIterator<Item = L>) -> Expr<bool> {
        let items: Vec<Node> = list.into_iter().map(Self::item).collect();
        Expr::new(in_list(self.into_row(), List::Items(items), Type::Row(&[])))
    }
}

// impl RowExpr<(X, Y)> for (A, B)
macro_rules! rows { ($(($($t:ident $x:ident $i:tt),+))*) => { $(
    impl<$($t: AsExpr, $x: IntoExpr<<$t::Sql as SqlType>::Base>),+> RowExpr<($($x,)+)> for ($($t,)+) {
        fn into_row(self) -> Node {
            Node::Row(vec![$(self.$i.into_node()),+])
        }
        fn item(item: ($($x,)+)) -> Node {
            Node::Row(vec![$(item.$i.into_operand()),+])
        }
    }
)* } }
rows! { (A X 0, B Y 1) (A X 0, B Y 1, C Z 2) (A X 0, B Y 1, C Z 2, D W 3) }

/// The conjunction of conditions; true when there is none.
/// ```
/// # use orm_doc::*;
/// let words = ["Rust", "for"];
/// assert_eq!(titles(select::<Post>().filter(|p| all_of(words.map(|word| p.title.contains(word))))), ["Rust for breakfast"]);
/// ```
pub fn all_of<C: Condition>(conditions: impl IntoIterator<Item = C>) -> Expr<bool> {
    fold(conditions, LogicOp::And, true)
}

/// The disjunction of conditions; false when there is none.
/// ```
/// # use orm_doc::*;
/// let words = ["Hello", "walk"];
/// assert_eq!(titles(select::<Post>().filter(|p| any_of(words.map(|word| p.title.contains(word))))), ["Hello", "A walk"]);
/// ```
pub fn any_of<C: Condition>(conditions: impl IntoIterator<Item = C>) -> Expr<bool> {
    fold(conditions, LogicOp::Or, false)
}

fn fold<C: Condition>(conditions: impl IntoIterator<Item = C>, op: LogicOp, empty: bool) -> Expr<bool> {
    let joined = conditions.into_iter().map(Condition::into_condition).reduce(|a, b| logic(op, a, b));
    Expr::new(joined.unwrap_or(Node::Constant(empty)))
}
