//! What a program can do to the connections of an engine's pool and those of its replicas, and be told of them. Each is a word
//! to the pools; `engine.primary()` is without the replicas.

use super::Engine;
use crate::driver;
use crate::error::Result;
use crate::pool::{Pool, PoolEvent};
use std::sync::Arc;

impl Engine {
    /// Calls a closure with each new connection before anybody gets it: the place to set it up. Its error, or panic, is that of
    /// connecting, and the connection is closed.
    ///
    /// Connections that are open already are set up before they are next given out. So is one whose session was
    /// [reset](driver::Connection::reset) after raw SQL: the closure is then called again, so it must be possible to repeat
    /// what it does. Several closures are called in the order in which they were added.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.on_connect(|connection| connection.batch("PRAGMA temp_store = MEMORY"));
    /// let stored: i64 = engine.connect()?.one(sql("PRAGMA temp_store"))?;
    /// assert_eq!(stored, 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_connect(&self, prepare: impl Fn(&mut dyn driver::Connection) -> Result<()> + Send + Sync + 'static) {
        let prepare = Arc::new(prepare);
        for pool in self.pools() {
            let prepare = Arc::clone(&prepare);
            pool.on_connect(move |connection| prepare(connection));
        }
    }

    /// Calls a closure with a connection each time that somebody is about to get it, which costs a round trip if it speaks to
    /// the server. Its error is that of the checkout; the connection is then reset and goes back.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.on_checkout(|_| match std::env::var_os("MAINTENANCE") {
    ///     Some(_) => Err(Error::refused("the database is under maintenance")),
    ///     None => Ok(()),
    /// });
    /// assert_eq!(engine.connect()?.count(select::<User>())?, 3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_checkout(&self, prepare: impl Fn(&mut dyn driver::Connection) -> Result<()> + Send + Sync + 'static) {
        let prepare = Arc::new(prepare);
        for pool in self.pools() {
            let prepare = Arc::clone(&prepare);
            pool.on_checkout(move |connection| prepare(connection));
        }
    }

    /// Calls a closure with what happens in the pool: connections that are opened, given out, taken back and closed, callers
    /// that wait, checkouts that last too long.
    ///
    /// It is called on the thread where it happens, in a `drop` too, and on threads of the pool: what takes long in it holds up
    /// that thread, and nobody else. Its panic is swallowed. It should not ask for a connection.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use orm_core::pool::PoolEvent;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use std::sync::Arc;
    ///
    /// let engine = engine();
    /// let checkouts = Arc::new(AtomicUsize::new(0));
    /// let counter = Arc::clone(&checkouts);
    /// engine.on_pool_event(move |event| {
    ///     if let PoolEvent::CheckedOut { .. } = event {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// engine.connect()?.count(select::<User>())?;
    /// assert_eq!(checkouts.load(Ordering::Relaxed), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_pool_event(&self, listener: impl Fn(&PoolEvent) + Send + Sync + 'static) {
        let listener = Arc::new(listener);
        for pool in self.pools() {
            let listener = Arc::clone(&listener);
            pool.on_event(move |event| listener(event));
        }
    }

    /// The pool and those of the replicas.
    pub(super) fn pools(&self) -> Vec<Pool> {
        let replicas = self.replicas();
        [self].into_iter().chain(&replicas).map(|engine| engine.pool().clone()).collect()
    }
}
