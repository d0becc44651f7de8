//! One unit of work on a blocking thread, and what becomes of it when nobody waits for its result any more.

use crate::error::{Error, Result};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tracing::Span;

/// Runs blocking code on a thread that may block, in the caller's span. A panic goes on in the caller.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let span = Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(value) => Ok(value),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Error::busy("the server is shutting down")),
        },
    }
}

const RUNNING: u8 = 0;
const COMMITTING: u8 = 1;
const ABANDONED: u8 = 2;

/// Whether somebody waits for a unit of work. Settled once: its commit has begun, or it was abandoned before.
#[derive(Clone, Default)]
pub(crate) struct Awaited(Arc<AtomicU8>);

impl Awaited {
    /// Abandons the work when it is dropped.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.clone())
    }

    /// Whether the work may be committed; from here on it is not abandoned any more.
    pub(crate) fn begin_commit(&self) -> bool {
        self.settle(COMMITTING)
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::Acquire) == ABANDONED
    }

    fn settle(&self, state: u8) -> bool {
        self.0.compare_exchange(RUNNING, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Held by the future that waits: a client that goes away drops it.
pub(crate) struct Watch(Awaited);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.settle(ABANDONED);
    }
}
