//! What a violated constraint is about: a database tells its name or its columns, and the model's table knows the other. Sends
//! nothing.

use crate::error::{Details, Error, ErrorKind};
use crate::schema::Table;

/// Completes the names in the error of a statement that writes to a table.
///
/// Nothing is guessed: a constraint or column that the table does not have belongs to another, which a trigger wrote to.
pub(crate) fn complete(error: Error, table: &Table) -> Error {
    let mut details = error.details().clone();
    if details.table.as_deref().is_some_and(|name| name != table.name) {
        return error;
    }
    let known = match error.kind() {
        ErrorKind::UniqueViolation => unique(&mut details, table),
        ErrorKind::ForeignKeyViolation => by_name(&mut details, table, |table, name| {
            table.foreign_keys.iter().find(|key| key.name == name).map(|key| key.columns.as_slice())
        }),
        ErrorKind::CheckViolation => by_name(&mut details, table, |table, name| {
            table.checks.iter().any(|check| check.name == name).then_some(&[])
        }),
        ErrorKind::NotNullViolation | ErrorKind::OutOfRange | ErrorKind::InvalidValue => {
            !details.columns.is_empty() && details.columns.iter().all(|column| table.column(column).is_some())
        }
        _ => return error,
    };
    if known {
        details.table = Some(table.name.to_owned());
    }
    let hidden = known && error.kind() == ErrorKind::UniqueViolation && counts_deleted(&details, table);
    let error = error.with_details(details);
    if hidden { error.context("the value may be held by a row that is marked as deleted") } else { error }
}

/// True for a unique key that knows nothing of the mark of deletion: neither among its columns, nor in its condition.
fn counts_deleted(details: &Details, table: &Table) -> bool {
    let Some(mark) = table.soft_delete else { return false };
    let partial = |name: &str| table.indexes.iter().any(|index| index.name == name && index.condition.is_some());
    !details.columns.contains(&table.columns[mark].name) && !details.constraint.as_deref().is_some_and(partial)
}

/// Every key and unique index of a table, by its name.
fn uniques(table: &Table) -> impl Iterator<Item = (&str, &[usize])> {
    let primary = [(table.primary_key_name.as_str(), table.primary_key.as_slice())];
    let constraints = table.uniques.iter().map(|unique| (unique.name.as_str(), unique.columns.as_slice()));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    primary.into_iter().chain(constraints).chain(indexes.map(|index| (index.name.as_str(), index.columns.as_slice())))
}

/// MySQL's name of every primary key.
const PRIMARY: &str = "PRIMARY";

fn unique(details: &mut Details, table: &Table) -> bool {
    if details.constraint.is_some() {
        let of_name = |name: &str| {
            let primary = (PRIMARY, table.primary_key.as_slice());
            uniques(table).chain([primary]).find(|(known, _)| *known == name).map(|(_, columns)| columns)
        };
        return by_name(details, table, |_, name| of_name(name));
    }
    let names = |columns: &[usize]| columns.iter().map(|&at| table.columns[at].name.as_str()).collect::<Vec<&str>>();
    let mut found = uniques(table).filter(|(_, columns)| names(columns) == details.columns);
    match (found.next(), found.next()) {
        (Some((name, _)), None) => {
            let name = name.to_owned();
            drop(found);
            details.constraint = Some(name);
            true
        }
        // Two with the same columns, one of them partial: which one it was is not known.
        (Some(_), Some(_)) => true,
        (None, _) => false,
    }
}

/// Finds the columns of a constraint; false when the table does not have it.
fn by_name<'t>(
    details: &mut Details,
    table: &'t Table,
    columns_of: impl Fn(&'t Table, &str) -> Option<&'t [usize]>,
) -> bool {
    let Some(columns) = details.constraint.as_deref().and_then(|name| columns_of(table, name)) else { return false };
    if details.columns.is_empty() {
        details.columns = columns.iter().map(|&at| table.columns[at].name.clone()).collect();
    }
    true
}
