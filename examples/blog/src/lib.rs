//! A small blog: pages made on the server, a JSON API beside them, on SQLite, PostgreSQL, MariaDB or MySQL.
//!
//! To read in this order: `models`, `queries`, `pages`, `api`; then `auth`, `errors` and the rest.

#![allow(missing_docs, reason = "an application: its columns and settings have names that tell")]

mod api;
mod art;
mod auth;
mod errors;
mod forms;
mod markdown;
mod models;
mod pages;
mod queries;
pub mod seed;
mod views;

pub use auth::hash_password;
pub use models::{Comment, Post, PostTag, Tag, User, schema, the_time};

use axum::extract::FromRef;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn, map_response_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Router, extract::State};
use axum_extra::extract::cookie::Key;
use orm_axum::{Db, QueryPanel};

/// What all requests share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    /// Signs cookies.
    pub key: Key,
    /// Whether cookies are sent over HTTPS only.
    pub secure_cookies: bool,
    /// Whether pages show the statements that made them; for development.
    pub query_panel: bool,
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Db {
        app.db.clone()
    }
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Key {
        app.key.clone()
    }
}

/// The whole application, to be served or to be tested.
pub fn router(app: App) -> Router {
    // A layer is outside of those above it: a refusal becomes a page, and the panel counts what the page cost.
    let mut pages = pages::routes(&app).layer(from_fn(auth::same_origin)).layer(from_fn(errors::as_pages));
    if app.query_panel {
        pages = pages.layer(QueryPanel::new());
    }
    let api = api::routes().layer(from_fn(auth::same_origin)).layer(from_fn(errors::as_problems));
    pages
        .nest("/api", api)
        .route("/style.css", get(async || ([(header::CONTENT_TYPE, "text/css")], include_str!("../assets/style.css"))))
        .route(
            "/icon.svg",
            get(async || ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../assets/icon.svg"))),
        )
        .route("/health", get(async || "well\n"))
        .layer(map_response_with_state(app.clone(), harden))
        .with_state(app)
}

/// Tells browsers to run no script and to load nothing from elsewhere, whatever somebody has written into a post.
async fn harden(State(app): State<App>, mut response: Response) -> Response {
    // The panel brings its style along.
    let policy = match app.query_panel {
        true => {
            "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        }
        false => {
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
