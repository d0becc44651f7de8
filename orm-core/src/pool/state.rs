//! What the pool's mutex guards: who has what, who waits, what is free. Pure bookkeeping: nothing here connects, closes,
//! or waits, so that the mutex is never held for longer than a few moves.

use super::options::{Order, PoolOptions};
use super::surroundings::warn;
use crate::driver::Connection;
use crate::error::{Error, ErrorKind};
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar};
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
    pub(super) holder: Holder,
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
    location: &'static Location<'static>,
    since: Instant,
    holder: Holder,
    /// Since when the connection has been on its way back.
    cleaning: Option<Instant>,
    reported: bool,
}

struct Waiter {
    ticket: u64,
    ready: Arc<Condvar>,
}

/// Every slot counted in `total` is in exactly one of `idle`, `out` and `grants`. Nobody waits while something is free: what
/// becomes free is handed to the oldest waiter at once.
#[derive(Default)]
pub(super) struct State {
    pub(super) idle: VecDeque<Member>,
    pub(super) out: Vec<Checkout>,
    waiters: VecDeque<Waiter>,
    /// What was handed to waiters that have not woken up yet.
    pub(super) grants: Vec<(u64, Grant)>,
    total: usize,
    pub(super) generation: u64,
    pub(super) closed: bool,
    pub(super) last_connect_error: Option<ErrorKind>,
    last_number: u64,
    pub(super) timeouts: u64,
    pub(super) waits: u64,
}

impl State {
    /// Something free, if there is anything. Connections that are too old go to `dead`.
    pub(super) fn take(&mut self, options: &PoolOptions, now: Instant, dead: &mut Vec<Member>) -> Option<Grant> {
        self.expire(options, now, dead);
        loop {
            let next = match options.order {
                Order::Lifo => self.idle.pop_back(),
                Order::Fifo => self.idle.pop_front(),
            };
            match next {
                Some(member) if member.is_expired(now) => {
                    self.total -= 1;
                    dead.push(member);
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

    /// Takes out what has lain idle for too long: a look at the one returned first is enough when there is none.
    pub(super) fn expire(&mut self, options: &PoolOptions, now: Instant, dead: &mut Vec<Member>) {
        let Some(idle_timeout) = options.idle_timeout else { return };
        while self.idle.front().is_some_and(|member| now.saturating_duration_since(member.used) >= idle_timeout) {
            dead.extend(self.idle.pop_front());
            self.total -= 1;
        }
    }

    /// Takes out whatever is past its life, wherever it lies.
    pub(super) fn expire_all(&mut self, options: &PoolOptions, now: Instant, dead: &mut Vec<Member>) {
        self.expire(options, now, dead);
        for member in std::mem::take(&mut self.idle) {
            if member.is_expired(now) {
                self.total -= 1;
                dead.push(member);
            } else {
                self.idle.push_back(member);
            }
        }
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
        match self.waiters.pop_front() {
            Some(waiter) => self.hand_over(waiter, Grant::Slot),
            None => self.total -= 1,
        }
    }

    /// Gives a connection to the oldest waiter, or keeps it. Returns one that there is no place for.
    pub(super) fn put_back(&mut self, member: Member, size: usize) -> Option<Member> {
        match self.waiters.pop_front() {
            Some(waiter) => self.hand_over(waiter, Grant::Ready(member)),
            None if self.total > size => {
                self.total -= 1;
                return Some(member);
            }
            None => self.idle.push_back(member),
        }
        None
    }

    /// Empties the pool of what is idle, and lets what is out go when it comes back.
    pub(super) fn renew(&mut self, dead: &mut Vec<Member>) {
        self.generation += 1;
        self.total -= self.idle.len();
        dead.extend(self.idle.drain(..));
    }

    /// Notes that a connection is being cleaned. False if that is not worth while, because it will not be used again.
    pub(super) fn begin_cleaning(&mut self, number: u64, generation: u64, now: Instant) -> bool {
        if self.closed || generation != self.generation {
            return false;
        }
        if let Some(checkout) = self.out.iter_mut().find(|checkout| checkout.number == number) {
            checkout.cleaning = Some(now);
        }
        true
    }

    /// Frees the slots of connections whose cleaning hangs; when it ends after all they are closed. Returns how long it is
    /// until the next one may be given up.
    pub(super) fn give_up_hanging(&mut self, limit: Duration, now: Instant) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut hanging = 0;
        self.out.retain(|checkout| {
            let Some(since) = checkout.cleaning else { return true };
            let left = limit.saturating_sub(now.saturating_duration_since(since));
            if left.is_zero() {
                let location = checkout.location;
                warn(format_args!("a connection checked out at {location} does not come back from its rollback"));
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

    /// Warns of checkouts that last too long, each once, and returns how many there are.
    pub(super) fn report_overdue(&mut self, threshold: Option<Duration>, now: Instant) -> usize {
        let Some(threshold) = threshold else { return 0 };
        let mut overdue = 0;
        for checkout in self.out.iter_mut().filter(|checkout| checkout.cleaning.is_none()) {
            let age = now.saturating_duration_since(checkout.since);
            if age < threshold {
                continue;
            }
            overdue += 1;
            if !std::mem::replace(&mut checkout.reported, true) {
                let location = checkout.location;
                warn(format_args!("a connection checked out at {location} has been out for {age:.1?}"));
            }
        }
        overdue
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiters.len()
    }

    /// How many connections are open or being opened and are not idle.
    pub(super) fn in_use(&self) -> usize {
        self.total - self.idle.len()
    }

    /// How many connections are on their way back.
    pub(super) fn cleaning(&self) -> usize {
        self.out.iter().filter(|checkout| checkout.cleaning.is_some()).count()
    }

    /// Where and how long ago the oldest checkout was made that a caller still has.
    pub(super) fn oldest(&self, now: Instant) -> Option<(&'static Location<'static>, Duration)> {
        let held = self.out.iter().filter(|checkout| checkout.cleaning.is_none());
        let oldest = held.min_by_key(|checkout| checkout.since)?;
        Some((oldest.location, now.saturating_duration_since(oldest.since)))
    }

    /// The error for a thread that would wait for itself: everything is taken, and by this thread alone.
    pub(super) fn self_deadlock(&self, thread: u64, now: Instant) -> Option<Error> {
        let own =
            |checkout: &Checkout| checkout.cleaning.is_none() && checkout.holder.load(Ordering::Relaxed) == thread;
        if self.out.len() < self.total || !self.out.iter().all(own) {
            return None;
        }
        let (location, _) = self.oldest(now)?;
        let message = match self.total {
            1 => format!("this thread already holds the only connection, checked out at {location}"),
            total => format!("this thread already holds all {total} connections, the first checked out at {location}"),
        };
        Some(Error::new(ErrorKind::Misuse, message))
    }

    /// The error for a wait that was too long, with all that helps to find out why.
    pub(super) fn timed_out(&self, options: &PoolOptions, waited: Duration, now: Instant) -> Error {
        use std::fmt::Write;
        let mut text = format!(
            "no connection became free in {waited:.1?}: {out} of {limit} are out (size {size}, overflow {overflow}), \
             {idle} idle, {waiting} waiting",
            out = self.in_use(),
            limit = options.limit(),
            size = options.size,
            overflow = options.max_overflow,
            idle = self.idle.len(),
            waiting = self.waiters.len(),
        );
        // Writing to a String cannot fail.
        let cleaning = self.cleaning();
        if cleaning > 0 {
            let _ = write!(text, "; {cleaning} being rolled back");
        }
        if let Some((location, age)) = self.oldest(now) {
            let _ = write!(text, "; the oldest was checked out {age:.1?} ago at {location}");
        }
        if let Some(kind) = self.last_connect_error {
            let _ = write!(text, "; the last attempt to connect failed with {kind:?}");
        }
        Error::new(ErrorKind::PoolTimeout, text)
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
        assert!(self.waiters.is_empty() || self.idle.is_empty(), "somebody waits although a connection is free");
    }
}

impl Member {
    fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether it may be used again at all.
    pub(super) fn is_current(&self, state: &State, now: Instant) -> bool {
        !state.closed && self.generation == state.generation && !self.is_expired(now)
    }
}
