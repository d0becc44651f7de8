//! A thread that keeps connections open and warm while nobody asks for any. There is none unless the options want one; it
//! holds the pool only while it works, so that it ends with it.

use super::events::CloseReason;
use super::inner::Inner;
use super::state::{Holder, Outbox};
use super::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::error::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long it sleeps at most, so that a clock that jumped or a bell that was missed costs no more than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const SHORTEST_SLEEP: Duration = Duration::from_millis(5);
/// The first pause after a connection could not be opened; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Wakes the housekeeper.
#[derive(Default)]
pub(super) struct Bell {
    state: Mutex<Ring>,
    rung: Condvar,
}

#[derive(Default)]
struct Ring {
    rung: bool,
    finished: bool,
}

impl Bell {
    /// Has it look now.
    pub(super) fn ring(&self) {
        self.lock().rung = true;
        self.rung.notify_all();
    }

    /// Has it end.
    pub(super) fn finish(&self) {
        self.lock().finished = true;
        self.rung.notify_all();
    }

    /// Sleeps until it is rung or so long. False if it has ended.
    fn sleep(&self, pause: Duration) -> bool {
        let deadline = Instant::now() + pause;
        let mut ring = self.lock();
        loop {
            if ring.finished {
                return false;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if std::mem::take(&mut ring.rung) || left.is_zero() {
                return true;
            }
            ring = self.rung.wait_timeout(ring, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Starts the thread, if the options want one.
    ///
    /// # Errors
    /// `Io` if the operating system gives no thread.
    pub(super) fn keep_house(self: &Arc<Inner>) -> Result<()> {
        if !self.options.wants_housekeeper() {
            return Ok(());
        }
        let (pool, bell) = (Arc::downgrade(self), Arc::clone(&self.bell));
        let work = move || {
            let mut pause = Pause::default();
            loop {
                // Whoever drops the pool meanwhile leaves its end to this thread.
                let Some(inner) = pool.upgrade() else { return };
                let sleep = inner.tend(&mut pause);
                drop(inner);
                if !bell.sleep(sleep) {
                    return;
                }
            }
        };
        let spawned = thread::Builder::new().name("orm-housekeeper".to_owned()).spawn(work);
        let failed = |error| Error::new(ErrorKind::Io, "the operating system gives no thread").with_source(error);
        spawned.map(|_| ()).map_err(failed)
    }

    /// Does what is due, and says when something will be due again.
    pub(super) fn tend(self: &Arc<Inner>, pause: &mut Pause) -> Duration {
        self.close_expired_now();
        self.prove();
        self.refill(pause);
        self.next_due(pause)
    }

    fn close_expired_now(&self) {
        let now = self.surroundings.now();
        let mut out = Outbox::default();
        let mut state = self.lock();
        state.report_overdue(self.options.leak_threshold, now, &mut out);
        state.expire_all(&self.options, now, &mut out);
        drop(state);
        self.deliver(out);
    }

    /// Asks the connections for a sign of life that have given none for too long.
    fn prove(self: &Arc<Inner>) {
        let Some(keepalive) = self.options.keepalive else { return };
        let here = Location::caller();
        loop {
            let now = self.surroundings.now();
            let mut state = self.lock();
            // It looks four times in that time, so that none is silent for longer.
            let Some(mut member) = state.take_silent(keepalive / 4 * 3, now) else { return };
            let number = state.note(here, Holder::default(), now);
            // If the test hangs, its place is given to those who wait for it, as after a rollback that hangs.
            state.begin_cleaning(number, now);
            drop(state);
            let ping = catch_unwind(AssertUnwindSafe(|| member.connection.ping(self.options.ping_timeout)));
            match ping {
                Ok(Ok(())) if member.connection.is_open() => self.lay_down(number, member),
                lost => {
                    if matches!(lost, Ok(Err(error)) if error.is_disconnect()) || !member.connection.is_open() {
                        self.invalidate_older(member.generation);
                    }
                    self.retire(number, member, CloseReason::Lost);
                }
            }
        }
    }

    /// Opens connections until so many lie idle as are wanted. After a failure it leaves off for a while.
    fn refill(self: &Arc<Inner>, pause: &mut Pause) {
        while !pause.holds(self.surroundings.now()) {
            let now = self.surroundings.now();
            let mut state = self.lock();
            if !state.take_for_idle(&self.options) {
                return;
            }
            let number = state.note(Location::caller(), Holder::default(), now);
            drop(state);
            match catch_unwind(AssertUnwindSafe(|| self.connect())) {
                Ok(Ok(member)) => {
                    pause.end();
                    self.lay_down(number, member);
                }
                Ok(Err(_)) | Err(_) => {
                    self.free_quietly(number);
                    pause.begin(self.surroundings.now());
                }
            }
        }
    }

    /// When to look again: when something is due that is known now, or soon enough for what begins meanwhile.
    fn next_due(&self, pause: &Pause) -> Duration {
        let now = self.surroundings.now();
        let state = self.lock();
        let end = state.idle.iter().filter_map(|member| member.expires).min();
        let overdue = state.next_overdue(self.options.leak_threshold);
        drop(state);
        let next = [end, overdue, pause.until].into_iter().flatten().min();
        let known = next.map(|next| next.saturating_duration_since(now));
        let keepalive = self.options.keepalive.map(|keepalive| keepalive / 4);
        let times = [known, keepalive, self.options.leak_threshold, self.options.idle_timeout];
        let soonest = times.into_iter().flatten().min().unwrap_or(LONGEST_SLEEP);
        soonest.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }
}

/// How long no connection is opened after one could not be.
#[derive(Default)]
pub(super) struct Pause {
    until: Option<Instant>,
    length: Duration,
}

impl Pause {
    fn holds(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    fn begin(&mut self, now: Instant) {
        self.length = (self.length * 2).clamp(FIRST_PAUSE, LONGEST_SLEEP);
        self.until = now.checked_add(self.length);
    }

    fn end(&mut self) {
        *self = Pause::default();
    }
}
