//! The pool: a bounded set of connections over any driver, lent out one caller at a time. Knows nothing of SQL beyond
//! ROLLBACK, and nothing of sessions.
//!
//! Connections are opened when they are needed. Whoever needs one that is not free waits in a queue, and what becomes free is
//! handed to the one who has waited longest. Nothing slow happens under the lock, and nobody is told anything under it:
//! connecting, testing, cleaning and closing hold up nobody else. Work that would wait for a network when a guard is dropped
//! is done by threads of the pool's own, of which there are none until then.

mod checkin;
mod checkout;
mod events;
mod hooks;
mod housekeeper;
mod inner;
mod options;
mod pooled;
mod reaper;
mod report;
mod state;
mod surroundings;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use events::{CloseReason, PoolEvent};
pub use options::{Order, PoolKind, PoolOptions, PrePing};
pub use pooled::Pooled;
pub(crate) use surroundings::random;

use crate::driver::{Connection, Driver};
use crate::error::Result;
use hooks::Hooks;
use inner::Inner;
use state::Outbox;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use surroundings::{Surroundings, System};

/// A pool of connections. Cloning it is cheap, and all clones are the same pool.
///
/// When the last clone and the last [`Pooled`] are dropped, the idle connections are closed.
///
/// A driver that has [one connection](Driver::single_connection) keeps it for as long as the pool lives: it is never too old
/// and never tested, and a thread that asks for it while it holds it gets an error at once.
///
/// After a fork the child has an empty pool of its own: it closes and uses none of the parent's connections, whose sockets
/// both processes have. A database in memory is a new and empty one there.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

/// A pool as a listener of its own knows it, who must not keep it alive.
#[cfg(feature = "metrics")]
pub(crate) struct WeakPool(std::sync::Weak<Inner>);

#[cfg(feature = "metrics")]
impl WeakPool {
    /// How many connections are idle and in use, and how many callers wait.
    pub(crate) fn counts(&self) -> Option<(usize, usize, usize)> {
        let pool = Pool(self.0.upgrade()?);
        let state = pool.inner().lock();
        Some((state.idle.len(), state.in_use(), state.waiting()))
    }
}

/// What a pool has and does at a moment, and has done since it was made.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let engine = engine();
/// let connection = engine.connect()?;
/// let status = engine.pool_status();
/// assert_eq!((status.in_use, status.idle), (1, 0));
/// println!("the oldest was taken at {}", status.oldest.expect("one is out").location);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many connections are kept.
    pub size: usize,
    /// How many more there may be for a time.
    pub max_overflow: usize,
    /// Connections that lie ready.
    pub idle: usize,
    /// Connections that are out, being opened, or on their way back.
    pub in_use: usize,
    /// Those of `in_use` that callers have given back and that are being rolled back or reset, or that the pool itself tests.
    pub cleaning: usize,
    /// Callers in the queue.
    pub waiting: usize,
    /// Checkouts that have lasted longer than the leak threshold, if there is one.
    pub overdue: usize,
    /// The oldest checkout that has not come back.
    pub oldest: Option<OldestCheckout>,
    /// Whether nothing is given out until [`Pool::resume`].
    pub suspended: bool,
    /// Connections opened so far.
    pub created: u64,
    /// Connections closed so far, or handed to the thread that closes them.
    pub closed: u64,
    /// Checkouts that had to wait so far.
    pub waits: u64,
    /// Checkouts that waited for too long so far.
    pub timeouts: u64,
}

/// A checkout that is still out.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// let connection = engine.connect()?;
/// let oldest = engine.pool_status().oldest.expect("one is out");
/// println!("{} has held a connection for {:?}", oldest.location, oldest.age);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldestCheckout {
    /// Where in the source it was made.
    pub location: &'static Location<'static>,
    /// How long ago.
    pub age: Duration,
}

impl Pool {
    /// A pool that opens connections by `driver`. Nothing is opened yet.
    ///
    /// # Errors
    /// `Misuse` if the options cannot work: no size, a time of zero, or no pooling of a database in memory.
    pub fn new(driver: Arc<dyn Driver>, options: PoolOptions) -> Result<Pool> {
        Pool::within(driver, options, Arc::new(System))
    }

    fn within(driver: Arc<dyn Driver>, options: PoolOptions, surroundings: Arc<dyn Surroundings>) -> Result<Pool> {
        let options = if driver.single_connection() { options.for_single_connection()? } else { options };
        options.check()?;
        let local = driver.is_local();
        let options = PoolOptions { keepalive: options.keepalive.filter(|_| !local), ..options };
        let inner = Arc::new(Inner::new(driver, options, Arc::new(Hooks::default()), surroundings));
        inner.keep_house()?;
        Ok(Pool(inner))
    }

    /// A connection: an idle one, a new one, or the next that comes back.
    ///
    /// The place of the call is remembered for [`status`](Pool::status) and for the error of somebody who waits in vain.
    ///
    /// # Errors
    /// `PoolTimeout` if none became free in time; the text says how many are out and where the oldest was checked out. What
    /// the driver says if a connection was to be opened and could not be, at once. `Misuse` if this thread holds all the
    /// connections itself and so would wait for itself, and after [`close`](Pool::close).
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let connection = engine.pool().get()?;
    /// assert_eq!((engine.pool_status().in_use, connection.id()), (1, 1));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self) -> Result<Pooled> {
        self.get_at(Location::caller())
    }

    /// The same for a call from another place.
    pub(crate) fn get_at(&self, place: &'static Location<'static>) -> Result<Pooled> {
        let inner = self.inner();
        let (number, member) = inner.check_out(place)?;
        Ok(Pooled::new(Arc::clone(inner), number, member))
    }

    /// What opens the connections.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(engine().pool().driver().dialect().name, "SQLite");
    /// ```
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.0.driver
    }

    /// Whether there is only one connection, which is the database itself. Whoever holds it excludes all others.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert!(engine().pool().is_single_connection()); // a database in memory
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_single_connection(&self) -> bool {
        self.0.driver.single_connection()
    }

    /// What the pool has and does now.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// assert_eq!(engine.pool().status().timeouts, 0);
    /// ```
    pub fn status(&self) -> PoolStatus {
        let inner = self.inner();
        let now = inner.surroundings.now();
        let mut out = Outbox::default();
        let state = &mut *inner.lock();
        let overdue = state.report_overdue(inner.options.leak_threshold, now, &mut out);
        let status = PoolStatus {
            size: inner.options.size,
            max_overflow: inner.options.max_overflow,
            idle: state.idle.len(),
            in_use: state.in_use(),
            cleaning: state.cleaning(),
            waiting: state.waiting(),
            overdue,
            suspended: state.suspended,
            oldest: state.oldest(now).map(|(location, age)| OldestCheckout { location, age }),
            created: inner.created.load(Ordering::Relaxed),
            closed: inner.closed.load(Ordering::Relaxed),
            waits: state.waits,
            timeouts: state.timeouts,
        };
        inner.deliver(out);
        status
    }

    /// Stops trusting the connections there are: idle ones are closed, those that are out when they come back. For a server
    /// that has moved or become read-only; a connection that is seen to be lost does this by itself.
    ///
    /// Does nothing where there is only one connection, because the database would be lost with it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().invalidate(); // a database in memory stays
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn invalidate(&self) {
        self.inner().renew(CloseReason::Invalidated);
    }

    /// Closes the idle connections now and those that are out when they come back. The pool can be used again, and opens new
    /// ones. A database in memory is lost.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().dispose();
    /// assert_eq!(engine.pool_status().idle, 0);
    /// ```
    pub fn dispose(&self) {
        self.inner().renew(CloseReason::Disposed);
    }

    /// Like [`dispose`](Pool::dispose), and then gives out no more connections: who asks or waits gets a `Misuse` error.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().close();
    /// assert_eq!(engine.connect().unwrap_err().kind(), ErrorKind::Misuse);
    /// ```
    pub fn close(&self) {
        self.inner().renew(CloseReason::PoolClosed);
    }

    /// Gives nothing out until [`resume`](Pool::resume): who asks waits, for as long as the pool's `timeout`. What is out stays
    /// in use and can come back. For a planned failover: suspend, [`dispose`](Pool::dispose), fail over, resume.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// let pool = engine.pool().clone();
    /// pool.suspend();
    /// let request = std::thread::spawn(move || engine.connect()?.count(select::<User>())); // waits
    /// pool.resume();
    /// assert_eq!(request.join().expect("it does not panic")?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn suspend(&self) {
        self.inner().suspend();
    }

    /// Ends a [suspension](Pool::suspend): those who wait are served first, in their order.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().suspend();
    /// assert!(engine.pool_status().suspended);
    /// engine.pool().resume();
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn resume(&self) {
        self.inner().resume();
    }

    /// What the pool is called in errors, logs and measurements.
    ///
    /// ```
    /// # use orm_doc::*;
    /// assert_eq!(engine().pool().name(), ":memory:");
    /// ```
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn on_connect(&self, prepare: impl Fn(&mut dyn Connection) -> Result<()> + Send + Sync + 'static) {
        self.inner().hooks.add_connect(Arc::new(prepare));
    }

    pub(crate) fn on_checkout(&self, prepare: impl Fn(&mut dyn Connection) -> Result<()> + Send + Sync + 'static) {
        self.inner().hooks.add_checkout(Arc::new(prepare));
    }

    pub(crate) fn on_event(&self, listener: impl Fn(&PoolEvent) + Send + Sync + 'static) {
        self.inner().hooks.add_event(Arc::new(listener));
    }

    /// Waits until the connections that were given back are clean and those that were given up are closed, for instance
    /// before a DROP DATABASE. False if that took longer than `timeout`.
    ///
    /// Not to be called on a thread that may not block.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().dispose();
    /// assert!(engine.pool().settle(std::time::Duration::from_secs(5)));
    /// ```
    pub fn settle(&self, timeout: Duration) -> bool {
        self.inner().reaper.wait_until_quiet(timeout)
    }

    /// Closes idle connections that are past their lifetime or idle timeout. Checkouts and returns do that in passing; a
    /// program that is silent for long can call this from a timer.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.pool().close_expired();
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn close_expired(&self) {
        self.inner().close_expired();
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn downgrade(&self) -> WeakPool {
        WeakPool(Arc::downgrade(&self.0))
    }

    /// How many connections there may be, how many are kept, and how many are kept ready.
    #[cfg(feature = "metrics")]
    pub(crate) fn limits(&self) -> (usize, usize, usize) {
        let options = &self.0.options;
        (options.limit(), options.size, options.min_idle)
    }

    /// The same options for a pool that has but one connection.
    pub(crate) fn options_of_one(&self) -> PoolOptions {
        PoolOptions { kind: PoolKind::Pooled, ..self.0.options.clone() }
    }

    fn inner(&self) -> &Arc<Inner> {
        self.0.of_this_process()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("driver", &self.0.driver).field("status", &self.status()).finish()
    }
}
