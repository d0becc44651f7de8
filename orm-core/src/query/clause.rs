//! The smaller parts of a SELECT: what it groups by, how it locks. Plain data, as in `node`; knows no SQL text.

use super::node::Node;
use crate::model::Binding;

/// One term of GROUP BY.
#[derive(Clone, Debug, PartialEq)]
pub enum Group {
    /// A key.
    Key(Node),
    /// `ROLLUP (a, b)`: by both, by the first alone, and by nothing.
    Rollup(Vec<Node>),
    /// `CUBE (a, b)`: by every selection of the keys.
    Cube(Vec<Node>),
    /// `GROUPING SETS ((a, b), (a), ())`: by each of the lists.
    Sets(Vec<Vec<Node>>),
}

impl Group {
    /// The expressions in it.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let (keys, sets): (&[Node], &[Vec<Node>]) = match self {
            Group::Key(key) => (std::slice::from_ref(key), &[]),
            Group::Rollup(keys) | Group::Cube(keys) => (keys, &[]),
            Group::Sets(sets) => (&[], sets),
        };
        keys.iter().chain(sets.iter().flatten())
    }

    /// The expressions in it.
    pub(crate) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let (keys, sets): (&mut [Node], &mut [Vec<Node>]) = match self {
            Group::Key(key) => (std::slice::from_mut(key), &mut []),
            Group::Rollup(keys) | Group::Cube(keys) => (keys, &mut []),
            Group::Sets(sets) => (&mut [], sets),
        };
        keys.iter_mut().chain(sets.iter_mut().flatten())
    }
}

/// A lock on the selected rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Others may not even lock it for reading.
    pub strength: LockStrength,
    /// What happens when a row is locked by another transaction.
    pub wait: LockWait,
    /// The tables whose rows are locked; none for all.
    pub of: Vec<Binding>,
}

/// How strong a row lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockStrength {
    /// For writing
    Update,
    /// Against writing
    Share,
    /// Not said yet: a query that says only how to wait, or of which tables, is refused.
    Unsaid,
}

/// What a statement does at a locked row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// Waits
    Wait,
    /// Fails at once
    NoWait,
    /// Leaves the row out
    SkipLocked,
}
