//! Looking into JSON documents. Knows no SQL text.

use super::expr::{AsExpr, Expr, Field, IntoExpr};
use super::scalar::{ScalarFunction, scalar};
use crate::value::{Json, SqlType, Type, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that is a JSON document in the database.
#[diagnostic::on_unimplemented(message = "only a JSON column can do this", label = "this column holds `{Self}`")]
pub trait Document: Value {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Document for Json<T> {}
#[diagnostic::do_not_recommend]
impl Document for serde_json::Value {}

// impl<T: SqlType> Field<T> { pub fn json_text(self, ..) where T::Base: Document {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    impl<T: SqlType> $shell<T> {
        /// The value at a path as text, `address.street` or `tags[0]`; NULL where there is none, and for JSON's `null`.
        ///
        /// A text comes without its quotes, a number and `true` as they are written; an array or an object as JSON, which every
        /// database spaces in its own way. A name in a path has ASCII letters, digits and `_` only: any other path is a
        /// `Misuse` error.
        /// ```
        /// # use orm_doc::*;
        /// let document = serde_json::json!({ "tags": ["new", "red"] });
        /// assert_eq!(of_alice(|_| val(document).json_text("tags[1]")).as_deref(), Some("red"));
        /// ```
        pub fn json_text(self, path: &str) -> Expr<Option<String>>
        where
            T::Base: Document,
        {
            scalar(ScalarFunction::JsonText(path.to_owned()), Type::Text, vec![self.into_node()])
        }
        /// Holds another document: an object all of its keys with such values, an array all of its elements. SQLite cannot tell:
        /// there it is an `Unsupported` error.
        /// ```
        /// # use orm_doc::*;
        /// fn is_red(details: Field<serde_json::Value>) -> Expr<bool> {
        ///     details.json_contains(serde_json::json!({ "color": "red" }))
        /// }
        /// ```
        pub fn json_contains(self, part: impl IntoExpr<serde_json::Value>) -> Expr<bool>
        where
            T::Base: Document,
        {
            scalar(ScalarFunction::JsonContains, Type::Bool, vec![self.into_node(), part.into_operand()])
        }
    }
)* } }
methods!(Field, Expr);
