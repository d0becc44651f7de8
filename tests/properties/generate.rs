//! Random expressions and values. What is left out is what the databases document to do differently; the reason stands beside it.

use crate::random::Random;
use crate::tree::{Op, Tree, Ty, Value};

/// What texts are made of: wild cards and escapes of LIKE, quotes, characters of several bytes.
///
/// No letter in two cases: whether `a = A` is a matter of the collation on MySQL and MariaDB, and of LIKE on SQLite. No space at
/// the end, which MariaDB's default collation ignores. One character beyond the BMP: older collations hold all for equal.
const PIECES: [&str; 14] = ["a", "b", "ab", "0", "7", "%", "_", "\\", "!", "'", "\"", "?", "日", "😀"];

/// What patterns are made of. A backslash at the end is an error on PostgreSQL.
const PATTERN_PIECES: [&str; 14] = ["%", "%", "_", "a", "b", "0", "\\%", "\\_", "\\\\", "!", "'", "?", "日", "😀"];

/// Beyond these, numbers are not exact and texts large.
const NUMBER_MAX: f64 = 1e9;
const CHARACTERS_MAX: f64 = 2000.0;
/// The digits of a float that are exact, with those before the point.
const DIGITS_MAX: f64 = 50.0;

pub(crate) fn value(random: &mut Random, ty: Ty) -> Value {
    match ty {
        Ty::Int => Value::Int(random.between(-5, 12)),
        Ty::Float => Value::Float(random.between(-20, 40) as f64 / 4.0),
        Ty::Text => Value::Text(text(random, &PIECES, 5)),
        Ty::Bool => Value::Bool(random.one_in(2)),
    }
}

/// A value, or NULL once in a while.
pub(crate) fn nullable(random: &mut Random, ty: Ty, nulls_one_in: usize) -> Option<Value> {
    (!random.one_in(nulls_one_in)).then(|| value(random, ty))
}

fn text(random: &mut Random, pieces: &[&str], most: usize) -> String {
    (0..random.below(most + 1)).map(|_| *random.pick(pieces)).collect()
}

/// An expression of a type, so deep at most.
pub(crate) fn tree(random: &mut Random, ty: Ty, depth: usize) -> Tree {
    if depth == 0 || random.one_in(8) {
        return leaf(random, ty);
    }
    let tree = match ty {
        Ty::Int => int(random, depth - 1),
        Ty::Float => float(random, depth - 1),
        Ty::Text => words(random, depth - 1),
        Ty::Bool => condition(random, depth - 1),
    };
    let too_large = match ty {
        Ty::Int => tree.bound() > NUMBER_MAX,
        Ty::Float => tree.bound().log2() + f64::from(tree.fraction()) > DIGITS_MAX,
        Ty::Text => tree.bound() > CHARACTERS_MAX,
        Ty::Bool => false,
    };
    if too_large { leaf(random, ty) } else { tree }
}

fn leaf(random: &mut Random, ty: Ty) -> Tree {
    match random.below(3) {
        0 => Tree::new(Op::Literal(ty, nullable(random, ty, 8)), []),
        _ => Tree::new(Op::Column(ty, random.below(2)), []),
    }
}

/// Operands of types, as deep as there is room.
fn with(random: &mut Random, depth: usize, op: Op, types: &[Ty]) -> Tree {
    let of: Vec<Tree> = types.iter().map(|ty| tree(random, *ty, depth)).collect();
    Tree::new(op, of)
}

/// What there is for every type.
fn choice(random: &mut Random, depth: usize, ty: Ty) -> Tree {
    match random.below(3) {
        0 => with(random, depth, Op::Coalesce, &[ty, ty]),
        1 => with(random, depth, Op::NullIf, &[ty, ty]),
        _ => {
            let arms = 1 + random.below(2);
            let mut types = [Ty::Bool, ty].repeat(arms);
            // A true/false `otherwise` makes the whole true or false, while the arms can be NULL.
            if ty != Ty::Bool && random.one_in(2) {
                types.push(ty);
            }
            with(random, depth, Op::Case(ty), &types)
        }
    }
}

fn int(random: &mut Random, depth: usize) -> Tree {
    use Ty::{Float, Int, Text};
    match random.below(15) {
        0 => with(random, depth, Op::Neg, &[Int]),
        1 | 2 => with(random, depth, Op::Add, &[Int, Int]),
        3 | 4 => with(random, depth, Op::Sub, &[Int, Int]),
        5 => with(random, depth, Op::Mul, &[Int, Int]),
        6 => with(random, depth, Op::Div, &[Int, Int]),
        7 => with(random, depth, Op::Rem, &[Int, Int]),
        8 => with(random, depth, Op::Abs, &[Int]),
        9 => {
            let of = *random.pick(&[Int, Float]);
            with(random, depth, Op::Sign, &[of])
        }
        10 => with(random, depth, Op::Length, &[Text]),
        11 => with(random, depth, Op::Position, &[Text, Text]),
        12 => with(random, depth, Op::ThroughText, &[Int]),
        // No cast of a float to an integer: SQLite cuts, PostgreSQL rounds to even, MySQL away from zero. None of a condition:
        // PostgreSQL has it for 32 bits only.
        _ => choice(random, depth, Int),
    }
}

fn float(random: &mut Random, depth: usize) -> Tree {
    use Ty::{Float, Int};
    match random.below(12) {
        0 => with(random, depth, Op::Neg, &[Float]),
        1 | 2 => with(random, depth, Op::Add, &[Float, Float]),
        3 => with(random, depth, Op::Sub, &[Float, Float]),
        4 => with(random, depth, Op::Mul, &[Float, Float]),
        // Other divisors are not exact.
        5 => with(random, depth, Op::Quarter, &[Float]),
        6 => with(random, depth, Op::Abs, &[Float]),
        7 => with(random, depth, Op::Floor, &[Float]),
        8 => with(random, depth, Op::Ceil, &[Float]),
        9 => with(random, depth, Op::AsFloat, &[Int]),
        // No `round`: where the middle goes differs.
        _ => choice(random, depth, Float),
    }
}

fn words(random: &mut Random, depth: usize) -> Tree {
    use Ty::{Int, Text};
    match random.below(15) {
        // In lower case by way of upper case: upper case alone would bring letters in two cases.
        0 => {
            let upper = with(random, depth, Op::Upper, &[Text]);
            Tree::new(Op::Lower, [upper])
        }
        1 => with(random, depth, Op::Trim, &[Text]),
        2 => with(random, depth, Op::TrimStart, &[Text]),
        3 => with(random, depth, Op::TrimEnd, &[Text]),
        4 | 5 => with(random, depth, Op::Concat, &[Text, Text]),
        // In place of nothing, NULL puts nothing on SQLite and MariaDB, but gives NULL on the others.
        6 | 7 => {
            let mut replaced = with(random, depth, Op::Replace, &[Text, Text, Text]);
            let default = Tree::new(Op::Literal(Text, Some(value(random, Text))), []);
            let with_default = Tree::new(Op::Coalesce, [replaced.of.remove(2), default]);
            replaced.of.push(with_default);
            replaced
        }
        // A start below 1 counts from the end, or is an error, or before the text.
        8 | 9 => {
            let op = Op::Substring(1 + random.below(4) as i32, random.below(5) as i32);
            with(random, depth, op, &[Text])
        }
        10 => {
            let op = Op::Left(random.below(5) as u32);
            with(random, depth, op, &[Text])
        }
        11 => {
            let op = Op::Right(random.below(5) as u32);
            with(random, depth, op, &[Text])
        }
        // No cast of a float to a text: each database writes it in its own way.
        12 => with(random, depth, Op::AsText, &[Int]),
        _ => choice(random, depth, Text),
    }
}

fn condition(random: &mut Random, depth: usize) -> Tree {
    use Ty::{Bool, Float, Int, Text};
    let any = *random.pick(&[Int, Float, Text, Bool]);
    match random.below(20) {
        0 | 1 => with(random, depth, Op::And, &[Bool, Bool]),
        2 | 3 => with(random, depth, Op::Or, &[Bool, Bool]),
        4 | 5 => with(random, depth, Op::Not, &[Bool]),
        6 | 7 => {
            let op = random.pick(&[Op::Eq, Op::Ne, Op::Same, Op::NotSame]).clone();
            with(random, depth, op, &[any, any])
        }
        // The order of texts is a matter of the collation.
        8 | 9 => {
            let number = *random.pick(&[Int, Float]);
            let op = random.pick(&[Op::Lt, Op::Le, Op::Gt, Op::Ge]).clone();
            with(random, depth, op, &[number, number])
        }
        10 => {
            let number = *random.pick(&[Int, Float]);
            with(random, depth, Op::Between, &[number, number, number])
        }
        11 | 12 => list(random, depth, any),
        13 => {
            let op = random.pick(&[Op::IsNull, Op::IsNotNull]).clone();
            with(random, depth, op, &[any])
        }
        14 | 15 => {
            let pattern = text(random, &PATTERN_PIECES, 5);
            let op = if random.one_in(2) { Op::Like(pattern) } else { Op::Ilike(pattern) };
            with(random, depth, op, &[Text])
        }
        16 | 17 => {
            let op = random.pick(&[Op::Contains, Op::StartsWith, Op::EndsWith]).clone();
            with(random, depth, op, &[Text, Text])
        }
        _ => choice(random, depth, Bool),
    }
}

/// A list of values alone, which can be sent as one array, or of expressions; an empty one, too.
fn list(random: &mut Random, depth: usize, ty: Ty) -> Tree {
    let items = random.below(5);
    let op = if random.one_in(2) { Op::In } else { Op::NotIn };
    let mut all = with(random, depth, op, &[ty]);
    let values = random.one_in(2);
    for _ in 0..items {
        all.of.push(match values {
            true => Tree::new(Op::Literal(ty, nullable(random, ty, 6)), []),
            false => tree(random, ty, depth.min(1)),
        });
    }
    all
}
