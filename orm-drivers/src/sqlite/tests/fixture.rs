//! A database of its own for each test, and short ways to ask it.

use crate::{Url, open};
use orm_core::driver::{Connection, Driver};
use orm_core::{Datum, Error, Result, Type};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed at the end of the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("orm-sqlite-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("test.db")
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The driver of the folder's file, with options after the `?`.
    pub(super) fn driver(&self, options: &str) -> Arc<dyn Driver> {
        driver(&format!("sqlite:///{}?{options}", self.file().display()))
    }

    pub(super) fn connect(&self, options: &str) -> Box<dyn Connection> {
        self.driver(options).connect().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(super) fn driver(url: &str) -> Arc<dyn Driver> {
    open(&Url::parse(url).unwrap()).unwrap()
}

pub(super) fn memory() -> Box<dyn Connection> {
    driver("sqlite::memory:").connect().unwrap()
}

/// The only value of the only row.
pub(super) fn one(connection: &mut dyn Connection, sql: &str, binds: &[Datum<'_>], wanted: Type) -> Datum<'static> {
    try_one(connection, sql, binds, wanted).unwrap()
}

pub(super) fn try_one(
    connection: &mut dyn Connection,
    sql: &str,
    binds: &[Datum<'_>],
    wanted: Type,
) -> Result<Datum<'static>> {
    let mut found = Vec::new();
    connection.query(sql, binds, &mut |row| {
        found.push(row.value(0, &wanted)?.into_owned());
        Ok(())
    })?;
    assert_eq!(found.len(), 1, "{sql}");
    Ok(found.remove(0))
}

pub(super) fn integer(connection: &mut dyn Connection, sql: &str) -> i64 {
    match one(connection, sql, &[], Type::I64) {
        Datum::Int(value) => value,
        other => panic!("{sql} gave {other:?}"),
    }
}

pub(super) fn text(connection: &mut dyn Connection, sql: &str) -> String {
    match one(connection, sql, &[], Type::Text) {
        Datum::Text(value) => value.into_owned(),
        other => panic!("{sql} gave {other:?}"),
    }
}

/// The error of a statement that must fail.
pub(super) fn fails(connection: &mut dyn Connection, sql: &str) -> Error {
    connection.execute(sql, &[]).expect_err(sql)
}
