//! Raw SQL inside a typed query: text with places for expressions and values. Reads nothing of the text; that is for compile.

use super::expr::{AsExpr, Expr, Field, Literal};
use super::node::Node;
use super::output::Scalar;
use super::scalar::{ScalarFunction, scalar};
use super::select::Select;
use crate::value::{Nullability, SqlType, Value};

/// An expression in SQL as it is given, typed by the caller, for what this library has no word for. It can stand wherever an
/// expression can, in parentheses.
///
/// Each `{}` is one of the parts: a column, an expression, a query of one column, or a value, which is bound and never becomes
/// text. Braces are doubled to mean themselves: `'{{}}'`. Whether their number is right is known when the statement is compiled: a
/// `Misuse` error otherwise. Nobody looks at the rest of the text: it is code, and data put into it would be code, too.
///
/// ```
/// # use orm_doc::*;
/// let same = |u: UserFields<Required>, name: &str| fragment::<bool>("{} COLLATE NOCASE = {}", (u.username, name));
/// assert_eq!(names(select::<User>().filter(|u| same(u, "BOB"))), ["bob"]);
/// assert_eq!(names(select::<User>().order_by(|u| fragment::<i64>("{} % 2", u.id).asc())), ["bob", "alice", "carol"]);
/// assert_eq!(of_alice(|_| fragment::<String>("'{{}}'", ())), "{}");
/// ```
pub fn fragment<T: SqlType>(text: &str, parts: impl FragmentParts) -> Expr<T> {
    let mut args = Vec::new();
    parts.push_to(&mut args);
    let function = ScalarFunction::Fragment { text: text.to_owned(), nullable: <T::Null as Nullability>::NULLABLE };
    scalar(function, <T::Base as Value>::TYPE, args)
}

/// What a `{}` of a [`fragment`] can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of an SQL fragment",
    label = "expected a column, an expression, a query of one column, or a value of a column type"
)]
pub trait FragmentPart {
    /// The tree under it.
    #[doc(hidden)]
    fn into_part(self) -> Node;
}

// impl<T: SqlType> FragmentPart for Field<T> { fn into_part(self) -> Node { self.into_node() } }
macro_rules! parts { ($([$($generics:tt)*] $t:ty, $this:ident: $node:expr;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($generics)*> FragmentPart for $t {
        fn into_part(self) -> Node {
            let $this = self;
            $node
        }
    }
)* } }
parts! {
    [T: SqlType] Field<T>, v: v.into_node();
    [T: SqlType] Expr<T>, v: v.into_node();
    [S, T: SqlType] Select<S, Scalar<T>>, v: Node::Subquery(v.into_body());
    [T: Value] T, v: v.into_literal();
    [T: Value] Option<T>, v: v.into_literal();
    ['a] &'a String, v: v.as_str().into_literal();
    ['a] &'a str, v: v.into_literal();
}

/// The parts of a [`fragment`]: one, a tuple of up to eight, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parts of an SQL fragment",
    label = "expected a column, an expression, a value, or a tuple of these",
    note = "a query of one column may stand here, too; `()` for none"
)]
pub trait FragmentParts {
    /// Appends the parts.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Node>);
}
#[diagnostic::do_not_recommend]
impl FragmentParts for () {
    fn push_to(self, _out: &mut Vec<Node>) {}
}
#[diagnostic::do_not_recommend]
impl<P: FragmentPart> FragmentParts for P {
    fn push_to(self, out: &mut Vec<Node>) {
        out.push(self.into_part());
    }
}

// impl<A: FragmentPart, B: FragmentPart> FragmentParts for (A, B)
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: FragmentPart),+> FragmentParts for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Node>) {
            $(out.push(self.$i.into_part());)+
        }
    }
)* } }
tuples! {
    (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
