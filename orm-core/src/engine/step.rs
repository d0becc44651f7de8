//! Spans around what a session does in several statements. Without the feature `tracing` they are nothing.

/// What a session is doing, until this is dropped.
pub(crate) struct Step {
    #[cfg(feature = "tracing")]
    _span: tracing::span::EnteredSpan,
}

impl Step {
    /// Writing the changes of a session.
    pub(crate) fn flush() -> Step {
        Step {
            #[cfg(feature = "tracing")]
            _span: tracing::debug_span!(target: "orm::span", "flush").entered(),
        }
    }

    /// Flushing and committing a session.
    pub(crate) fn commit() -> Step {
        Step {
            #[cfg(feature = "tracing")]
            _span: tracing::debug_span!(target: "orm::span", "commit").entered(),
        }
    }
}
