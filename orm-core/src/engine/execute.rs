//! Which values can be executed and fetched, and how: `Execute` and `Fetch` over a channel.

use super::channel::{Channel, Effect};
use super::insert::run_insert;
use super::violation::complete;
use crate::compile::{self, Compiled, Kept, Resolve};
use crate::driver::OnRow;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::query::node::{Node, SelectBody, Source};
use crate::query::{Delete, Filtered, Guarded, Insert, Loader, Loads, Output, Returning, Select, Sql, Update};
use crate::row::{Row, RowReader};
use crate::schema::Table;
use crate::value::Datum;

/// A channel, and who knows the objects that a statement names by handle.
#[doc(hidden)]
pub struct Run<'r> {
    pub(crate) channel: &'r mut Channel,
    pub(crate) resolve: &'r Resolve<'r>,
    /// Rows are shown as they arrive, however many there are.
    pub(crate) streamed: bool,
}

/// Which rows a statement may have changed behind a session's back.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    Nothing,
    Table(&'static Table),
    Everything,
}

/// A statement that changes rows: what `execute` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be executed",
    label = "expected an insert, update, delete or raw SQL"
)]
pub trait Execute {
    /// Runs it and tells how many rows it wrote.
    #[doc(hidden)]
    fn run(self, on: &mut Run<'_>) -> Result<u64>;
    /// What it may have changed.
    #[doc(hidden)]
    fn touched(&self) -> Touched;
    /// The database that it is for, as far as its tables tell.
    #[doc(hidden)]
    fn bind(&self) -> Option<&'static str>;
}

/// A statement that returns rows of `T`: what `all`, `first`, `one` and the others take.
///
/// `T` is a parameter: raw SQL takes it from what the rows are assigned to.
#[diagnostic::on_unimplemented(message = "`{Self}` does not produce rows of `{T}`")]
pub trait Fetch<T>: Sized {
    /// Runs it and shows each row.
    #[doc(hidden)]
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(T) -> Result<()>) -> Result<()>;
    /// What it may have changed.
    #[doc(hidden)]
    fn touched(&self) -> Touched;
    /// The database that it is for, as far as its tables tell.
    #[doc(hidden)]
    fn bind(&self) -> Option<&'static str>;
    /// The same for at most so many rows, where it can say so.
    #[doc(hidden)]
    fn at_most(self, _rows: u64) -> Self {
        self
    }
}

/// A SELECT that locks rows, or changes some in its WITH clause, belongs to a transaction that writes.
pub(crate) fn effect_of(body: &SelectBody, writes: bool) -> Effect {
    if body.lock.is_some() || writes { Effect::Writes } else { Effect::Reads }
}

/// What a SELECT may have changed: a statement of its WITH clause may change any table.
pub(crate) fn touched_by(body: &SelectBody) -> Touched {
    if body.writes() { Touched::Everything } else { Touched::Nothing }
}

/// What a statement may have changed that changes a table and has these expressions.
fn touched_beside<'n>(table: &'static Table, mut nodes: impl Iterator<Item = &'n Node>) -> Touched {
    if nodes.any(Node::writes) { Touched::Everything } else { Touched::Table(table) }
}

impl<S, O: Output> Fetch<O::Plain> for Select<S, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        let body = self.body();
        if O::LOADS {
            let lifted = compile::Lifted { inner: on.resolve, scoping: body.scoping };
            let mut on = Run { channel: &mut *on.channel, resolve: &lifted, streamed: on.streamed };
            return run_loaded::<O>(body, &mut on, each);
        }
        let Kept { sql, binds, writes } = compile::kept_select(body, on.channel.dialect(), on.resolve)?;
        on.rows(&sql, &binds, effect_of(body, writes), &mut |row| each(O::read(&mut RowReader::new(row, 0))?))
    }
    fn touched(&self) -> Touched {
        touched_by(self.body())
    }
    fn bind(&self) -> Option<&'static str> {
        self.body().bind()
    }
    fn at_most(self, rows: u64) -> Self {
        self.bounded(rows)
    }
}

/// Rows first, then each relation for all of them, then the rows with what belongs to them.
fn run_loaded<O: Output>(
    body: &SelectBody,
    on: &mut Run<'_>,
    each: &mut dyn FnMut(O::Plain) -> Result<()>,
) -> Result<()> {
    let mut loads = Loads::of(body);
    let mut partials = Vec::new();
    let begun = on.channel.begin_to_read()?;
    let result = on.select(body, &mut |row| {
        loads.restart();
        partials.push(O::partial(&mut RowReader::new(row, 0), &mut loads)?);
        Ok(())
    });
    loads.restart();
    let result = result.and_then(|()| O::run_loads(&mut loads, on));
    match begun {
        true if result.is_ok() => on.channel.commit()?,
        true => on.channel.rollback(),
        false => {}
    }
    result?;
    for partial in partials {
        loads.restart();
        each(O::complete(partial, &mut loads)?)?;
    }
    Ok(())
}

impl Loader for Run<'_> {
    fn select(&mut self, body: &SelectBody, on_row: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let Kept { sql, binds, writes } = compile::kept_select(body, self.channel.dialect(), self.resolve)?;
        self.channel.query(&sql, &binds, effect_of(body, writes), on_row)
    }
}

pub(super) fn raw_effect(sql: &Sql) -> Effect {
    if sql.reads() { Effect::ReadsRaw } else { Effect::Unknown }
}

impl Execute for Sql {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        let Compiled { sql, binds } = compile::raw_statement(&self, on.channel.dialect(), on.resolve)?;
        Ok(on.channel.execute(&sql, &binds, raw_effect(&self))?.rows)
    }
    fn touched(&self) -> Touched {
        if self.reads() { Touched::Nothing } else { Touched::Everything }
    }
    fn bind(&self) -> Option<&'static str> {
        None
    }
}

impl<M: Model, G: Guarded, S> Execute for Update<M, G, S> {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        let Kept { sql, binds, writes: _ } = compile::kept_update(&self.body, on.channel.dialect(), on.resolve)?;
        let outcome = on.channel.execute(&sql, &binds, Effect::Writes);
        Ok(outcome.map_err(|error| in_update::<M>(error))?.rows)
    }
    fn touched(&self) -> Touched {
        touched_beside(M::table(), self.body.nodes())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, G: Guarded, S> Execute for Delete<M, G, S> {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        let Kept { sql, binds, writes: _ } = compile::kept_delete(&self.body, on.channel.dialect(), on.resolve)?;
        let outcome = on.channel.execute(&sql, &binds, Effect::Writes);
        Ok(outcome.map_err(|error| in_delete::<M>(error))?.rows)
    }
    fn touched(&self) -> Touched {
        touched_beside(M::table(), self.body.nodes())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model> Execute for Insert<'_, M> {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        run_insert(&self, on, None)
    }
    fn touched(&self) -> Touched {
        Touched::Table(M::table())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, O: Output> Fetch<O::Plain> for Returning<Insert<'_, M>, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        run_insert(&self.statement, on, Some(&mut |row| each(O::read(&mut RowReader::new(row, 0))?)))?;
        Ok(())
    }
    fn touched(&self) -> Touched {
        self.statement.touched()
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, S, O: Output> Fetch<O::Plain> for Returning<Update<M, Filtered, S>, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        let Kept { sql, binds, writes: _ } =
            compile::kept_update(&self.statement.body, on.channel.dialect(), on.resolve)?;
        let rows = on.rows(&sql, &binds, Effect::Writes, &mut |row| each(O::read(&mut RowReader::new(row, 0))?));
        rows.map_err(|error| in_update::<M>(error))
    }
    fn touched(&self) -> Touched {
        touched_beside(M::table(), self.statement.body.nodes())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, S, O: Output> Fetch<O::Plain> for Returning<Delete<M, Filtered, S>, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        let Kept { sql, binds, writes: _ } =
            compile::kept_delete(&self.statement.body, on.channel.dialect(), on.resolve)?;
        let rows = on.rows(&sql, &binds, Effect::Writes, &mut |row| each(O::read(&mut RowReader::new(row, 0))?));
        rows.map_err(|error| in_delete::<M>(error))
    }
    fn touched(&self) -> Touched {
        touched_beside(M::table(), self.statement.body.nodes())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl Run<'_> {
    /// Shows each row of a statement.
    pub(super) fn rows(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        effect: Effect,
        on_row: &mut OnRow<'_>,
    ) -> Result<()> {
        self.channel.rows(sql, binds, effect, self.streamed, on_row)
    }

    /// All rows.
    pub(crate) fn all<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        query.run_each(self, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    pub(crate) fn first<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Option<T>> {
        let mut first = None;
        query.at_most(1).run_each(self, &mut |row| {
            first.get_or_insert(row);
            Ok(())
        })?;
        Ok(first)
    }

    /// The only row, if there is one.
    pub(crate) fn one_or_none<T, Q: Fetch<T>>(&mut self, query: Q) -> Result<Option<T>> {
        let (mut only, mut more) = (None, false);
        query.at_most(2).run_each(self, &mut |row| {
            more |= only.is_some();
            only.get_or_insert(row);
            Ok(())
        })?;
        if more { Err(several()) } else { Ok(only) }
    }

    /// How many rows a SELECT has.
    pub(crate) fn count(&mut self, body: &SelectBody) -> Result<u64> {
        let Kept { sql, binds, writes } = compile::kept_count(body, self.channel.dialect(), self.resolve)?;
        let mut count = None;
        self.channel.query(&sql, &binds, effect_of(body, writes), &mut |row| {
            count = row.unsigned(0)?;
            Ok(())
        })?;
        count.ok_or_else(|| Error::decode("a count gave no number"))
    }

    /// Whether a SELECT has a row.
    pub(crate) fn exists(&mut self, body: &SelectBody) -> Result<bool> {
        let Kept { sql, binds, writes } = compile::kept_exists(body, self.channel.dialect(), self.resolve)?;
        let mut found = None;
        self.channel.query(&sql, &binds, effect_of(body, writes), &mut |row| {
            found = row.boolean(0)?;
            Ok(())
        })?;
        found.ok_or_else(|| Error::decode("an `exists` gave no truth value"))
    }
}

#[cold]
fn in_update<M: Model>(error: Error) -> Error {
    complete(error, M::table()).context(format_args!("update {}", M::table().name))
}

#[cold]
fn in_delete<M: Model>(error: Error) -> Error {
    complete(error, M::table()).context(format_args!("delete from {}", M::table().name))
}

#[cold]
pub(crate) fn several() -> Error {
    Error::new(ErrorKind::MultipleRows, "the query found more than one row, where at most one was expected")
}

#[cold]
pub(crate) fn none(what: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the query of {what} found no row, where one was expected"))
}

/// The name of the first table of a query, for messages.
pub(crate) fn table_name(body: &SelectBody) -> &'static str {
    match body.from.first().map(|from| &from.source) {
        Some(Source::Table(table)) => table.name,
        _ => "a query",
    }
}
