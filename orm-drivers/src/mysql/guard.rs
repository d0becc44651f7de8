//! Two walls around the client: its panics become errors, and its waiting ends in time.

use super::error::{Attempt, Fault};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Calls the client. It panics over answers that it does not understand (an unknown column type, an empty packet); what
/// it leaves behind then is never used again, because the fault ends the connection.
pub(super) fn guarded<T>(call: impl FnOnce() -> mysql::Result<T>) -> Attempt<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Fault::Client),
        Err(_) => Err(Fault::Panicked),
    }
}

/// Does work that waits for the network, but not longer than a time; `None` if that is over, or the work panicked.
///
/// A socket's timeouts cannot be changed once the client has it, so that the work runs on a thread of its own, which is
/// left to itself when the time is over. What it then still gets done is dropped there.
pub(super) fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("orm-mysql".into());
    let spawned = thread.spawn(move || {
        // Nobody may be listening any more.
        let _ = done.send(work());
    });
    spawned.ok()?;
    result.recv_timeout(limit).ok()
}

/// Drops what may wait for a server that is gone, on a thread of its own.
pub(super) fn drop_elsewhere<T: Send + 'static>(value: T) {
    // Without a thread the closure, and the value in it, is dropped here.
    let _ = thread::Builder::new().name("orm-mysql-close".into()).spawn(move || drop(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_client_is_a_fault() {
        assert!(matches!(guarded(|| -> mysql::Result<()> { panic!("unknown column type") }), Err(Fault::Panicked)));
        assert!(matches!(guarded(|| Ok(1)), Ok(1)));
    }

    #[test]
    fn work_that_does_not_end_is_left() {
        let (_never, waits) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(1), move || waits.recv()), None);
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
    }
}
