//! What array columns can do, on PostgreSQL. Knows no SQL text.

use super::expr::{AsExpr, Expr, Field, IntoExpr};
use super::functions::type_of;
use super::node::Node;
use super::scalar::{ArrayFunction, ScalarCall, ScalarFunction, scalar};
use super::window::{RowsCall, RowsFunction};
use super::write::Fits;
use crate::value::{Array, Datum, Either, Items, Nullability, Outer, Required, SqlType, Type, Value};

/// What stands beside an array: anything iterable of what an element can be compared with, or another array column.
///
/// ```
/// # use orm_core::*;
/// fn about_rust(tags: Field<Vec<String>>) -> Expr<bool> {
///     tags.contains_all(["rust"]) | tags.overlaps(vec!["cargo".to_owned(), "clippy".to_owned()])
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand beside an array column of type `{B}`",
    label = "expected an array, `Vec`, iterator or array column with elements of that type"
)]
pub trait IntoArray<B: Array> {
    /// Whether it may be NULL.
    type Null: Nullability;
    /// The tree under it.
    #[doc(hidden)]
    fn into_array(self) -> Node;
}
#[diagnostic::do_not_recommend]
impl<B: Array, I: IntoIterator<Item: IntoExpr<B::Item, Null: Fits<Required>>>> IntoArray<B> for I {
    type Null = Required;
    fn into_array(self) -> Node {
        build(B::TYPE, self.into_iter().map(IntoExpr::into_operand).collect())
    }
}
// impl<B: Array> IntoArray<B> for Field<B> { type Null = Required; .. }
macro_rules! columns { ($($t:ty => $null:ty;)*) => { $(
    #[diagnostic::do_not_recommend]
    impl<B: Array> IntoArray<B> for $t {
        type Null = $null;
        fn into_array(self) -> Node {
            self.into_node()
        }
    }
)* } }
columns! { Field<B> => Required; Field<Option<B>> => Outer; Expr<B> => Required; Expr<Option<B>> => Outer; }

/// One value for all elements where all of them are values, so that the text does not depend on their number.
fn build(ty: Type, items: Vec<Node>) -> Node {
    let known = |item: &Node| matches!(item, Node::Bind { datum, .. } if !matches!(datum, Datum::Pending(_)));
    if !items.iter().all(known) {
        return Node::Scalar(Box::new(ScalarCall {
            function: ScalarFunction::Array(ArrayFunction::Build),
            ty,
            args: items,
        }));
    }
    let datum = |item| match item {
        Node::Bind { datum, .. } => Some(datum),
        _ => None,
    };
    Node::bind(Datum::Array(items.into_iter().filter_map(datum).collect()), ty)
}

fn array<T>(function: ArrayFunction, ty: Type, args: Vec<Node>) -> Expr<T> {
    scalar(ScalarFunction::Array(function), ty, args)
}

// impl<T: SqlType> Field<T> { pub fn contains_all(self, ..) where T::Base: Array {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    /// Array columns, on PostgreSQL; on any other database these are `Unsupported` errors.
    impl<T: SqlType> $shell<T> {
        /// Holds every element of another array; of an empty one always.
        /// ```
        /// # use orm_doc::*;
        /// fn about_both(tags: Field<Vec<String>>) -> Expr<bool> {
        ///     tags.contains_all(["rust", "sql"])
        /// }
        /// ```
        pub fn contains_all(self, elements: impl IntoArray<T::Base>) -> Expr<bool>
        where
            T::Base: Array,
        {
            array(ArrayFunction::ContainsAll, Type::Bool, vec![self.into_node(), elements.into_array()])
        }
        /// Every element of it is in another array; an empty one always is.
        /// ```
        /// # use orm_doc::*;
        /// fn of_these_at_most(tags: Field<Vec<String>>) -> Expr<bool> {
        ///     tags.contained_in(["rust", "sql"])
        /// }
        /// ```
        pub fn contained_in(self, elements: impl IntoArray<T::Base>) -> Expr<bool>
        where
            T::Base: Array,
        {
            array(ArrayFunction::ContainedIn, Type::Bool, vec![self.into_node(), elements.into_array()])
        }
        /// Holds an element of another array; of an empty one never.
        /// ```
        /// # use orm_doc::*;
        /// fn about_one(tags: Field<Vec<String>>) -> Expr<bool> {
        ///     tags.overlaps(["rust", "sql"])
        /// }
        /// ```
        pub fn overlaps(self, elements: impl IntoArray<T::Base>) -> Expr<bool>
        where
            T::Base: Array,
        {
            array(ArrayFunction::Overlaps, Type::Bool, vec![self.into_node(), elements.into_array()])
        }
        /// Holds an element. An index of the kind GIN helps [`contains_all`](Self::contains_all), but not this.
        /// ```
        /// # use orm_doc::*;
        /// fn tagged(tags: Field<Vec<String>>, tag: &str) -> Expr<bool> {
        ///     tags.has(tag) & tags.array_length().lt(5)
        /// }
        /// ```
        pub fn has(self, element: impl IntoExpr<<T::Base as Array>::Item>) -> Expr<bool>
        where
            T::Base: Array,
        {
            array(ArrayFunction::Has, Type::Bool, vec![self.into_node(), element.into_operand()])
        }
        /// How many elements.
        /// ```
        /// # use orm_doc::*;
        /// fn is_untagged(tags: Field<Vec<String>>) -> Expr<bool> {
        ///     tags.array_length().eq(0)
        /// }
        /// ```
        pub fn array_length(self) -> Expr<<T::Null as Nullability>::Of<i64>>
        where
            T::Base: Array,
        {
            array(ArrayFunction::Length, Type::I64, vec![self.into_node()])
        }
        /// The element at a place, which counts from 1; NULL where there is none.
        /// ```
        /// # use orm_doc::*;
        /// fn first(tags: Field<Vec<String>>) -> Expr<Option<String>> {
        ///     tags.element(1)
        /// }
        /// ```
        pub fn element(self, place: impl IntoExpr<i32>) -> Expr<Option<<T::Base as Array>::Item>>
        where
            T::Base: Array,
        {
            let ty = <<T::Base as Array>::Item as Value>::TYPE;
            array(ArrayFunction::Element, ty, vec![self.into_node(), place.into_operand()])
        }
        /// With one more element at its end. An array that is NULL counts as empty.
        /// ```
        /// # use orm_core::*;
        /// fn tag(tags: Field<Vec<String>>, tag: &str) -> Assign {
        ///     tags.to(tags.array_append(tag))
        /// }
        /// ```
        pub fn array_append(self, element: impl IntoExpr<<T::Base as Array>::Item, Null: Fits<Required>>) -> Expr<T>
        where
            T::Base: Array,
        {
            let ty = <T::Base as Value>::TYPE;
            array(ArrayFunction::Append, ty, vec![self.into_node(), element.into_operand()])
        }
        /// Followed by the elements of another array. An array that is NULL counts as empty, unless both are.
        /// ```
        /// # use orm_doc::*;
        /// fn tag(tags: Field<Vec<String>>) -> Assign {
        ///     tags.to(tags.array_concat(["rust", "sql"]))
        /// }
        /// ```
        pub fn array_concat<R: IntoArray<T::Base>>(self, elements: R) -> Expr<Either<T, R::Null>>
        where
            T::Base: Array,
        {
            let ty = <T::Base as Value>::TYPE;
            array(ArrayFunction::Concat, ty, vec![self.into_node(), elements.into_array()])
        }
    }
)* } }
methods!(Field, Expr);

/// The values of the rows as an array, on PostgreSQL; NULLs are left out, and NULL of no rows. Their order is the database's own
/// unless it is said: `array_agg(p.title).order_by(p.id)`.
///
/// ```
/// # use orm_doc::*;
/// # let mut connection = engine().connect()?;
/// let query = select::<User>().columns(|u| array_agg(u.username).order_by(u.id));
/// assert_eq!(connection.one(query).expect_err("this is SQLite").kind(), ErrorKind::Unsupported);
/// # Ok::<(), Error>(())
/// ```
#[must_use]
pub fn array_agg<E: AsExpr<Sql: SqlType<Base: Items>>>(
    of: E,
) -> Expr<Option<<<E::Sql as SqlType>::Base as Items>::List>> {
    let ty = <<E::Sql as SqlType>::Base as Items>::ARRAY;
    debug_assert!(matches!(ty, Type::Array(item) if *item == type_of::<E>()));
    let node = of.into_node();
    let mut call = RowsCall::new(RowsFunction::ArrayAgg, ty, Some(node.clone()));
    if <<E::Sql as SqlType>::Null as Nullability>::NULLABLE {
        // An array in Rust has no NULLs.
        call.filter = Some(Node::IsNull { of: Box::new(node), negated: true });
    }
    Expr::new(Node::Rows(Box::new(call)))
}
