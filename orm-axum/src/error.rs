//! `Error`: what a handler fails with, and the response it becomes. Says which constraint was violated, never which SQL.

use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use orm::ErrorKind;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The result of a handler, and of a unit of work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure with the status of its response: an error of `orm`, or one's own.
///
/// As a response it is a JSON object after [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) (`application/problem+json`) with
/// `title`, `status` and `detail`, and with `constraint` and `columns` where a constraint was violated. Nothing else of an error of the database
/// is in it: no SQL, no table, no text of the server. That is logged: with `tracing`, as an error for 500 and as a warning for 503.
///
/// | kind of the error | status |
/// |---|---|
/// | `NotFound` | 404 |
/// | `UniqueViolation`, `ForeignKeyViolation`, `ExclusionViolation`, `StaleData` | 409 |
/// | `CheckViolation`, `NotNullViolation`, `OutOfRange`, `InvalidValue` | 422 |
/// | `InvalidCursor` | 400 |
/// | `PoolTimeout`, `TooManyConnections`, `ConnectFailed`, `ConnectionLost`, `ReadOnlyServer`, `SerializationFailure`, `Deadlock`, `LockTimeout`, `StatementTimeout` | 503, with `Retry-After` |
/// | all others, `CommitOutcomeUnknown` and `MultipleRows` too | 500 |
///
/// A response made of it carries a copy of it in its extensions, for a middleware that makes a page of it:
/// `response.extensions().get::<Error>()`. An error type of one's own joins by `impl From<MyError> for orm_axum::Error`.
///
/// ```
/// use orm::ErrorKind;
/// use orm_axum::{Error, StatusCode};
///
/// let error = Error::from(orm::Error::new(ErrorKind::UniqueViolation, "INSERT INTO users: this username is taken"));
/// assert_eq!(error.status(), StatusCode::CONFLICT);
/// assert!(!error.detail().contains("INSERT"));
///
/// let mine = Error::new(StatusCode::FORBIDDEN, "only the author can change a post").with("author", "alice");
/// assert_eq!(mine.problem()["author"], "alice");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    status: StatusCode,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    cause: Option<Arc<orm::Error>>,
}

impl Error {
    /// A response of this status, and a sentence for whoever sent the request.
    ///
    /// ```
    /// use orm_axum::{Error, StatusCode};
    ///
    /// let error = Error::new(StatusCode::FORBIDDEN, "this needs an account");
    /// assert_eq!(error.to_string(), "403 Forbidden: this needs an account");
    /// ```
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Error {
        Error(Arc::new(Inner { status, detail: detail.into(), members: Map::new(), cause: None }))
    }

    /// 404.
    ///
    /// ```
    /// use orm_axum::{Error, StatusCode};
    ///
    /// assert_eq!(Error::not_found().status(), StatusCode::NOT_FOUND);
    /// ```
    pub fn not_found() -> Error {
        Error::new(StatusCode::NOT_FOUND, "there is nothing here")
    }

    /// 503: what is wanted cannot be had now.
    pub(crate) fn busy(reason: &'static str) -> Error {
        orm::Error::new(ErrorKind::PoolTimeout, reason).into()
    }

    /// The program uses this crate in a way that cannot work.
    pub(crate) fn misuse(reason: impl Into<String>) -> Error {
        orm::Error::new(ErrorKind::Misuse, reason).into()
    }

    /// Adds a member to the JSON object of the response: the faults of each field, for example.
    ///
    /// ```
    /// use orm_axum::{Error, StatusCode};
    ///
    /// let error = Error::new(StatusCode::UNPROCESSABLE_ENTITY, "the form has faults").with("errors", vec!["title: is empty"]);
    /// assert_eq!(error.problem()["errors"][0], "title: is empty");
    /// ```
    pub fn with(self, name: impl Into<String>, value: impl Into<Value>) -> Error {
        let Inner { status, detail, mut members, cause } = match Arc::try_unwrap(self.0) {
            Ok(inner) => inner,
            Err(shared) => Inner {
                status: shared.status,
                detail: shared.detail.clone(),
                members: shared.members.clone(),
                cause: shared.cause.clone(),
            },
        };
        members.insert(name.into(), value.into());
        Error(Arc::new(Inner { status, detail, members, cause }))
    }

    /// The status of the response.
    ///
    /// ```
    /// use orm_axum::{Error, StatusCode};
    ///
    /// let error = Error::from(orm::Error::new(orm::ErrorKind::PoolTimeout, "no connection became free"));
    /// assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    /// ```
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The sentence for whoever sent the request.
    ///
    /// ```
    /// use orm_axum::Error;
    ///
    /// assert_eq!(Error::not_found().detail(), "there is nothing here");
    /// ```
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The error of the database, if it was one: for a program, not to be shown.
    ///
    /// ```
    /// use orm_axum::Error;
    ///
    /// let error = Error::from(orm::Error::new(orm::ErrorKind::Deadlock, "two transactions waited for each other"));
    /// assert!(error.database().is_some_and(|cause| cause.is_retryable()));
    /// ```
    pub fn database(&self) -> Option<&orm::Error> {
        self.0.cause.as_deref()
    }

    /// The kind of the database's error, if it was one.
    ///
    /// ```
    /// use orm_axum::Error;
    ///
    /// let error = Error::from(orm::Error::new(orm::ErrorKind::StaleData, "the row is gone"));
    /// assert_eq!(error.kind(), Some(orm::ErrorKind::StaleData));
    /// assert_eq!(Error::not_found().kind(), None);
    /// ```
    pub fn kind(&self) -> Option<ErrorKind> {
        self.database().map(orm::Error::kind)
    }

    /// The JSON object of the response.
    ///
    /// ```
    /// use orm_axum::Error;
    ///
    /// assert_eq!(Error::not_found().problem()["status"], 404);
    /// ```
    pub fn problem(&self) -> Value {
        let title = self.0.status.canonical_reason().unwrap_or("Error");
        let mut problem = json!({ "title": title, "status": self.0.status.as_u16(), "detail": self.0.detail });
        if let (Some(object), members) = (problem.as_object_mut(), &self.0.members) {
            object.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        problem
    }

    fn log(&self) {
        let Some(cause) = self.database() else { return };
        let (kind, statement, code) = (cause.kind(), cause.statement(), cause.code());
        match self.0.status {
            StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::error!(?kind, statement, code, error = %Causes(cause), "a request failed");
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                tracing::warn!(?kind, statement, code, error = %Causes(cause), "a request was turned away");
            }
            _ => {}
        }
    }
}

/// An error with its causes. The text of the database itself may quote a row, so it is for logs only.
struct Causes<'e>(&'e orm::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = std::error::Error::source(self.0);
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// What the response to an error of the database says.
fn answer(kind: ErrorKind) -> (StatusCode, &'static str) {
    use ErrorKind::*;
    match kind {
        NotFound => (StatusCode::NOT_FOUND, "there is nothing here"),
        UniqueViolation => (StatusCode::CONFLICT, "this value is taken"),
        ForeignKeyViolation => (StatusCode::CONFLICT, "this refers to something that is not there, or is referred to"),
        ExclusionViolation => (StatusCode::CONFLICT, "this overlaps with something that is there"),
        StaleData => (StatusCode::CONFLICT, "somebody else has changed this in the meantime"),
        CheckViolation => (StatusCode::UNPROCESSABLE_ENTITY, "a value is not allowed"),
        NotNullViolation => (StatusCode::UNPROCESSABLE_ENTITY, "a value is missing"),
        OutOfRange => (StatusCode::UNPROCESSABLE_ENTITY, "a value is out of range"),
        InvalidValue => {
            (StatusCode::UNPROCESSABLE_ENTITY, "a text is too long, or has characters that cannot be stored")
        }
        InvalidCursor => (StatusCode::BAD_REQUEST, "the cursor is not one of these pages"),
        PoolTimeout | TooManyConnections | ConnectFailed | ConnectionLost | ReadOnlyServer | SerializationFailure
        | Deadlock | LockTimeout | StatementTimeout => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached or is busy; try again")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server"),
    }
}

impl From<orm::Error> for Error {
    fn from(error: orm::Error) -> Error {
        let (status, detail) = answer(error.kind());
        let mut members = Map::new();
        if matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) {
            if let Some(constraint) = error.constraint() {
                members.insert("constraint".to_owned(), constraint.into());
            }
            if !error.columns().is_empty() {
                members.insert("columns".to_owned(), error.columns().into());
            }
        }
        Error(Arc::new(Inner { status, detail: detail.into(), members, cause: Some(Arc::new(error)) }))
    }
}

impl From<StatusCode> for Error {
    fn from(status: StatusCode) -> Error {
        Error::new(status, status.canonical_reason().unwrap_or("Error"))
    }
}

impl Error {
    /// The response, with whichever body a service has.
    pub(crate) fn response<B: From<Bytes>>(self) -> http::Response<B> {
        self.log();
        let mut response = http::Response::new(B::from(Bytes::from(self.problem().to_string())));
        *response.status_mut() = self.status();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.response()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.status, self.0.detail)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { status, detail, members, cause } = &*self.0;
        f.debug_struct("Error")
            .field("status", status)
            .field("detail", detail)
            .field("members", members)
            .field("cause", cause)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.database().map(|cause| cause as _)
    }
}
