//! What a database would do for a statement, in its own words.

use super::channel::Effect;
use super::execute::Run;
use crate::compile::{self, Compiled, Resolve};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::query::{Delete, Select, Sql, Update};
use crate::row::Row;

/// A statement that can be explained: a query, an update or delete, raw SQL; also by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be explained",
    label = "expected a query, an update, a delete or raw SQL"
)]
pub trait Explain {
    /// Its text and values.
    #[doc(hidden)]
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>>;
}

#[diagnostic::do_not_recommend]
impl<S, O> Explain for Select<S, O> {
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>> {
        compile::select_statement(self.body(), dialect, resolve)
    }
}
#[diagnostic::do_not_recommend]
impl<M, G> Explain for Update<M, G> {
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>> {
        compile::update_statement(&self.body, dialect, resolve)
    }
}
#[diagnostic::do_not_recommend]
impl<M, G> Explain for Delete<M, G> {
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>> {
        compile::delete_statement(&self.body, dialect, resolve)
    }
}
#[diagnostic::do_not_recommend]
impl Explain for Sql {
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>> {
        compile::raw_statement(self, dialect, resolve)
    }
}
#[diagnostic::do_not_recommend]
impl<Q: Explain> Explain for &Q {
    fn compiled(&self, dialect: &'static Dialect, resolve: &Resolve<'_>) -> Result<Compiled<'_>> {
        (**self).compiled(dialect, resolve)
    }
}

impl Run<'_> {
    /// The database's plan for a statement, a line for each row of the answer.
    pub(crate) fn explain(&mut self, statement: &impl Explain) -> Result<String> {
        let dialect = self.channel.dialect();
        let Compiled { sql, binds } = statement.compiled(dialect, self.resolve)?;
        let mut plan = String::new();
        self.channel.query(&format!("{}{sql}", dialect.explain.before), &binds, Effect::Reads, &mut |row| {
            let line = match dialect.explain.column {
                Some(at) => cell(row, at)?,
                None => every_cell(row)?,
            };
            plan.push_str(line.trim_end());
            plan.push('\n');
            Ok(())
        })?;
        Ok(plan)
    }
}

/// `id: 1, table: users, ..` without those that are NULL.
fn every_cell(row: &dyn Row) -> Result<String> {
    let mut cells = Vec::with_capacity(row.len());
    for at in 0..row.len() {
        if !row.is_null(at)? {
            cells.push(format!("{}: {}", row.name(at), cell(row, at)?));
        }
    }
    Ok(cells.join(", "))
}

/// A text, or a number as one.
fn cell(row: &dyn Row, at: usize) -> Result<String> {
    if let Ok(text) = row.text(at) {
        return Ok(text.unwrap_or_default().to_owned());
    }
    let number = row.integer(at).map(|number| number.map(|number| number.to_string()));
    let number = number.or_else(|_| row.double(at).map(|number| number.map(|number| number.to_string())))?;
    number.ok_or_else(|| Error::decode("the database explains nothing"))
}
