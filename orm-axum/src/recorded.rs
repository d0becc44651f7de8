//! The statements of the request that is being answered: one recorder for each, known to the task that answers it.

use orm::{Recorded, Recorder};

tokio::task_local! {
    static RECORDER: Recorder;
}

/// Runs a future whose units of work are recorded, unless those of the task are already.
pub(crate) async fn recording<F: Future>(recorder: Recorder, future: F) -> F::Output {
    RECORDER.scope(recorder, future).await
}

pub(crate) fn current() -> Option<Recorder> {
    RECORDER.try_with(Clone::clone).ok()
}

/// The statements that the current request has sent so far: text without values, duration, rows, file and line. Empty where nothing records:
/// that is done by a [`DbLayer`](crate::DbLayer) with `RECORD_QUERIES`, and by a [`QueryPanel`](crate::QueryPanel). Tasks that a
/// handler spawns are not recorded.
///
/// ```
/// assert!(orm_axum::recorded_queries().is_empty()); // no request is being answered here
/// ```
pub fn recorded_queries() -> Vec<Recorded> {
    current().map(|recorder| recorder.statements()).unwrap_or_default()
}
