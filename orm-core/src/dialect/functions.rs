//! How functions are written: one choice for each that databases write in different ways. Knows no query.

/// How functions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Functions {
    /// How an aggregate is told which rows count.
    pub filter: AggregateFilter,
    /// The type that a sum of 64-bit integers is brought back to, where it would be a decimal that `/` divides to a fraction.
    pub whole_sums: Option<&'static str>,
    /// How the texts of several rows are joined.
    pub string_agg: StringAgg,
    /// The exact type by way of which floats are rounded to digits, where ROUND takes no floats.
    pub round_through: Option<&'static str>,
    /// How a part of a text is searched.
    pub position: PartSearch,
    /// Whether LEFT and RIGHT exist; SUBSTR counts from the end where they do not.
    pub left_and_right: bool,
    /// The operator of regular expressions.
    pub regexp: Option<&'static str>,
    /// How dates and times are computed with.
    pub calendar: Calendar,
    /// How a document is looked into.
    pub json: JsonPaths,
    /// How texts are searched for words.
    pub search: Search,
}

/// How texts are searched for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Not at all
    None,
    /// `TO_TSVECTOR(language, x) @@ WEBSEARCH_TO_TSQUERY(language, words)`, with an index over that expression
    TsVector,
    /// `MATCH (x) AGAINST (words IN BOOLEAN MODE)`, with a FULLTEXT index
    MatchAgainst,
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

/// How a part of a text is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartSearch {
    /// `INSTR(x, part)`
    Instr,
    /// `STRPOS(x, part)`
    Strpos,
    /// `LOCATE(part, x)`
    Locate,
}

/// How dates and times are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// `EXTRACT`, intervals that can be multiplied, `AT TIME ZONE`
    Postgres,
    /// `STRFTIME` on texts
    Sqlite,
    /// `EXTRACT`, `DATE_ADD`, `UTC_TIMESTAMP`; the session's time zone is UTC
    Mysql,
}

/// How a document is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonPaths {
    /// `x #>> '{a,0}'`, `x @> y`
    Operators,
    /// `JSON_EXTRACT(x, '$.a[0]')`, which gives SQL values
    Sqlite,
    /// `JSON_UNQUOTE(JSON_EXTRACT(x, '$.a[0]'))`, `JSON_CONTAINS(x, y)`
    Mysql,
}

pub(super) const SQLITE_FUNCTIONS: Functions = Functions {
    filter: AggregateFilter::Clause,
    whole_sums: None,
    string_agg: StringAgg::GroupConcat,
    round_through: None,
    position: PartSearch::Instr,
    left_and_right: false,
    regexp: None,
    calendar: Calendar::Sqlite,
    json: JsonPaths::Sqlite,
    search: Search::None,
};

pub(super) const POSTGRES_FUNCTIONS: Functions = Functions {
    filter: AggregateFilter::Clause,
    whole_sums: Some("BIGINT"),
    string_agg: StringAgg::StringAgg,
    round_through: Some("NUMERIC"),
    position: PartSearch::Strpos,
    left_and_right: true,
    regexp: Some(" ~ "),
    calendar: Calendar::Postgres,
    json: JsonPaths::Operators,
    search: Search::TsVector,
};

pub(super) const MYSQL_FUNCTIONS: Functions = Functions {
    filter: AggregateFilter::Case,
    whole_sums: None,
    string_agg: StringAgg::Separator,
    round_through: None,
    position: PartSearch::Locate,
    left_and_right: true,
    regexp: Some(" REGEXP "),
    calendar: Calendar::Mysql,
    json: JsonPaths::Mysql,
    search: Search::MatchAgainst,
};
