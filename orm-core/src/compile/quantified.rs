//! Comparisons with some or all rows of a query, as text.

use super::writer::SqlWriter;
use crate::dialect::Quantified;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::{BinaryOp, Node, SelectBody};
use crate::query::scalar::Quantifier;
use crate::value::Type;
use std::fmt::Write as _;

/// A comparison with rows of a query.
#[derive(Clone, Copy)]
struct Comparison<'q> {
    word: &'static str,
    ty: Type,
    left: &'q Node,
    query: &'q SelectBody,
}

impl<'q> SqlWriter<'q, '_> {
    pub(super) fn quantified(
        &mut self,
        op: BinaryOp,
        ty: Type,
        left: &'q Node,
        quantifier: Quantifier,
        query: &'q SelectBody,
    ) -> Result<()> {
        if left.is_wide() || ty.width() > 1 {
            return self.unsupported("a comparison of several columns with any or all rows of a query");
        }
        let word = match op {
            BinaryOp::Eq => " = ",
            BinaryOp::Ne => " <> ",
            BinaryOp::Lt => " < ",
            BinaryOp::Le => " <= ",
            BinaryOp::Gt => " > ",
            BinaryOp::Ge => " >= ",
            _ => return misplaced(),
        };
        let limits = match self.dialect.quantified {
            Quantified::Words => true,
            Quantified::WordsUnlimited => false,
            Quantified::Exists => {
                return match (op, quantifier) {
                    (BinaryOp::Eq, Quantifier::Any) => self.in_query(left, "", query),
                    (BinaryOp::Ne, Quantifier::All) => self.in_query(left, "NOT ", query),
                    _ => self.by_exists(Comparison { word, ty, left, query }, quantifier),
                };
            }
        };
        self.compared(left, ty)?;
        self.push(word);
        self.push(if quantifier == Quantifier::Any { "ANY (" } else { "ALL (" });
        self.listed_query(query, limits)?;
        self.push(")");
        Ok(())
    }

    /// The same by EXISTS, true, false and unknown in the same cases: a row that decides it, then one that cannot be compared,
    /// then neither.
    fn by_exists(&mut self, comparison: Comparison<'q>, quantifier: Quantifier) -> Result<()> {
        if comparison.left.is_aggregated() {
            return self.unsupported("a comparison of an aggregate with any or all rows of a query");
        }
        self.push("CASE WHEN EXISTS (");
        self.compared_rows(comparison, if quantifier == Quantifier::Any { "" } else { "NOT " }, "")?;
        self.push(if quantifier == Quantifier::Any { ") THEN TRUE" } else { ") THEN FALSE" });
        self.push(" WHEN EXISTS (");
        self.compared_rows(comparison, "", " IS NULL")?;
        self.push(") THEN NULL ELSE ");
        self.push(if quantifier == Quantifier::Any { "FALSE END" } else { "TRUE END" });
        Ok(())
    }

    /// The rows of the query for which something is true of the comparison.
    fn compared_rows(&mut self, comparison: Comparison<'q>, before: &str, behind: &str) -> Result<()> {
        let Comparison { word, ty, left, query } = comparison;
        self.push("SELECT TRUE FROM (");
        self.derived(query)?;
        let alias = self.aliases;
        self.aliases += 1;
        let _ = write!(self.sql, ") AS t{alias} WHERE {before}(");
        self.compared(left, ty)?;
        let _ = write!(self.sql, "{word}t{alias}.c0){behind}");
        Ok(())
    }
}

/// Such a query stands behind no other operator.
pub(super) fn misplaced<T>() -> Result<T> {
    let message =
        "`any_row` and `all_rows` stand on the right side of `eq`, `ne`, `lt`, `le`, `gt` or `ge`, and nowhere else";
    Err(Error::new(ErrorKind::Misuse, message))
}
