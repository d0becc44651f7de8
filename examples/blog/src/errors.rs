//! Errors as people and programs read them: a page for each on the site, a JSON object under `/api`.

use crate::views::{self, ErrorPage};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use orm_axum::Error;

/// The error of a response, unless it is a success or tells about itself already.
fn error_of(response: &Response, told: &str) -> Option<Error> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_error = status.is_client_error() || status.is_server_error();
    // What axum refuses by itself, a form that is none for example, has no `Error`.
    (is_error && !kind.starts_with(told)).then(|| response.extensions().get().cloned().unwrap_or_else(|| status.into()))
}

/// Makes a page of each error. Who has to log in first is sent there, and comes back.
pub(crate) async fn as_pages(request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let back = if request.method().is_safe() { path } else { "/".to_owned() };
    let response = next.run(request).await;
    let Some(error) = error_of(&response, "text/html") else { return response };
    if error.status() == StatusCode::UNAUTHORIZED {
        return Redirect::to(&format!("/login?next={}", views::encoded(&back))).into_response();
    }
    let mut page = (error.status(), views::page(ErrorPage::of(&error))).into_response();
    if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page.extensions_mut().insert(error);
    page
}

/// Makes a JSON object of each error that is none yet.
pub(crate) async fn as_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match error_of(&response, "application/problem+json") {
        Some(error) => error.into_response(),
        None => response,
    }
}
