//! What the pool asks of the world: the time, the process, the thread. Replaced in tests; knows nothing of connections.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The time and the process, as the pool sees them.
pub(super) trait Surroundings: Send + Sync + fmt::Debug {
    /// A monotonic time; wall clocks jump.
    fn now(&self) -> Instant;

    /// The process's number, which differs in a child after a fork.
    fn process(&self) -> u32;
}

/// The real time and the real process.
#[derive(Debug)]
pub(super) struct System;

impl Surroundings for System {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn process(&self) -> u32 {
        std::process::id()
    }
}

/// A number for the calling thread that no other thread of the process has had or will have. Fits an atomic, which the
/// standard library's thread id does not.
pub(super) fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    super::sync::thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

/// A number between 0 and 1 by chance, so that what begins together does not go on together.
pub(crate) fn random() -> f64 {
    // Each state has keys of its own.
    let random = RandomState::new().hash_one(0) >> 32;
    random as f64 / f64::from(u32::MAX)
}

/// 16 bytes by chance, other ones at each call.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    for half in bytes.chunks_exact_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(half.len()).to_ne_bytes());
    }
    bytes
}

/// Tells the log what nobody can be told by a `Result`, because it happened in a `drop` or on a thread of the pool's own.
pub(super) fn warn(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "orm::pool", "{message}");
    #[cfg(not(feature = "tracing"))]
    let _ = message;
}

/// A caller's time in the queue, as a span of the log that ends with it. Not to be made or dropped under the lock.
pub(super) struct Waiting {
    #[cfg(feature = "tracing")]
    _span: tracing::span::EnteredSpan,
}

impl Waiting {
    pub(super) fn begin(pool: &str) -> Waiting {
        #[cfg(not(feature = "tracing"))]
        let _ = pool;
        Waiting {
            #[cfg(feature = "tracing")]
            _span: tracing::debug_span!(target: "orm::pool", "wait for a connection", db.client.connection.pool.name = pool)
                .entered(),
        }
    }
}
