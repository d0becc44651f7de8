//! The pool of one process: its parts, its renewal and its end. Everything slow happens outside the mutex. Knows drivers by
//! their traits alone.

use super::events::{CloseReason, PoolEvent};
use super::hooks::Hooks;
use super::housekeeper::Bell;
use super::options::PoolOptions;
use super::reaper::Reaper;
use super::state::{Member, Outbox, State};
use super::surroundings::{Surroundings, warn};
use super::sync::{Mutex, MutexGuard};
use crate::driver::{Driver, Place};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};

/// The pool of one process.
pub(super) struct Inner {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) options: PoolOptions,
    /// What the pool is called in errors and measurements.
    pub(super) name: Arc<str>,
    /// Where the database is.
    pub(super) place: Place,
    pub(super) hooks: Arc<Hooks>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    process: u32,
    /// The pool of a child after a fork. Its parent's mutex may be locked for ever and its parent's sockets are shared, so the
    /// child touches nothing of this one; and the parent never fills this field.
    child: OnceLock<Arc<Inner>>,
    state: Mutex<State>,
    pub(super) reaper: Arc<Reaper>,
    /// Wakes the housekeeper, if there is one.
    pub(super) bell: Arc<Bell>,
    /// Whether connections are cleaned and closed on the caller's thread.
    pub(super) local: bool,
    /// Whether there is but one connection, which is the database itself.
    pub(super) single: bool,
    pub(super) created: AtomicU64,
    pub(super) closed: AtomicU64,
}

impl Inner {
    pub(super) fn new(
        driver: Arc<dyn Driver>,
        options: PoolOptions,
        hooks: Arc<Hooks>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Inner {
        let place = driver.place();
        let name = options.name.clone().unwrap_or_else(|| place.to_string().into());
        let single = driver.single_connection();
        Inner {
            local: single || driver.is_local(),
            single,
            driver,
            options,
            name,
            place,
            hooks,
            process: surroundings.process(),
            surroundings,
            child: OnceLock::new(),
            state: Mutex::default(),
            reaper: Arc::default(),
            bell: Arc::default(),
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
                let (driver, hooks) = (Arc::clone(&self.driver), Arc::clone(&self.hooks));
                let surroundings = Arc::clone(&self.surroundings);
                let child = Arc::new(Inner::new(driver, self.options.clone(), hooks, surroundings));
                if let Err(error) = child.keep_house() {
                    warn(format_args!("no thread could be started to keep connections open: {error}"));
                }
                child
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
        self.free_quietly(number);
        self.call_housekeeper();
    }

    /// The same for the housekeeper, who would wake itself.
    pub(super) fn free_quietly(&self, number: u64) {
        let mut state = self.lock();
        if state.strike(number).is_some() {
            state.free_slot();
        }
    }

    /// Has the housekeeper look whether there are idle connections enough.
    pub(super) fn call_housekeeper(&self) {
        if self.options.min_idle > 0 {
            self.bell.ring();
        }
    }

    /// Discards the idle connections if none newer than the one that was lost has been opened since.
    pub(super) fn invalidate_older(&self, generation: u64) {
        if self.single {
            return;
        }
        let mut out = Outbox::default();
        let mut state = self.lock();
        if state.generation == generation {
            state.renew(CloseReason::Invalidated, &mut out);
        }
        drop(state);
        self.deliver(out);
        self.call_housekeeper();
    }

    /// Discards all connections, the only one of a database in memory excepted unless `dispose` is asked for.
    pub(super) fn renew(&self, reason: CloseReason) {
        if self.single && reason == CloseReason::Invalidated {
            return;
        }
        let mut out = Outbox::default();
        let mut state = self.lock();
        state.renew(reason, &mut out);
        if reason == CloseReason::PoolClosed {
            state.shut();
        }
        drop(state);
        self.deliver(out);
        self.bell.ring();
    }

    /// Gives nothing out until [`resume`](Inner::resume).
    pub(super) fn suspend(&self) {
        self.lock().suspended = true;
    }

    /// Goes on, beginning with those who wait.
    pub(super) fn resume(&self) {
        let mut out = Outbox::default();
        self.lock().resume(&self.options, self.surroundings.now(), &mut out);
        self.deliver(out);
        self.call_housekeeper();
    }

    /// Closes what is past its time.
    pub(super) fn close_expired(&self) {
        let mut out = Outbox::default();
        self.lock().expire_all(&self.options, self.surroundings.now(), &mut out);
        self.deliver(out);
        self.call_housekeeper();
    }

    /// Does what was found to be due under the lock.
    pub(super) fn deliver(&self, out: Outbox) {
        let Outbox { dead, events, span: _ } = out;
        for event in &events {
            self.hooks.tell(event);
        }
        for (member, reason) in dead {
            self.bury(member, reason);
        }
    }

    /// Closes a connection that the bookkeeping knows no more: at once if it is local, else on a thread of the pool.
    pub(super) fn bury(&self, member: Member, reason: CloseReason) {
        self.closed.fetch_add(1, Ordering::Relaxed);
        self.tell_closed(&member, reason);
        let connection = member.connection;
        if !self.local {
            return self.reaper.submit(Box::new(move || connection.close()));
        }
        // This runs in `drop`, perhaps during a panic, where a second panic would end the process.
        if catch_unwind(AssertUnwindSafe(move || connection.close())).is_err() {
            warn(format_args!("the driver panicked while a connection was closed"));
        }
    }

    pub(super) fn tell_closed(&self, member: &Member, reason: CloseReason) {
        if self.hooks.told() {
            let age = self.surroundings.now().saturating_duration_since(member.created);
            self.hooks.tell(&PoolEvent::Closed { id: member.id, reason, age });
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
        for member in state.idle {
            self.bury(member, CloseReason::PoolClosed);
        }
        self.reaper.finish();
        self.bell.finish();
    }
}
