//! One open connection to PostgreSQL: runs statements, and guards what the client does not tell. Knows no pool.

mod streams;

use super::bind::Bind;
use super::blocking;
use super::cache::Statements;
use super::error::{self, Failure};
use super::open::{self, Open};
use super::options::Settings;
use super::row::ServerRow;
use crate::postgres_common::bind::{check_count, check_text, wrong_count};
use crate::postgres_common::control::{self, Control};
use crate::postgres_common::refusal::IN_FAILED_TRANSACTION;
use crate::postgres_common::row::CellRow;
use crate::postgres_common::{RESET, unnamed};
use crate::tls::Configs;
use orm_core::dialect::{Dialect, POSTGRES};
use orm_core::driver::{Cancel, Connection, CopyRows, CopySource, CopyTarget, Notification, OnRow, Outcome};
use orm_core::{Datum, Error, ErrorKind, Result};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};
use postgres::{CancelToken, Client, NoTls, RowIter, Statement};
use rustls::ClientConfig;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long `close` waits for its goodbye to be said.
const GOODBYE: Duration = Duration::from_secs(1);

/// An open connection.
pub(super) struct ServerConnection {
    /// `None` only while it is dropped.
    client: Option<Client>,
    statements: Statements,
    /// An error has shown that the connection is of no further use.
    lost: bool,
    /// The server refused the last statement. If a transaction is open it has failed then, and the server answers COMMIT by
    /// a rollback and a success, which the client does not tell apart: a success that loses data.
    refused: bool,
    open: Open,
    /// What would be reset on the server may be somebody else's by now.
    pooled: bool,
    /// How the server is told to end a statement: encrypted where this connection is.
    tls: Option<Arc<Configs>>,
}

/// A statement on its way to the client: prepared, or by text.
enum Call<'c> {
    Prepared(&'c Statement, &'c [&'c (dyn ToSql + Sync)]),
    Unnamed(&'c str, &'c [(&'c (dyn ToSql + Sync), Type)]),
}

/// How far a statement came: our own refusal, or the client's.
enum Stopped {
    Ours(Error),
    Client(postgres::Error),
}

impl From<postgres::Error> for Stopped {
    fn from(error: postgres::Error) -> Stopped {
        Stopped::Client(error)
    }
}

impl ServerConnection {
    pub(super) fn new(client: Client, settings: &Settings) -> ServerConnection {
        let statements = Statements::new(settings.statement_cache_size);
        let tls = settings.tls.clone();
        let pooled = settings.pooled;
        ServerConnection { client: Some(client), statements, lost: false, refused: false, open: Open::No, pooled, tls }
    }

    /// The client, if it may be used on this thread.
    fn client(&mut self) -> Result<&mut Client> {
        if self.lost {
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection to the server was lost before"));
        }
        blocking::check_thread()?;
        Ok(self.client.as_mut().expect("a connection has its client until it is dropped"))
    }

    /// Runs a statement with values. A statement that has become stale is prepared anew and tried once more: if a transaction
    /// is open the server refuses the second try, and nothing is done twice.
    fn run<T>(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        mut call: impl FnMut(&mut Client, Call<'_>) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        self.client()?;
        check_count(binds.len())?;
        let binds: Vec<Bind<'_>> = binds.iter().enumerate().map(|(at, datum)| Bind { datum, at }).collect();
        let stopped = match self.attempt(sql, &binds, &mut call) {
            Ok(value) => return Ok(self.succeeded(value)),
            Err(Stopped::Client(error)) if error::is_stale_statement(&error) && self.statements.is_enabled() => {
                self.statements.clear();
                match self.attempt(sql, &binds, &mut call) {
                    Ok(value) => return Ok(self.succeeded(value)),
                    Err(Stopped::Client(second))
                        if second.code().is_some_and(|code| code.code() == IN_FAILED_TRANSACTION) =>
                    {
                        Stopped::Client(error)
                    }
                    Err(other) => other,
                }
            }
            Err(stopped) => stopped,
        };
        Err(match stopped {
            Stopped::Ours(error) => error,
            Stopped::Client(error) => self.failed(error, sql),
        })
    }

    fn attempt<T>(
        &mut self,
        sql: &str,
        binds: &[Bind<'_>],
        call: &mut impl FnMut(&mut Client, Call<'_>) -> std::result::Result<T, postgres::Error>,
    ) -> std::result::Result<T, Stopped> {
        let Some(client) = &mut self.client else { return Err(Stopped::Ours(closed())) };
        if !self.statements.is_enabled() {
            check_text(sql).map_err(Stopped::Ours)?;
            let typed: Vec<(&(dyn ToSql + Sync), Type)> =
                binds.iter().map(|bind| (bind as &(dyn ToSql + Sync), unnamed::declared(bind.datum))).collect();
            return Ok(call(client, Call::Unnamed(sql, &typed))?);
        }
        let statement = match self.statements.cached(sql) {
            Some(statement) => statement,
            None => {
                check_text(sql).map_err(Stopped::Ours)?;
                self.statements.prepare(client, sql)?
            }
        };
        let expected = statement.params().len();
        if expected != binds.len() {
            return Err(Stopped::Ours(wrong_count(expected, binds.len())));
        }
        let plain: Vec<&(dyn ToSql + Sync)> = binds.iter().map(|bind| bind as &(dyn ToSql + Sync)).collect();
        Ok(call(client, Call::Prepared(&statement, &plain))?)
    }

    fn succeeded<T>(&mut self, value: T) -> T {
        self.refused = false;
        value
    }

    /// Notes what an error says about the connection, and makes it ours.
    fn failed(&mut self, error: postgres::Error, sql: &str) -> Error {
        match error::failure(&error) {
            Failure::Refused => self.refused = true,
            Failure::NotSent => {}
            Failure::Lost => self.lost = true,
        }
        let error = error::from_client(error);
        if error.kind() == ErrorKind::CommitOutcomeUnknown {
            self.lost = true;
        }
        if !self.lost {
            return error;
        }
        self.open = Open::No;
        if error.kind() == ErrorKind::ConnectionLost && control::may_commit(sql) {
            let message = "the connection was lost while COMMIT was under way, which may or may not have happened";
            let details = error.details().clone();
            return Error::new(ErrorKind::CommitOutcomeUnknown, message).with_details(details).with_source(error);
        }
        error
    }

    fn send(&mut self, sql: &str) -> Result<()> {
        match self.client()?.batch_execute(sql) {
            Ok(()) => {
                self.refused = false;
                self.open = open::after(sql, self.open);
                Ok(())
            }
            Err(error) => {
                let error = self.failed(error, sql);
                self.open = if self.lost { Open::No } else { open::after_failure(sql, self.open) };
                Err(error)
            }
        }
    }

    /// Waits for the end of a result that nobody reads: an empty statement is answered behind it. If the result ended with
    /// an error, an open transaction has failed, which COMMIT asks about as `refused` is set.
    fn drain(&mut self) -> Result<()> {
        match self.client()?.batch_execute("") {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(error, "")),
        }
    }

    /// COMMIT after a statement was refused. The transaction may have been saved by ROLLBACK TO, or there may be none; a
    /// statement before the COMMIT, in the same message, tells: it is refused if the transaction has failed.
    fn commit_if_sound(&mut self, sql: &str) -> Result<()> {
        match self.send(&format!("SELECT; {sql}")) {
            Err(error) if error.kind() == ErrorKind::TransactionFailed => {
                self.send("ROLLBACK")?;
                let message = "the transaction failed before, so it was rolled back and not committed";
                Err(Error::new(ErrorKind::TransactionFailed, message).with_source(error))
            }
            Ok(()) => Ok(()),
            Err(error) => {
                if !self.lost {
                    self.open = Open::No;
                }
                Err(error)
            }
        }
    }
}

/// Ends what a connection does, by a connection of its own.
struct Token {
    token: CancelToken,
    tls: Option<Arc<Configs>>,
}

impl Cancel for Token {
    fn cancel(&self) -> Result<()> {
        blocking::check_thread()?;
        let told = match &self.tls {
            Some(tls) => self.token.cancel_query(MakeRustlsConnect::new(ClientConfig::clone(&*tls.current()?))),
            None => self.token.cancel_query(NoTls),
        };
        told.map_err(|error| {
            Error::new(ErrorKind::ConnectFailed, "the server could not be told to cancel a statement")
                .with_source(error)
        })
    }
}

impl Connection for ServerConnection {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRES
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        if binds.is_empty() && control::of(sql) != Control::None {
            return self.batch(sql).map(|()| Outcome::default());
        }
        let rows = self.run(sql, binds, |client, call| match call {
            Call::Prepared(statement, binds) => client.execute(statement, binds),
            Call::Unnamed(sql, binds) => client.execute_typed(sql, binds),
        })?;
        Ok(Outcome { rows, ..Outcome::default() })
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        if binds.is_empty() && control::of(sql) != Control::None {
            return self.batch(sql);
        }
        // All rows at once: the client's iterator enters its runtime for each row, which costs more than the memory.
        let rows = self.run(sql, binds, |client, call| match call {
            Call::Prepared(statement, binds) => client.query(statement, binds),
            Call::Unnamed(sql, binds) => client.query_typed(sql, binds),
        })?;
        // Each is freed once it was seen, so that what is made of it finds room.
        for row in rows {
            on_row(&CellRow(ServerRow(&row)))?;
        }
        Ok(())
    }

    /// One row after another: the connection reads from the server only as fast as rows are taken.
    fn query_streamed(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        if binds.is_empty() && control::of(sql) != Control::None {
            return self.batch(sql);
        }
        // Until the last row was seen nobody knows whether the server will refuse; a panic may come in between.
        self.refused = true;
        let end = self.run(sql, binds, |client, call| {
            let rows = match call {
                Call::Prepared(statement, binds) => client.query_raw(statement, binds.iter().copied())?,
                Call::Unnamed(sql, binds) => {
                    client.query_typed_raw(sql, binds.iter().map(|(value, ty)| (*value, ty.clone())))?
                }
            };
            // No error from here on makes `run` try once more: rows would be shown twice.
            Ok(show_all(rows, on_row))
        })?;
        match end {
            Ok(()) => Ok(()),
            Err(Stopped::Client(error)) => Err(self.failed(error, sql)),
            Err(Stopped::Ours(error)) => {
                // The rest of the rows, or an error among them, must not be taken for the next statement's.
                self.refused = true;
                self.drain()?;
                Err(error)
            }
        }
    }

    /// Without server-side statements nobody was told.
    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        let statement = self.statements.cached(sql)?;
        Some(statement.columns().iter().map(|column| column.name().to_owned()).collect())
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        check_text(sql)?;
        let commits = matches!(control::of(sql), Control::Commit | Control::Chain);
        if commits && self.refused { self.commit_if_sound(sql) } else { self.send(sql) }
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(Arc::new(Token { token: self.client.as_ref()?.cancel_token(), tls: self.tls.clone() }))
    }

    fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        self.next_notification(timeout)
    }

    fn copy_in(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        self.in_one_place(|here| here.send_copy(sql, source))
    }

    fn copy_rows(&mut self, sql: &str, shape: &str, rows: &mut CopyRows<'_>) -> Result<u64> {
        self.in_one_place(|here| here.send_rows(sql, shape, rows))
    }

    fn copy_out(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        self.in_one_place(|here| here.take_copy(sql, target))
    }

    fn in_transaction(&self) -> Option<bool> {
        match self.open {
            Open::Yes => Some(true),
            Open::No => Some(false),
            Open::Unknown => None,
        }
    }

    fn is_open(&self) -> bool {
        !self.lost && self.client.as_ref().is_some_and(|client| !client.is_closed())
    }

    fn ping(&mut self, timeout: Duration) -> Result<()> {
        self.client()?.is_valid(timeout).map_err(|error| {
            // An answer that comes late would be taken for that of the next statement.
            self.lost = true;
            self.open = Open::No;
            Error::new(ErrorKind::ConnectionLost, "the server gives no sign of life").with_source(error)
        })
    }

    fn reset(&mut self) -> Result<()> {
        if self.pooled {
            return Ok(());
        }
        self.send(RESET)?;
        self.forget_notifications()
    }

    fn close(mut self: Box<Self>) {
        if let Some(client) = self.client.take() {
            let dropped = blocking::drop_elsewhere(client);
            // Either the goodbye is said, or it goes on without us.
            let _ = dropped.recv_timeout(GOODBYE);
        }
    }

    /// The `postgres::Client`. What is done with it is not seen here: `in_transaction` then tells nothing until the next
    /// BEGIN, COMMIT or ROLLBACK.
    fn as_any(&mut self) -> &mut dyn Any {
        self.open = Open::Unknown;
        self.refused = true;
        self.client.as_mut().expect("a connection has its client until it is dropped")
    }
}

/// Never waits and never panics, wherever it happens. The client goes before the statements, which then have nobody left to
/// send their ends to.
impl Drop for ServerConnection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(blocking::drop_elsewhere(client));
        }
    }
}

/// Shows the rows as they arrive.
fn show_all(mut rows: RowIter<'_>, on_row: &mut OnRow<'_>) -> std::result::Result<(), Stopped> {
    while let Some(row) = rows.next()? {
        on_row(&CellRow(ServerRow(&row))).map_err(Stopped::Ours)?;
    }
    Ok(())
}

#[cold]
fn closed() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection is closed")
}
