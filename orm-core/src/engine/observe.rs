//! Who is told of each statement: `echo`, `tracing`, and listeners of the program. Values are never told.

use crate::error::Error;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A statement that was run.
///
/// ```
/// # use orm_doc::*;
/// let engine = engine();
/// engine.on_statement(|executed: &Executed<'_>| {
///     if executed.duration.as_millis() > 100 {
///         eprintln!("slow: {}", executed.sql);
///     }
/// });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Executed<'e> {
    /// The text, with placeholders for values. A write that was sent together with others (`postgresql+wire://`) is told without
    /// the check of its number of rows that stands around it there.
    pub sql: &'e str,
    /// Rows read or written.
    pub rows: u64,
    /// How long the database and the reading of its answer took; of what was sent together, how long all of it took.
    pub duration: Duration,
    /// The error, if it failed.
    pub error: Option<&'e Error>,
}

type Listener = Box<dyn Fn(&Executed<'_>) + Send + Sync>;

/// The listeners of an engine.
#[derive(Default)]
pub(crate) struct Observers {
    listeners: RwLock<Vec<Listener>>,
    any: AtomicBool,
}

impl Observers {
    pub(crate) fn add(&self, listener: Listener) {
        let mut listeners = self.listeners.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        listeners.push(listener);
        self.any.store(true, Ordering::Release);
    }

    /// True when somebody listens, so that time need not be taken otherwise.
    pub(crate) fn any(&self) -> bool {
        cfg!(feature = "tracing") || self.any.load(Ordering::Acquire)
    }

    pub(crate) fn tell(&self, executed: &Executed<'_>) {
        #[cfg(feature = "tracing")]
        trace(executed);
        let listeners = self.listeners.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        for listener in listeners.iter() {
            listener(executed);
        }
    }
}

/// One event for each statement, named by OpenTelemetry's conventions for databases
/// (<https://opentelemetry.io/docs/specs/semconv/database/>).
#[cfg(feature = "tracing")]
fn trace(executed: &Executed<'_>) {
    let Executed { sql, rows, duration, error } = executed;
    let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    match error {
        None => {
            tracing::event!(target: "orm::statement", tracing::Level::DEBUG, db.query.text = sql, db.response.returned_rows = rows, duration_us)
        }
        Some(error) => {
            tracing::event!(target: "orm::statement", tracing::Level::WARN, db.query.text = sql, %error, duration_us)
        }
    }
}
