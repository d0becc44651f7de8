//! A few threads that do what must not hold up a caller: roll back, reset and close connections over a network. Knows nothing
//! of pools: it runs closures.
//!
//! A thread is started when there is work and none is free, up to [`MAX_THREADS`]; one that hangs in a dead connection so
//! stalls nobody until all of them hang. What comes then waits in the queue. A thread without work ends after [`LINGER`], and
//! none holds up the end of the process.

use super::surroundings::warn;
use super::sync::{Condvar, Mutex, MutexGuard, thread};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

const MAX_THREADS: usize = 4;
const LINGER: Duration = Duration::from_secs(10);

pub(super) type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub(super) struct Reaper {
    queue: Mutex<Queue>,
    work: Condvar,
    quiet: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for work.
    free: usize,
    running: usize,
    /// No more work will come, so that threads need not linger.
    finished: bool,
}

impl Reaper {
    /// Hands over a job and returns at once.
    pub(super) fn submit(self: &Arc<Reaper>, job: Job) {
        let mut queue = self.lock();
        queue.jobs.push_back(job);
        if queue.jobs.len() <= queue.free || queue.threads == MAX_THREADS {
            self.work.notify_one();
            return;
        }
        queue.threads += 1;
        drop(queue);
        let reaper = Arc::clone(self);
        if let Err(error) = thread::Builder::new().name("orm-pool".to_owned()).spawn(move || reaper.run()) {
            // The job stays in the queue for the next thread that can be started.
            warn(format_args!("no thread could be started to close connections: {error}"));
            self.lock().threads -= 1;
        }
    }

    /// Lets the threads end when the queue is empty.
    pub(super) fn finish(&self) {
        self.lock().finished = true;
        self.work.notify_all();
    }

    /// Waits until nothing is left to do. False if that took longer than allowed.
    pub(super) fn wait_until_quiet(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut queue = self.lock();
        while queue.running > 0 || !queue.jobs.is_empty() {
            let remaining = deadline.map_or(LINGER, |deadline| deadline.saturating_duration_since(Instant::now()));
            if remaining.is_zero() {
                return false;
            }
            queue = self.quiet.wait_timeout(queue, remaining).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // A driver that panics must not take the thread, and with it the queue, along.
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                warn(format_args!("a driver panicked while a connection was cleaned or closed"));
            }
            let mut queue = self.lock();
            queue.running -= 1;
            if queue.running == 0 && queue.jobs.is_empty() {
                self.quiet.notify_all();
            }
        }
    }

    /// The next job, or `None` if the thread shall end.
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        let mut waited = false;
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                queue.running += 1;
                return Some(job);
            }
            if queue.finished || waited {
                queue.threads -= 1;
                return None;
            }
            queue.free += 1;
            let (next, result) = self.work.wait_timeout(queue, LINGER).unwrap_or_else(PoisonError::into_inner);
            queue = next;
            queue.free -= 1;
            waited = result.timed_out();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
