//! Who is there: passwords, the cookie, and what handlers ask for: a `Viewer`, somebody `SignedIn`, an `Admin`.

use crate::App;
use crate::models::User;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::Timestamp;
use orm_axum::{DbSession, Error, Result, SessionExt};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

const COOKIE: &str = "session";
const SECONDS: i64 = 14 * 24 * 60 * 60;

/// A hash takes 19 MiB and a core for a while: a few at a time, on threads that may block.
static HASHING: Semaphore = Semaphore::const_new(4);

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = HASHING.acquire().await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?)
}

fn hash(password: &str) -> Option<String> {
    Some(Argon2::default().hash_password(password.as_bytes()).ok()?.to_string())
}

/// What is stored in place of a password: Argon2id, with a salt of its own.
///
/// # Errors
/// 500 when the system has no random numbers.
pub async fn hash_password(password: String) -> Result<String> {
    hashing(move || hash(&password)).await?.ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into())
}

/// Whether a password is the user's. Without a user it takes as long, so that nobody learns who has an account.
pub(crate) async fn is_password_of(user: Option<&User>, password: String) -> Result<bool> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let stored = user.map(|user| user.password_hash.clone());
    hashing(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.get_or_init(|| hash("nobody").unwrap_or_default()).clone());
        let fits = PasswordHash::new(&stored)
            .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok());
        known && fits
    })
    .await
}

/// The cookie of somebody who has just shown a password: who it is, and until when. It is signed, and no script can read it.
pub(crate) fn cookie_for(user: &User, app: &App) -> Cookie<'static> {
    let until = Timestamp::now().as_second() + SECONDS;
    Cookie::build((COOKIE, format!("{}.{until}", user.id)))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure_cookies)
        .build()
}

/// The same cookie, to be taken away.
pub(crate) fn no_cookie() -> Cookie<'static> {
    Cookie::build(COOKIE).path("/").build()
}

fn user_id(parts: &Parts, app: &App) -> Option<i64> {
    let jar = SignedCookieJar::from_headers(&parts.headers, app.key.clone());
    let cookie = jar.get(COOKIE)?;
    let (id, until) = cookie.value().split_once('.')?;
    let is_valid = until.parse::<i64>().ok()? > Timestamp::now().as_second();
    id.parse().ok().filter(|_| is_valid)
}

/// Whoever looks at a page, signed in or not.
pub(crate) struct Viewer(pub(crate) Option<User>);

impl FromRequestParts<App> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Viewer> {
        let Some(id) = user_id(parts, app) else { return Ok(Viewer(None)) };
        let user = app.db.read(move |session| {
            let user = session.get::<User>(id)?;
            Ok(user.and_then(|user| session.expunge(user)))
        });
        Ok(Viewer(user.await?))
    }
}

/// Somebody with an account; all others get 401, which is a way to the login on a page.
pub(crate) struct SignedIn(pub(crate) User);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<SignedIn> {
        let Viewer(user) = Viewer::from_request_parts(parts, app).await?;
        user.map(SignedIn).ok_or_else(nobody)
    }
}

/// An administrator. Asked in the request's own transaction, in which the handler goes on: nobody can lose the right between.
pub(crate) struct Admin(pub(crate) User);

impl FromRequestParts<App> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Admin> {
        let id = user_id(parts, app).ok_or_else(nobody)?;
        let session = DbSession::from_request_parts(parts, app).await?;
        let user = session.run(move |session| {
            let user = session.get_or_404::<User>(id).map_err(|_| nobody())?;
            Ok(session[user].clone())
        });
        let user = user.await?;
        match user.admin {
            true => Ok(Admin(user)),
            false => Err(Error::new(StatusCode::FORBIDDEN, "this is for administrators")),
        }
    }
}

fn nobody() -> Error {
    Error::new(StatusCode::UNAUTHORIZED, "this needs an account")
}

/// Refuses what the pages of other sites send with the cookies of ours. Browsers say where a request comes from; what says nothing is no
/// browser, and has no cookies of somebody else.
pub(crate) async fn same_origin(request: Request, next: Next) -> Result<Response> {
    match request.method().is_safe() || is_ours(request.headers()) {
        true => Ok(next.run(request).await),
        false => Err(Error::new(StatusCode::FORBIDDEN, "this came from the page of another site")),
    }
}

fn is_ours(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = value("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match value("origin") {
        Some(origin) => origin.split_once("://").map(|(_, host)| host) == value("host"),
        None => true,
    }
}
