//! Scopes: which tables a query's closures see, as a flat tuple of row shapes.

use super::expr::Field;
use super::output::{Entity, Maybe, Output, Scalar};
use crate::model::{Binding, Model, Record};
use crate::value::{Outer, Required, SqlType};

/// How many tables a scope has at most.
pub(super) const SCOPE_MAX: usize = 8;

/// A row shape that has SQL columns, so that it can stand in FROM.
#[diagnostic::on_unimplemented(
    message = "a query of this output cannot be used as a table",
    note = "eager loads (`.with`) and structs have no SQL columns; project columns first"
)]
pub trait Tabular: Output {
    /// What closures see of it.
    type Fields: Copy;
    /// The same behind an outer join.
    type Outer: Tabular;
    /// How many columns it has.
    #[doc(hidden)]
    const WIDTH: usize;
    /// The fields at a place of a query.
    #[doc(hidden)]
    fn fields(at: Binding) -> Self::Fields;
}

#[diagnostic::do_not_recommend]
impl<T: SqlType> Tabular for Scalar<T> {
    type Fields = Field<T>;
    type Outer = Scalar<Option<T::Base>>;
    const WIDTH: usize = <T as SqlType>::WIDTH;
    fn fields(at: Binding) -> Field<T> {
        Field::at(at)
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> Tabular for Entity<M> {
    type Fields = M::Fields<Required>;
    type Outer = Maybe<M>;
    const WIDTH: usize = <M as Record>::WIDTH;
    fn fields(at: Binding) -> Self::Fields {
        M::fields(at)
    }
}
#[diagnostic::do_not_recommend]
impl<M: Model> Tabular for Maybe<M> {
    type Fields = M::Fields<Outer>;
    type Outer = Maybe<M>;
    const WIDTH: usize = <M as Record>::WIDTH;
    fn fields(at: Binding) -> Self::Fields {
        M::fields(at)
    }
}

/// The tables of a query: `(Entity<User>, Maybe<Post>)`. Closures get the fields of one table bare, of several as a tuple.
pub trait Scope {
    /// What closures get.
    type Args: Copy;
    /// The same with everything nullable.
    type Outer: Scope;
    /// The fields of the tables.
    #[doc(hidden)]
    fn args(tables: &[Binding]) -> Self::Args;
}

/// A scope with one more table.
#[diagnostic::on_unimplemented(
    message = "a query cannot have more than eight tables in scope",
    label = "this would be the ninth"
)]
pub trait Push<T>: Scope {
    /// The larger scope.
    type Out: Scope;
}

/// What closures of a scope get.
pub type Args<S> = <S as Scope>::Args;
/// The scope with one more table.
pub type Joined<S, T> = <S as Push<T>>::Out;

impl<A: Tabular> Scope for (A,) {
    type Args = A::Fields;
    type Outer = (A::Outer,);
    fn args(tables: &[Binding]) -> A::Fields {
        A::fields(tables[0])
    }
}
impl<A: Tabular, X: Tabular> Push<X> for (A,) {
    type Out = (A, X);
}

// impl Scope for (A, B) { type Args = (A::Fields, B::Fields); .. }
macro_rules! scopes { ($(($($t:ident $i:tt),+))*) => { $(
    impl<$($t: Tabular),+> Scope for ($($t,)+) {
        type Args = ($($t::Fields,)+);
        type Outer = ($($t::Outer,)+);
        fn args(tables: &[Binding]) -> Self::Args {
            ($($t::fields(tables[$i]),)+)
        }
    }
)* } }
// impl Push<X> for (A, B) { type Out = (A, B, X); }
macro_rules! pushes { ($(($($t:ident),+))*) => { $(
    impl<$($t: Tabular,)+ X: Tabular> Push<X> for ($($t,)+) {
        type Out = ($($t,)+ X);
    }
)* } }
// impl Tabular for (A, B): a derived table whose columns are those of its parts, left to right
macro_rules! tables { ($(($($t:ident),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: Tabular),+> Tabular for ($($t,)+) {
        type Fields = ($($t::Fields,)+);
        type Outer = ($($t::Outer,)+);
        const WIDTH: usize = 0 $(+ $t::WIDTH)+;
        fn fields(at: Binding) -> Self::Fields {
            let mut offset = 0;
            let mut place = |width| {
                let place = at.offset(offset);
                offset += width;
                place
            };
            ($($t::fields(place($t::WIDTH)),)+)
        }
    }
)* } }
scopes! {
    (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
pushes! { (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) }
tables! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) (A, B, C, D, E, F, G, H)
}
