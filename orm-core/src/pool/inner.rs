//! The pool of one process: its parts, its renewal and its end. Everything slow happens outside the mutex. Knows drivers by
//! their traits alone.

use super::options::PoolOptions;
use super::reaper::Reaper;
use super::state::{Member, State};
use super::surroundings::{Surroundings, warn};
use crate::driver::Driver;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The pool of one process.
pub(super) struct Inner {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) options: PoolOptions,
    pub(super) surroundings: Arc<dyn Surroundings>,
    process: u32,
    /// The pool of a child after a fork. Its parent's mutex may be locked for ever and its parent's sockets are shared, so the
    /// child touches nothing of this one; and the parent never fills this field.
    child: OnceLock<Arc<Inner>>,
    state: Mutex<State>,
    pub(super) reaper: Arc<Reaper>,
    /// Whether connections are cleaned and closed on the caller's thread.
    pub(super) local: bool,
    /// Whether there is but one connection, which is the database itself.
    pub(super) single: bool,
    pub(super) created: AtomicU64,
    pub(super) closed: AtomicU64,
}

impl Inner {
    pub(super) fn new(driver: Arc<dyn Driver>, options: PoolOptions, surroundings: Arc<dyn Surroundings>) -> Inner {
        let single = driver.single_connection();
        Inner {
            local: single || driver.is_local(),
            single,
            driver,
            options,
            process: surroundings.process(),
            surroundings,
            child: OnceLock::new(),
            state: Mutex::default(),
            reaper: Arc::default(),
            created: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }
    }

    /// The pool of the process that asks, which after a fork is not the one that made this.
    pub(super) fn of_this_process(self: &Arc<Inner>) -> &Arc<Inner> {
        let process = self.surroundings.process();
        let mut inner = self;
        while inner.process != process {
            inner = inner.child.get_or_init(|| {
                let driver = Arc::clone(&self.driver);
                Arc::new(Inner::new(driver, self.options.clone(), Arc::clone(&self.surroundings)))
            });
        }
        inner
    }

    /// Whether the process that asks is a child of the one whose connections these are.
    pub(super) fn is_foreign(&self) -> bool {
        self.surroundings.process() != self.process
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under the lock, so a panic cannot have left the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up a taken slot.
    pub(super) fn free(&self, number: u64) {
        let mut state = self.lock();
        if state.strike(number).is_some() {
            state.free_slot();
        }
    }

    /// Discards the idle connections if none newer than the one that was lost has been opened since.
    pub(super) fn invalidate_older(&self, generation: u64) {
        if self.single {
            return;
        }
        let mut dead = Vec::new();
        let mut state = self.lock();
        if state.generation == generation {
            state.renew(&mut dead);
        }
        drop(state);
        self.bury_all(dead);
    }

    /// Discards all connections, the only one of a database in memory excepted unless `dispose` is asked for.
    pub(super) fn renew(&self, reason: Renewal) {
        if self.single && reason == Renewal::Invalidate {
            return;
        }
        let mut dead = Vec::new();
        let mut state = self.lock();
        state.renew(&mut dead);
        if reason == Renewal::Close {
            state.shut();
        }
        drop(state);
        self.bury_all(dead);
    }

    /// Closes what is past its time.
    pub(super) fn close_expired(&self) {
        let mut dead = Vec::new();
        self.lock().expire_all(&self.options, self.surroundings.now(), &mut dead);
        self.bury_all(dead);
    }

    pub(super) fn bury_all(&self, dead: Vec<Member>) {
        for member in dead {
            self.bury(member);
        }
    }

    /// Closes a connection that the bookkeeping knows no more: at once if it is local, else on a thread of the pool.
    pub(super) fn bury(&self, member: Member) {
        self.closed.fetch_add(1, Ordering::Relaxed);
        let connection = member.connection;
        if !self.local {
            return self.reaper.submit(Box::new(move || connection.close()));
        }
        // This runs in `drop`, perhaps during a panic, where a second panic would end the process.
        if catch_unwind(AssertUnwindSafe(move || connection.close())).is_err() {
            warn(format_args!("the driver panicked while a connection was closed"));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let foreign = self.is_foreign();
        let state = std::mem::take(self.state.get_mut().unwrap_or_else(PoisonError::into_inner));
        if foreign {
            // Closing would say goodbye on a socket that the parent goes on using.
            std::mem::forget(state);
            return;
        }
        self.bury_all(state.idle.into());
        self.reaper.finish();
    }
}

/// Why all connections are discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// They are not trusted any more.
    Invalidate,
    /// They are not needed for now.
    Dispose,
    /// The pool is to end.
    Close,
}
