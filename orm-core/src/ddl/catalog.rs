//! What the database says about its own tables: whether a thing exists, and how it differs from the models.

use super::plan::Thing;
use crate::dialect::{Catalog, Dialect, Strings};
use crate::driver::Connection;
use crate::error::{Context, Error, Result};
use crate::schema::{Action, ForeignKey, Table};
use crate::value::Datum;
use std::fmt;

/// One way in which the database is not what the models say; its `Display` is a sentence.
///
/// ```
/// # use orm_doc::*;
/// let empty = create_engine("sqlite::memory:")?;
/// for mismatch in Schema::of::<User>().verify(&empty)? {
///     println!("{mismatch}");
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The table does not exist.
    MissingTable {
        /// The table.
        table: String,
    },
    /// The table has no such column.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The table has no foreign key on these columns to that table.
    MissingForeignKey {
        /// The table.
        table: String,
        /// The columns that should refer.
        columns: Vec<String>,
        /// The table that they should refer to.
        target: String,
    },
    /// Deleting a row that is referred to does not do what the model says. Sessions rely on it.
    DeleteAction {
        /// The table.
        table: String,
        /// The referring columns.
        columns: Vec<String>,
        /// What the model says.
        expected: Action,
        /// What the database does.
        found: Action,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::MissingTable { table } => write!(f, "the table `{table}` does not exist"),
            Mismatch::MissingColumn { table, column } => write!(f, "the table `{table}` has no column `{column}`"),
            Mismatch::MissingForeignKey { table, columns, target } => {
                write!(f, "the table `{table}` has no foreign key ({}) to `{target}`", columns.join(", "))
            }
            Mismatch::DeleteAction { table, columns, expected, found } => {
                let columns = columns.join(", ");
                let (found, expected) = (found.sql(), expected.sql());
                write!(f, "the foreign key ({columns}) of `{table}` is ON DELETE {found}, the model says {expected}")
            }
        }
    }
}

/// A foreign key as the catalogue has it.
struct FoundKey {
    id: String,
    columns: Vec<String>,
    target: String,
    on_delete: Action,
}

/// How literals are written for this server: as the dialect says, unless the server's mode says otherwise.
pub(super) fn strings(connection: &mut dyn Connection) -> Result<Strings> {
    let dialect = connection.dialect();
    match dialect.strings {
        Strings::Plain | Strings::Prefixed => Ok(dialect.strings),
        Strings::Backslash => {
            let mode = texts(connection, "SELECT @@SESSION.sql_mode", &[], 1)?;
            let plain = mode.iter().flatten().any(|mode| mode.split(',').any(|word| word == "NO_BACKSLASH_ESCAPES"));
            Ok(if plain { Strings::Plain } else { Strings::Backslash })
        }
    }
}

/// Whether the index or constraint exists.
pub(super) fn exists(connection: &mut dyn Connection, thing: &Thing) -> Result<bool> {
    let (sql, table, name) = match (connection.dialect().catalog, thing) {
        (Catalog::Pragmas, Thing::Index { table, name }) => (SQLITE_INDEX, table, name),
        // Constraints have no names that could be asked for, and none is ever added to a table that exists.
        (Catalog::Pragmas, Thing::Constraint { .. }) => {
            return Err(Error::unsupported(connection.dialect().name, "a catalogue of constraints"));
        }
        (Catalog::PgCatalog, Thing::Index { table, name }) => (PG_INDEX, table, name),
        (Catalog::PgCatalog, Thing::Constraint { table, name }) => (PG_CONSTRAINT, table, name),
        (Catalog::InformationSchema, Thing::Index { table, name }) => (STANDARD_INDEX, table, name),
        (Catalog::InformationSchema, Thing::Constraint { table, name }) => (STANDARD_CONSTRAINT, table, name),
    };
    Ok(!texts(connection, sql, &[table, name], 1)?.is_empty())
}

/// Compares tables with the catalogue.
pub(super) fn compare(connection: &mut dyn Connection, tables: &[&'static Table]) -> Result<Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    for table in tables {
        compare_table(connection, table, &mut mismatches).context(|| format!("compare the table `{}`", table.name))?;
    }
    Ok(mismatches)
}

fn compare_table(connection: &mut dyn Connection, table: &Table, out: &mut Vec<Mismatch>) -> Result<()> {
    let dialect = connection.dialect();
    let found = column_names(connection, table)?;
    let owned = || table.name.to_owned();
    if found.is_empty() {
        out.push(Mismatch::MissingTable { table: owned() });
        return Ok(());
    }
    for column in &table.columns {
        if !found.iter().any(|name| same_name(dialect, name, &column.name)) {
            out.push(Mismatch::MissingColumn { table: owned(), column: column.name.clone() });
        }
    }
    if table.constraints().next().is_none() {
        return Ok(());
    }
    let found = foreign_keys(connection, table)?;
    for key in table.constraints() {
        let columns: Vec<String> = key.columns.iter().map(|&at| table.columns[at].name.clone()).collect();
        let target = (key.target)().name;
        let matches = |found: &&FoundKey| {
            let pairs = found.columns.iter().zip(&columns);
            found.columns.len() == columns.len()
                && pairs.into_iter().all(|(found, wanted)| same_name(dialect, found, wanted))
                && same_name(dialect, &found.target, target)
        };
        match found.iter().find(matches) {
            None => out.push(Mismatch::MissingForeignKey { table: owned(), columns, target: target.to_owned() }),
            Some(found) => {
                let expected = expected_action(key);
                if refuses(expected) != refuses(found.on_delete) || (!refuses(expected) && expected != found.on_delete)
                {
                    out.push(Mismatch::DeleteAction { table: owned(), columns, expected, found: found.on_delete });
                }
            }
        }
    }
    Ok(())
}

/// The session that deletes the children itself needs a database that does nothing of its own.
fn expected_action(key: &ForeignKey) -> Action {
    if key.by_session { Action::NoAction } else { key.on_delete }
}

/// Whether the deletion of the parent is refused; when exactly makes no difference to a session, and none in InnoDB.
fn refuses(action: Action) -> bool {
    matches!(action, Action::NoAction | Action::Restrict)
}

/// Only PostgreSQL knows the case of a quoted column name.
fn same_name(dialect: &Dialect, a: &str, b: &str) -> bool {
    match dialect.catalog {
        Catalog::PgCatalog => a == b,
        Catalog::Pragmas | Catalog::InformationSchema => a.to_lowercase() == b.to_lowercase(),
    }
}

fn column_names(connection: &mut dyn Connection, table: &Table) -> Result<Vec<String>> {
    let sql = match connection.dialect().catalog {
        Catalog::Pragmas => "SELECT name FROM pragma_table_xinfo(?)",
        Catalog::PgCatalog => PG_COLUMNS,
        Catalog::InformationSchema => {
            "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?"
        }
    };
    Ok(texts(connection, sql, &[table.name], 1)?.into_iter().flatten().collect())
}

fn foreign_keys(connection: &mut dyn Connection, table: &Table) -> Result<Vec<FoundKey>> {
    let sql = match connection.dialect().catalog {
        Catalog::Pragmas => SQLITE_FOREIGN_KEYS,
        Catalog::PgCatalog => PG_FOREIGN_KEYS,
        Catalog::InformationSchema => STANDARD_FOREIGN_KEYS,
    };
    let mut keys: Vec<FoundKey> = Vec::new();
    for row in texts(connection, sql, &[table.name], 4)? {
        let [id, column, target, action] = <[String; 4]>::try_from(row).expect("four columns were asked for");
        match keys.last_mut() {
            Some(key) if key.id == id => key.columns.push(column),
            _ => keys.push(FoundKey { id, columns: vec![column], target, on_delete: action_of(&action)? }),
        }
    }
    Ok(keys)
}

fn action_of(words: &str) -> Result<Action> {
    let all = [Action::NoAction, Action::Restrict, Action::Cascade, Action::SetNull, Action::SetDefault];
    let found = all.into_iter().find(|action| action.sql().eq_ignore_ascii_case(words));
    found.ok_or_else(|| Error::decode(format!("`{words}` is no action of a foreign key that is known here")))
}

/// The rows of a query for texts, with texts as its values.
fn texts(connection: &mut dyn Connection, sql: &str, binds: &[&str], columns: usize) -> Result<Vec<Vec<String>>> {
    let binds: Vec<Datum<'_>> = binds.iter().map(|text| Datum::text(text)).collect();
    let mut rows = Vec::new();
    let outcome = connection.query(sql, &binds, &mut |row| {
        let values: Result<Vec<String>> = (0..columns)
            .map(|at| row.text(at)?.map(str::to_owned).ok_or_else(|| Error::decode("the catalogue holds a NULL")))
            .collect();
        rows.push(values?);
        Ok(())
    });
    outcome.map_err(|error| error.with_statement(sql))?;
    Ok(rows)
}

const SQLITE_INDEX: &str = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name = ?";

// SQLite lists the columns of a key by `seq`, and the keys by a number.
const SQLITE_FOREIGN_KEYS: &str = "SELECT CAST(id AS TEXT), \"from\", \"table\", on_delete FROM pragma_foreign_key_list(?) \
     ORDER BY id, seq";

// The casts say the types of the parameters, which are of the type `name` otherwise.
const PG_INDEX: &str = "SELECT i.relname::text FROM pg_catalog.pg_index x \
     JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
     WHERE n.nspname = current_schema() AND t.relname = $1::text AND i.relname = $2::text";

const PG_CONSTRAINT: &str = "SELECT c.conname::text FROM pg_catalog.pg_constraint c \
     JOIN pg_catalog.pg_class t ON t.oid = c.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
     WHERE n.nspname = current_schema() AND t.relname = $1::text AND c.conname = $2::text";

const PG_COLUMNS: &str = "SELECT a.attname::text FROM pg_catalog.pg_attribute a \
     JOIN pg_catalog.pg_class t ON t.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
     WHERE n.nspname = current_schema() AND t.relname = $1::text AND a.attnum > 0 AND NOT a.attisdropped";

const PG_FOREIGN_KEYS: &str = "SELECT c.oid::text, a.attname::text, r.relname::text, \
     CASE c.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' \
     WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE c.confdeltype::text END \
     FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid \
     JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace JOIN pg_catalog.pg_class r ON r.oid = c.confrelid \
     CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (attnum, place) \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
     WHERE c.contype = 'f' AND n.nspname = current_schema() AND t.relname = $1::text ORDER BY c.oid, k.place";

const STANDARD_INDEX: &str = "SELECT index_name FROM information_schema.statistics \
     WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ? LIMIT 1";

const STANDARD_CONSTRAINT: &str = "SELECT constraint_name FROM information_schema.table_constraints \
     WHERE table_schema = DATABASE() AND table_name = ? AND constraint_name = ?";

const STANDARD_FOREIGN_KEYS: &str = "SELECT k.constraint_name, k.column_name, k.referenced_table_name, r.delete_rule \
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
     ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
     AND r.table_name = k.table_name \
     WHERE k.table_schema = DATABASE() AND k.table_name = ? ORDER BY k.constraint_name, k.ordinal_position";
