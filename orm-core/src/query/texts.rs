//! The methods of text columns and expressions that databases write in different ways. Knows no SQL text.

use super::expr::{AsExpr, Expr, Field, IntoExpr};
use super::scalar::{ScalarFunction, scalar};
use crate::value::{Nullability, SqlType, Text, Type};

// impl<T: SqlType<Base: Text>> Field<T> { pub fn position(self, ..) {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    impl<T: SqlType<Base: Text>> $shell<T> {
        /// At which character, from 1, a part begins; 0 where the text does not hold it, and NULL if either is. Case matters
        /// but on MySQL and MariaDB, where the column's collation decides.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| (u.username.position("ice"), u.username.position("bob"))), (3, 0));
        /// ```
        pub fn position<R: IntoExpr<String>>(
            self,
            part: R,
        ) -> Expr<<<T::Null as Nullability>::Or<R::Null> as Nullability>::Of<i64>> {
            scalar(ScalarFunction::Position, Type::I64, vec![self.into_node(), part.into_operand()])
        }
        /// The first so many characters.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| (u.username.left(2), u.username.right(3))), ("al".into(), "ice".into()));
        /// ```
        pub fn left(self, characters: u32) -> Expr<T> {
            scalar(ScalarFunction::Left(characters), Type::Text, vec![self.into_node()])
        }
        /// The last so many characters.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| u.username.right(0)), "");
        /// ```
        pub fn right(self, characters: u32) -> Expr<T> {
            scalar(ScalarFunction::Right(characters), Type::Text, vec![self.into_node()])
        }
        /// Without spaces at the start.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| (val(" a ").trim_start(), val(" a ").trim_end())), ("a ".into(), " a".into()));
        /// ```
        pub fn trim_start(self) -> Expr<T> {
            scalar(ScalarFunction::TrimStart, Type::Text, vec![self.into_node()])
        }
        /// Without spaces at the end.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| val(" a ").trim_end()), " a");
        /// ```
        pub fn trim_end(self) -> Expr<T> {
            scalar(ScalarFunction::TrimEnd, Type::Text, vec![self.into_node()])
        }
        /// Matches a regular expression somewhere, in the database's own dialect of these; a pattern that it does not
        /// understand is its error. Case matters but on MySQL and MariaDB, where the column's collation decides. SQLite has
        /// none: there it is an `Unsupported` error.
        /// ```
        /// # use orm_doc::*;
        /// # let mut connection = engine().connect()?;
        /// let query = select::<User>().filter(|u| u.username.regexp_matches("^a.*e$"));
        /// assert_eq!(connection.all(query).expect_err("this is SQLite").kind(), ErrorKind::Unsupported);
        /// # Ok::<(), Error>(())
        /// ```
        pub fn regexp_matches(self, pattern: impl IntoExpr<String>) -> Expr<bool> {
            scalar(ScalarFunction::Matches, Type::Bool, vec![self.into_node(), pattern.into_operand()])
        }
    }
)* } }
methods!(Field, Expr);
