//! How deep a tree may be. Every walk of a tree, also its copy and its end, goes down on the stack, so one that a program built
//! in a loop must not reach the stack's end. Knows no SQL text.

use super::expr::Expr;
use super::node::{Node, SelectBody, Source};
use super::scalar::{ScalarCall, ScalarFunction};
use crate::value::Type;

/// How deep an expression may be nested: SQLite's limit is 1000, and the stack of whoever walks a tree is bounded by it.
pub(crate) const MAX_DEPTH: usize = 400;

impl<T> Expr<T> {
    /// An expression of a tree. One that is nested too deep becomes a mark, which is an error when it is compiled: so no tree
    /// is ever deeper than what can be written, and what is built upon a mark is one again.
    pub(crate) fn new(node: Node) -> Self {
        // A chain of conditions grows without becoming deeper; it is measured when it becomes part of something.
        Expr::unmeasured(if matches!(node, Node::Logic { .. }) { node } else { bounded(node) })
    }
}

/// A part of a chain of conditions, of which only another chain has not been measured.
pub(super) fn part(node: Node) -> Node {
    if matches!(node, Node::Logic { .. }) { bounded(node) } else { node }
}

/// A query as a part of another one.
pub(super) fn bounded_query(body: Box<SelectBody>) -> Box<SelectBody> {
    if !body.exceeds(MAX_DEPTH) {
        return body;
    }
    let columns = body.types().into_iter().map(mark).collect();
    Box::new(SelectBody { columns, ..SelectBody::default() })
}

fn bounded(node: Node) -> Node {
    if node.is_shallow() {
        return node;
    }
    if node.exceeds(MAX_DEPTH) { mark(node.ty().unwrap_or(Type::Bool)) } else { node }
}

/// What stands in place of an expression that is nested too deep.
fn mark(ty: Type) -> Node {
    Node::Scalar(Box::new(ScalarCall { function: ScalarFunction::TooDeep, ty, args: Vec::new() }))
}

impl Node {
    /// True for most expressions: a field, a value, or the comparison of two such.
    fn is_shallow(&self) -> bool {
        let is_leaf = |node: &Node| matches!(node, Node::Column { .. } | Node::Bind { .. });
        match self {
            Node::Binary { sides, .. } => sides.iter().all(is_leaf),
            other => is_leaf(other),
        }
    }

    /// True when the tree has more than so many levels.
    fn exceeds(&self, levels: usize) -> bool {
        if let Node::Scalar(call) = self
            && call.function == ScalarFunction::TooDeep
        {
            return true;
        }
        let Some(below) = levels.checked_sub(1) else { return true };
        let mut exceeds = self.query().is_some_and(|query| query.exceeds(below));
        self.each_child(&mut |child| exceeds = exceeds || child.exceeds(below));
        exceeds
    }
}

impl SelectBody {
    fn exceeds(&self, levels: usize) -> bool {
        let Some(below) = levels.checked_sub(1) else { return true };
        let deep_source = |source: &Source| match source {
            // A query of the WITH clause is shared by all that name it, so it may be met often and is not measured.
            Source::Table(_) | Source::Cte(_) | Source::Values(_) => false,
            Source::Query { body, .. } => body.exceeds(below),
            Source::Compound(compound) => {
                compound.first.exceeds(below) || compound.rest.iter().any(|(_, body)| body.exceeds(below))
            }
        };
        self.from.iter().any(|from| deep_source(&from.source)) || self.nodes().any(|node| node.exceeds(below))
    }
}
