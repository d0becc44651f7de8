//! One connection to SQLite. Statements are cached by rusqlite; it is the one that is asked whether a transaction is open.

use super::bind::to_sql;
use super::error::from_rusqlite;
use super::row::SqliteRow;
use super::settings::Settings;
use orm_core::dialect::{Dialect, SQLITE};
use orm_core::driver::{Cancel, Connection, OnRow, Outcome};
use orm_core::{Context, Datum, Error, ErrorKind, Result};
use rusqlite::Statement;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct SqliteConnection {
    client: rusqlite::Connection,
    settings: Settings,
}

impl SqliteConnection {
    pub(super) fn open(settings: &Settings) -> Result<SqliteConnection> {
        Ok(SqliteConnection { client: settings.connect()?, settings: settings.clone() })
    }

    /// Runs a bound statement to its end. Rows that it returns are dropped, as they were not asked for.
    fn run(&self, statement: &mut Statement<'_>) -> Result<Outcome> {
        // SQLite leaves the count of the last statement that changed rows in place: the total tells whether this one did.
        let before = self.client.total_changes();
        if statement.column_count() == 0 {
            statement.raw_execute().map_err(from_rusqlite)?;
        } else {
            let mut rows = statement.raw_query();
            while rows.next().map_err(from_rusqlite)?.is_some() {}
        }
        let all = self.client.total_changes() - before;
        if all == 0 {
            return Ok(Outcome::default());
        }
        let rows = self.client.changes();
        let last_id = Some(self.client.last_insert_rowid());
        Ok(Outcome { rows, last_id, besides: all.saturating_sub(rows) })
    }
}

/// Ends what a connection does, unless it is closed.
struct Interrupt(rusqlite::InterruptHandle);

impl Cancel for Interrupt {
    fn cancel(&self) -> Result<()> {
        self.0.interrupt();
        Ok(())
    }
}

impl Connection for SqliteConnection {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        check_text(sql)?;
        let mut statement = self.client.prepare_cached(sql).map_err(from_rusqlite)?;
        bind(&mut statement, binds)?;
        self.run(&mut statement)
    }

    fn execute_many(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        width: usize,
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        check_text(sql)?;
        let mut statement = self.client.prepare_cached(sql).map_err(from_rusqlite)?;
        for row in binds.chunks(width.max(1)) {
            bind(&mut statement, row)?;
            each(self.run(&mut statement)?)?;
        }
        Ok(())
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        check_text(sql)?;
        let mut statement = self.client.prepare_cached(sql).map_err(from_rusqlite)?;
        bind(&mut statement, binds)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(from_rusqlite)? {
            let width = row.as_ref().column_count();
            on_row(&SqliteRow { row, width })?;
        }
        Ok(())
    }

    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        let statement = self.client.prepare_cached(sql).ok()?;
        Some(statement.column_names().map(str::to_owned).collect())
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        if is_transaction_control(sql) {
            return self.execute(sql, &[]).map(drop);
        }
        check_text(sql)?;
        self.client.execute_batch(sql).map_err(from_rusqlite)
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(Arc::new(Interrupt(self.client.get_interrupt_handle())))
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(!self.client.is_autocommit())
    }

    fn is_open(&self) -> bool {
        true
    }

    /// There is no server that could be gone.
    fn ping(&mut self, _timeout: Duration) -> Result<()> {
        Ok(())
    }

    /// Drops temporary tables and the like, detaches databases, and sets the settings again.
    fn reset(&mut self) -> Result<()> {
        if !self.client.is_autocommit() {
            self.client.execute_batch("ROLLBACK").map_err(from_rusqlite)?;
        }
        // First, as `PRAGMA query_only` would forbid the rest.
        self.settings.set_up(&self.client)?;
        // Names are quoted by SQLite itself. Dropping a table drops its triggers and indexes.
        let leftovers = [
            "SELECT format('DROP %s IF EXISTS temp.\"%w\"', type, name) FROM sqlite_temp_schema \
             WHERE type IN ('view', 'trigger', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC",
            "SELECT format('DETACH \"%w\"', name) FROM pragma_database_list WHERE name NOT IN ('main', 'temp')",
        ];
        for leftover in leftovers {
            let mut commands: Vec<String> = Vec::new();
            self.query(leftover, &[], &mut |row| {
                commands.extend(row.text(0)?.map(str::to_owned));
                Ok(())
            })?;
            // A statement that still uses a temporary table would be prepared again in vain.
            if !commands.is_empty() {
                self.client.flush_prepared_statement_cache();
            }
            for command in commands {
                self.client.execute_batch(&command).map_err(from_rusqlite).context(|| "reset a connection")?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) {
        // Closing fails only for statements that are still in use, and those borrow the connection; dropping it, as happens
        // then, closes it as well.
        drop(self.client.close());
    }

    fn as_any(&mut self) -> &mut dyn Any {
        &mut self.client
    }
}

/// SQLite stops reading at a NUL, which would silently drop the rest of the text.
fn check_text(sql: &str) -> Result<()> {
    match sql.as_bytes().contains(&0) {
        true => {
            Err(Error::new(ErrorKind::Syntax, "the statement holds a NUL character, at which SQLite stops reading"))
        }
        false => Ok(()),
    }
}

/// Texts that come again and again, without values and as one statement each: worth a place in the cache.
fn is_transaction_control(sql: &str) -> bool {
    let words = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    let rest = words.iter().find_map(|word| sql.strip_prefix(word));
    rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with(' ')) && !rest.contains(';'))
}

/// Binds all values, after a check of their number: SQLite would take NULL for a missing one.
fn bind(statement: &mut Statement<'_>, binds: &[Datum<'_>]) -> Result<()> {
    let wanted = statement.parameter_count();
    if wanted != binds.len() {
        let message = format!("the statement has {wanted} parameters, but {} values were given", binds.len());
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    for (at, datum) in binds.iter().enumerate() {
        let number = at + 1;
        let value = to_sql(datum).context(|| format!("value {number} of the statement"))?;
        statement
            .raw_bind_parameter(number, value)
            .map_err(from_rusqlite)
            .context(|| format!("value {number} of the statement"))?;
    }
    Ok(())
}
