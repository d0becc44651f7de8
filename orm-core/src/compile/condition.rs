//! Conditions as text: comparisons, NULL, lists, patterns.

use super::writer::SqlWriter;
use crate::dialect::{Concat, Decimals, KeyLists, Like, NullSafe};
use crate::error::Result;
use crate::query::node::{BinaryOp, LikeKind, Node, SelectBody};
use crate::value::{Datum, Type};
use std::borrow::Cow;

impl<'q> SqlWriter<'q, '_> {
    pub(super) fn comparison(&mut self, op: BinaryOp, ty: Type, left: &'q Node, right: &'q Node) -> Result<()> {
        if let Some((quantifier, query)) = right.quantified() {
            return self.quantified(op, ty, left, quantifier, query);
        }
        if let (BinaryOp::Same | BinaryOp::NotSame, Node::Constant(truth)) = (op, right) {
            self.operand(left)?;
            self.push(if op == BinaryOp::Same { " IS " } else { " IS NOT " });
            self.push(if *truth { "TRUE" } else { "FALSE" });
            return Ok(());
        }
        let word = match (op, self.dialect.null_safe) {
            (BinaryOp::Eq, _) => " = ",
            (BinaryOp::Ne, _) => " <> ",
            (BinaryOp::Lt, _) => " < ",
            (BinaryOp::Le, _) => " <= ",
            (BinaryOp::Gt, _) => " > ",
            (BinaryOp::Ge, _) => " >= ",
            (BinaryOp::Same, NullSafe::IsNotDistinctFrom) => " IS NOT DISTINCT FROM ",
            (BinaryOp::NotSame, NullSafe::IsNotDistinctFrom) => " IS DISTINCT FROM ",
            (BinaryOp::Same, NullSafe::Is) => " IS ",
            (BinaryOp::NotSame, NullSafe::Is) => " IS NOT ",
            (BinaryOp::Same, NullSafe::Spaceship) => " <=> ",
            (BinaryOp::NotSame, NullSafe::Spaceship) => {
                self.push("NOT (");
                self.comparison(BinaryOp::Same, ty, left, right)?;
                self.push(")");
                return Ok(());
            }
            _ => unreachable!("the other operators are no comparisons"),
        };
        self.beside(ty, left, right, word)
    }

    /// Two operands of a comparison; the second tells the type of the first when that is a value.
    fn beside(&mut self, ty: Type, left: &'q Node, right: &'q Node, word: &str) -> Result<()> {
        let both_values = matches!((left, right), (Node::Bind { .. }, Node::Bind { .. }));
        if both_values {
            self.node(left)?;
        } else {
            self.compared(left, ty)?;
        }
        self.push(word);
        self.operand(right)
    }

    /// The left side of a comparison, which says how the two are compared.
    pub(super) fn compared(&mut self, node: &'q Node, ty: Type) -> Result<()> {
        self.operand(node)?;
        self.collation(ty);
        Ok(())
    }

    /// Decimals that are stored as text compare as numbers.
    pub(super) fn collation(&mut self, ty: Type) {
        if ty == Type::Decimal && self.dialect.decimals == Decimals::Text {
            self.push(" COLLATE decimal");
        }
    }

    /// NOT, inside the condition where SQL has a word for it there.
    pub(super) fn not(&mut self, of: &'q Node) -> Result<()> {
        match of {
            Node::IsNull { of, negated } => self.is_null(of, !negated),
            Node::Between { ty, parts } => self.between(parts, "NOT ", *ty),
            Node::InList { of, ty, items } => self.in_list(of, "NOT ", *ty, items),
            Node::InQuery { of, query } => self.in_query(of, "NOT ", query),
            Node::Like { kind, of, pattern } => self.like(*kind, of, "NOT ", pattern),
            Node::Constant(value) => {
                self.push(if *value { "FALSE" } else { "TRUE" });
                Ok(())
            }
            other => {
                self.push("NOT ");
                self.operand(other)
            }
        }
    }

    pub(super) fn is_null(&mut self, of: &'q Node, negated: bool) -> Result<()> {
        match of {
            // All columns of a composite reference are NULL together.
            Node::Column { at, ty } if ty.width() > 1 => self.column(*at, 0)?,
            Node::Row(parts) => self.operand(&parts[0])?,
            // `IS NULL` says nothing of the type of a value.
            Node::Bind { .. } => self.node(of)?,
            other => self.operand(other)?,
        }
        self.push(if negated { " IS NOT NULL" } else { " IS NULL" });
        Ok(())
    }

    pub(super) fn between(&mut self, parts: &'q [Node; 3], not: &str, ty: Type) -> Result<()> {
        let [of, low, high] = parts;
        if of.is_wide() {
            // Not every database knows BETWEEN for rows.
            self.push(not);
            self.push("(");
            self.comparison(BinaryOp::Ge, ty, of, low)?;
            self.push(" AND ");
            self.comparison(BinaryOp::Le, ty, of, high)?;
            self.push(")");
            return Ok(());
        }
        self.typed(of)?;
        self.collation(ty);
        self.push(" ");
        self.push(not);
        self.push("BETWEEN ");
        self.operand(low)?;
        self.push(" AND ");
        self.operand(high)
    }

    pub(super) fn in_query(&mut self, of: &'q Node, not: &str, query: &'q SelectBody) -> Result<()> {
        self.compared(of, of.ty().unwrap_or(Type::Text))?;
        self.push(" ");
        self.push(not);
        self.push("IN (");
        self.listed_query(query, self.dialect.limit_in_lists)?;
        self.push(")");
        Ok(())
    }

    /// A query whose rows are compared with something. Where it cannot have a LIMIT there, it is a derived table.
    pub(super) fn listed_query(&mut self, query: &'q SelectBody, limits: bool) -> Result<()> {
        if limits || (query.limit.is_none() && query.offset.is_none()) {
            self.nested(query)?;
        } else {
            self.limited(query)?;
        }
        Ok(())
    }

    pub(super) fn in_list(&mut self, of: &'q Node, not: &str, ty: Type, items: &'q [Node]) -> Result<()> {
        let all_values = ty.width() == 1
            && items.iter().all(
                |item| matches!(item, Node::Bind { datum, .. } if !matches!(datum, Datum::Pending(_) | Datum::Row(_))),
            );
        self.typed(of)?;
        self.collation(ty);
        // One text for every length: an array where there are arrays, otherwise a few lengths, filled up by the last value.
        if self.dialect.arrays && all_values && !matches!(ty, Type::Array(_) | Type::Json) {
            let values = items.iter().filter_map(bound).map(Datum::borrowed).collect();
            self.push(if not.is_empty() { " = ANY(" } else { " <> ALL(" });
            self.value(Datum::Array(values))?;
            self.push(")");
            return Ok(());
        }
        self.push(" ");
        self.push(not);
        self.push("IN (");
        // Lists of rows came late to SQLite; rows of a VALUES clause were always there.
        if of.is_wide() && self.dialect.key_lists == KeyLists::Values {
            self.push("VALUES ");
        }
        if all_values {
            self.list_of_values(items)?;
        } else {
            self.list(", ", items, |w, item| w.inferred(item))?;
        }
        self.push(")");
        Ok(())
    }

    /// The values of a list, which may be long.
    fn list_of_values(&mut self, items: &'q [Node]) -> Result<()> {
        let mut more = filled_up(items.len()) - items.len();
        if self.binds.len() + items.len() + more > self.dialect.max_binds {
            more = 0;
        }
        self.sql.reserve(3 * (items.len() + more));
        self.binds.reserve(items.len() + more);
        let last = items.last().into_iter().cycle().take(more);
        self.list(", ", items.iter().chain(last).filter_map(bound), |w, datum| w.value(datum.borrowed()))
    }

    pub(super) fn like(&mut self, kind: LikeKind, of: &'q Node, not: &str, pattern: &'q Node) -> Result<()> {
        let any_case = kind == LikeKind::PatternAnyCase;
        let lower = any_case && self.dialect.like == Like::Collation;
        self.push(if lower { "LOWER(" } else { "" });
        self.operand(of)?;
        self.push(if lower { ")" } else { "" });
        self.push(" ");
        self.push(not);
        self.push(if any_case && self.dialect.like == Like::Ilike { "ILIKE " } else { "LIKE " });
        let Some(part) = part_pattern(kind) else {
            self.push(if lower { "LOWER(" } else { "" });
            self.operand(pattern)?;
            self.push(if lower { ")" } else { "" });
            // PostgreSQL's and MySQL's own escape is the backslash; SQLite has none.
            if self.dialect.like == Like::IgnoresAsciiCase {
                self.push(" ESCAPE '\\'");
            }
            return Ok(());
        };
        match pattern {
            Node::Bind { datum: Datum::Text(text), .. } => self.value(part.around(text))?,
            expression => self.escaped_part(part.before, expression, part.after)?,
        }
        // A character that needs no escape of its own in any mode of any database's string literals.
        self.push(" ESCAPE '!'");
        Ok(())
    }

    /// A part to find that only the database knows: its wild cards are escaped there.
    fn escaped_part(&mut self, before: &str, part: &'q Node, after: &str) -> Result<()> {
        let operator = self.dialect.concat == Concat::Operator;
        self.push(if operator { "(" } else { "CONCAT(" });
        self.push(&format!("'{before}'"));
        self.push(if operator { " || " } else { ", " });
        self.push("REPLACE(REPLACE(REPLACE(");
        self.node(part)?;
        self.push(", '!', '!!'), '%', '!%'), '_', '!_')");
        self.push(if operator { " || " } else { ", " });
        self.push(&format!("'{after}')"));
        Ok(())
    }
}

/// The length of the text of a list: a power of two, and above 64 a quarter of one more, since each value is looked up.
fn filled_up(length: usize) -> usize {
    let power = length.next_power_of_two();
    if power <= 64 { power } else { length.next_multiple_of(power / 8) }
}

fn bound(node: &Node) -> Option<&Datum<'static>> {
    match node {
        Node::Bind { datum, .. } => Some(datum),
        _ => None,
    }
}

/// What stands around a part that is searched for.
pub(super) struct PartPattern {
    before: &'static str,
    after: &'static str,
}

/// What stands around the part; `None` where the program wrote the whole pattern.
pub(super) fn part_pattern(kind: LikeKind) -> Option<PartPattern> {
    let (before, after) = match kind {
        LikeKind::Pattern | LikeKind::PatternAnyCase => return None,
        LikeKind::Contains => ("%", "%"),
        LikeKind::StartsWith => ("", "%"),
        LikeKind::EndsWith => ("%", ""),
    };
    Some(PartPattern { before, after })
}

impl PartPattern {
    /// The pattern as a value.
    pub(super) fn around(&self, part: &str) -> Datum<'static> {
        let PartPattern { before, after } = self;
        Datum::Text(Cow::Owned(format!("{before}{}{after}", escape_like(part))))
    }
}

/// A text in which `%` and `_` mean themselves, with `!` as the escape character.
fn escape_like(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len() + 2);
    for c in part.chars() {
        if matches!(c, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}
