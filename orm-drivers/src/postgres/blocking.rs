//! What keeps the client off the threads of async runtimes, and closes connections without making anybody wait.
//!
//! `postgres::Client` holds a tokio runtime of its own. Used or dropped on a thread that drives async tasks it panics, and its
//! drop waits for the server's answer to what was sent last.

use orm_core::{Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::runtime::Handle;

/// Refuses on a thread that drives an async runtime.
///
/// Threads of `spawn_blocking`, and the inside of `block_in_place`, belong to a runtime too but may block. tokio tells the two
/// apart only by a panic, so a future that is ready is waited for and the panic caught. The process's panic hook sees it
/// (a line on stderr by default), but only where there is a mistake to be seen. Where panics abort, so does the mistake.
///
/// # Errors
/// `Misuse`.
pub(super) fn check_thread() -> Result<()> {
    match Handle::try_current() {
        Err(_) => Ok(()),
        Ok(handle) => check_runtime_thread(&handle),
    }
}

fn check_runtime_thread(handle: &Handle) -> Result<()> {
    let may_block = catch_unwind(AssertUnwindSafe(|| handle.block_on(std::future::ready(())))).is_ok();
    if may_block {
        return Ok(());
    }
    let message = "blocking database work on an async runtime's thread: use spawn_blocking";
    Err(Error::new(ErrorKind::Misuse, message))
}

/// Drops a value on a thread of its own and returns at once; the channel ends when it is dropped.
///
/// A thread for each: the drop may wait for a server for ever, and another connection's goodbye must not wait behind it.
pub(super) fn drop_elsewhere<T: Send + 'static>(value: T) -> Receiver<()> {
    let (done, dropped) = channel::<()>();
    let slot = Arc::new(Mutex::new(Some(value)));
    let taken = Arc::clone(&slot);
    let spawned = thread::Builder::new().name("orm-close".to_owned()).spawn(move || {
        drop(taken.lock().unwrap_or_else(PoisonError::into_inner).take());
        drop(done);
    });
    if spawned.is_err() {
        // No thread is to be had. A connection that stays open is better than a caller who waits for ever, or a panic.
        std::mem::forget(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::RecvError;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
    }

    #[test]
    fn only_threads_that_may_block_are_allowed() {
        let kind = || check_thread().map_err(|error| error.kind());
        assert_eq!(kind(), Ok(()));
        let runtime = runtime();
        assert_eq!(runtime.block_on(async { kind() }), Err(ErrorKind::Misuse));
        assert_eq!(
            runtime.block_on(async { tokio::spawn(async move { kind() }).await.unwrap() }),
            Err(ErrorKind::Misuse)
        );
        assert_eq!(runtime.block_on(async { tokio::task::spawn_blocking(kind).await.unwrap() }), Ok(()));
        assert_eq!(runtime.block_on(async { tokio::task::block_in_place(kind) }), Ok(()));
        let _entered = runtime.enter();
        assert_eq!(kind(), Ok(()));
    }

    #[test]
    fn drops_wait_for_nobody() {
        struct Waits(Receiver<()>);
        impl Drop for Waits {
            fn drop(&mut self) {
                let _ = self.0.recv();
            }
        }
        let (free, blocked) = channel();
        let first = drop_elsewhere(Waits(blocked));
        let second = drop_elsewhere("free at once");
        assert_eq!(second.recv(), Err(RecvError));
        assert!(first.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty));
        drop(free);
        assert_eq!(first.recv(), Err(RecvError));
    }
}
