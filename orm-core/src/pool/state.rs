//! What the pool's mutex guards: who has what, who waits, what is free. Pure bookkeeping: nothing here connects, closes,
//! or waits, so that the mutex is never held for longer than a few moves.

use super::events::{CloseReason, PoolEvent};
use super::options::{Order, PoolOptions};
use super::surroundings::Waiting;
use super::sync::Condvar;
use crate::driver::Connection;
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// A connection with what the pool knows of it.
pub(super) struct Member {
    pub(super) connection: Box<dyn Connection>,
    pub(super) id: u64,
    /// The pool's generation when the connection was begun: an older one is not used again.
    pub(super) generation: u64,
    pub(super) created: Instant,
    pub(super) expires: Option<Instant>,
    /// When its last use ended.
    pub(super) used: Instant,
    /// When it last gave a sign of life.
    pub(super) proved: Instant,
    /// It was rolled back, and nobody has heard yet that this went well.
    pub(super) unheard: bool,
    /// How many of the `on_connect` listeners have prepared it.
    pub(super) prepared: usize,
    pub(super) holder: Holder,
}

/// What is left to do when the lock is given back: connections to close, and what to tell of.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) dead: Vec<(Member, CloseReason)>,
    pub(super) events: Vec<PoolEvent>,
    /// The wait that ends, for who traces it.
    pub(super) span: Option<Waiting>,
}

/// The number of the thread that used a connection last. Shared, because a checkout may move between threads.
pub(super) type Holder = Arc<AtomicU64>;

/// What a caller is given: a connection, or the right to open one.
pub(super) enum Grant {
    Ready(Member),
    Slot,
}

/// A slot that is taken: a caller connects, uses a connection, or has left one behind to be cleaned.
pub(super) struct Checkout {
    pub(super) number: u64,
    pub(super) location: &'static Location<'static>,
    pub(super) since: Instant,
    pub(super) holder: Holder,
    /// Since when the connection has been on its way back, or the pool itself has been testing it.
    pub(super) cleaning: Option<Instant>,
    pub(super) reported: bool,
}

pub(super) struct Waiter {
    ticket: u64,
    ready: Arc<Condvar>,
}

/// Every slot counted in `total` is in exactly one of `idle`, `out` and `grants`. Nobody waits while something is free, unless
/// the pool is suspended: what becomes free is handed to the oldest waiter at once.
#[derive(Default)]
pub(super) struct State {
    pub(super) idle: VecDeque<Member>,
    pub(super) out: Vec<Checkout>,
    pub(super) waiters: VecDeque<Waiter>,
    /// What was handed to waiters that have not woken up yet.
    pub(super) grants: Vec<(u64, Grant)>,
    pub(super) total: usize,
    pub(super) generation: u64,
    /// Why the generation before this one ended.
    renewal: Option<CloseReason>,
    pub(super) closed: bool,
    /// Nobody is given anything until this is over.
    pub(super) suspended: bool,
    /// What the last attempt to connect failed with, if it did.
    pub(super) last_connect_error: Option<String>,
    last_number: u64,
    pub(super) timeouts: u64,
    pub(super) waits: u64,
}

impl State {
    /// Something free, if there is anything.
    pub(super) fn take(&mut self, options: &PoolOptions, now: Instant, out: &mut Outbox) -> Option<Grant> {
        self.expire(options, now, out);
        if self.suspended {
            return None;
        }
        loop {
            let next = match options.order {
                Order::Lifo => self.idle.pop_back(),
                Order::Fifo => self.idle.pop_front(),
            };
            match next {
                Some(member) if member.is_expired(now) => {
                    self.total -= 1;
                    out.dead.push((member, CloseReason::Expired));
                }
                Some(member) => return Some(Grant::Ready(member)),
                None if self.total < options.limit() => {
                    self.total += 1;
                    return Some(Grant::Slot);
                }
                None => return None,
            }
        }
    }

    /// Takes out what has lain idle for too long: a look at the one returned first is enough when there is none. So many that
    /// are to be kept idle stay.
    pub(super) fn expire(&mut self, options: &PoolOptions, now: Instant, out: &mut Outbox) {
        let Some(idle_timeout) = options.idle_timeout else { return };
        let is_old = |member: &Member| now.saturating_duration_since(member.used) >= idle_timeout;
        while self.idle.len() > options.min_idle
            && self.idle.front().is_some_and(is_old)
            && let Some(member) = self.idle.pop_front()
        {
            out.dead.push((member, CloseReason::Idle));
            self.total -= 1;
        }
    }

    /// Takes out whatever is past its life, wherever it lies.
    pub(super) fn expire_all(&mut self, options: &PoolOptions, now: Instant, out: &mut Outbox) {
        for member in std::mem::take(&mut self.idle) {
            if member.is_expired(now) {
                self.total -= 1;
                out.dead.push((member, CloseReason::Expired));
            } else {
                self.idle.push_back(member);
            }
        }
        self.expire(options, now, out);
    }

    /// A slot for a further idle connection, where there are fewer than wanted.
    pub(super) fn take_for_idle(&mut self, options: &PoolOptions) -> bool {
        let wanted = self.idle.len() < options.min_idle && self.total < options.size;
        let wanted = wanted && !self.closed && !self.suspended;
        self.total += usize::from(wanted);
        wanted
    }

    /// The idle connection that has been silent for longest, if that is for as long as this.
    pub(super) fn take_silent(&mut self, silence: Duration, now: Instant) -> Option<Member> {
        let silent = |member: &Member| now.saturating_duration_since(member.proved) >= silence;
        let position = self.idle.iter().position(silent)?;
        self.idle.remove(position)
    }

    /// Notes a taken slot and returns its number.
    pub(super) fn note(&mut self, location: &'static Location<'static>, holder: Holder, now: Instant) -> u64 {
        let number = self.next_number();
        self.out.push(Checkout { number, location, since: now, holder, cleaning: None, reported: false });
        number
    }

    /// Strikes out a taken slot. `None` if the pool has given it up meanwhile.
    pub(super) fn strike(&mut self, number: u64) -> Option<Checkout> {
        let position = self.out.iter().position(|checkout| checkout.number == number)?;
        Some(self.out.swap_remove(position))
    }

    /// Gives a slot without a connection to the oldest waiter, or frees it.
    pub(super) fn free_slot(&mut self) {
        match self.next_waiter() {
            Some(waiter) => self.hand_over(waiter, Grant::Slot),
            None => self.total -= 1,
        }
    }

    /// Gives a connection to the oldest waiter, or keeps it. Returns one that there is no place for.
    pub(super) fn put_back(&mut self, member: Member, size: usize) -> Option<Member> {
        match self.next_waiter() {
            Some(waiter) => self.hand_over(waiter, Grant::Ready(member)),
            None if self.total > size => {
                self.total -= 1;
                return Some(member);
            }
            None => {
                // Nearly always at the end: one that the pool tested itself goes back to where it lay.
                let position = self.idle.iter().rposition(|other| other.used <= member.used).map_or(0, |last| last + 1);
                self.idle.insert(position, member);
            }
        }
        None
    }

    /// Who is to be given something, if anybody.
    fn next_waiter(&mut self) -> Option<Waiter> {
        if self.suspended { None } else { self.waiters.pop_front() }
    }

    /// Gives what is free to those who wait, after a suspension.
    pub(super) fn resume(&mut self, options: &PoolOptions, now: Instant, out: &mut Outbox) {
        self.suspended = false;
        while !self.waiters.is_empty()
            && let Some(grant) = self.take(options, now, out)
            && let Some(waiter) = self.waiters.pop_front()
        {
            self.hand_over(waiter, grant);
        }
    }

    /// Empties the pool of what is idle, and lets what is out go when it comes back.
    pub(super) fn renew(&mut self, reason: CloseReason, out: &mut Outbox) {
        self.generation += 1;
        self.renewal = Some(reason);
        self.total -= self.idle.len();
        out.dead.extend(self.idle.drain(..).map(|member| (member, reason)));
        out.events.push(PoolEvent::Invalidated { reason });
    }

    /// Why a connection may not be used again, if so.
    pub(super) fn verdict(&self, member: &Member, now: Instant) -> Option<CloseReason> {
        if self.closed {
            return Some(CloseReason::PoolClosed);
        }
        if member.generation != self.generation {
            return Some(self.renewal.unwrap_or(CloseReason::Invalidated));
        }
        member.is_expired(now).then_some(CloseReason::Expired)
    }

    /// Notes that a connection is being cleaned.
    pub(super) fn begin_cleaning(&mut self, number: u64, now: Instant) {
        if let Some(checkout) = self.out.iter_mut().find(|checkout| checkout.number == number) {
            checkout.cleaning = Some(now);
        }
    }

    /// Frees the slots of connections whose cleaning hangs; when it ends after all they are closed. Returns how long it is
    /// until the next one may be given up.
    pub(super) fn give_up_hanging(&mut self, limit: Duration, now: Instant, out: &mut Outbox) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut hanging = 0;
        self.out.retain(|checkout| {
            let Some(since) = checkout.cleaning else { return true };
            let left = limit.saturating_sub(now.saturating_duration_since(since));
            if left.is_zero() {
                out.events.push(PoolEvent::GivenUp { location: checkout.location });
                hanging += 1;
                return false;
            }
            next = Some(next.map_or(left, |next| next.min(left)));
            true
        });
        for _ in 0..hanging {
            self.free_slot();
        }
        next
    }

    /// Queues up. The condition variable is notified when something is handed over, or the pool is closed.
    pub(super) fn enqueue(&mut self) -> (u64, Arc<Condvar>) {
        let ticket = self.next_number();
        let ready = Arc::new(Condvar::new());
        self.waiters.push_back(Waiter { ticket, ready: Arc::clone(&ready) });
        self.waits += 1;
        (ticket, ready)
    }

    /// What was handed to a waiter, if anything.
    pub(super) fn collect(&mut self, ticket: u64) -> Option<Grant> {
        let position = self.grants.iter().position(|(number, _)| *number == ticket)?;
        Some(self.grants.swap_remove(position).1)
    }

    /// Leaves the queue.
    pub(super) fn leave(&mut self, ticket: u64) {
        self.waiters.retain(|waiter| waiter.ticket != ticket);
    }

    /// Takes no more callers, and tells those who wait.
    pub(super) fn shut(&mut self) {
        self.closed = true;
        for waiter in self.waiters.drain(..) {
            waiter.ready.notify_one();
        }
    }

    /// Tells of checkouts that last too long, each once, and returns how many there are.
    pub(super) fn report_overdue(&mut self, threshold: Option<Duration>, now: Instant, out: &mut Outbox) -> usize {
        let Some(threshold) = threshold else { return 0 };
        let mut overdue = 0;
        for checkout in self.out.iter_mut().filter(|checkout| checkout.cleaning.is_none()) {
            let age = now.saturating_duration_since(checkout.since);
            if age < threshold {
                continue;
            }
            overdue += 1;
            if !std::mem::replace(&mut checkout.reported, true) {
                out.events.push(PoolEvent::Overdue { location: checkout.location, age });
            }
        }
        overdue
    }

    fn hand_over(&mut self, waiter: Waiter, grant: Grant) {
        self.grants.push((waiter.ticket, grant));
        waiter.ready.notify_one();
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    #[cfg(test)]
    pub(super) fn assert_consistent(&self, limit: usize) {
        assert_eq!(self.total, self.idle.len() + self.out.len() + self.grants.len(), "each slot is in one place");
        assert!(self.total <= limit, "{} connections of at most {limit}", self.total);
        let busy = self.waiters.is_empty() || self.suspended || self.idle.is_empty();
        assert!(busy, "somebody waits although a connection is free");
    }
}

impl Member {
    fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
