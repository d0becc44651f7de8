//! How INSERTs of a query's rows and of defaults are executed and fetched.

use super::channel::Effect;
use super::execute::{Execute, Fetch, Run, Touched};
use super::violation::complete;
use crate::compile::{self, Compiled};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::query::{InsertDefaults, InsertSelect, Output, Returning};
use crate::row::RowReader;

#[cold]
fn in_insert<M: Model>(error: Error) -> Error {
    complete(error, M::table()).context(format_args!("insert into {}", M::table().name))
}

/// New rows belong to collections that a session has loaded, even where those that it knows are as they were.
fn touched<M: Model>(insert: &InsertSelect<M>) -> Touched {
    if insert.body.query.writes() { Touched::Everything } else { Touched::Table(M::table()) }
}

impl<M: Model> Execute for InsertSelect<M> {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        let Compiled { sql, binds } = compile::insert_select_statement(&self.body, on.channel.dialect(), on.resolve)?;
        Ok(on.channel.execute(&sql, &binds, Effect::Writes).map_err(|error| in_insert::<M>(error))?.rows)
    }
    fn touched(&self) -> Touched {
        touched(self)
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, O: Output> Fetch<O::Plain> for Returning<InsertSelect<M>, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        let body = &self.statement.body;
        let Compiled { sql, binds } = compile::insert_select_statement(body, on.channel.dialect(), on.resolve)?;
        let rows = on.rows(&sql, &binds, Effect::Writes, &mut |row| each(O::read(&mut RowReader::new(row, 0))?));
        rows.map_err(|error| in_insert::<M>(error))
    }
    fn touched(&self) -> Touched {
        touched(&self.statement)
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model> Execute for InsertDefaults<M> {
    fn run(self, on: &mut Run<'_>) -> Result<u64> {
        let Compiled { sql, binds } = compile::insert_defaults_statement(&self.body, on.channel.dialect(), on.resolve)?;
        Ok(on.channel.execute(&sql, &binds, Effect::Writes).map_err(|error| in_insert::<M>(error))?.rows)
    }
    fn touched(&self) -> Touched {
        Touched::Table(M::table())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}

impl<M: Model, O: Output> Fetch<O::Plain> for Returning<InsertDefaults<M>, O> {
    fn run_each(self, on: &mut Run<'_>, each: &mut dyn FnMut(O::Plain) -> Result<()>) -> Result<()> {
        let body = &self.statement.body;
        let Compiled { sql, binds } = compile::insert_defaults_statement(body, on.channel.dialect(), on.resolve)?;
        let rows = on.rows(&sql, &binds, Effect::Writes, &mut |row| each(O::read(&mut RowReader::new(row, 0))?));
        rows.map_err(|error| in_insert::<M>(error))
    }
    fn touched(&self) -> Touched {
        Touched::Table(M::table())
    }
    fn bind(&self) -> Option<&'static str> {
        M::table().bind
    }
}
