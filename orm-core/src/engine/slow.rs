//! Statements that take too long: who is told, and a warning for the log.

use super::Engine;
use super::observe::Executed;
use std::time::Duration;

impl Engine {
    /// Calls a closure after each statement that took at least so long, on the thread that ran it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use std::time::Duration;
    ///
    /// let engine = engine();
    /// engine.on_slow_statement(Duration::from_millis(200), |executed| {
    ///     eprintln!("{} at {} took {:?}", executed.masked_sql(), executed.location, executed.duration);
    /// });
    /// ```
    pub fn on_slow_statement(&self, threshold: Duration, listener: impl Fn(&Executed<'_>) + Send + Sync + 'static) {
        self.on_statement(move |executed| {
            if executed.duration >= threshold {
                listener(executed);
            }
        });
    }

    /// Warns of each statement that took at least so long, with its text (without values), its time and the place in the program
    /// that called for it: by `tracing` with the feature of that name, else on standard error. `EngineOptions::slow_statement`
    /// does the same from the start.
    ///
    /// ```
    /// # use orm_doc::*;
    /// engine().warn_of_slow_statements(std::time::Duration::from_millis(200));
    /// ```
    pub fn warn_of_slow_statements(&self, threshold: Duration) {
        self.on_slow_statement(threshold, warn);
    }
}

#[cfg(feature = "tracing")]
fn warn(executed: &Executed<'_>) {
    let Executed { rows, duration, location, .. } = executed;
    tracing::event!(
        target: "orm::slow_statement",
        tracing::Level::WARN,
        db.query.text = &*executed.masked_sql(),
        db.response.returned_rows = rows,
        duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        code.file.path = location.file(),
        code.line.number = location.line(),
        "a statement took {duration:.1?}"
    );
}

#[cfg(not(feature = "tracing"))]
fn warn(executed: &Executed<'_>) {
    let Executed { rows, duration, location, .. } = executed;
    eprintln!("[orm] slow: {} -- {rows} rows in {duration:.1?}, asked for at {location}", executed.masked_sql());
}
