//! What an expression means: SQL's three-valued logic in Rust. Knows no database.

use crate::tree::{Op, Tree, Ty, Value};

/// A row: two values of each type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Values {
    pub(crate) ints: [Option<i64>; 2],
    pub(crate) floats: [Option<f64>; 2],
    pub(crate) texts: [Option<String>; 2],
    pub(crate) bools: [Option<bool>; 2],
}

/// The value of an expression that is kept: selected, or given back by a CASE.
pub(crate) fn kept(tree: &Tree, row: &Values) -> Option<Value> {
    let value = evaluate(tree, row);
    if value.is_none() && tree.is_condition() { Some(Value::Bool(false)) } else { value }
}

/// The value of an expression; `None` is NULL, and unknown.
fn evaluate(tree: &Tree, row: &Values) -> Option<Value> {
    let of = |number: usize| evaluate(&tree.of[number], row);
    match (&tree.op, tree.ty()) {
        (Op::Column(ty, number), _) => match ty {
            Ty::Int => row.ints[*number].map(Value::Int),
            Ty::Float => row.floats[*number].map(Value::Float),
            Ty::Text => row.texts[*number].clone().map(Value::Text),
            Ty::Bool => row.bools[*number].map(Value::Bool),
        },
        (Op::Literal(_, value), _) => value.clone(),
        (Op::Coalesce, _) => of(0).or_else(|| kept(&tree.of[1], row)),
        (Op::NullIf, _) => of(0).filter(|value| of(1).as_ref() != Some(value)),
        (Op::Case(_), _) => case(&tree.of, row),
        (_, Ty::Int) => int(tree, row).map(Value::Int),
        (_, Ty::Float) => float(tree, row).map(Value::Float),
        (_, Ty::Text) => text(tree, row).map(Value::Text),
        (_, Ty::Bool) => truth(tree, row).map(Value::Bool),
    }
}

fn case(of: &[Tree], row: &Values) -> Option<Value> {
    match of {
        [] => None,
        [otherwise] => kept(otherwise, row),
        [condition, value, rest @ ..] => match as_bool(condition, row) {
            Some(true) => kept(value, row),
            _ => case(rest, row),
        },
    }
}

fn as_int(tree: &Tree, row: &Values) -> Option<i64> {
    match evaluate(tree, row)? {
        Value::Int(value) => Some(value),
        other => unreachable!("{other:?} of {tree:?}"),
    }
}

fn as_float(tree: &Tree, row: &Values) -> Option<f64> {
    match evaluate(tree, row)? {
        Value::Float(value) => Some(value),
        other => unreachable!("{other:?} of {tree:?}"),
    }
}

fn as_text(tree: &Tree, row: &Values) -> Option<String> {
    match evaluate(tree, row)? {
        Value::Text(value) => Some(value),
        other => unreachable!("{other:?} of {tree:?}"),
    }
}

fn as_bool(tree: &Tree, row: &Values) -> Option<bool> {
    match evaluate(tree, row)? {
        Value::Bool(value) => Some(value),
        other => unreachable!("{other:?} of {tree:?}"),
    }
}

fn int(tree: &Tree, row: &Values) -> Option<i64> {
    let of = |number: usize| as_int(&tree.of[number], row);
    let length = |text: &str| i64::try_from(text.chars().count()).expect("it is short");
    match &tree.op {
        Op::Neg => Some(-of(0)?),
        Op::Add => Some(of(0)? + of(1)?),
        Op::Sub => Some(of(0)? - of(1)?),
        Op::Mul => Some(of(0)? * of(1)?),
        Op::Div => of(0)?.checked_div(of(1)?),
        Op::Rem => of(0)?.checked_rem(of(1)?),
        Op::Abs => Some(of(0)?.abs()),
        Op::ThroughText => of(0),
        Op::Sign => match evaluate(&tree.of[0], row)? {
            Value::Float(0.0) => Some(0),
            Value::Float(value) => Some(if value < 0.0 { -1 } else { 1 }),
            Value::Int(value) => Some(value.signum()),
            other => unreachable!("the sign of {other:?}"),
        },
        Op::Length => Some(length(&as_text(&tree.of[0], row)?)),
        Op::Position => {
            let (text, part) = (as_text(&tree.of[0], row)?, as_text(&tree.of[1], row)?);
            Some(text.find(&part).map_or(0, |at| length(&text[..at]) + 1))
        }
        other => unreachable!("{other:?} is no integer"),
    }
}

fn float(tree: &Tree, row: &Values) -> Option<f64> {
    let of = |number: usize| as_float(&tree.of[number], row);
    match &tree.op {
        Op::Neg => Some(-of(0)?),
        Op::Add => Some(of(0)? + of(1)?),
        Op::Sub => Some(of(0)? - of(1)?),
        Op::Mul => Some(of(0)? * of(1)?),
        Op::Quarter => Some(of(0)? / 4.0),
        Op::Abs => Some(of(0)?.abs()),
        Op::Floor => Some(of(0)?.floor()),
        Op::Ceil => Some(of(0)?.ceil()),
        Op::AsFloat => Some(as_int(&tree.of[0], row)? as f64),
        other => unreachable!("{other:?} is no float"),
    }
}

fn text(tree: &Tree, row: &Values) -> Option<String> {
    let of = |number: usize| as_text(&tree.of[number], row);
    let first = |text: String, count: usize| text.chars().take(count).collect::<String>();
    let natural = |number: &i32| usize::try_from(*number).expect("there are no negative ones");
    match &tree.op {
        Op::Lower => Some(of(0)?.to_ascii_lowercase()),
        Op::Upper => Some(of(0)?.to_ascii_uppercase()),
        // The spaces are put there first.
        Op::Trim | Op::TrimStart | Op::TrimEnd => of(0),
        Op::Concat => Some(of(0)? + &of(1)?),
        Op::Replace => {
            let (text, from, to) = (of(0)?, of(1)?, of(2)?);
            Some(if from.is_empty() { text } else { text.replace(&from, &to) })
        }
        Op::Substring(start, length) => Some(of(0)?.chars().skip(natural(start) - 1).take(natural(length)).collect()),
        Op::Left(count) => Some(first(of(0)?, *count as usize)),
        Op::Right(count) => {
            let text = of(0)?;
            let skipped = text.chars().count().saturating_sub(*count as usize);
            Some(text.chars().skip(skipped).collect())
        }
        Op::AsText => Some(as_int(&tree.of[0], row)?.to_string()),
        other => unreachable!("{other:?} is no text"),
    }
}

fn truth(tree: &Tree, row: &Values) -> Option<bool> {
    let of = |number: usize| evaluate(&tree.of[number], row);
    let truth_of = |number: usize| as_bool(&tree.of[number], row);
    let text_of = |number: usize| as_text(&tree.of[number], row);
    match &tree.op {
        Op::And => and(truth_of(0), truth_of(1)),
        Op::Or => and(truth_of(0).map(|a| !a), truth_of(1).map(|b| !b)).map(|neither| !neither),
        Op::Not => truth_of(0).map(|value| !value),
        Op::Eq | Op::Same if tree.of[1].is_null() => Some(of(0).is_none()),
        Op::Ne | Op::NotSame if tree.of[1].is_null() => Some(of(0).is_some()),
        Op::Eq => Some(of(0)? == of(1)?),
        Op::Ne => Some(of(0)? != of(1)?),
        Op::Same => Some(of(0) == of(1)),
        Op::NotSame => Some(of(0) != of(1)),
        Op::Lt => less(&of(0)?, &of(1)?),
        Op::Gt => less(&of(1)?, &of(0)?),
        Op::Le => less(&of(1)?, &of(0)?).map(|greater| !greater),
        Op::Ge => less(&of(0)?, &of(1)?).map(|less| !less),
        Op::Between => {
            let at_least = of(0).zip(of(1)).and_then(|(value, low)| less(&value, &low)).map(|less| !less);
            let at_most = of(0).zip(of(2)).and_then(|(value, high)| less(&high, &value)).map(|greater| !greater);
            and(at_least, at_most)
        }
        Op::In => one_of(&tree.of, row),
        Op::NotIn => one_of(&tree.of, row).map(|found| !found),
        Op::IsNull => Some(of(0).is_none()),
        Op::IsNotNull => Some(of(0).is_some()),
        Op::Like(pattern) | Op::Ilike(pattern) => {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            Some(matches(&characters(&text_of(0)?), &characters(pattern)))
        }
        Op::Contains => Some(text_of(0)?.contains(&text_of(1)?)),
        Op::StartsWith => Some(text_of(0)?.starts_with(&text_of(1)?)),
        Op::EndsWith => Some(text_of(0)?.ends_with(&text_of(1)?)),
        other => unreachable!("{other:?} is no condition"),
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn less(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a < b),
        (Value::Float(a), Value::Float(b)) => Some(a < b),
        other => unreachable!("{other:?} have no order"),
    }
}

/// IN: a NULL written out asks whether the value is NULL; any other makes unknown what is not found.
fn one_of(of: &[Tree], row: &Values) -> Option<bool> {
    let [value, items @ ..] = of else { unreachable!("a list belongs to a value") };
    let value = evaluate(value, row);
    let asks_for_null = items.iter().any(Tree::is_null);
    let items: Vec<_> = items.iter().filter(|item| !item.is_null()).map(|item| evaluate(item, row)).collect();
    let found = match &value {
        _ if items.is_empty() => Some(false),
        None => None,
        value if items.contains(value) => Some(true),
        _ if items.contains(&None) => None,
        _ => Some(false),
    };
    if asks_for_null && value.is_none() { Some(true) } else { found }
}

fn matches(text: &[char], pattern: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['%', rest @ ..], _) => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
        (['\\', literal, rest @ ..], [first, others @ ..]) => literal == first && matches(others, rest),
        (['_', rest @ ..], [_, others @ ..]) => matches(others, rest),
        ([literal, rest @ ..], [first, others @ ..]) => literal == first && matches(others, rest),
        _ => false,
    }
}
