//! The way out: finding, awaiting, testing and opening a connection for a caller. Knows nothing of how it comes back.

use super::inner::Inner;
use super::options::PrePing;
use super::state::{Grant, Holder, Member, State};
use super::surroundings::thread_number;
use crate::error::{Error, ErrorKind, Result};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

impl Inner {
    /// A connection that is fit for use and the number of its checkout.
    pub(super) fn check_out(self: &Arc<Inner>, location: &'static Location<'static>) -> Result<(u64, Member)> {
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
        Ok((slot.keep(), member))
    }

    /// Takes a slot, with an idle connection if there is one; waits for its turn.
    fn reserve(self: &Arc<Inner>, location: &'static Location<'static>) -> Result<(Slot, Option<Member>)> {
        let mut dead = Vec::new();
        let reserved = self.await_grant(&mut dead).map(|(grant, mut state)| {
            let now = self.surroundings.now();
            let found = match grant {
                Grant::Ready(member) if member.is_current(&state, now) => Some(member),
                Grant::Ready(member) => {
                    dead.push(member);
                    None
                }
                Grant::Slot => None,
            };
            let holder = match &found {
                Some(member) => Arc::clone(&member.holder),
                None => Holder::default(),
            };
            holder.store(thread_number(), Ordering::Relaxed);
            let number = state.note(location, Arc::clone(&holder), now);
            drop(state);
            (Slot { inner: Arc::clone(self), number, holder, kept: false }, found)
        });
        self.bury_all(dead);
        reserved
    }

    /// What is free, or becomes free in time, together with the lock under which it was got.
    fn await_grant(&self, dead: &mut Vec<Member>) -> Result<(Grant, MutexGuard<'_, State>)> {
        let mut state = self.lock();
        let now = self.surroundings.now();
        if state.closed {
            return Err(closed());
        }
        state.report_overdue(self.options.leak_threshold, now);
        if let Some(grant) = state.take(&self.options, now, dead) {
            return Ok((grant, state));
        }
        if let Some(error) = state.self_deadlock(thread_number(), now) {
            return Err(error);
        }
        let started = Instant::now();
        let deadline = started.checked_add(self.options.timeout);
        let (ticket, ready) = state.enqueue();
        loop {
            let next_hang = state.give_up_hanging(self.options.cleanup_timeout, self.surroundings.now());
            if let Some(grant) = state.collect(ticket) {
                return Ok((grant, state));
            }
            if state.closed {
                return Err(closed());
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                state.leave(ticket);
                state.timeouts += 1;
                return Err(state.timed_out(&self.options, started.elapsed(), self.surroundings.now()));
            }
            let pause = left.min(next_hang.unwrap_or(left));
            state = ready.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Opens a connection. The caller holds a slot for it.
    fn connect(&self) -> Result<Member> {
        // Read before, so that a connection begun before an invalidation counts as an old one.
        let generation = self.lock().generation;
        let connection = match self.driver.connect() {
            Ok(connection) => connection,
            Err(error) => {
                self.lock().last_connect_error = Some(error.kind());
                return Err(error);
            }
        };
        self.lock().last_connect_error = None;
        let id = self.created.fetch_add(1, Ordering::Relaxed) + 1;
        let created = self.surroundings.now();
        let lifetime = self.options.max_lifetime.map(|lifetime| lifetime.saturating_sub(jitter(lifetime, id)));
        let expires = lifetime.and_then(|lifetime| created.checked_add(lifetime));
        Ok(Member { connection, id, generation, created, expires, used: created, holder: Holder::default() })
    }

    /// The connection, if it shows a sign of life where one is wanted; otherwise it is closed.
    fn tested(&self, mut member: Member) -> Option<Member> {
        let idle = || self.surroundings.now().saturating_duration_since(member.used);
        let wanted = !self.local
            && match self.options.pre_ping {
                PrePing::Never => false,
                PrePing::Always => true,
                PrePing::IdleLongerThan(limit) => idle() > limit,
            };
        if !wanted {
            return Some(member);
        }
        let timeout = self.options.ping_timeout;
        match catch_unwind(AssertUnwindSafe(|| member.connection.ping(timeout))) {
            Ok(Ok(())) => return Some(member),
            Ok(Err(error)) => {
                // Where one is lost the others most likely are: the server was restarted, or has moved.
                if error.is_disconnect() {
                    self.invalidate_older(member.generation);
                }
                self.bury(member);
            }
            Err(panic) => {
                self.bury(member);
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
fn jitter(lifetime: Duration, id: u64) -> Duration {
    let random = RandomState::new().hash_one(id) >> 32;
    (lifetime / 40).mul_f64(random as f64 / f64::from(u32::MAX))
}

fn closed() -> Error {
    Error::new(ErrorKind::Misuse, "the pool is closed")
}
