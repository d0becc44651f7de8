//! The pages, by what people do: read, write, have an account, look after the site.

mod accounts;
mod admin;
mod read;
mod write;

use crate::App;
use axum::Router;
use axum::routing::{get, post};
use orm_axum::{DbLayer, Error};

pub(crate) use write::store;

pub(crate) fn routes(app: &App) -> Router<App> {
    let admin = Router::new()
        .route("/admin", get(admin::overview))
        .route("/admin/posts/{id}/delete", post(admin::delete_post))
        .route("/admin/comments/{id}/delete", post(admin::delete_comment))
        .route("/admin/users/{id}/admin", post(admin::set_admin))
        // One transaction for each request: who asks and what is done.
        .layer(DbLayer::new(app.db.clone()));
    Router::new()
        .route("/", get(read::home))
        .route("/tags", get(read::tags))
        .route("/tags/{name}", get(read::tag))
        .route("/users/{username}", get(read::user))
        .route("/search", get(read::search))
        .route("/posts/{slug}", get(read::post))
        .route("/posts/{slug}/comments", post(write::comment))
        .route("/posts/{slug}/edit", get(write::edit).post(write::save))
        .route("/posts/{slug}/delete", post(write::delete))
        .route("/write", get(write::blank).post(write::publish))
        .route("/signup", get(accounts::signup_form).post(accounts::signup))
        .route("/login", get(accounts::login_form).post(accounts::login))
        .route("/logout", post(accounts::logout))
        .merge(admin)
        .fallback(async || Error::not_found())
}
