//! The way out: finding, awaiting, testing and opening a connection for a caller. Knows nothing of how it comes back.

use super::checkin::Return;
use super::events::{CloseReason, PoolEvent};
use super::inner::Inner;
use super::options::PrePing;
use super::state::{Grant, Holder, Member, Outbox, State};
use super::surroundings::{Waiting, random, thread_number};
use super::sync::{Condvar, MutexGuard};
use crate::error::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

impl Inner {
    /// A connection that is fit for use and the number of its checkout.
    pub(super) fn check_out(self: &Arc<Inner>, location: &'static Location<'static>) -> Result<(u64, Member)> {
        let asked = self.hooks.told().then(|| self.surroundings.now());
        let (slot, found) = self.reserve(location)?;
        let fit = match found {
            Some(member) => self.tested(member),
            None => None,
        };
        let mut member = match fit {
            Some(member) => member,
            None => self.connect()?,
        };
        // The slot and its connection share one note of the thread that uses them.
        member.holder = Arc::clone(&slot.holder);
        let (number, member) = match self.hooks.is_ready(&member) {
            true => (slot.keep(), member),
            false => self.prepared(slot, member)?,
        };
        if let Some(asked) = asked {
            let waited = self.surroundings.now().saturating_duration_since(asked);
            self.hooks.tell(&PoolEvent::CheckedOut { id: member.id, location, waited });
        }
        Ok((number, member))
    }

    /// Takes a slot, with an idle connection if there is one; waits for its turn.
    fn reserve(self: &Arc<Inner>, location: &'static Location<'static>) -> Result<(Slot, Option<Member>)> {
        let mut out = Outbox::default();
        let reserved = self.await_grant(location, &mut out).map(|(grant, mut state)| {
            let now = self.surroundings.now();
            let found = match grant {
                Grant::Ready(member) => match state.verdict(&member, now) {
                    None => Some(member),
                    Some(reason) => {
                        out.dead.push((member, reason));
                        None
                    }
                },
                Grant::Slot => None,
            };
            let holder = match &found {
                Some(member) => Arc::clone(&member.holder),
                None => Holder::default(),
            };
            holder.store(thread_number(), Ordering::Relaxed);
            let number = state.note(location, Arc::clone(&holder), now);
            let few = state.idle.len() < self.options.min_idle;
            drop(state);
            if few {
                self.bell.ring();
            }
            (Slot { inner: Arc::clone(self), number, holder, kept: false }, found)
        });
        self.deliver(out);
        reserved
    }

    /// What is free, or becomes free in time, together with the lock under which it was got.
    fn await_grant(
        &self,
        location: &'static Location<'static>,
        out: &mut Outbox,
    ) -> Result<(Grant, MutexGuard<'_, State>)> {
        let mut state = self.lock();
        let now = self.surroundings.now();
        if state.closed {
            return Err(closed());
        }
        state.report_overdue(self.options.leak_threshold, now, out);
        if let Some(grant) = state.take(&self.options, now, out) {
            return Ok((grant, state));
        }
        if let Some(error) = state.self_deadlock(thread_number(), now) {
            return Err(error);
        }
        let (ticket, ready) = state.enqueue();
        drop(state);
        out.events.push(PoolEvent::Queued { location });
        self.deliver(std::mem::take(out));
        out.span = Some(Waiting::begin(&self.name));
        self.await_turn(ticket, &ready, location, out)
    }

    /// The same for somebody in the queue.
    fn await_turn(
        &self,
        ticket: u64,
        ready: &Condvar,
        location: &'static Location<'static>,
        out: &mut Outbox,
    ) -> Result<(Grant, MutexGuard<'_, State>)> {
        let started = Instant::now();
        let deadline = started.checked_add(self.options.timeout);
        let mut state = self.lock();
        loop {
            if let Some(grant) = state.collect(ticket) {
                return Ok((grant, state));
            }
            if state.closed {
                return Err(closed());
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                let waited = started.elapsed();
                state.leave(ticket);
                state.timeouts += 1;
                out.events.push(PoolEvent::TimedOut { location, waited });
                return Err(state.timed_out(&self.name, &self.options, waited, self.surroundings.now()));
            }
            let now = self.surroundings.now();
            let next_hang = state.give_up_hanging(self.options.cleanup_timeout, now, out);
            if !out.events.is_empty() {
                // Told while it is news; what is handed over meanwhile is collected above.
                drop(state);
                std::mem::take(&mut out.events).iter().for_each(|event| self.hooks.tell(event));
                state = self.lock();
                continue;
            }
            let pause = left.min(next_hang.unwrap_or(left));
            state = ready.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Opens a connection and prepares it. The caller holds a slot for it.
    pub(super) fn connect(&self) -> Result<Member> {
        let began = self.hooks.told().then(|| self.surroundings.now());
        let took = |now: Instant| began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        match self.open() {
            Ok(member) => {
                self.lock().last_connect_error = None;
                self.hooks.tell(&PoolEvent::Connected { id: member.id, took: took(member.created) });
                Ok(member)
            }
            Err(error) => {
                self.lock().last_connect_error = Some(error.to_string());
                self.hooks.tell(&PoolEvent::ConnectFailed { kind: error.kind(), took: took(self.surroundings.now()) });
                Err(error)
            }
        }
    }

    fn open(&self) -> Result<Member> {
        // Read before, so that a connection begun before an invalidation counts as an old one.
        let generation = self.lock().generation;
        let connection = self.driver.connect()?;
        let id = self.created.fetch_add(1, Ordering::Relaxed) + 1;
        let created = self.surroundings.now();
        let lifetime = self.options.max_lifetime.map(|lifetime| lifetime.saturating_sub(jitter(lifetime)));
        let expires = lifetime.and_then(|lifetime| created.checked_add(lifetime));
        let (used, proved, unheard) = (created, created, false);
        let (prepared, holder) = (0, Holder::default());
        self.set_up(Member { connection, id, generation, created, expires, used, proved, unheard, prepared, holder })
    }

    /// Has the `on_connect` listeners prepare a connection that some of them have not seen; closes it if they refuse.
    fn set_up(&self, mut member: Member) -> Result<Member> {
        match catch_unwind(AssertUnwindSafe(|| self.hooks.prepare(&mut member))) {
            Ok(Ok(())) => Ok(member),
            Ok(Err(error)) => {
                self.bury(member, CloseReason::Refused);
                Err(error)
            }
            Err(panic) => {
                self.bury(member, CloseReason::Refused);
                resume_unwind(panic)
            }
        }
    }

    /// Has the listeners prepare a connection for the caller who is about to get it.
    fn prepared(self: &Arc<Inner>, slot: Slot, mut member: Member) -> Result<(u64, Member)> {
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            self.hooks.prepare(&mut member)?;
            self.hooks.check_out(&mut member)
        }));
        let number = slot.keep();
        match prepared {
            Ok(Ok(())) => Ok((number, member)),
            // Half prepared: nobody gets it before it is as good as new.
            Ok(Err(error)) => {
                self.take_back(number, member, Return::Dirty { rollback: true, reset: true });
                Err(error)
            }
            Err(panic) => {
                match self.single {
                    true => self.take_back(number, member, Return::Dirty { rollback: true, reset: true }),
                    false => self.retire(number, member, CloseReason::Refused),
                }
                resume_unwind(panic)
            }
        }
    }

    /// The connection, if it shows a sign of life where one is wanted; otherwise it is closed.
    fn tested(&self, mut member: Member) -> Option<Member> {
        let idle = || self.surroundings.now().saturating_duration_since(member.proved);
        let wanted = match self.options.pre_ping {
            _ if self.local => false,
            _ if member.unheard => true,
            PrePing::Never => false,
            PrePing::Always => true,
            PrePing::IdleLongerThan(limit) => idle() > limit,
        };
        if !wanted {
            return Some(member);
        }
        member.unheard = false;
        let timeout = self.options.ping_timeout;
        match catch_unwind(AssertUnwindSafe(|| member.connection.ping(timeout))) {
            Ok(Ok(())) => return Some(member),
            Ok(Err(error)) => {
                // Where one is lost the others most likely are: the server was restarted, or has moved.
                if error.is_disconnect() {
                    self.invalidate_older(member.generation);
                }
                self.bury(member, CloseReason::Lost);
            }
            Err(panic) => {
                self.bury(member, CloseReason::Lost);
                resume_unwind(panic);
            }
        }
        None
    }
}

/// A slot on its way to a connection. Dropped before that, by an error or a panic, it goes to the next in the queue.
struct Slot {
    inner: Arc<Inner>,
    number: u64,
    holder: Holder,
    kept: bool,
}

impl Slot {
    fn keep(mut self) -> u64 {
        self.kept = true;
        self.number
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.kept {
            self.inner.free(self.number);
        }
    }
}

/// A random part of up to 2.5 %.
fn jitter(lifetime: Duration) -> Duration {
    (lifetime / 40).mul_f64(random())
}

fn closed() -> Error {
    Error::new(ErrorKind::Misuse, "the pool is closed")
}
