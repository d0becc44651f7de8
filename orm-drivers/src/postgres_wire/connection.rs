//! One open connection to PostgreSQL: statements, their cache, and the rules of transactions. Knows no pool.

mod streams;

use super::cancel::Canceller;
use super::channel::invalid;
use super::encode::{self, bind, bind_and_execute};
use super::error::Stopped;
use super::exchange::{Exchange, Ignore, Protocol, Sink, Status};
use super::pipeline::Cut;
use super::statements::{Prepared, Statements};
use super::take::{Counts, Described, Description, Held, Shown};
use super::types::Types;
use crate::postgres_common::bind::{check_count, check_text, wrong_count};
use crate::postgres_common::control::{self, Control};
use crate::postgres_common::copy::Encoder;
use crate::postgres_common::options::Shared;
use crate::postgres_common::refusal::IN_FAILED_TRANSACTION;
use crate::postgres_common::{RESET, unnamed};
use orm_core::dialect::{Dialect, POSTGRES};
use orm_core::driver::{
    Cancel, Connection, CopyRows, CopySource, CopyTarget, Notification, OnAnswer, OnRow, Outcome, Request, one_by_one,
};
use orm_core::{Datum, Error, ErrorKind, Result};
use postgres_protocol::message::frontend;
use postgres_types::Type;
use postgres_types::private::BytesMut;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much of the requests of one `execute_many` goes out before their answers are read. It has room in the buffers of both
/// ends: were the server to wait for us to read while we wait for it to read, nobody would ever go on.
pub(super) const PIECE: usize = 8 * 1024;

/// An open connection.
pub(super) struct WireConnection {
    exchange: Exchange,
    statements: Statements,
    types: Types,
    /// A BEGIN that goes out with the next statement.
    begin: Option<String>,
    /// An error has shown that the connection is of no further use.
    lost: bool,
    /// What would be reset on the server may be somebody else's by now.
    pooled: bool,
    canceller: Option<Arc<Canceller>>,
}

/// Rows that a caller wants to see, or `None` where only their number matters.
type Wanted<'x, 'f> = Option<&'x mut OnRow<'f>>;

impl WireConnection {
    pub(super) fn new(exchange: Exchange, shared: &Shared, canceller: Option<Arc<Canceller>>) -> WireConnection {
        let statements = Statements::new(shared.statement_cache_size);
        let (types, pooled) = (Types::default(), shared.pooled);
        WireConnection { exchange, statements, types, begin: None, lost: false, pooled, canceller }
    }

    /// Sets until when the calls that follow may wait.
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) -> std::io::Result<()> {
        self.exchange.channel.set_deadline(deadline)
    }

    /// Makes sure that the next answer belongs to the next request.
    fn ready(&mut self) -> Result<()> {
        if self.lost {
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection to the server was lost before"));
        }
        self.exchange.drain().map_err(|stopped| self.failed(stopped, ""))
    }

    /// Runs a statement with values. A statement that has become stale is prepared anew and tried once more, with the BEGIN that
    /// went out with it: if a transaction was open before, the server refuses the second try, and nothing is done twice.
    fn run(&mut self, sql: &str, binds: &[Datum<'_>], mut wanted: Wanted<'_, '_>) -> Result<u64> {
        self.ready()?;
        check_count(binds.len())?;
        let mut seen = 0;
        let begin = self.begin.clone();
        let result = match self.attempt(sql, binds, wanted.as_deref_mut(), &mut seen) {
            // What was shown once is not shown again: then the error came from inside of a function.
            Err(Stopped::Refused(error))
                if seen == 0 && self.statements.is_enabled() && error.refusal().is_stale_statement() =>
            {
                self.statements.clear();
                self.begin_again(begin)?;
                match self.attempt(sql, binds, wanted, &mut seen) {
                    Err(Stopped::Refused(second)) if second.code == IN_FAILED_TRANSACTION => {
                        Err(Stopped::Refused(error))
                    }
                    other => other,
                }
            }
            other => other,
        };
        result.map_err(|stopped| self.failed(stopped, sql))
    }

    fn attempt(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        wanted: Wanted<'_, '_>,
        seen: &mut u64,
    ) -> std::result::Result<u64, Stopped> {
        if !self.statements.is_enabled() {
            return self.unnamed(sql, binds, wanted);
        }
        let prepared = self.prepared(sql)?;
        if prepared.parameters.len() != binds.len() {
            return Err(wrong_count(prepared.parameters.len(), binds.len()).into());
        }
        self.compose(|out| {
            bind_and_execute(&prepared.name, binds, &prepared.parameters, out)?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut shown = Shown::new(&prepared.columns, wanted);
        let result = self.exchange.request(Protocol::Extended, &mut shown);
        *seen += shown.seen;
        result.and_then(|()| shown.counted())
    }

    /// The statement of a text, prepared if it is not yet.
    pub(super) fn prepared(&mut self, sql: &str) -> std::result::Result<Arc<Prepared>, Stopped> {
        if let Some(prepared) = self.statements.cached(sql) {
            return Ok(prepared);
        }
        check_text(sql)?;
        let name = self.statements.next_name();
        self.compose(|out| {
            frontend::parse(&name, sql, [], out).map_err(encode::too_long)?;
            frontend::describe(b'S', &name, out).map_err(encode::too_long)?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut description = Description::default();
        self.exchange.request(Protocol::Extended, &mut description)?;
        let (parameters, columns) = description.finish()?;
        let typed = match self.types.all(&parameters, &mut self.exchange) {
            Ok(parameters) => self.types.columns(columns, &mut self.exchange).map(|columns| (parameters, columns)),
            Err(stopped) => Err(stopped),
        };
        let (parameters, columns) = typed.inspect_err(|_| self.statements.forget(&name))?;
        let prepared = Arc::new(Prepared { name, parameters, columns });
        self.statements.keep(sql, Arc::clone(&prepared));
        Ok(prepared)
    }

    /// Runs a statement in one round trip, without a name on the server.
    pub(super) fn unnamed(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        mut wanted: Wanted<'_, '_>,
    ) -> std::result::Result<u64, Stopped> {
        check_text(sql)?;
        let types: Vec<Type> = binds.iter().map(unnamed::declared).collect();
        self.compose(|out| {
            frontend::parse("", sql, types.iter().map(Type::oid), out).map_err(encode::too_long)?;
            bind("", binds, &types, out)?;
            frontend::describe(b'P', "", out).map_err(encode::too_long)?;
            frontend::execute("", 0, out).map_err(encode::too_long)?;
            frontend::sync(out);
            Ok(())
        })?;
        let mut described = Described::new(&self.types, wanted.as_deref_mut());
        self.exchange.request(Protocol::Extended, &mut described)?;
        let (rows, held) = described.finish()?;
        if let (Some(held), Some(on_row)) = (held, wanted) {
            let (described, bodies) = held.take();
            let columns = self.types.columns(described, &mut self.exchange)?;
            Held::show(bodies, &columns, on_row)?;
        }
        Ok(rows)
    }

    /// Writes a request of the extended protocol. If it cannot be written as a whole, none of it is sent.
    ///
    /// A BEGIN that was held back goes before it, and both end with one Sync: if the server refuses the BEGIN, it skips the
    /// rest, which else would run outside of the transaction.
    pub(super) fn compose(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> std::result::Result<(), Stopped>,
    ) -> std::result::Result<(), Stopped> {
        let out = &mut self.exchange.channel.out;
        self.statements.write_closing(out)?;
        let start = out.len();
        if let Some(begin) = &self.begin {
            frontend::parse("", begin, [], out).map_err(encode::too_long)?;
            bind_and_execute("", &[], &[], out)?;
        }
        write(out).inspect_err(|_| out.truncate(start))?;
        self.begin = None;
        Ok(())
    }

    /// Takes back a transaction that has failed with its first statement, and holds its BEGIN back again.
    fn begin_again(&mut self, begin: Option<String>) -> Result<()> {
        if begin.is_some() && self.exchange.status == Status::Failed {
            self.send("ROLLBACK")?;
            self.begin = begin;
        }
        Ok(())
    }

    /// Ends what was composed.
    pub(super) fn compose_sync(&mut self) {
        frontend::sync(&mut self.exchange.channel.out);
    }

    /// How many bytes were composed and not sent.
    pub(super) fn unsent(&self) -> usize {
        self.exchange.channel.out.len()
    }

    pub(super) fn is_begin_held_back(&self) -> bool {
        self.begin.is_some()
    }

    /// Sends what was composed and takes the answers.
    pub(super) fn request(&mut self, protocol: Protocol, sink: &mut impl Sink) -> std::result::Result<(), Stopped> {
        self.exchange.request(protocol, sink)
    }

    /// Sends a BEGIN that was held back, before what cannot travel with it.
    fn send_begin(&mut self) -> Result<()> {
        match self.begin.take() {
            Some(begin) => self.send(&begin),
            None => Ok(()),
        }
    }

    /// Notes what an error says about the connection, and makes it ours.
    fn failed(&mut self, stopped: Stopped, sql: &str) -> Error {
        self.lost |= match &stopped {
            Stopped::Ours(_) => return stopped.error(),
            Stopped::Refused(error) => error.refusal().is_fatal(),
            Stopped::Lost(_) => true,
        };
        let error = stopped.error();
        if error.kind() == ErrorKind::CommitOutcomeUnknown {
            self.lost = true;
        }
        if self.lost && error.kind() == ErrorKind::ConnectionLost && control::may_commit(sql) {
            let message = "the connection was lost while COMMIT was under way, which may or may not have happened";
            let details = error.details().clone();
            return Error::new(ErrorKind::CommitOutcomeUnknown, message).with_details(details).with_source(error);
        }
        error
    }

    /// Sends a text of possibly several statements.
    fn send(&mut self, sql: &str) -> Result<()> {
        let sent = self.compose(|out| frontend::query(sql, out).map_err(encode::too_long));
        let sent = sent.and_then(|()| self.exchange.request(Protocol::Simple, &mut Ignore));
        sent.map_err(|stopped| self.failed(stopped, sql))
    }

    /// Sends one statement for many rows, some rows at a time. In an open transaction an error ends all that follows, as it
    /// would if they had gone one by one.
    fn send_many(
        &mut self,
        prepared: &Prepared,
        binds: &[Datum<'_>],
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> std::result::Result<(), Stopped> {
        let mut rows = binds.chunks(prepared.parameters.len()).peekable();
        while rows.peek().is_some() {
            let (mut sent, mut unsendable) = (0, None);
            let held_back = self.begin.is_some();
            while self.exchange.channel.out.len() < PIECE
                && let Some(row) = rows.next()
            {
                match self.compose(|out| bind_and_execute(&prepared.name, row, &prepared.parameters, out)) {
                    Ok(()) => sent += 1,
                    Err(stopped) => {
                        unsendable = Some(stopped);
                        break;
                    }
                }
            }
            if sent > 0 {
                frontend::sync(&mut self.exchange.channel.out);
                let mut counts = Counts { each: &mut *each, begins: held_back, done: 0 };
                self.exchange.request(Protocol::Extended, &mut counts)?;
                if counts.done != sent {
                    return Err(invalid("the server answered another number of statements than were sent").into());
                }
            }
            if let Some(stopped) = unsendable {
                return Err(stopped);
            }
        }
        Ok(())
    }
}

impl Connection for WireConnection {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRES
    }

    fn execute(&mut self, sql: &str, binds: &[Datum<'_>]) -> Result<Outcome> {
        if binds.is_empty() && control::of(sql) != Control::None {
            return self.batch(sql).map(|()| Outcome::default());
        }
        Ok(Outcome { rows: self.run(sql, binds, None)?, ..Outcome::default() })
    }

    fn execute_many(
        &mut self,
        sql: &str,
        binds: &[Datum<'_>],
        width: usize,
        each: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        let several = width > 0 && binds.len() > width && binds.len().is_multiple_of(width);
        if !several || !self.statements.is_enabled() || self.in_transaction() != Some(true) {
            return binds.chunks(width.max(1)).try_for_each(|row| each(self.execute(sql, row)?));
        }
        self.ready()?;
        check_count(width)?;
        let sent = self.prepared(sql).and_then(|prepared| match prepared.parameters.len() == width {
            true => self.send_many(&prepared, binds, each),
            false => Err(wrong_count(prepared.parameters.len(), width).into()),
        });
        sent.map_err(|stopped| self.failed(stopped, sql))
    }

    fn query(&mut self, sql: &str, binds: &[Datum<'_>], on_row: &mut OnRow<'_>) -> Result<()> {
        if binds.is_empty() && control::of(sql) != Control::None {
            return self.batch(sql);
        }
        self.run(sql, binds, Some(on_row)).map(|_| ())
    }

    /// Without server-side statements nobody was told.
    fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        let statement = self.statements.cached(sql)?;
        Some(statement.columns.iter().map(|column| column.name.clone()).collect())
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        check_text(sql)?;
        self.ready()?;
        let commits = matches!(control::of(sql), Control::Commit | Control::Chain);
        let ends = ["COMMIT", "ROLLBACK"].iter().any(|end| sql.eq_ignore_ascii_case(end));
        if ends && self.begin.take().is_some() {
            // A transaction of which the server has heard nothing.
            return Ok(());
        }
        self.send_begin()?;
        if commits && self.exchange.status == Status::Failed {
            // The server would roll back and answer with a success.
            self.send("ROLLBACK")?;
            let message = "the transaction failed before, so it was rolled back and not committed";
            return Err(Error::new(ErrorKind::TransactionFailed, message));
        }
        self.send(sql)
    }

    /// Held back until the first statement. A second one in an open transaction is the server's to complain about.
    fn begin(&mut self, sql: &str) -> Result<()> {
        check_text(sql)?;
        if self.in_transaction() != Some(false) || control::of(sql) != Control::Begin || sql.contains(';') {
            return self.batch(sql);
        }
        self.ready()?;
        self.begin = Some(sql.to_owned());
        Ok(())
    }

    /// The server has answered all that was asked before, so that there is room for so short a message.
    fn rollback_unheard(&mut self) -> bool {
        if self.lost || !self.exchange.is_settled() {
            return false;
        }
        if self.begin.take().is_none() {
            let sent = self.compose(|out| frontend::query("ROLLBACK", out).map_err(encode::too_long));
            self.lost = sent.and_then(|()| self.exchange.ask(Status::Idle)).is_err();
        }
        true
    }

    fn pipelines(&self) -> bool {
        // Without a name a statement's columns are told with its rows, which may be of types that must be asked for first.
        self.statements.is_enabled()
    }

    fn pipeline(&mut self, requests: &[Request<'_>], each: &mut OnAnswer<'_>) -> Result<()> {
        if !self.pipelines() || self.in_transaction() != Some(true) || !self.statements.has_room_for(requests.len()) {
            return one_by_one(self, requests, each);
        }
        self.ready()?;
        if self.exchange.status == Status::Failed {
            let message = "the transaction failed before and must be rolled back first";
            return Err(Error::new(ErrorKind::TransactionFailed, message));
        }
        let begin = self.begin.clone();
        let sent = match self.send_together(requests, each) {
            Err(Cut { done, stopped: Stopped::Refused(error), .. }) if error.refusal().is_stale_statement() => {
                self.statements.clear();
                if done > 0 || begin.is_none() {
                    return Err(self.failed(Stopped::Refused(error), ""));
                }
                self.begin_again(begin)?;
                self.send_together(requests, each)
            }
            sent => sent,
        };
        sent.map_err(|Cut { done, stopped, commits }| {
            let cause = requests.get(done).map_or("", |request| request.sql);
            // A server that refuses has not come to a COMMIT behind. One that ends the connection may have done so after the COMMIT.
            let heard = requests.iter().take(done).any(|request| control::may_commit(request.sql));
            let unknown = heard || commits && matches!(stopped, Stopped::Lost(_));
            self.failed(stopped, if unknown { "COMMIT" } else { cause })
        })
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        self.canceller.clone().map(|canceller| canceller as Arc<dyn Cancel>)
    }

    fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        self.next_notification(timeout)
    }

    fn copy_in(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        self.send_copy(sql, source)
    }

    fn copy_rows(&mut self, sql: &str, shape: &str, rows: &mut CopyRows<'_>) -> Result<u64> {
        let types = self.shape(shape)?;
        let mut encoder = Encoder::new(&types, rows);
        self.send_copy(sql, &mut |piece| encoder.next(piece))
    }

    fn copy_out(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        self.take_copy(sql, target)
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(!self.lost && (self.begin.is_some() || self.exchange.status != Status::Idle))
    }

    fn is_open(&self) -> bool {
        !self.lost
    }

    fn ping(&mut self, timeout: Duration) -> Result<()> {
        if self.lost {
            return self.ready();
        }
        // Of no time at all nothing can be asked.
        let deadline = Instant::now().checked_add(timeout.max(Duration::from_millis(1)));
        let asked = self.exchange.channel.set_deadline(deadline).map_err(Stopped::from).and_then(|()| {
            // The answer to what was asked before will do.
            if self.exchange.is_settled() {
                frontend::sync(&mut self.exchange.channel.out);
                self.exchange.request(Protocol::Extended, &mut Ignore)?;
            }
            self.exchange.drain()?;
            Ok(self.exchange.channel.set_deadline(None)?)
        });
        asked.map_err(|stopped| {
            // An answer that comes late would be taken for that of the next statement.
            self.lost = true;
            Error::new(ErrorKind::ConnectionLost, "the server gives no sign of life").with_source(stopped.error())
        })
    }

    fn reset(&mut self) -> Result<()> {
        self.ready()?;
        self.send_begin()?;
        if self.pooled {
            return Ok(());
        }
        self.send(RESET)?;
        self.exchange.notifications.clear();
        Ok(())
    }

    fn close(self: Box<Self>) {}

    /// There is no client crate below; nobody outside of this crate can name what this is.
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Says goodbye, and never waits.
impl Drop for WireConnection {
    fn drop(&mut self) {
        if !self.lost {
            self.exchange.channel.terminate();
        }
    }
}
