//! Full-text search over columns, where the database has it. Knows no SQL text.

use super::expr::{AsExpr, Expr, IntoExpr};
use super::node::Node;
use super::scalar::{ScalarFunction, scalar};
use crate::value::{Nullability, SqlType, Text, Type};

/// The columns that a full-text search looks at, all of them as one text. Made by [`full_text`].
#[derive(Clone, Debug)]
#[must_use = "say what to search for: `.matches(..)`"]
pub struct FullText {
    columns: Vec<Node>,
    language: Option<String>,
}

/// A search for words in one or more text columns: `full_text((p.title, p.body)).matches("rust -java")`.
///
/// What is searched for is written as people write it, and no text of theirs is a mistake: all words must occur, `"two words"`
/// beside each other, `-word` not at all, and `or` between words leaves the choice.
///
/// | | PostgreSQL | MariaDB, MySQL | SQLite |
/// |---|---|---|---|
/// | SQL | `TO_TSVECTOR @@ WEBSEARCH_TO_TSQUERY` | `MATCH .. AGAINST`, in boolean mode | `Unsupported` |
/// | index | helps | `#[orm(fulltext(title, body))]` on the struct, with exactly these columns | |
/// | words | in their stem form if a language was said | as they are; not those of less than three letters, nor common English ones | |
/// | only `-word` | all rows without the word | no row | |
/// | searched for | any expression | a value | |
/// | rows of the own transaction | found | not before COMMIT | |
///
/// ```
/// # use orm_doc::*;
/// use orm_core::dialect::POSTGRES;
///
/// let query = select::<Post>().filter(|p| full_text(p.title).matches("rust -java")).columns(|p| p.id);
/// assert!(query.to_sql(&POSTGRES)?.sql.contains("WEBSEARCH_TO_TSQUERY('simple', CAST($1 AS TEXT))"));
/// # Ok::<(), Error>(())
/// ```
pub fn full_text<C: SearchColumns>(columns: C) -> FullText {
    let mut nodes = Vec::new();
    columns.push_to(&mut nodes);
    FullText { columns: nodes, language: None }
}

impl FullText {
    /// The language of the texts and of the search, a text search configuration of PostgreSQL: `"english"`.
    ///
    /// Without it, it is the one of the model's index over these columns, or `simple`, which takes words as they are. MySQL and
    /// MariaDB have no languages: there it is an `Unsupported` error.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let query = select::<Post>().filter(|p| full_text(p.title).language("english").matches("breakfasts"));
    /// assert!(query.to_sql(&orm_core::dialect::POSTGRES)?.sql.contains("'english'"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn language(mut self, language: &str) -> FullText {
        self.language = Some(language.to_owned());
        self
    }

    /// The texts match what is searched for. A column that is NULL counts as empty.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let query = select::<User>().filter(|u| full_text((u.username, u.email)).matches("alice -bob"));
    /// assert!(query.to_sql(&orm_core::dialect::MYSQL)?.sql.contains("AGAINST"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn matches(self, search: impl IntoExpr<String>) -> Expr<bool> {
        self.call(false, Type::Bool, search.into_operand())
    }

    /// How well the texts match: more is better, and what does not match has 0 on MySQL and MariaDB. Only good for an order: each
    /// database counts in its own way.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let found = |words: &str| {
    ///     let words = words.to_owned();
    ///     select::<Post>()
    ///         .filter(|p| full_text(p.title).matches(words.clone()))
    ///         .order_by(|p| full_text(p.title).rank(words).desc())
    /// };
    /// assert_eq!(found("rust").to_sql(&orm_core::dialect::SQLITE).expect_err("no search").kind(), ErrorKind::Unsupported);
    /// ```
    pub fn rank<R: IntoExpr<String>>(self, search: R) -> Expr<<R::Null as Nullability>::Of<f64>> {
        self.call(true, Type::F64, search.into_operand())
    }

    fn call<T>(self, rank: bool, ty: Type, search: Node) -> Expr<T> {
        let FullText { mut columns, language } = self;
        columns.insert(0, search);
        scalar(ScalarFunction::Search { language, rank }, ty, columns)
    }
}

/// What [`full_text`] takes: a text column, or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be searched for words",
    label = "expected a text column, or a tuple of these"
)]
pub trait SearchColumns {
    /// Appends the columns.
    #[doc(hidden)]
    fn push_to(self, out: &mut Vec<Node>);
}
#[diagnostic::do_not_recommend]
impl<E: AsExpr<Sql: SqlType<Base: Text>>> SearchColumns for E {
    fn push_to(self, out: &mut Vec<Node>) {
        out.push(self.into_node());
    }
}

// impl<A: SearchColumns, B: SearchColumns> SearchColumns for (A, B)
macro_rules! tuples { ($(($($t:ident $i:tt),+))*) => { $(
    #[diagnostic::do_not_recommend]
    impl<$($t: SearchColumns),+> SearchColumns for ($($t,)+) {
        fn push_to(self, out: &mut Vec<Node>) {
            $(self.$i.push_to(out);)+
        }
    }
)* } }
tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5) }
