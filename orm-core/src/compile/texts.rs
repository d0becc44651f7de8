//! Texts of statements that were written before, by their shapes: a statement that differs from an earlier one in its values only
//! takes the earlier one's text.
//!
//! Each thread keeps its own, so that none waits for another: texts depend on the models and the dialect alone, not on a connection.

use super::shape::{Room, Statement, describe};
use super::{
    Compiled, Resolve, count_statement, delete_statement, exists_statement, select_statement, update_statement,
};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::query::node::{Few, SelectBody};
use crate::query::{DeleteBody, UpdateBody};
use crate::value::Datum;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// As many as a connection keeps statements, unless it was told otherwise. A program that has more shapes writes texts anew now
/// and then.
const TEXTS_MAX: usize = 256;

thread_local! {
    static TEXTS: RefCell<Texts> = RefCell::default();
}

#[derive(Default)]
struct Texts {
    room: Room,
    known: HashMap<Box<[u64]>, Rc<str>, foldhash::fast::RandomState>,
}

/// As [`Compiled`], with a text that others may have, too.
pub(crate) struct Kept<'q> {
    pub(crate) sql: Rc<str>,
    pub(crate) binds: Few<Datum<'q>>,
    /// Whether a statement of a SELECT's WITH clause changes rows.
    pub(crate) writes: bool,
}

/// What is asked of the rows of a statement; the last number of a shape.
#[derive(Clone, Copy)]
enum Wanted {
    Rows,
    Count,
    Exists,
}

/// As [`select_statement`].
pub(crate) fn kept_select<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Kept<'q>> {
    kept(Wanted::Rows, Statement::Select(body), dialect, &mut || select_statement(body, dialect, resolve))
}

/// As [`count_statement`].
pub(crate) fn kept_count<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Kept<'q>> {
    kept(Wanted::Count, Statement::Select(body), dialect, &mut || count_statement(body, dialect, resolve))
}

/// As [`exists_statement`].
pub(crate) fn kept_exists<'q>(
    body: &'q SelectBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Kept<'q>> {
    kept(Wanted::Exists, Statement::Select(body), dialect, &mut || exists_statement(body, dialect, resolve))
}

/// As [`update_statement`].
pub(crate) fn kept_update<'q>(
    body: &'q UpdateBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Kept<'q>> {
    kept(Wanted::Rows, Statement::Update(body), dialect, &mut || update_statement(body, dialect, resolve))
}

/// As [`delete_statement`].
pub(crate) fn kept_delete<'q>(
    body: &'q DeleteBody,
    dialect: &'static Dialect,
    resolve: &Resolve<'_>,
) -> Result<Kept<'q>> {
    kept(Wanted::Rows, Statement::Delete(body), dialect, &mut || delete_statement(body, dialect, resolve))
}

/// A text that is known, or the one that `write` writes.
fn kept<'q>(
    wanted: Wanted,
    statement: Statement<'q>,
    dialect: &'static Dialect,
    write: &mut dyn FnMut() -> Result<Compiled<'q>>,
) -> Result<Kept<'q>> {
    // A thread that ends has no texts any more.
    let found = TEXTS.try_with(|texts| texts.borrow_mut().find(wanted, statement, dialect)).ok().flatten();
    // What has a shape has no WITH clause.
    let writes = found.is_none() && matches!(statement, Statement::Select(body) if body.writes());
    let key = match found {
        Some(Found::Text(kept)) => {
            if cfg!(debug_assertions) {
                let Compiled { sql, binds } = write()?;
                assert_eq!((&*kept.sql, &*kept.binds), (&*sql, &*binds), "statements of one shape differ");
            }
            return Ok(kept);
        }
        Some(Found::Shape(key)) => Some(key),
        None => None,
    };
    let Compiled { sql, binds } = write()?;
    let sql: Rc<str> = sql.into();
    if let Some(key) = key {
        // Without a place to keep it, it is written again.
        let _ = TEXTS.try_with(|texts| texts.borrow_mut().keep(key, &sql));
    }
    Ok(Kept { sql, binds: binds.into(), writes })
}

enum Found<'q> {
    Text(Kept<'q>),
    Shape(Box<[u64]>),
}

impl Texts {
    fn find<'q>(&mut self, wanted: Wanted, statement: Statement<'q>, dialect: &'static Dialect) -> Option<Found<'q>> {
        let Texts { room, known } = self;
        let binds = describe(room, statement, dialect)?;
        room.key.push(wanted as u64);
        Some(match known.get(&*room.key) {
            Some(sql) => Found::Text(Kept { sql: Rc::clone(sql), binds, writes: false }),
            None => Found::Shape(room.key.as_slice().into()),
        })
    }

    fn keep(&mut self, key: Box<[u64]>, sql: &Rc<str>) {
        if self.known.len() == TEXTS_MAX {
            self.known.clear();
        }
        self.known.insert(key, Rc::clone(sql));
    }
}

#[cfg(test)]
mod tests;
