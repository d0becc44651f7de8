//! What can be chosen about a pool, with its units and limits. Knows nothing of connections.

use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

/// When a connection that lay idle is asked for a sign of life before it is given out. A sign of life costs one round trip.
///
/// ```
/// # use orm_core::pool::*; use std::time::Duration;
/// let careful = PoolOptions::new().pre_ping(PrePing::Always);
/// let relaxed = PoolOptions::new().pre_ping(PrePing::IdleLongerThan(Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrePing {
    /// Never: a connection that the server has closed meanwhile fails at its first statement.
    Never,
    /// Before each checkout.
    Always,
    /// Only if the connection lay idle for longer than this. A busy pool then pays nothing.
    IdleLongerThan(Duration),
}

/// Which of several idle connections is given out.
///
/// ```
/// # use orm_core::pool::*;
/// let all_in_turn = PoolOptions::new().order(Order::Fifo);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The one returned last: few connections are kept warm, and the others can grow old and be closed.
    Lifo,
    /// The one returned first: all connections are used in turn.
    Fifo,
}

/// Whether connections are kept.
///
/// ```
/// # use orm_core::pool::*;
/// assert_eq!(PoolOptions::new().kind(), PoolKind::Pooled);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Connections are kept for the next checkout.
    Pooled,
    /// Each checkout opens a connection and each return closes it, without a limit. For programs behind a pooler of their
    /// own, and for short-lived ones.
    Unpooled,
}

/// How a pool behaves. Starts from defaults that suit a server application.
///
/// ```
/// use orm_core::pool::{Order, PoolOptions, PrePing};
/// use std::time::Duration;
///
/// let options = PoolOptions::new()
///     .size(20)
///     .max_overflow(0)
///     .timeout(Duration::from_secs(5))
///     .pre_ping(PrePing::Always)
///     .order(Order::Fifo);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    pub(crate) size: usize,
    pub(crate) max_overflow: usize,
    pub(crate) timeout: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) pre_ping: PrePing,
    pub(crate) ping_timeout: Duration,
    pub(crate) cleanup_timeout: Duration,
    pub(crate) order: Order,
    pub(crate) leak_threshold: Option<Duration>,
    pub(crate) kind: PoolKind,
    pub(crate) min_idle: usize,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) name: Option<Arc<str>>,
}

impl Default for PoolOptions {
    fn default() -> PoolOptions {
        PoolOptions {
            size: 5,
            max_overflow: 10,
            timeout: Duration::from_secs(30),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            idle_timeout: None,
            pre_ping: PrePing::IdleLongerThan(Duration::from_secs(1)),
            ping_timeout: Duration::from_secs(5),
            cleanup_timeout: Duration::from_secs(5),
            order: Order::Lifo,
            leak_threshold: None,
            kind: PoolKind::Pooled,
            min_idle: 0,
            keepalive: None,
            name: None,
        }
    }
}

impl PoolOptions {
    /// The defaults: 5 connections kept, 10 more at need, 30 seconds of patience, 30 minutes of life.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// assert_eq!(PoolOptions::new().kind(), PoolKind::Pooled);
    /// ```
    pub fn new() -> PoolOptions {
        PoolOptions::default()
    }

    /// How many connections are kept open; at least 1, default 5. They are opened when they are first needed.
    ///
    /// A database in memory has one connection, whatever is said here.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let for_twenty_threads = PoolOptions::new().size(20).max_overflow(0);
    /// ```
    pub fn size(mut self, connections: usize) -> PoolOptions {
        self.size = connections;
        self
    }

    /// How many connections may be open for a time beside the `size` ones; default 10. They are closed on return, unless
    /// somebody waits for one. `usize::MAX` means without a limit.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let at_most_eight = PoolOptions::new().size(5).max_overflow(3);
    /// ```
    pub fn max_overflow(mut self, connections: usize) -> PoolOptions {
        self.max_overflow = connections;
        self
    }

    /// How long a checkout waits for a connection to become free; default 30 s. Zero does not wait at all. Time spent on
    /// opening a connection is not counted: that is the driver's `connect_timeout`.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let impatient = PoolOptions::new().timeout(Duration::from_secs(2));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> PoolOptions {
        self.timeout = timeout;
        self
    }

    /// How old a connection may grow; default 30 min, less a random part of up to 2.5 %, so that connections opened together
    /// do not all end together. Judged when a connection is taken and when it is returned. `None` means for ever.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let behind_a_firewall = PoolOptions::new().max_lifetime(Duration::from_secs(300));
    /// let for_ever = PoolOptions::new().max_lifetime(None);
    /// ```
    pub fn max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> PoolOptions {
        self.max_lifetime = lifetime.into();
        self
    }

    /// How long a connection may lie unused; default `None`, for ever.
    ///
    /// The pool has no thread that watches, unless [`min_idle`](PoolOptions::min_idle) or [`keepalive`](PoolOptions::keepalive)
    /// gave it one: it looks at each checkout and return, and at [`Pool::close_expired`](super::Pool::close_expired), which a
    /// program that is silent for long can call from a timer. So many as `min_idle` says stay open.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let frugal = PoolOptions::new().idle_timeout(Duration::from_secs(60));
    /// ```
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> PoolOptions {
        self.idle_timeout = timeout.into();
        self
    }

    /// When a connection is tested before it is given out; default if it lay idle for longer than 1 s. A database in this
    /// process is never tested.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let never = PoolOptions::new().pre_ping(PrePing::Never); // a lost connection is an error of its first statement
    /// ```
    pub fn pre_ping(mut self, pre_ping: PrePing) -> PoolOptions {
        self.pre_ping = pre_ping;
        self
    }

    /// How long the test may take; above zero, default 5 s. What does not answer is replaced by a new connection.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let near = PoolOptions::new().ping_timeout(Duration::from_millis(500));
    /// ```
    pub fn ping_timeout(mut self, timeout: Duration) -> PoolOptions {
        self.ping_timeout = timeout;
        self
    }

    /// How long the rollback of a returned connection may take before the pool counts the connection as lost and opens
    /// another in its place; above zero, default 5 s.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let near = PoolOptions::new().cleanup_timeout(Duration::from_millis(500));
    /// ```
    pub fn cleanup_timeout(mut self, timeout: Duration) -> PoolOptions {
        self.cleanup_timeout = timeout;
        self
    }

    /// Which idle connection is given out; default the one returned last.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let all_in_turn = PoolOptions::new().order(Order::Fifo);
    /// ```
    pub fn order(mut self, order: Order) -> PoolOptions {
        self.order = order;
        self
    }

    /// How many connections lie ready at any time, for a program whose first callers shall not wait for one to be opened; at
    /// most `size`, default 0. They are opened from the start, by a thread of the pool that ends with it; while all `size` are
    /// in use there are fewer. A database in memory takes no notice.
    ///
    /// What cannot be opened is tried again, after half a second and then less and less often.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let prompt = PoolOptions::new().size(10).min_idle(2);
    /// ```
    pub fn min_idle(mut self, connections: usize) -> PoolOptions {
        self.min_idle = connections;
        self
    }

    /// How long a connection may lie idle before a thread of the pool asks the server for a sign of life, so that firewalls and
    /// servers that close what is silent do not; default `None`, never. One that gives none is closed. A database in this
    /// process takes no notice.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let behind_a_firewall = PoolOptions::new().keepalive(Duration::from_secs(120));
    /// ```
    pub fn keepalive(mut self, silence: impl Into<Option<Duration>>) -> PoolOptions {
        self.keepalive = silence.into();
        self
    }

    /// What the pool is called in errors, logs and measurements; default is where its database is, as `db.example:5432/shop`.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// let reports = PoolOptions::new().name("reports");
    /// ```
    pub fn name(mut self, name: impl AsRef<str>) -> PoolOptions {
        self.name = Some(name.as_ref().into());
        self
    }

    /// A checkout that lasts longer than this is reported once, with its place in the source: as
    /// [`PoolEvent::Overdue`](super::PoolEvent::Overdue), as a `tracing` warning (feature `tracing`), and in
    /// [`PoolStatus::overdue`](super::PoolStatus::overdue); default `None`, never. Looked for at each checkout, return and
    /// status, and by the pool's thread, if [`min_idle`](PoolOptions::min_idle) or [`keepalive`](PoolOptions::keepalive) gave it one.
    ///
    /// ```
    /// # use orm_core::pool::*; use std::time::Duration;
    /// let watched = PoolOptions::new().leak_threshold(Duration::from_secs(60));
    /// ```
    pub fn leak_threshold(mut self, threshold: impl Into<Option<Duration>>) -> PoolOptions {
        self.leak_threshold = threshold.into();
        self
    }

    /// Keeps no connections: each checkout opens one, each return closes it. Sizes, ages and tests then mean nothing.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// assert_eq!(PoolOptions::new().unpooled().kind(), PoolKind::Unpooled);
    /// ```
    pub fn unpooled(mut self) -> PoolOptions {
        self.kind = PoolKind::Unpooled;
        self
    }

    /// Whether connections are kept.
    ///
    /// ```
    /// # use orm_core::pool::*;
    /// assert_eq!(PoolOptions::new().kind(), PoolKind::Pooled);
    /// ```
    pub fn kind(&self) -> PoolKind {
        self.kind
    }

    /// The most connections that may be open at once.
    pub(super) fn limit(&self) -> usize {
        match self.kind {
            PoolKind::Pooled => self.size.saturating_add(self.max_overflow),
            PoolKind::Unpooled => usize::MAX,
        }
    }

    /// Whether there is work for a thread of the pool's own.
    pub(super) fn wants_housekeeper(&self) -> bool {
        self.min_idle > 0 || self.keepalive.is_some()
    }

    /// What holds for a database that is one connection: that one is kept for as long as the pool lives.
    pub(super) fn for_single_connection(self) -> Result<PoolOptions> {
        if self.kind == PoolKind::Unpooled {
            return Err(misuse("a database in memory ends with its connection, so its pool cannot be unpooled"));
        }
        Ok(PoolOptions {
            size: 1,
            max_overflow: 0,
            max_lifetime: None,
            idle_timeout: None,
            pre_ping: PrePing::Never,
            min_idle: 0,
            keepalive: None,
            ..self
        })
    }

    /// # Errors
    /// `Misuse` for what cannot work.
    pub(super) fn check(&self) -> Result<()> {
        if self.size == 0 && self.kind == PoolKind::Pooled {
            return Err(misuse("the pool's size must be at least 1 (to keep no connections, say unpooled)"));
        }
        if self.min_idle > self.size {
            return Err(misuse("the pool's min_idle must be at most its size"));
        }
        if self.min_idle > 0 && self.kind == PoolKind::Unpooled {
            return Err(misuse("a pool that keeps no connections cannot have a min_idle"));
        }
        let above_zero = [
            ("keepalive", self.keepalive),
            ("max_lifetime", self.max_lifetime),
            ("idle_timeout", self.idle_timeout),
            ("leak_threshold", self.leak_threshold),
            ("ping_timeout", Some(self.ping_timeout)),
            ("cleanup_timeout", Some(self.cleanup_timeout)),
        ];
        match above_zero.into_iter().find(|(_, value)| *value == Some(Duration::ZERO)) {
            Some((name, _)) => Err(misuse(format!("the pool's {name} must be above zero"))),
            None => Ok(()),
        }
    }
}

fn misuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Misuse, message)
}
