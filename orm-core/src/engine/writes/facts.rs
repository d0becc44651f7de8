//! What an engine learns once: what is known of the keys that a table gives its rows, and the texts of statements that depend on
//! a table, its columns and a number of rows only.

use crate::dialect::{Batch, Dialect};
use crate::engine::{Channel, Effect};
use crate::error::Result;
use crate::schema::Table;
use crate::value::Datum;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was learnt about tables, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    keys: Mutex<KnownKeys>,
    texts: Mutex<HashMap<Shape, Arc<str>, foldhash::fast::RandomState>>,
}

/// Which statement a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    Insert,
    /// Columns travel in arrays.
    InsertArrays,
    /// With RETURNING of the generated key.
    InsertReturning,
    InsertArraysReturning,
    LargestKey,
    Update,
    UpdateArrays,
    UpdateJoin,
    Delete,
    DeleteArrays,
    /// A SELECT of all columns.
    ByKey,
}

/// What such a text depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    form: Form,
    /// Whether it fails by itself when it writes another number of rows than it should.
    checked: bool,
    dialect: &'static str,
    table: usize,
    /// One bit for each column.
    columns: u128,
    rows: usize,
}

/// More texts than that are not kept: a program with so many sets of columns makes more of them all the time.
const MOST_TEXTS: usize = 1000;

/// What is known of the tables' keys.
pub(crate) type KnownKeys = HashMap<usize, Keys, foldhash::fast::RandomState>;

/// What is known of the keys that a table gives its rows, beside what a statement returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Nothing.
    Returned,
    /// The one of a single row is what the client calls the last.
    LastOfOne,
    /// And those of one statement follow one another.
    Consecutive,
}

impl Facts {
    /// What is known of all tables' keys.
    pub(crate) fn keys(&self) -> MutexGuard<'_, KnownKeys> {
        // Each entry is whole by itself, so a panic of another thread spoils nothing.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of a statement, which is written once.
    pub(crate) fn text(
        &self,
        form: Form,
        (dialect, table): (&Dialect, &Table),
        columns: &[usize],
        rows: usize,
        write: impl FnOnce() -> String,
    ) -> Arc<str> {
        self.text_if_any(form, (dialect, table), columns, rows, || Some(write())).expect("it was written")
    }

    /// The same of one that may be impossible.
    pub(crate) fn text_if_any(
        &self,
        form: Form,
        place: (&Dialect, &Table),
        columns: &[usize],
        rows: usize,
        write: impl FnOnce() -> Option<String>,
    ) -> Option<Arc<str>> {
        self.kept(Shape::of(form, false, place, columns, rows), write)
    }

    /// The text of a write with a check of how many rows it writes: of the one row, or as many as its last value says.
    pub(super) fn checked_text(
        &self,
        form: Form,
        place: (&Dialect, &Table),
        columns: &[usize],
        write: impl FnOnce() -> String,
    ) -> Arc<str> {
        self.kept(Shape::of(form, true, place, columns, 0), || Some(write())).expect("it was written")
    }

    fn kept(&self, shape: Option<Shape>, write: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
        let Some(shape) = shape else { return write().map(Arc::from) };
        self.find(&shape).or_else(|| Some(self.put(shape, write()?.into())))
    }

    fn find(&self, shape: &Shape) -> Option<Arc<str>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).get(shape).cloned()
    }

    fn put(&self, shape: Shape, text: Arc<str>) -> Arc<str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert(shape, Arc::clone(&text));
        text
    }

    #[cfg(test)]
    pub(super) fn kept_texts(&self) -> usize {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The SELECT of a row by its key, if it was written before.
    pub(crate) fn by_key(&self, table: &Table, dialect: &Dialect) -> Option<Arc<str>> {
        self.find(&Shape::of(Form::ByKey, false, (dialect, table), &[], 1)?)
    }

    /// Keeps the SELECT of a row by its key.
    pub(crate) fn keep_by_key(&self, table: &Table, dialect: &Dialect, sql: &str) {
        if let Some(shape) = Shape::of(Form::ByKey, false, (dialect, table), &[], 1) {
            self.put(shape, sql.into());
        }
    }
}

impl Shape {
    /// `None` for columns that do not ascend, whose order is part of the text, and of very wide tables.
    fn of(
        form: Form,
        checked: bool,
        (dialect, table): (&Dialect, &Table),
        columns: &[usize],
        rows: usize,
    ) -> Option<Shape> {
        let ascend = columns.is_sorted_by(|a, b| a < b) && columns.last().is_none_or(|last| *last < 128);
        let bits = || columns.iter().fold(0, |bits, column| bits | 1 << column);
        ascend.then(|| Shape { form, checked, dialect: dialect.name, table: table.number, columns: bits(), rows })
    }
}

/// An InnoDB table without a trigger that could make keys of its own. Whoever may not see a table's triggers finds none, which
/// is why the keys are checked after the INSERT too.
/// <https://dev.mysql.com/doc/refman/9.0/en/innodb-auto-increment-handling.html>
const OF_MYSQL: &str = "SELECT (SELECT COUNT(*) FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND ENGINE = 'InnoDB'), \
     (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() \
     AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'INSERT' AND ACTION_TIMING = 'BEFORE')";

/// Whether the key is the rowid, and how many triggers the table has. The key is the rowid when it alone is the primary key, of the
/// type INTEGER, of a table and no view or virtual table (these have no root page), and needs no index of its own, as it does in a
/// table WITHOUT ROWID and as INTEGER PRIMARY KEY DESC. What the temporary schema has of this name would hide it.
/// <https://www.sqlite.org/lang_createtable.html#rowid>
const OF_SQLITE: &str = "SELECT (SELECT COUNT(*) FROM main.sqlite_schema \
     WHERE type = 'table' AND rootpage > 0 AND name = ?1 COLLATE NOCASE) = 1 \
     AND (SELECT COUNT(*) FROM temp.sqlite_schema WHERE type <> 'trigger' AND tbl_name = ?1 COLLATE NOCASE) = 0 \
     AND (SELECT COUNT(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1 \
     AND (SELECT COUNT(*) FROM pragma_table_info(?1) \
     WHERE pk > 0 AND type = 'INTEGER' COLLATE NOCASE AND name = ?2 COLLATE NOCASE) = 1 \
     AND (SELECT COUNT(*) FROM pragma_index_list(?1) WHERE origin = 'pk') = 0, \
     (SELECT COUNT(*) FROM (SELECT type, tbl_name FROM main.sqlite_schema \
     UNION ALL SELECT type, tbl_name FROM temp.sqlite_schema) WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)";

/// What is known of the keys of the table's generated column.
///
/// # Errors
/// What the database refuses.
pub(super) fn keys_of(channel: &mut Channel, table: &'static Table, key: usize) -> Result<Keys> {
    if let Some(known) = channel.known_keys(table) {
        return Ok(known);
    }
    let name = || Datum::text(table.name);
    let learnt = match channel.dialect().batch {
        Batch::ValuesLastId => match numbers(channel, OF_SQLITE, &[name(), Datum::text(&table.columns[key].name)])? {
            (1, 0) => Keys::Consecutive,
            (1, _) => Keys::LastOfOne,
            _ => Keys::Returned,
        },
        Batch::ValuesFirstId | Batch::ValuesReturning => match numbers(channel, OF_MYSQL, &[name(), name()])? {
            (1, 0) => Keys::Consecutive,
            _ => Keys::Returned,
        },
        Batch::Unnest => Keys::Returned,
    };
    channel.learn_keys(table, learnt);
    Ok(learnt)
}

fn numbers(channel: &mut Channel, sql: &str, values: &[Datum<'_>]) -> Result<(i64, i64)> {
    let mut answer = (0, 0);
    channel.query(sql, values, Effect::Reads, &mut |row| {
        answer = (row.integer(0)?.unwrap_or(0), row.integer(1)?.unwrap_or(0));
        Ok(())
    })?;
    Ok(answer)
}
