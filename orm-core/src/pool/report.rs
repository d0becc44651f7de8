//! The pool's state in words and numbers: counts, and the errors that tell who has what. Changes nothing.

use super::options::PoolOptions;
use super::state::{Checkout, State};
use crate::error::{Error, ErrorKind};
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl State {
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

    /// When the next checkout will have lasted for too long.
    pub(super) fn next_overdue(&self, threshold: Option<Duration>) -> Option<Instant> {
        let threshold = threshold?;
        let watched = self.out.iter().filter(|checkout| checkout.cleaning.is_none() && !checkout.reported);
        watched.filter_map(|checkout| checkout.since.checked_add(threshold)).min()
    }

    /// The error for a thread that would wait for itself: everything is taken, and by this thread alone.
    pub(super) fn self_deadlock(&self, thread: u64, now: Instant) -> Option<Error> {
        let own =
            |checkout: &Checkout| checkout.cleaning.is_none() && checkout.holder.load(Ordering::Relaxed) == thread;
        if self.suspended || self.out.len() < self.total || !self.out.iter().all(own) {
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
    pub(super) fn timed_out(&self, name: &str, options: &PoolOptions, waited: Duration, now: Instant) -> Error {
        use std::fmt::Write;
        let mut text = format!(
            "no connection of the pool `{name}` became free in {waited:.1?}: {out} of {limit} are out (size {size}, \
             overflow {overflow}), {idle} idle, {waiting} waiting",
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
        if self.suspended {
            let _ = write!(text, "; the pool is suspended");
        }
        if let Some(error) = &self.last_connect_error {
            let _ = write!(text, "; the last attempt to connect failed: {error}");
        }
        Error::new(ErrorKind::PoolTimeout, text)
    }
}
