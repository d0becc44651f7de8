//! How functions are written: one choice for each that databases write in different ways. Knows no query.

/// How functions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Functions {
    /// How an aggregate is told which rows count.
    pub filter: AggregateFilter,
    /// How the texts of several rows are joined.
    pub string_agg: StringAgg,
}

/// How an aggregate is told which rows count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFilter {
    /// `SUM(x) FILTER (WHERE c)`
    Clause,
    /// `SUM(CASE WHEN c THEN x END)`
    Case,
}

/// How the texts of several rows are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringAgg {
    /// `STRING_AGG(x, separator ORDER BY ..)`
    StringAgg,
    /// `GROUP_CONCAT(x, separator ORDER BY ..)`
    GroupConcat,
    /// `GROUP_CONCAT(x ORDER BY .. SEPARATOR literal)`, which takes no window
    Separator,
}

pub(super) const SQLITE_FUNCTIONS: Functions =
    Functions { filter: AggregateFilter::Clause, string_agg: StringAgg::GroupConcat };

pub(super) const POSTGRES_FUNCTIONS: Functions =
    Functions { filter: AggregateFilter::Clause, string_agg: StringAgg::StringAgg };

pub(super) const MYSQL_FUNCTIONS: Functions =
    Functions { filter: AggregateFilter::Case, string_agg: StringAgg::Separator };
