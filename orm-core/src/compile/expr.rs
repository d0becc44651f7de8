//! Expressions as text.

use super::rows::Extras;
use super::writer::SqlWriter;
use crate::dialect::{Concat, Decimals, Division, NullsOrder};
use crate::error::Result;
use crate::query::node::{BinaryOp, Function, LogicOp, Node, Nulls, Order, UnaryOp};
use crate::value::{Datum, Type};

impl<'q> SqlWriter<'q, '_> {
    /// An expression whose values' types the database cannot infer from beside them.
    pub(super) fn node(&mut self, node: &'q Node) -> Result<()> {
        match node {
            // A NULL without a type is a float to MariaDB, when it computes.
            Node::Bind { datum, ty } if ty.is_integer() && datum.is_null() => self.said(datum, *ty),
            Node::Bind { datum, ty } if self.dialect.typed_binds && ty.width() == 1 => self.said(datum, *ty),
            other => self.inferred(other),
        }
    }

    /// A value that says its type.
    fn said(&mut self, datum: &'q Datum<'static>, ty: Type) -> Result<()> {
        self.push("CAST(");
        self.value(datum.borrowed())?;
        self.push(" AS ");
        self.cast_name(ty)?;
        self.push(")");
        Ok(())
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
            Node::Unary(UnaryOp::Not, of) => self.not(of),
            Node::Unary(UnaryOp::Negate, of) => self.negated(of),
            Node::IsNull { of, negated } => self.is_null(of, *negated),
            Node::Logic { op, parts } => {
                self.list(if *op == LogicOp::And { " AND " } else { " OR " }, parts, |w, part| match part {
                    Node::Logic { .. } => w.operand(part),
                    other => w.inferred(other),
                })
            }
            Node::Binary { op, ty, sides } => {
                let [left, right] = &**sides;
                match op.is_arithmetic() {
                    true => self.arithmetic(*op, *ty, left, right),
                    false => self.comparison(*op, *ty, left, right),
                }
            }
            Node::Between { ty, parts } => self.between(parts, "", *ty),
            Node::InList { of, ty, items } => self.in_list(of, "", *ty, items),
            Node::InQuery { of, query } => self.in_query(of, "", query),
            Node::Like { kind, of, pattern } => self.like(*kind, of, "", pattern),
            Node::Call { function, ty, args } => self.call(*function, *ty, args),
            Node::Named { name, ty: _, args } => {
                self.push(name);
                self.arguments(args)
            }
            Node::Aggregate { function, ty, of, distinct } => {
                self.aggregate(*function, *ty, of.as_deref(), *distinct, Extras::default())
            }
            Node::Rows(call) => self.rows_call(call),
            Node::Scalar(call) => self.scalar(call),
            Node::Cast { of, ty } => {
                self.push("CAST(");
                // A value to be converted has another type than the one behind AS.
                if of.ty() == Some(*ty) {
                    self.inferred(of)?
                } else {
                    self.node(of)?
                }
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
                    self.single(value)?;
                }
                if let Some(value) = otherwise {
                    self.push(" ELSE ");
                    self.single(value)?;
                }
                self.push(" END");
                Ok(())
            }
            Node::Exists(query) => {
                self.push("EXISTS (");
                self.tested(query)?;
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
                | Node::Logic { .. }
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

    fn negated(&mut self, of: &'q Node) -> Result<()> {
        if of.ty() == Some(Type::Decimal) && self.dialect.decimals == Decimals::Text {
            self.push("decimal_sub('0', ");
            self.inferred(of)?;
            self.push(")");
            return Ok(());
        }
        self.push("- ");
        self.number_alone(of)
    }

    /// A number beside nothing but values. MySQL computes with floats there, unless one of them is said to be an integer.
    fn number_alone(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::Bind { datum, ty } if ty.is_integer() => self.said(datum, *ty),
            other => self.typed(other),
        }
    }

    /// An operand beside nothing that tells the type of a value.
    pub(super) fn typed(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::Bind { .. } => self.node(node),
            other => self.operand(other),
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, ty: Type, left: &'q Node, right: &'q Node) -> Result<()> {
        if ty == Type::Decimal && self.dialect.decimals == Decimals::Text {
            self.push(match op {
                BinaryOp::Add => "decimal_add(",
                BinaryOp::Sub => "decimal_sub(",
                BinaryOp::Mul => "decimal_mul(",
                BinaryOp::Div => "decimal_div(",
                _ => return self.unsupported("the remainder of exact decimals"),
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
        let values = matches!((left, right), (Node::Bind { .. }, Node::Bind { .. }));
        // NULL has no type of its own, and MariaDB takes it for a float.
        let alone = |node: &Node| values || matches!(node, Node::Bind { datum, .. } if datum.is_null());
        if alone(left) {
            self.number_alone(left)?
        } else {
            self.operand(left)?
        }
        self.push(word);
        if alone(right) { self.number_alone(right) } else { self.operand(right) }
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
            Function::Abs => {
                self.push("ABS(");
                self.number_alone(&args[0])?;
                self.push(")");
                return Ok(());
            }
            Function::Round => "ROUND",
            Function::Coalesce => return self.coalesce(args),
            Function::NullIf if ty == Type::Decimal && self.dialect.decimals == Decimals::Text => {
                // The first argument's collation says what is equal.
                self.push("NULLIF(");
                self.argument(&args[0])?;
                self.collation(ty);
                self.push(", ");
                self.argument(&args[1])?;
                self.push(")");
                return Ok(());
            }
            Function::NullIf => "NULLIF",
        };
        self.push(name);
        self.arguments(args)
    }

    /// The last argument says whether the result can be NULL, so that a condition there must not be unknown.
    fn coalesce(&mut self, args: &'q [Node]) -> Result<()> {
        self.push("COALESCE(");
        self.list(", ", args.iter().enumerate(), |w, (number, arg)| match number + 1 == args.len() {
            true => w.single(arg),
            false => w.argument(arg),
        })?;
        self.push(")");
        Ok(())
    }

    /// `(a, b)`
    pub(super) fn arguments(&mut self, args: &'q [Node]) -> Result<()> {
        self.push("(");
        self.list(", ", args, |w, arg| w.argument(arg))?;
        self.push(")");
        Ok(())
    }

    /// A value of one column: what functions take.
    pub(super) fn argument(&mut self, node: &'q Node) -> Result<()> {
        self.refuse_wide(node)?;
        self.node(node)
    }

    /// A value of one column that is kept: a condition that is unknown becomes false, since its type has no NULL.
    pub(super) fn single(&mut self, node: &'q Node) -> Result<()> {
        self.refuse_wide(node)?;
        if !node.is_condition() {
            return self.node(node);
        }
        self.push("(");
        self.node(node)?;
        self.push(") IS TRUE");
        Ok(())
    }

    pub(super) fn refuse_wide(&self, node: &Node) -> Result<()> {
        if node.is_wide() {
            return self.unsupported("a value of several columns in a function, CASE or CAST");
        }
        Ok(())
    }

    /// A selected expression, by as many columns as it has.
    pub(super) fn projected(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::Entity { .. } => self.node(node),
            Node::Column { at, ty } => self.list(", ", 0..ty.width(), |w, offset| w.column(*at, offset)),
            Node::Subquery(_) => self.node(node),
            other => self.single(other),
        }
    }

    /// The right side of an assignment to one column, whose type tells the type of a value.
    pub(super) fn assigned(&mut self, node: &'q Node) -> Result<()> {
        match node {
            Node::IsNull { .. } => self.operand(node),
            condition if condition.is_condition() => self.single(condition),
            other => self.inferred(other),
        }
    }

    /// One term of ORDER BY.
    pub(super) fn order(&mut self, order: &'q Order) -> Result<()> {
        match &order.node {
            Node::Row(_) | Node::Entity { .. } => self.unsupported("an order by a whole table or row"),
            Node::Column { at, ty } if ty.width() > 1 => {
                self.list(", ", 0..ty.width(), |w, offset| w.order_term(order, |w| w.column(*at, offset)))
            }
            Node::Bind { .. } => self.order_term(order, |w| w.node(&order.node)),
            other => self.order_term(order, |w| w.operand(other)),
        }
    }

    pub(super) fn order_term(&mut self, order: &'q Order, term: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        let Order { node, descending, nulls } = order;
        if let (Some(nulls), NullsOrder::Expression) = (nulls, self.dialect.nulls_order) {
            term(self)?;
            self.push(if *nulls == Nulls::First { " IS NOT NULL, " } else { " IS NULL, " });
        }
        term(self)?;
        self.collation(node.ty().unwrap_or(Type::Text));
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
