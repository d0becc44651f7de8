//! `MySqlConnection`: runs statements on the client and pushes their rows. Knows no transactions and no URLs.

use super::bind;
use super::connect::{self, Opened, Peer};
use super::error::{self, Attempt, Fault};
use super::guard::{drop_elsewhere, guarded, within};
use super::options::Settings;
use super::row::MySqlRow;
use super::statements::{Prepared, Statements};
use mysql::prelude::{Protocol, Queryable};
use mysql::{Conn, Params, QueryResult, Value};
use orm_core::dialect::Dialect;
use orm_core::driver::{Cancel, Connection, OnRow, Outcome};
use orm_core::{Datum, Error, ErrorKind, Result};
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One connection to a MySQL or MariaDB server.
pub(super) struct MySqlConnection {
    /// `None` once an error has shown that it is lost: what is not there cannot be used by mistake.
    client: Option<Conn>,
    statements: Statements,
    dialect: &'static Dialect,
    max_packet: usize,
    setup: String,
    database: Option<String>,
    peer: Peer,
    settings: Arc<Settings>,
}

/// Where the answer to a statement goes.
enum Sink<'s, 'f> {
    /// Counts go here; rows are counted too, for INSERT .. RETURNING.
    Outcome(&'s mut Outcome),
    /// Rows go here.
    Rows(&'s mut OnRow<'f>),
    /// Nobody asks.
    Nobody,
}

/// The server knows no thread of a number.
const NO_SUCH_THREAD: &str = "1094";

/// The server wants the statement prepared again: a table changed too often while it ran, or a proxy sent it elsewhere.
const PREPARE_AGAIN: [u16; 2] = [1243, 1615];

impl MySqlConnection {
    pub(super) fn new(opened: Opened, settings: &Arc<Settings>) -> MySqlConnection {
        let Opened { client, dialect, max_packet, setup, peer } = opened;
        MySqlConnection {
            client: Some(client),
            statements: Statements::new(settings.statement_cache_size),
            dialect,
            max_packet,
            setup,
            database: settings.database.clone(),
            peer,
            settings: Arc::clone(settings),
        }
    }

    /// Runs one statement with its values.
    fn run(&mut self, sql: &str, binds: &[Datum<'_>], mut sink: Sink<'_, '_>) -> Result<()> {
        let client = self.client.as_mut().ok_or_else(error::lost_before)?;
        let values = bind::values(binds)?;
        fits(sql.len() + 8, self.max_packet)?;
        fits(bind::packet(&values), self.max_packet)?;
        let statements = &mut self.statements;
        let mut answer = run_prepared(client, statements, sql, values, &mut sink);
        if matches!(&answer, Err(fault) if fault.code().is_some_and(|code| PREPARE_AGAIN.contains(&code))) {
            // It did not run, so that running it again is safe in a transaction too.
            answer = statements.forget(client, sql).and_then(|()| {
                let values = bind::values(binds).map_err(Fault::Caller)?;
                run_prepared(client, statements, sql, values, &mut sink)
            });
        }
        answer.map_err(|fault| self.fail(fault, sql))
    }

    /// An error for the caller; the connection is given up where it is of no further use.
    fn fail(&mut self, fault: Fault, sql: &str) -> Error {
        if fault.is_fatal() {
            self.abandon();
        }
        error::of_statement(fault, sql)
    }

    /// Gives the client up. Its goodbye may wait for a server that takes nothing any more.
    fn abandon(&mut self) {
        self.statements.clear();
        if let Some(client) = self.client.take() {
            drop_elsewhere(client);
        }
    }
}

/// A packet over the server's limit would cost the connection.
fn fits(size: usize, max_packet: usize) -> Result<()> {
    if size <= max_packet {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidValue,
        format!("the statement with its values takes {size} bytes; the server's max_allowed_packet is {max_packet}"),
    ))
}

fn run_prepared(
    client: &mut Conn,
    statements: &mut Statements,
    sql: &str,
    values: Vec<Value>,
    sink: &mut Sink<'_, '_>,
) -> Attempt<()> {
    let prepared = statements.get(client, sql, !values.is_empty())?;
    let answer = match &prepared {
        Prepared::Statement(statement) if usize::from(statement.num_params()) != values.len() => {
            let (wanted, given) = (statement.num_params(), values.len());
            Err(Fault::Caller(Error::new(
                ErrorKind::Misuse,
                format!("the statement has {wanted} placeholders, and {given} values were given"),
            )))
        }
        Prepared::Statement(statement) => {
            guarded(|| client.exec_iter(statement, Params::Positional(values))).and_then(|result| take(result, sink))
        }
        Prepared::Text => guarded(|| client.query_iter(sql)).and_then(|result| take(result, sink)),
    };
    match &answer {
        Err(fault) if fault.is_fatal() => {}
        _ => statements.release(client, prepared)?,
    }
    answer
}

/// Reads the whole answer, whatever happens to its rows: what is left unread would be taken for the next answer.
fn take<P: Protocol>(mut result: QueryResult<'_, '_, '_, P>, sink: &mut Sink<'_, '_>) -> Attempt<()> {
    let mut refused = None;
    match take_all(&mut result, sink, &mut refused) {
        Err(fault) if fault.is_fatal() => {
            // Dropping would go on reading, and wait for a server that may never answer.
            std::mem::forget(result);
            Err(fault)
        }
        Err(fault) => Err(fault),
        Ok(()) => refused.map_or(Ok(()), |error| Err(Fault::Caller(error))),
    }
}

/// One result after another: counts, tables, or an error, which is the last.
fn take_all<P: Protocol>(
    result: &mut QueryResult<'_, '_, '_, P>,
    sink: &mut Sink<'_, '_>,
    refused: &mut Option<Error>,
) -> Attempt<()> {
    let mut tables = 0;
    loop {
        if !result.columns().as_ref().is_empty() {
            tables += 1;
            take_rows(result, sink, tables, refused)?;
            continue;
        }
        // These must be read before the client moves on.
        let counts = Outcome { rows: result.affected_rows(), last_id: last_id(result.last_insert_id()), besides: 0 };
        let is_there = guarded(|| match result.iter() {
            Some(mut set) => set.try_for_each(|row| row.map(drop)).map(|()| true),
            None => Ok(false),
        })?;
        if !is_there {
            return Ok(());
        }
        if let Sink::Outcome(outcome) = sink {
            **outcome = counts;
        }
    }
}

/// The first generated key; 0 is none.
fn last_id(id: Option<u64>) -> Option<i64> {
    id.and_then(|id| i64::try_from(id).ok()).filter(|id| *id != 0)
}

fn take_rows<P: Protocol>(
    result: &mut QueryResult<'_, '_, '_, P>,
    sink: &mut Sink<'_, '_>,
    tables: usize,
    refused: &mut Option<Error>,
) -> Attempt<()> {
    let mut rows = 0;
    while let Some(row) = guarded(|| result.next().transpose())? {
        rows += 1;
        if let (Sink::Rows(on_row), None) = (&mut *sink, &refused) {
            *refused = match tables {
                1 => on_row(&MySqlRow(&row)).err(),
                _ => Some(Error::new(
                    ErrorKind::Unsupported,
                    "the MySQL driver reads one result of a statement, and this has more",
                )),
            };
        }
    }
    if let Sink::Outcome(outcome) = sink {
        **outcome = Outcome { rows, ..Outcome::default() };
    }
    Ok(())
}

/// Ends what a connection does, by a connection of its own.
struct Kill {
    number: u32,
    peer: Peer,
    settings: Arc<Settings>,
}

impl Cancel for Kill {
    fn cancel(&self) -> Result<()> {
        match connect::tell(&self.peer, &self.settings, &format!("KILL QUERY {}", self.number)) {
            // There is no such connection any more.
            Err(error) if error.code() == Some(NO_SUCH_THREAD) => Ok(()),
            told => told,
        }
    }
}

impl Connection for MySqlConnection {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        self.run(sql, binds, Sink::Outcome(&mut outcome))?;
        Ok(outcome)
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        self.run(sql, binds, Sink::Rows(on_row))
    }

    /// Known as long as the statement is kept.
    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        self.statements.columns_of(sql)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        let client = self.client.as_mut().ok_or_else(error::lost_before)?;
        fits(sql.len() + 8, self.max_packet)?;
        let answer = guarded(|| client.query_iter(sql)).and_then(|result| take(result, &mut Sink::Nobody));
        answer.map_err(|fault| self.fail(fault, sql))
    }

    /// The server says so with every answer, but the client keeps it to itself.
    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        let number = self.client.as_ref()?.connection_id();
        Some(Arc::new(Kill { number, peer: self.peer.clone(), settings: Arc::clone(&self.settings) }))
    }

    fn in_transaction(&self) -> Option<bool> {
        None
    }

    fn is_open(&self) -> bool {
        self.client.is_some()
    }

    fn ping(&mut self, timeout: Duration) -> Result<()> {
        let mut client = self.client.take().ok_or_else(error::lost_before)?;
        let answer = if self.settings.read_timeout.is_some_and(|limit| limit <= timeout) {
            Some((guarded(|| client.ping()), client))
        } else {
            within(timeout, move || (guarded(|| client.ping()), client))
        };
        let Some((answer, client)) = answer else {
            self.statements.clear();
            return Err(Error::new(
                ErrorKind::ConnectionLost,
                "the server gave no sign of life within the time allowed",
            ));
        };
        self.client = Some(client);
        answer.map_err(|fault| self.fail(fault, ""))
    }

    fn reset(&mut self) -> Result<()> {
        let client = self.client.as_mut().ok_or_else(error::lost_before)?;
        // The server closes all prepared statements and forgets every setting, but stays in the database that USE
        // chose.
        self.statements.clear();
        let (setup, database) = (&self.setup, &self.database);
        let answer = guarded(|| {
            client.reset()?;
            if let Some(database) = database {
                client.select_db(database)?;
            }
            client.query_drop(setup)
        });
        answer.map_err(|fault| {
            // Whatever failed, the session is now in a state that nobody knows.
            self.abandon();
            error::of_statement(fault, "")
        })
    }

    fn close(mut self: Box<Self>) {
        if let Some(client) = self.client.take() {
            // Dropping says goodbye.
            let _ = guarded(|| {
                drop(client);
                Ok(())
            });
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        match &mut self.client {
            Some(client) => client,
            none => none,
        }
    }
}

/// Without the client, whose own `Debug` shows the password.
impl fmt::Debug for MySqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.client.as_ref().map(Conn::connection_id);
        f.debug_struct("MySqlConnection").field("dialect", &self.dialect.name).field("id", &id).finish()
    }
}
