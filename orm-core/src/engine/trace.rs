//! Spans and events for `tracing`, named by OpenTelemetry's conventions for databases
//! (<https://opentelemetry.io/docs/specs/semconv/db/>). Values are not in them.

use super::observe::Executed;
use crate::error::Error;
use tracing::span::EnteredSpan;
use tracing::{Level, Span, field::Empty};

/// Whether anybody takes spans or events of statements.
pub(super) fn is_on() -> bool {
    tracing::enabled!(target: "orm::span", Level::DEBUG) || tracing::enabled!(target: "orm::statement", Level::DEBUG)
}

/// The span of a statement under way.
pub(super) struct Statement(EnteredSpan);

impl Statement {
    pub(super) fn begin(executed: &Executed<'_>) -> Statement {
        if !tracing::enabled!(target: "orm::span", Level::DEBUG) {
            return Statement(Span::none().entered());
        }
        let (operation, table, place) = (executed.operation(), executed.table(), executed.place);
        let summary = match &table {
            Some(table) => format!("{operation} {table}"),
            None => operation.to_owned(),
        };
        let span = tracing::debug_span!(
            target: "orm::span",
            "statement",
            otel.name = summary,
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = executed.dialect.system,
            db.namespace = place.database.as_deref(),
            db.operation.name = operation,
            db.operation.batch.size = executed.batch,
            db.collection.name = table.as_deref(),
            db.query.summary = summary,
            db.query.text = &*executed.masked_sql(),
            db.response.returned_rows = Empty,
            db.response.status_code = Empty,
            error.type = Empty,
            server.address = place.server.as_deref(),
            server.port = place.port,
            code.file.path = executed.location.file(),
            code.line.number = executed.location.line(),
        );
        Statement(span.entered())
    }

    /// Notes how the statement ended, and tells of it as an event in the span.
    pub(super) fn tell(&self, executed: &Executed<'_>) {
        let Statement(span) = self;
        let (rows, duration_us) = (executed.rows, u64::try_from(executed.duration.as_micros()).unwrap_or(u64::MAX));
        span.record("db.response.returned_rows", rows);
        let Some(error) = executed.error else {
            tracing::event!(
                target: "orm::statement",
                Level::DEBUG,
                db.query.text = &*executed.masked_sql(),
                db.response.returned_rows = rows,
                duration_us
            );
            return;
        };
        span.record("otel.status_code", "ERROR");
        span.record("error.type", tracing::field::debug(error.kind()));
        if let Some(code) = error.code() {
            span.record("db.response.status_code", code);
        }
    }
}

/// Tells of a statement that failed, which is worth a word also where nobody follows the others.
#[cold]
pub(super) fn failed(masked_sql: &str, error: &Error) {
    tracing::event!(
        target: "orm::statement",
        Level::WARN,
        db.query.text = masked_sql,
        error.type = ?error.kind(),
        db.response.status_code = error.code(),
        %error
    );
}
