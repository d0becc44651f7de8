//! Expressions as text.

use super::writer::SqlWriter;
use crate::dialect::{Concat, Decimals, Division, Like, NullSafe, NullsOrder};
use crate::error::Result;
use crate::query::node::{Aggregate, BinaryOp, Function, LikeKind, Node, Nulls, Order, UnaryOp};
use crate::value::{Datum, Type};
use std::borrow::Cow;

impl<'q> SqlWriter<'q, '_> {
    /// An expression whose values' types the database cannot infer from beside them.
    pub(super) fn node(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::Bind { datum, ty } if self.dialect.typed_binds && ty.width() == 1 => {
                self.push("CAST(");
                self.value(datum.borrowed())?;
                self.push(" AS ");
                self.cast_name(*ty)?;
                self.push(")");
                Ok(())
            }
            other => self.inferred(other),
        }
    }

    /// An expression beside something whose type tells the type of a value.
    pub(super) fn inferred(&mut self, node: &'q Node) -> Result<()> {
        self.deeper(|w| w.plain(node))
    }

    fn plain(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::Column { at, ty } => self.field(*at, *ty),
            Node::Entity { at, table } => self.list(", ", 0..table.columns.len(), |w, column| w.column(*at, column)),
            Node::Bind { datum, ty: _ } => self.value(datum.borrowed()),
            Node::Unary(UnaryOp::Not, of) => {
                self.push("NOT ");
                self.operand(of)
            }
            Node::Unary(UnaryOp::Negate, of) => self.negated(of),
            Node::IsNull { of, negated } => {
                match &**of {
                    // All columns of a composite reference are NULL together.
                    Node::Column { at, ty } if ty.width() > 1 => self.column(*at, 0)?,
                    Node::Row(parts) => self.operand(&parts[0])?,
                    other => self.operand(other)?,
                }
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
                Ok(())
            }
            Node::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => self.chain(*op, left, right),
            Node::Binary { op, ty, left, right } if op.is_arithmetic() => self.arithmetic(*op, *ty, left, right),
            Node::Binary { op, ty, left, right } => self.comparison(*op, *ty, left, right),
            Node::Between { ty, parts } => {
                let [of, low, high] = &**parts;
                self.compared(of, *ty)?;
                self.push(" BETWEEN ");
                self.operand(low)?;
                self.push(" AND ");
                self.operand(high)
            }
            Node::InList { of, ty, items } => self.in_list(of, *ty, items),
            Node::InQuery { of, query } => {
                self.operand(of)?;
                self.push(" IN (");
                self.nested(query)?;
                self.push(")");
                Ok(())
            }
            Node::Like { kind, of, pattern } => self.like(*kind, of, pattern),
            Node::Call { function, ty, args } => self.call(*function, *ty, args),
            Node::Named { name, ty: _, args } => {
                self.push(name);
                self.arguments(args)
            }
            Node::Aggregate { function, ty, of, distinct } => self.aggregate(*function, *ty, of.as_deref(), *distinct),
            Node::Cast { of, ty } => {
                self.push("CAST(");
                self.inferred(of)?;
                self.push(" AS ");
                self.cast_name(*ty)?;
                self.push(")");
                Ok(())
            }
            Node::Case { arms, otherwise, ty: _ } => {
                self.push("CASE");
                for (condition, value) in arms {
                    self.push(" WHEN ");
                    self.node(condition)?;
                    self.push(" THEN ");
                    self.node(value)?;
                }
                if let Some(value) = otherwise {
                    self.push(" ELSE ");
                    self.node(value)?;
                }
                self.push(" END");
                Ok(())
            }
            Node::Exists(query) => {
                self.push("EXISTS (");
                self.nested(query)?;
                self.push(")");
                Ok(())
            }
            Node::Subquery(query) => {
                self.push("(");
                self.nested(query)?;
                self.push(")");
                Ok(())
            }
            Node::Row(parts) => {
                self.push("(");
                self.list(", ", parts, |w, part| w.inferred(part))?;
                self.push(")");
                Ok(())
            }
            Node::Constant(value) => {
                self.push(if *value { "TRUE" } else { "FALSE" });
                Ok(())
            }
        }
    }

    /// An expression inside another: in parentheses unless it is one word.
    pub(super) fn operand(&mut self, node: &'q Node) -> Result<()> {
        let simple = !matches!(
            node,
            Node::Unary(..)
                | Node::IsNull { .. }
                | Node::Binary { .. }
                | Node::Between { .. }
                | Node::InList { .. }
                | Node::InQuery { .. }
                | Node::Like { .. }
        );
        if simple {
            return self.inferred(node);
        }
        self.push("(");
        self.inferred(node)?;
        self.push(")");
        Ok(())
    }

    /// `a AND b AND c`, without recursion over a chain that a loop built.
    fn chain(&mut self, op: BinaryOp, left: &'q Node, right: &'q Node) -> Result<()> {
        let mut parts = vec![right];
        let mut rest = left;
        while let Node::Binary { op: inner, left, right, .. } = rest
            && *inner == op
        {
            parts.push(right);
            rest = left;
        }
        parts.push(rest);
        let word = if op == BinaryOp::And { " AND " } else { " OR " };
        self.list(word, parts.into_iter().rev(), |w, part| match part {
            Node::Binary { op: BinaryOp::And | BinaryOp::Or, .. } => w.operand(part),
            other => w.inferred(other),
        })
    }

    fn comparison(&mut self, op: BinaryOp, ty: Type, left: &'q Node, right: &'q Node) -> Result<()> {
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

    /// The left side of a comparison: decimals that are stored as text compare as numbers.
    fn compared(&mut self, node: &'q Node, ty: Type) -> Result<()> {
        self.operand(node)?;
        if ty == Type::Decimal && self.dialect.decimals == Decimals::Text {
            self.push(" COLLATE decimal");
        }
        Ok(())
    }

    fn negated(&mut self, of: &'q Node) -> Result<()> {
        if of.ty() == Some(Type::Decimal) && self.dialect.decimals == Decimals::Text {
            self.push("decimal_sub('0', ");
            self.inferred(of)?;
            self.push(")");
            return Ok(());
        }
        self.push("- ");
        self.operand(of)
    }

    fn arithmetic(&mut self, op: BinaryOp, ty: Type, left: &'q Node, right: &'q Node) -> Result<()> {
        if ty == Type::Decimal && self.dialect.decimals == Decimals::Text {
            self.push(match op {
                BinaryOp::Add => "decimal_add(",
                BinaryOp::Sub => "decimal_sub(",
                BinaryOp::Mul => "decimal_mul(",
                _ => return self.unsupported("exact division of decimals"),
            });
            self.inferred(left)?;
            self.push(", ");
            self.inferred(right)?;
            self.push(")");
            return Ok(());
        }
        let word = match op {
            BinaryOp::Add => " + ",
            BinaryOp::Sub => " - ",
            BinaryOp::Mul => " * ",
            BinaryOp::Div if ty.is_integer() && self.dialect.division == Division::Fraction => " DIV ",
            BinaryOp::Div => " / ",
            _ => " % ",
        };
        if matches!((left, right), (Node::Bind { .. }, Node::Bind { .. })) {
            self.node(left)?;
        } else {
            self.operand(left)?;
        }
        self.push(word);
        self.operand(right)
    }

    fn in_list(&mut self, of: &'q Node, ty: Type, items: &'q [Node]) -> Result<()> {
        let all_values = ty.width() == 1
            && items.iter().all(
                |item| matches!(item, Node::Bind { datum, .. } if !matches!(datum, Datum::Pending(_) | Datum::Row(_))),
            );
        self.compared(of, ty)?;
        // One text for every length: an array where there are arrays, otherwise a few lengths, filled up by the last value.
        if self.dialect.arrays && all_values && !matches!(ty, Type::Array(_) | Type::Json) {
            let values = items.iter().filter_map(bound).map(Datum::borrowed).collect();
            self.push(" = ANY(");
            self.value(Datum::Array(values))?;
            self.push(")");
            return Ok(());
        }
        self.push(" IN (");
        self.list(", ", items, |w, item| w.inferred(item))?;
        if all_values && self.binds.len() + items.len() < self.dialect.max_binds {
            let last = items.last().and_then(bound);
            for datum in std::iter::repeat_n(last, items.len().next_power_of_two() - items.len()).flatten() {
                self.push(", ");
                self.value(datum.borrowed())?;
            }
        }
        self.push(")");
        Ok(())
    }

    fn like(&mut self, kind: LikeKind, of: &'q Node, pattern: &'q Node) -> Result<()> {
        let any_case = kind == LikeKind::PatternAnyCase;
        let lower = any_case && self.dialect.like == Like::Collation;
        self.push(if lower { "LOWER(" } else { "" });
        self.operand(of)?;
        self.push(if lower { ")" } else { "" });
        self.push(if any_case && self.dialect.like == Like::Ilike { " ILIKE " } else { " LIKE " });
        let (before, after) = match kind {
            LikeKind::Pattern | LikeKind::PatternAnyCase => {
                self.push(if lower { "LOWER(" } else { "" });
                self.operand(pattern)?;
                self.push(if lower { ")" } else { "" });
                // PostgreSQL's and MySQL's own escape is the backslash; SQLite has none.
                if self.dialect.like == Like::IgnoresAsciiCase {
                    self.push(" ESCAPE '\\'");
                }
                return Ok(());
            }
            LikeKind::Contains => ("%", "%"),
            LikeKind::StartsWith => ("", "%"),
            LikeKind::EndsWith => ("%", ""),
        };
        match pattern {
            Node::Bind { datum: Datum::Text(part), .. } => {
                let escaped = format!("{before}{}{after}", escape_like(part));
                self.value(Datum::Text(Cow::Owned(escaped)))?;
            }
            expression => self.escaped_part(before, expression, after)?,
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

    fn call(&mut self, function: Function, ty: Type, args: &'q [Node]) -> Result<()> {
        let name = match function {
            Function::Concat if self.dialect.concat == Concat::Operator => {
                self.push("(");
                self.list(" || ", args, |w, arg| w.node(arg))?;
                self.push(")");
                return Ok(());
            }
            Function::Abs if ty == Type::Decimal && self.dialect.decimals == Decimals::Text => "decimal_abs",
            Function::Lower => "LOWER",
            Function::Upper => "UPPER",
            Function::Trim => "TRIM",
            Function::Length if self.dialect.concat == Concat::Function => "CHAR_LENGTH",
            Function::Length => "LENGTH",
            Function::Concat => "CONCAT",
            Function::Replace => "REPLACE",
            Function::Substring => "SUBSTR",
            Function::Abs => "ABS",
            Function::Round => "ROUND",
            Function::Coalesce => "COALESCE",
            Function::NullIf => "NULLIF",
        };
        self.push(name);
        self.arguments(args)
    }

    fn arguments(&mut self, args: &'q [Node]) -> Result<()> {
        self.push("(");
        self.list(", ", args, |w, arg| w.node(arg))?;
        self.push(")");
        Ok(())
    }

    fn aggregate(&mut self, function: Aggregate, ty: Type, of: Option<&'q Node>, distinct: bool) -> Result<()> {
        let decimal_text = ty == Type::Decimal && self.dialect.decimals == Decimals::Text;
        self.push(match function {
            Aggregate::Count => "COUNT(",
            Aggregate::Sum if decimal_text => "decimal_sum(",
            Aggregate::Sum => "SUM(",
            Aggregate::Avg => "AVG(",
            Aggregate::Min => "MIN(",
            Aggregate::Max => "MAX(",
        });
        self.push(if distinct { "DISTINCT " } else { "" });
        match of {
            None => self.push("*"),
            Some(of) if decimal_text && function == Aggregate::Avg => {
                self.push("CAST(");
                self.node(of)?;
                self.push(" AS REAL)");
            }
            Some(of) => {
                self.node(of)?;
                if decimal_text && matches!(function, Aggregate::Min | Aggregate::Max) {
                    self.push(" COLLATE decimal");
                }
            }
        }
        self.push(")");
        Ok(())
    }

    /// A selected expression: a condition that is unknown becomes false, since the result's type has no NULL.
    pub(super) fn projected(&mut self, node: &'q Node) -> Result<()> {
        if node.is_condition() {
            self.push("(");
            self.node(node)?;
            self.push(") IS TRUE");
            return Ok(());
        }
        match node {
            // Columns beside each other: a row value is no list of columns.
            Node::Column { at, ty } if ty.width() > 1 => {
                self.list(", ", 0..ty.width(), |w, offset| w.column(*at, offset))
            }
            other => self.node(other),
        }
    }

    /// One term of ORDER BY.
    pub(super) fn order(&mut self, order: &'q Order) -> Result<()> {
        let Order { node, descending, nulls } = order;
        if let (Some(nulls), NullsOrder::Expression) = (nulls, self.dialect.nulls_order) {
            self.operand(node)?;
            self.push(if *nulls == Nulls::First { " IS NOT NULL, " } else { " IS NULL, " });
        }
        match node {
            Node::Row(_) | Node::Entity { .. } => return self.unsupported("an order by a whole table or row"),
            Node::Column { at, ty } if ty.width() > 1 => {
                self.list(", ", 0..ty.width(), |w, offset| {
                    w.column(*at, offset)?;
                    w.push(if *descending { " DESC" } else { "" });
                    Ok(())
                })?;
                return Ok(());
            }
            other => self.compared(other, other.ty().unwrap_or(Type::Text))?,
        }
        self.push(if *descending { " DESC" } else { "" });
        match (nulls, self.dialect.nulls_order) {
            (Some(Nulls::First), NullsOrder::Clause) => self.push(" NULLS FIRST"),
            (Some(Nulls::Last), NullsOrder::Clause) => self.push(" NULLS LAST"),
            _ => {}
        }
        Ok(())
    }

    /// The name of a type in CAST.
    pub(super) fn cast_name(&mut self, ty: Type) -> Result<()> {
        let names = &self.dialect.casts;
        let name = match ty {
            Type::Bool => names.bool,
            Type::I8 | Type::I16 | Type::U8 => names.i16,
            Type::I32 | Type::U16 => names.i32,
            Type::I64 => names.signed,
            Type::U32 | Type::U64 => names.unsigned,
            Type::F32 => names.f32,
            Type::F64 => names.f64,
            Type::Text | Type::Enum(_) => names.text,
            Type::Bytes => names.bytes,
            Type::Date => names.date,
            Type::Time => names.time,
            Type::DateTime => names.datetime,
            Type::Timestamp => names.timestamp,
            Type::Uuid => names.uuid,
            Type::Decimal => names.decimal,
            Type::Json => names.json,
            Type::Array(element) if self.dialect.arrays => {
                self.cast_name(*element)?;
                "[]"
            }
            Type::Array(_) => return self.unsupported("arrays"),
            Type::Row(_) => return self.unsupported("a cast to several columns"),
        };
        self.push(name);
        Ok(())
    }
}

fn bound(node: &Node) -> Option<&Datum<'static>> {
    match node {
        Node::Bind { datum, .. } => Some(datum),
        _ => None,
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
