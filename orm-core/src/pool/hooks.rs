//! Who prepares connections and who is told what the pool does. Nothing here is called under the pool's lock, and a listener
//! that panics harms nobody else.

use super::events::PoolEvent;
use super::state::Member;
use super::surroundings::warn;
use crate::driver::Connection;
use crate::error::{Context, Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Prepares a connection, by SQL or otherwise.
pub(super) type Prepare = dyn Fn(&mut dyn Connection) -> Result<()> + Send + Sync;
type OnEvent = dyn Fn(&PoolEvent) + Send + Sync;

/// The listeners of a pool, which a child after a fork has too.
#[derive(Default)]
pub(super) struct Hooks {
    connect: List<Prepare>,
    checkout: List<Prepare>,
    events: List<OnEvent>,
    told: AtomicBool,
}

/// Listeners in the order in which they were added. Readers take a share, so that nothing is locked while they run.
struct List<L: ?Sized> {
    all: RwLock<Arc<Vec<Arc<L>>>>,
    count: AtomicUsize,
}

impl<L: ?Sized> Default for List<L> {
    fn default() -> List<L> {
        List { all: RwLock::default(), count: AtomicUsize::new(0) }
    }
}

impl<L: ?Sized> List<L> {
    fn add(&self, listener: Arc<L>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut all).push(listener);
        self.count.store(all.len(), Ordering::Release);
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn share(&self) -> Arc<Vec<Arc<L>>> {
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Hooks {
    pub(super) fn add_connect(&self, prepare: Arc<Prepare>) {
        self.connect.add(prepare);
    }

    pub(super) fn add_checkout(&self, prepare: Arc<Prepare>) {
        self.checkout.add(prepare);
    }

    pub(super) fn add_event(&self, listener: Arc<OnEvent>) {
        self.events.add(listener);
        self.told.store(true, Ordering::Release);
    }

    /// True when somebody is told of events, so that times need not be taken otherwise.
    pub(super) fn told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// Whether nothing is to be done with a connection before a caller gets it.
    pub(super) fn is_ready(&self, member: &Member) -> bool {
        member.prepared == self.connect.count() && self.checkout.count() == 0
    }

    /// Runs the `on_connect` listeners that a connection has not seen: all of them on a new one, the later ones on one that is
    /// older than they are, and all of them again after its session was reset.
    pub(super) fn prepare(&self, member: &mut Member) -> Result<()> {
        if member.prepared == self.connect.count() {
            return Ok(());
        }
        let all = self.connect.share();
        for prepare in all.iter().skip(member.prepared) {
            run(&**prepare, member).context(|| "an `on_connect` listener")?;
            member.prepared += 1;
        }
        Ok(())
    }

    /// Runs the `on_checkout` listeners.
    pub(super) fn check_out(&self, member: &mut Member) -> Result<()> {
        if self.checkout.count() == 0 {
            return Ok(());
        }
        let all = self.checkout.share();
        all.iter().try_for_each(|prepare| run(&**prepare, member).context(|| "an `on_checkout` listener"))
    }

    /// Tells everybody. Not to be called under a lock.
    pub(super) fn tell(&self, event: &PoolEvent) {
        match event {
            PoolEvent::Overdue { location, age } => {
                warn(format_args!("a connection checked out at {location} has been out for {age:.1?}"));
            }
            PoolEvent::GivenUp { location } => {
                warn(format_args!("a connection checked out at {location} does not come back from its rollback"));
            }
            _ => {}
        }
        if !self.told() {
            return;
        }
        for listener in self.events.share().iter() {
            if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
                warn(format_args!("a listener of the pool's events panicked"));
            }
        }
    }
}

fn run(prepare: &Prepare, member: &mut Member) -> Result<()> {
    prepare(&mut *member.connection)?;
    match member.connection.in_transaction() {
        Some(true) => Err(Error::new(ErrorKind::Misuse, "it left a transaction open")),
        Some(false) | None => Ok(()),
    }
}
