//! Smaller expressions of the same type, to find the smallest that is wrong.

use crate::tree::{Op, Tree, Value};

/// The smallest expression below a wrong one that is still wrong, by taking the first smaller one that is as often as there is
/// one.
pub(crate) fn smallest(mut tree: Tree, mut is_wrong: impl FnMut(&Tree) -> bool) -> Tree {
    let mut tries = 1000;
    'smaller: loop {
        for candidate in candidates(&tree) {
            if tries == 0 {
                return tree;
            }
            tries -= 1;
            if is_wrong(&candidate) {
                tree = candidate;
                continue 'smaller;
            }
        }
        return tree;
    }
}

/// Smaller expressions, those first that leave out most.
fn candidates(tree: &Tree) -> Vec<Tree> {
    let ty = tree.ty();
    let mut found = Vec::new();
    if !matches!(tree.op, Op::Literal(..)) {
        found.push(Tree::new(Op::Literal(ty, None), []));
        if !matches!(tree.op, Op::Column(..)) {
            found.extend([0, 1].map(|number| Tree::new(Op::Column(ty, number), [])));
        }
    }
    if let Op::Literal(_, Some(Value::Text(text))) = &tree.op {
        let shorter = text.char_indices().map(|(at, c)| format!("{}{}", &text[..at], &text[at + c.len_utf8()..]));
        found.extend(shorter.map(|text| Tree::new(Op::Literal(ty, Some(Value::Text(text))), [])));
    }
    found.extend(tree.of.iter().filter(|operand| operand.ty() == ty).cloned());
    if matches!(tree.op, Op::In | Op::NotIn) {
        found.extend((1..tree.of.len()).map(|left_out| {
            let mut shorter = tree.clone();
            shorter.of.remove(left_out);
            shorter
        }));
    }
    // What REPLACE puts in is never NULL, see where it is made.
    let changeable = if tree.op == Op::Replace { 2 } else { tree.of.len() };
    for (number, operand) in tree.of.iter().enumerate().take(changeable) {
        found.extend(candidates(operand).into_iter().map(|smaller| {
            let mut changed = tree.clone();
            changed.of[number] = smaller;
            changed
        }));
    }
    found
}
