//! The SQL of a statement for people: `to_sql`, without a connection.

use super::{
    Compiled, delete_statement, insert_defaults_statement, insert_select_statement, raw_statement, select_statement,
    unresolved, update_statement,
};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::query::{Delete, InsertDefaults, InsertSelect, Returning, Select, Sql, Update};
use std::fmt;

/// The text, and under it one line with the values if there are any.
impl fmt::Display for Compiled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Compiled { sql, binds } = self;
        f.write_str(sql)?;
        if binds.is_empty() { Ok(()) } else { write!(f, "\n{binds:?}") }
    }
}

impl<S, O> Select<S, O> {
    /// The text and values that a database of this dialect gets: for people who want to look, not for running.
    ///
    /// # Errors
    /// `Unsupported` for what the dialect does not have; `InvalidReference` when an object without a key is named, which only
    /// its session could resolve.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use orm_core::dialect::{MYSQL, POSTGRES};
    ///
    /// let query = select::<User>().filter(|u| u.id.gt(7)).columns(|u| u.username);
    /// assert!(query.to_sql(&POSTGRES)?.sql.contains(r#""id" > $1"#));
    /// assert!(query.to_sql(&MYSQL)?.sql.contains("`id` > ?"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        select_statement(self.body(), dialect, &unresolved)
    }
}

impl<M, G, S> Update<M, G, S> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`], and `Misuse` when nothing is assigned.
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        update_statement(&self.body, dialect, &unresolved)
    }
}

impl<M, G, S> Delete<M, G, S> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        delete_statement(&self.body, dialect, &unresolved)
    }
}

impl<M, G, S, O> Returning<Update<M, G, S>, O> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Update::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        self.statement.to_sql(dialect)
    }
}

impl<M, G, S, O> Returning<Delete<M, G, S>, O> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        self.statement.to_sql(dialect)
    }
}

impl<M> InsertSelect<M> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        insert_select_statement(&self.body, dialect, &unresolved)
    }
}

impl<M, O> Returning<InsertSelect<M>, O> {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        self.statement.to_sql(dialect)
    }
}

impl<M> InsertDefaults<M> {
    /// The text that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        insert_defaults_statement(&self.body, dialect, &unresolved)
    }
}

impl<M, O> Returning<InsertDefaults<M>, O> {
    /// The text that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// As [`Select::to_sql`].
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        self.statement.to_sql(dialect)
    }
}

impl Sql {
    /// The text and values that a database of this dialect gets, as [`Select::to_sql`].
    ///
    /// # Errors
    /// `Misuse` when names and values do not match.
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Compiled<'_>> {
        raw_statement(self, dialect, &unresolved)
    }
}
