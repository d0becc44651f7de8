//! Who may begin a unit of work: as many at a time as there are connections. The others wait, not for long.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Without it a burst of requests would fill the runtime's blocking threads, each of which waits for a connection.
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    pub(crate) settings: Settings,
    waiting: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How many work at a time.
    pub(crate) units: usize,
    /// How long others wait for their turn.
    pub(crate) timeout: Duration,
    /// How many wait at a time.
    pub(crate) queue: usize,
}

impl Gate {
    pub(crate) fn new(settings: Settings) -> Gate {
        let permits = settings.units.clamp(1, Semaphore::MAX_PERMITS);
        Gate { permits: Arc::new(Semaphore::new(permits)), settings, waiting: AtomicUsize::new(0) }
    }

    /// Waits for its turn.
    ///
    /// # Errors
    /// 503 when the queue is full, or the turn did not come in time.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting, self.settings.queue)?;
        match tokio::time::timeout(self.settings.timeout, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::busy("all connections were in use for too long")),
        }
    }

    /// Those at work, and those who wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let free = self.permits.available_permits();
        (self.settings.units.saturating_sub(free), self.waiting.load(Ordering::Relaxed))
    }
}

/// One who waits; leaves the queue also when the request is given up.
struct Place<'g>(&'g AtomicUsize);

impl<'g> Place<'g> {
    fn take(waiting: &'g AtomicUsize, limit: usize) -> Result<Place<'g>> {
        let place = Place(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= limit {
            return Err(Error::busy("too many requests wait for a connection"));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
