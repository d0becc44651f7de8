//! Which statements make and drop the tables, in which order, and what must be looked up before each. Knows no connection.

use super::text::{Server, name};
use super::{search, write};
use crate::dialect::{Dialect, IndexNames, MutualReferences};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::schema::{ForeignKey, Table};
use std::collections::HashMap;

/// Whether tables have foreign keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum References {
    #[default]
    Constrained,
    LeftOut,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) sql: String,
    /// What it does, for messages.
    pub(super) doing: String,
    pub(super) when: When,
}

/// What must hold for a statement to be sent, where its text cannot say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    Missing(Thing),
    Present(Thing),
}

/// Something that a table has beside columns, by the table's name and its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Index { table: String, name: String },
    Constraint { table: String, name: String },
}

/// Tables, then indexes and comments, then the foreign keys that had to wait for a table.
pub(super) fn create(tables: &[&'static Table], references: References, server: Server<'_>) -> Result<Vec<Step>> {
    let dialect = server.dialect;
    check_names(tables, dialect)?;
    let mut steps = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let doing = format!("create the table `{}`", table.name);
        let keys = table.constraints().filter(|_| references == References::Constrained);
        let inline = keys.filter(|key| !waits(tables, at, key, dialect));
        let sql = write::create_table(server, table, inline).context(|| &doing)?;
        steps.push(Step { sql, doing: doing.clone(), when: When::Always });
        for index in &table.indexes {
            let doing = format!("create the index `{}` of `{}`", index.name, table.name);
            let when = match dialect.index_if_not_exists {
                true => When::Always,
                false => When::Missing(Thing::Index { table: table.name.to_owned(), name: index.name.clone() }),
            };
            let sql = write::create_index(dialect, table, index).context(|| &doing)?;
            steps.push(Step { sql, doing, when });
        }
        for index in &table.full_texts {
            let doing = format!("create the index `{}` of `{}`", index.name, table.name);
            let when = match dialect.index_if_not_exists {
                true => When::Always,
                false => When::Missing(Thing::Index { table: table.name.to_owned(), name: index.name.clone() }),
            };
            let sql = search::create_index(dialect, table, index).context(|| &doing)?;
            steps.push(Step { sql, doing, when });
        }
        for sql in write::comments(server, table).context(|| &doing)? {
            steps.push(Step { sql, doing: format!("comment on the table `{}`", table.name), when: When::Always });
        }
    }
    for (table, key) in waiting(tables, references, dialect) {
        let doing = format!("add the constraint `{}` to `{}`", key.name, table.name);
        let sql = write::add_foreign_key(dialect, table, key).context(|| &doing)?;
        steps.push(Step { sql, doing, when: When::Missing(constraint(table, key)) });
    }
    Ok(steps)
}

/// The same backwards: first the foreign keys of cycles, which would keep their tables from being dropped.
pub(super) fn drop(tables: &[&'static Table], references: References, dialect: &Dialect) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (table, key) in waiting(tables, references, dialect) {
        let doing = format!("drop the constraint `{}` of `{}`", key.name, table.name);
        let quoted = name(dialect, &key.name).context(|| &doing)?;
        let sql = format!("ALTER TABLE {} DROP CONSTRAINT {quoted}", name(dialect, table.name).context(|| &doing)?);
        steps.push(Step { sql, doing, when: When::Present(constraint(table, key)) });
    }
    for table in tables.iter().rev() {
        let doing = format!("drop the table `{}`", table.name);
        let sql = format!("DROP TABLE IF EXISTS {}", name(dialect, table.name).context(|| &doing)?);
        steps.push(Step { sql, doing, when: When::Always });
    }
    Ok(steps)
}

fn constraint(table: &Table, key: &ForeignKey) -> Thing {
    Thing::Constraint { table: table.name.to_owned(), name: key.name.clone() }
}

/// The foreign keys that are added by ALTER.
fn waiting<'t>(
    tables: &'t [&'static Table],
    references: References,
    dialect: &'t Dialect,
) -> impl Iterator<Item = (&'static Table, &'static ForeignKey)> + 't {
    tables.iter().enumerate().flat_map(move |(at, &table)| {
        let keys = table.constraints().filter(move |_| references == References::Constrained);
        let keys = keys.filter(move |key| waits(tables, at, key, dialect));
        keys.map(move |key| (table, key))
    })
}

/// True when the table that the key of table `at` points to is made later. That is so only in a cycle.
fn waits(tables: &[&'static Table], at: usize, key: &ForeignKey, dialect: &Dialect) -> bool {
    match dialect.mutual_references {
        MutualReferences::Inline => false,
        MutualReferences::Alter => {
            let target = (key.target)();
            tables[at + 1..].contains(&target)
        }
    }
}

/// Refuses tables whose name cannot be, and two things of one name: IF NOT EXISTS would take the second for the first, and leave it out without a word.
fn check_names(tables: &[&'static Table], dialect: &Dialect) -> Result<()> {
    let mut taken: HashMap<&str, String> = HashMap::new();
    let mut take = |name: &'static str, what: String| match taken.insert(name, what.clone()) {
        None => Ok(()),
        Some(other) => {
            let message = format!("{other} and {what} have the same name, `{}`", name.escape_debug());
            Err(Error::new(ErrorKind::Misuse, message))
        }
    };
    for table in tables {
        name(dialect, table.name)?;
        take(table.name, format!("the table of the model `{}`", table.model))?;
    }
    if dialect.index_names == IndexNames::PerTable {
        return Ok(());
    }
    for table in tables {
        let uniques = table.uniques.iter().map(|unique| unique.name.as_str());
        let searched = table.full_texts.iter().map(|index| index.name.as_str());
        for name in uniques.chain(table.indexes.iter().map(|index| index.name.as_str())).chain(searched) {
            take(name, format!("an index of `{}`", table.name))?;
        }
    }
    Ok(())
}
