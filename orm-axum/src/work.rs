//! One unit of work on a blocking thread, and what becomes of it when nobody waits for its result any more.

use crate::error::{Error, Result};
use orm::ErrorKind;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Whether somebody waits for a unit of work. Asked right before its commit: what has gone by then is not committed.
#[derive(Clone, Default)]
pub(crate) struct Awaited {
    abandoned: Arc<AtomicBool>,
}

impl Awaited {
    /// Abandons the work when it is dropped.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.clone())
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// # Errors
    /// When nobody waits for the work any more.
    pub(crate) fn check(&self) -> Result<()> {
        match self.is_abandoned() {
            true => Err(orm::Error::new(ErrorKind::Cancelled, "nobody waits for this unit of work any more").into()),
            false => Ok(()),
        }
    }
}

/// Held by the future that waits: a client that goes away drops it.
pub(crate) struct Watch(Awaited);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Release);
    }
}
