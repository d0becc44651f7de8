//! Expressions in the query language.

use crate::RowFields;
use crate::tree::{Op, Tree, Ty, Value};
use orm::prelude::*;

type Fields = RowFields<Required>;

/// A true/false expression, by whether its type has a NULL.
pub(crate) enum Truth {
    Known(Expr<bool>),
    Nullable(Expr<Option<bool>>),
}

// `each!(a, |x| x.is_null())` and `each!(a, b, |x, y| x & y)`: the same for both types.
macro_rules! each {
    ($a:expr, |$x:ident| $body:expr) => {
        match $a {
            Truth::Known($x) => $body,
            Truth::Nullable($x) => $body,
        }
    };
    ($a:expr, $b:expr, |$x:ident, $y:ident| $body:expr) => {
        match ($a, $b) {
            (Truth::Known($x), Truth::Known($y)) => $body,
            (Truth::Known($x), Truth::Nullable($y)) => $body,
            (Truth::Nullable($x), Truth::Known($y)) => $body,
            (Truth::Nullable($x), Truth::Nullable($y)) => $body,
        }
    };
}

// `cases!(i64, tree, row, int)`: `case::<i64>().when(truth, int)..end()`, or with `.otherwise(int)`
macro_rules! cases {
    ($ty:ty, $tree:expr, $row:expr, $lower:ident) => {{
        let mut made = case::<$ty>().nullable();
        let mut otherwise = None;
        for arm in $tree.of.chunks(2) {
            match arm {
                [condition, value] => {
                    made = each!(truth(condition, $row), |condition| made.when(condition, $lower(value, $row)));
                }
                last => otherwise = Some($lower(&last[0], $row)),
            }
        }
        match otherwise {
            Some(value) => made.otherwise(value),
            None => made.end(),
        }
    }};
}

pub(crate) fn int(tree: &Tree, row: Fields) -> Expr<Option<i64>> {
    let of = |number: usize| int(&tree.of[number], row);
    let text_of = |number: usize| text(&tree.of[number], row);
    match &tree.op {
        Op::Column(_, number) => [row.int_0, row.int_1][*number].into(),
        Op::Literal(_, None) => val(None::<i64>),
        Op::Literal(_, Some(Value::Int(value))) => val(Some(*value)),
        Op::Neg => -of(0),
        Op::Add => of(0) + of(1),
        Op::Sub => of(0) - of(1),
        Op::Mul => of(0) * of(1),
        Op::Div => of(0) / of(1).nullif(0),
        Op::Rem => of(0) % of(1).nullif(0),
        Op::Abs => of(0).abs(),
        Op::Sign if tree.of[0].ty() == Ty::Float => float(&tree.of[0], row).sign(),
        Op::Sign => of(0).sign(),
        Op::ThroughText => of(0).cast::<String>().cast::<i64>(),
        Op::Length => text_of(0).length(),
        Op::Position => text_of(0).position(text_of(1)),
        Op::Coalesce => of(0).coalesce(of(1)),
        Op::NullIf => of(0).nullif(of(1)),
        Op::Case(_) => cases!(i64, tree, row, int),
        other => unreachable!("{other:?} is no integer"),
    }
}

pub(crate) fn float(tree: &Tree, row: Fields) -> Expr<Option<f64>> {
    let of = |number: usize| float(&tree.of[number], row);
    match &tree.op {
        Op::Column(_, number) => [row.float_0, row.float_1][*number].into(),
        Op::Literal(_, None) => val(None::<f64>),
        Op::Literal(_, Some(Value::Float(value))) => val(Some(*value)),
        Op::Neg => -of(0),
        Op::Add => of(0) + of(1),
        Op::Sub => of(0) - of(1),
        Op::Mul => of(0) * of(1),
        Op::Quarter => of(0) / 4.0,
        Op::Abs => of(0).abs(),
        Op::Floor => of(0).floor(),
        Op::Ceil => of(0).ceil(),
        Op::AsFloat => int(&tree.of[0], row).cast::<f64>(),
        Op::Coalesce => of(0).coalesce(of(1)),
        Op::NullIf => of(0).nullif(of(1)),
        Op::Case(_) => cases!(f64, tree, row, float),
        other => unreachable!("{other:?} is no float"),
    }
}

pub(crate) fn text(tree: &Tree, row: Fields) -> Expr<Option<String>> {
    let of = |number: usize| text(&tree.of[number], row);
    match &tree.op {
        Op::Column(_, number) => [row.text_0, row.text_1][*number].into(),
        Op::Literal(_, None) => val(None::<String>),
        Op::Literal(_, Some(Value::Text(value))) => val(Some(value.clone())),
        Op::Lower => of(0).lower(),
        Op::Upper => of(0).upper(),
        // Only spaces that are taken off again: see the characters of the texts.
        Op::Trim => val(Some("  ".to_owned())).concat(of(0)).concat(" ").trim(),
        Op::TrimStart => val(Some("  ".to_owned())).concat(of(0)).trim_start(),
        Op::TrimEnd => of(0).concat("  ").trim_end(),
        Op::Concat => of(0).concat(of(1)),
        Op::Replace => of(0).replace(of(1), of(2)),
        Op::Substring(start, length) => of(0).substring(*start, *length),
        Op::Left(count) => of(0).left(*count),
        Op::Right(count) => of(0).right(*count),
        Op::AsText => int(&tree.of[0], row).cast::<String>(),
        Op::Coalesce => of(0).coalesce(of(1)),
        Op::NullIf => of(0).nullif(of(1)),
        Op::Case(_) => cases!(String, tree, row, text),
        other => unreachable!("{other:?} is no text"),
    }
}

pub(crate) fn truth(tree: &Tree, row: Fields) -> Truth {
    let of = |number: usize| truth(&tree.of[number], row);
    let text_of = |number: usize| text(&tree.of[number], row);
    Truth::Known(match &tree.op {
        Op::Column(_, number) => return Truth::Nullable([row.bool_0, row.bool_1][*number].into()),
        Op::Literal(_, None) => return Truth::Nullable(val(None::<bool>)),
        Op::Literal(_, Some(Value::Bool(value))) => return Truth::Nullable(val(Some(*value))),
        Op::Case(_) => return Truth::Nullable(cases(tree, row)),
        Op::NullIf => return Truth::Nullable(each!(of(0), of(1), |a, b| a.nullif(b))),
        Op::Coalesce => match (of(0), of(1)) {
            (a, Truth::Known(b)) => each!(a, |a| a.coalesce(b)),
            (a, Truth::Nullable(b)) => return Truth::Nullable(each!(a, |a| a.coalesce(b))),
        },
        Op::Not => match of(0) {
            Truth::Known(a) => !a,
            Truth::Nullable(a) => return Truth::Nullable(!a),
        },
        Op::And => each!(of(0), of(1), |a, b| a & b),
        Op::Or => each!(of(0), of(1), |a, b| a | b),
        Op::Like(pattern) => text_of(0).like(pattern),
        Op::Ilike(pattern) => text_of(0).ilike(pattern),
        Op::Contains => text_of(0).contains(text_of(1)),
        Op::StartsWith => text_of(0).starts_with(text_of(1)),
        Op::EndsWith => text_of(0).ends_with(text_of(1)),
        op => comparison(op, &tree.of, row),
    })
}

fn cases(tree: &Tree, row: Fields) -> Expr<Option<bool>> {
    let mut made = case::<bool>().nullable();
    for arm in tree.of.chunks_exact(2) {
        made = each!(truth(&arm[0], row), truth(&arm[1], row), |condition, value| made.when(condition, value));
    }
    made.end()
}

// The operations that there are for every type, on operands that `$lower` makes
macro_rules! compare {
    ($op:expr, $of:expr, $row:expr, $lower:ident) => {{
        let operand = |number: usize| $lower(&$of[number], $row);
        let rest = || $of[1..].iter().map(|item| $lower(item, $row)).collect::<Vec<_>>();
        match $op {
            Op::Eq => operand(0).eq(operand(1)),
            Op::Ne => operand(0).ne(operand(1)),
            Op::Lt => operand(0).lt(operand(1)),
            Op::Le => operand(0).le(operand(1)),
            Op::Gt => operand(0).gt(operand(1)),
            Op::Ge => operand(0).ge(operand(1)),
            Op::Same => operand(0).same(operand(1)),
            Op::NotSame => operand(0).not_same(operand(1)),
            Op::Between => operand(0).between(operand(1), operand(2)),
            Op::In => operand(0).in_(rest()),
            Op::NotIn => operand(0).not_in(rest()),
            Op::IsNull => operand(0).is_null(),
            Op::IsNotNull => operand(0).is_not_null(),
            other => unreachable!("{other:?} is no condition"),
        }
    }};
}

fn comparison(op: &Op, of: &[Tree], row: Fields) -> Expr<bool> {
    match of[0].ty() {
        Ty::Int => compare!(op, of, row, int),
        Ty::Float => compare!(op, of, row, float),
        Ty::Text => compare!(op, of, row, text),
        Ty::Bool => {
            let operand = |number: usize| truth(&of[number], row);
            match op {
                Op::Eq => each!(operand(0), operand(1), |a, b| a.eq(b)),
                Op::Ne => each!(operand(0), operand(1), |a, b| a.ne(b)),
                Op::Same => each!(operand(0), operand(1), |a, b| a.same(b)),
                Op::NotSame => each!(operand(0), operand(1), |a, b| a.not_same(b)),
                Op::IsNull => each!(operand(0), |a| a.is_null()),
                Op::IsNotNull => each!(operand(0), |a| a.is_not_null()),
                Op::In => one_of(of, row),
                Op::NotIn => !one_of(of, row),
                other => unreachable!("{other:?} is no condition"),
            }
        }
    }
}

/// A list has items of one type: conditions become nullable by `NULLIF(.., NULL)`, which changes nothing.
fn one_of(of: &[Tree], row: Fields) -> Expr<bool> {
    let items: Vec<Expr<Option<bool>>> = of[1..]
        .iter()
        .map(|item| match truth(item, row) {
            Truth::Known(item) => item.nullif(None::<bool>),
            Truth::Nullable(item) => item,
        })
        .collect();
    each!(truth(&of[0], row), |value| value.in_(items))
}
