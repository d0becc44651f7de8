//! Constraints and indexes of a table.

use super::Table;

/// What the database does to a row when the row that it refers to is deleted, or its key changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Refuses (at the end of the statement; the default of SQL).
    #[default]
    NoAction,
    /// Refuses at once.
    Restrict,
    /// Does the same to this row.
    Cascade,
    /// Sets the reference to NULL.
    SetNull,
    /// Sets the reference to its default.
    SetDefault,
}

impl Action {
    /// The words of SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Action::NoAction => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

/// A reference to the primary key of a table.
#[derive(Clone)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The referring columns, in the order of the target's primary key.
    pub columns: Vec<usize>,
    /// The table referred to; a function, so that tables may refer to each other.
    pub target: fn() -> &'static Table,
    /// What deleting the target's row does.
    pub on_delete: Action,
    /// What changing the target's key does.
    pub on_update: Action,
    /// True when the session deletes the children by statement, instead of the database by its action. It finds them by the
    /// relations of the target's model, see [`Table::dependents`].
    pub by_session: bool,
    /// True when the database checks it only at COMMIT, where it can.
    pub deferrable: bool,
}

impl std::fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ForeignKey { name, columns, target: _, on_delete, on_update, by_session, deferrable } = self;
        f.debug_struct("ForeignKey")
            .field("name", name)
            .field("columns", columns)
            .field("on_delete", on_delete)
            .field("on_update", on_update)
            .field("by_session", by_session)
            .field("deferrable", deferrable)
            .finish_non_exhaustive()
    }
}

/// A UNIQUE constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The constraint's name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<usize>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The index's name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<usize>,
    /// True when no two rows may have the same values.
    pub unique: bool,
    /// The SQL condition of a partial index.
    pub condition: Option<&'static str>,
}

/// An index for full-text search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTextIndex {
    /// The index's name.
    pub name: String,
    /// The columns, searched as one text.
    pub columns: Vec<usize>,
    /// The language of the texts, where the database has languages.
    pub language: Option<&'static str>,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The constraint's name.
    pub name: String,
    /// What every row must satisfy.
    pub condition: Condition,
}

/// What a CHECK constraint asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// SQL as the model gives it; `{field}` stands for the quoted name of the field's column.
    Sql(&'static str),
    /// The column holds one of these texts.
    OneOf {
        /// The column.
        column: usize,
        /// The texts.
        labels: &'static [&'static str],
    },
}
