//! Which clauses of a SELECT there are beyond those that all databases have. Knows no query.

/// Which clauses of a SELECT there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clauses {
    /// How subtotals are asked for.
    pub rollup: Rollup,
    /// Whether GROUPING tells a key that was rolled up.
    pub grouping: bool,
    /// Whether a limit can be followed by the rows that are equal to its last one.
    pub limit_with_ties: bool,
    /// Whether INTERSECT ALL and EXCEPT ALL exist.
    pub set_operators_all: bool,
    /// Whether a window's frame can count groups, and leave rows out.
    pub frame_groups: bool,
}

/// How subtotals are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollup {
    /// Not at all
    None,
    /// `GROUP BY ROLLUP (a, b)`, and CUBE and GROUPING SETS
    Term,
    /// `GROUP BY a, b WITH ROLLUP`
    Suffix,
    /// The same, but no ORDER BY beside it, and a key that is selected twice is NULL in one place only
    UnorderedSuffix,
}

pub(super) const SQLITE_CLAUSES: Clauses = Clauses {
    rollup: Rollup::None,
    grouping: false,
    limit_with_ties: false,
    set_operators_all: false,
    frame_groups: true,
};

pub(super) const POSTGRES_CLAUSES: Clauses = Clauses {
    rollup: Rollup::Term,
    grouping: true,
    limit_with_ties: true,
    set_operators_all: true,
    frame_groups: true,
};

pub(super) const MARIADB_CLAUSES: Clauses = Clauses {
    rollup: Rollup::UnorderedSuffix,
    grouping: false,
    limit_with_ties: true,
    set_operators_all: true,
    frame_groups: false,
};

pub(super) const MYSQL_CLAUSES: Clauses = Clauses {
    rollup: Rollup::Suffix,
    grouping: true,
    limit_with_ties: false,
    set_operators_all: true,
    frame_groups: false,
};
