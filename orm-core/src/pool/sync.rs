//! The locks and threads of the pool: the standard library's. Its tests have those of the crate `shuttle` with `--cfg shuttle`, which
//! decides at each lock which thread goes on, and so tries orders that a machine hardly ever takes: see `tests/model.rs`.

#[cfg(not(all(test, shuttle)))]
pub(super) use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread, thread_local,
};

#[cfg(all(test, shuttle))]
pub(super) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard},
    thread, thread_local,
};
