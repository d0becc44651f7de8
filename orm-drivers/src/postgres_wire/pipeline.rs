//! Several statements that go out together, and whose answer is whose. Knows no transaction rules.

use super::channel::invalid;
use super::connection::{PIECE, WireConnection};
use super::encode::{self, bind_and_execute};
use super::error::Stopped;
use super::exchange::{Protocol, Sink};
use super::message::Place;
use super::statements::Prepared;
use super::take::show;
use crate::postgres_common::bind::{check_count, wrong_count};
use crate::postgres_common::control::{self, Control};
use orm_core::driver::{Answer, OnAnswer, Outcome, Request};
use postgres_protocol::message::frontend;
use postgres_types::private::BytesMut;
use std::sync::Arc;

/// A statement as it goes out.
enum Call<'r> {
    Prepared(Arc<Prepared>),
    /// COMMIT and the like, which are not kept.
    Control(&'r str),
}

/// How far several statements came: how many are done, and what stopped the next.
pub(super) struct Cut {
    pub(super) done: usize,
    pub(super) stopped: Stopped,
    /// A COMMIT was among what was sent.
    pub(super) commits: bool,
}

impl WireConnection {
    /// Sends statements some kilobytes at a time. Each piece ends with a Sync: in an open transaction an error ends all that
    /// follows, in the piece by the protocol and behind it by us.
    pub(super) fn send_together(&mut self, requests: &[Request<'_>], each: &mut OnAnswer<'_>) -> Result<(), Cut> {
        let calls = self.calls(requests)?;
        let mut next = 0;
        while next < calls.len() {
            let first = next;
            let (mut unsendable, mut commits) = (None, false);
            let begins = self.is_begin_held_back();
            while next < calls.len() && (next == first || self.unsent() < PIECE) {
                let written = self.compose(|out| write(&calls[next], &requests[next], out));
                if let Err(stopped) = written {
                    unsendable = Some(stopped);
                    break;
                }
                commits |= control::may_commit(requests[next].sql);
                next += 1;
            }
            if next > first {
                self.compose_sync();
                let mut answers = Answers { calls: &calls, each: &mut *each, begins, done: first, places: Vec::new() };
                let mut result = self.request(Protocol::Extended, &mut answers);
                if result.is_ok() && answers.done != next {
                    let message = "the server answered another number of statements than were sent";
                    result = Err(invalid(message).into());
                }
                let done = answers.done;
                result.map_err(|stopped| Cut { done, stopped, commits })?;
            }
            if let Some(stopped) = unsendable {
                return Err(Cut { done: next, stopped, commits: false });
            }
        }
        Ok(())
    }

    /// Prepares what is not prepared yet.
    fn calls<'r>(&mut self, requests: &[Request<'r>]) -> Result<Vec<Call<'r>>, Cut> {
        let mut calls = Vec::with_capacity(requests.len());
        for (at, Request { sql, binds, returns: _ }) in requests.iter().enumerate() {
            if binds.is_empty() && control::of(sql) != Control::None {
                calls.push(Call::Control(sql));
                continue;
            }
            let prepared = check_count(binds.len()).map_err(Stopped::Ours).and_then(|()| self.prepared(sql));
            let prepared = prepared.and_then(|prepared| match prepared.parameters.len() == binds.len() {
                true => Ok(prepared),
                false => Err(wrong_count(prepared.parameters.len(), binds.len()).into()),
            });
            calls.push(Call::Prepared(prepared.map_err(|stopped| Cut { done: at, stopped, commits: false })?));
        }
        Ok(calls)
    }
}

fn write(call: &Call<'_>, request: &Request<'_>, out: &mut BytesMut) -> Result<(), Stopped> {
    match call {
        Call::Prepared(prepared) => bind_and_execute(&prepared.name, request.binds, &prepared.parameters, out),
        Call::Control(sql) => {
            frontend::parse("", sql, [], out).map_err(encode::too_long)?;
            bind_and_execute("", &[], &[], out)
        }
    }
}

/// Hands on what comes back, with the place of its statement.
struct Answers<'x, 'f> {
    calls: &'x [Call<'x>],
    each: &'x mut OnAnswer<'f>,
    /// The first statement is a BEGIN, of which nobody wants to hear.
    begins: bool,
    /// The place of the statement whose answer comes next.
    done: usize,
    places: Vec<Place>,
}

impl Sink for Answers<'_, '_> {
    fn row(&mut self, body: &[u8]) -> Result<(), Stopped> {
        let Some(Call::Prepared(prepared)) = self.calls.get(self.done) else {
            return Err(invalid("a statement that has no rows has one").into());
        };
        let (each, done) = (&mut *self.each, self.done);
        show(&prepared.columns, body, &mut self.places, &mut |row| each(done, Answer::Row(row)))
    }

    fn done(&mut self, rows: u64) -> orm_core::Result<()> {
        if std::mem::take(&mut self.begins) {
            return Ok(());
        }
        self.done += 1;
        (self.each)(self.done - 1, Answer::Done(Outcome { rows, ..Outcome::default() }))
    }
}
