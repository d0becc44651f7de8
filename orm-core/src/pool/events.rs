//! What the pool tells about itself, as data. Knows nothing of who listens.

use crate::error::ErrorKind;
use std::panic::Location;
use std::time::Duration;

/// Something that happened in a pool, for [`Engine::on_pool_event`](crate::Engine::on_pool_event). Connections are named by
/// their [numbers](super::Pooled::id).
///
/// ```
/// # use orm_doc::*;
/// use orm_core::pool::PoolEvent;
///
/// let engine = engine();
/// engine.on_pool_event(|event| match event {
///     PoolEvent::CheckedOut { waited, location, .. } if waited.as_millis() > 100 => {
///         eprintln!("{location} waited {waited:?} for a connection");
///     }
///     PoolEvent::Closed { id, reason, .. } => eprintln!("connection {id} was closed: {reason:?}"),
///     _ => {}
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolEvent {
    /// A connection was opened and prepared by the `on_connect` listeners.
    Connected {
        /// Its number.
        id: u64,
        /// How long that took.
        took: Duration,
    },
    /// A connection could not be opened.
    ConnectFailed {
        /// Why.
        kind: ErrorKind,
        /// How long the attempt took.
        took: Duration,
    },
    /// A caller must wait for a connection.
    Queued {
        /// Where in the source.
        location: &'static Location<'static>,
    },
    /// A caller has waited for too long and got an error.
    TimedOut {
        /// Where in the source.
        location: &'static Location<'static>,
        /// How long it waited.
        waited: Duration,
    },
    /// A caller got a connection.
    CheckedOut {
        /// The connection's number.
        id: u64,
        /// Where in the source it was asked for.
        location: &'static Location<'static>,
        /// How long it took to get it: waiting, testing, opening.
        waited: Duration,
    },
    /// A connection came back and is free again, after its rollback if it needed one.
    CheckedIn {
        /// Its number.
        id: u64,
        /// Where in the source it had been asked for.
        location: &'static Location<'static>,
        /// How long it was out.
        used: Duration,
    },
    /// A checkout lasts longer than the leak threshold. Told once for each.
    Overdue {
        /// Where in the source it was made.
        location: &'static Location<'static>,
        /// How long ago.
        age: Duration,
    },
    /// The rollback of a connection that was given back, or the test of an idle one, did not end in time: the connection was
    /// given up, and its place is free.
    GivenUp {
        /// Where in the source it had been asked for; for an idle one a place in the pool.
        location: &'static Location<'static>,
    },
    /// The pool trusts none of the connections any more that are open now.
    Invalidated {
        /// Why.
        reason: CloseReason,
    },
    /// A connection left the pool and was closed, or handed to the thread that closes it.
    Closed {
        /// Its number.
        id: u64,
        /// Why.
        reason: CloseReason,
        /// How old it was.
        age: Duration,
    },
}

/// Why a connection left its pool.
///
/// ```
/// # use orm_doc::*;
/// use orm_core::pool::{CloseReason, PoolEvent};
///
/// let engine = engine();
/// engine.on_pool_event(|event| {
///     if let PoolEvent::Closed { reason: CloseReason::Lost, .. } = event {
///         eprintln!("the server hung up");
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// It was lost, or gave no sign of life.
    Lost,
    /// It was older than `max_lifetime`.
    Expired,
    /// It lay unused for longer than `idle_timeout`.
    Idle,
    /// There were more than `size`.
    Surplus,
    /// Another connection was found to be lost, or [`Pool::invalidate`](super::Pool::invalidate) was called.
    Invalidated,
    /// [`Pool::dispose`](super::Pool::dispose) was called.
    Disposed,
    /// The pool was closed or dropped.
    PoolClosed,
    /// Its transaction could not be rolled back, or its session not be reset.
    Unclean,
    /// Its owner discarded it, or panicked.
    Discarded,
    /// Its owner took it out of the pool; it is open.
    Detached,
    /// A listener that prepares connections refused it or panicked.
    Refused,
    /// The pool keeps no connections.
    Unpooled,
}
