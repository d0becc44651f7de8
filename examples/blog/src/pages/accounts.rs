//! Signing up, logging in and out.

use crate::App;
use crate::auth::{Viewer, cookie_for, hash_password, is_password_of, no_cookie};
use crate::forms::{Faults, LogIn, SignUp};
use crate::models::{User, the_time};
use crate::views::{self, Frame, LogInPage, SignUpPage};
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::SignedCookieJar;
use orm::ErrorKind;
use orm::prelude::select;
use orm_axum::Result;
use serde::Deserialize;

pub(super) async fn signup_form(Viewer(viewer): Viewer) -> Result<Html<String>> {
    let frame = Frame::new(viewer, "signup");
    views::page(SignUpPage { frame, form: SignUp::default(), faults: Faults::default() })
}

pub(super) async fn signup(State(app): State<App>, jar: SignedCookieJar, Form(form): Form<SignUp>) -> Result<Response> {
    let again = |status, form, faults| {
        let page = SignUpPage { frame: Frame::new(None, "signup"), form, faults };
        Ok((status, views::page(page)?).into_response())
    };
    let faults = Faults::of(&form);
    if !faults.is_empty() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, form, faults);
    }
    let user = User {
        id: 0,
        username: form.username.clone(),
        name: form.name.trim().to_owned(),
        about: form.about.trim().to_owned(),
        password_hash: hash_password(form.password.clone()).await?,
        admin: false,
        joined: the_time(),
    };
    let stored = app.db.run(move |session| {
        let user = session.add(user);
        session.flush()?;
        Ok(session[user].clone())
    });
    match stored.await {
        Ok(user) => Ok((jar.add(cookie_for(&user, &app)), Redirect::to("/")).into_response()),
        Err(error) if error.kind() == Some(ErrorKind::UniqueViolation) => {
            again(StatusCode::CONFLICT, form, Faults::one("username", "This username is taken."))
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn login_form(Viewer(viewer): Viewer, Query(Next { next }): Query<Next>) -> Result<Html<String>> {
    let form = LogIn { next, ..LogIn::default() };
    views::page(LogInPage { frame: Frame::new(viewer, "login"), form, failed: false })
}

pub(super) async fn login(State(app): State<App>, jar: SignedCookieJar, Form(form): Form<LogIn>) -> Result<Response> {
    let username = form.username.trim().to_lowercase();
    let found = app.db.read(move |session| {
        let users = select::<User>().filter(|u| u.username.eq(username));
        let user = session.one_or_none(users)?;
        Ok(user.map(|user| session[user].clone()))
    });
    let user = found.await?;
    if !is_password_of(user.as_ref(), form.password.clone()).await? {
        let form = LogIn { password: String::new(), ..form };
        let page = LogInPage { frame: Frame::new(None, "login"), form, failed: true };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, views::page(page)?).into_response());
    }
    // A page of this site, and not of another: neither `//evil.example` nor `/\evil.example`.
    let is_here = form.next.starts_with('/') && !form.next[1..].starts_with(['/', '\\']);
    let next = if is_here { form.next.as_str() } else { "/" };
    let jar = user.iter().fold(jar, |jar, user| jar.add(cookie_for(user, &app)));
    Ok((jar, Redirect::to(next)).into_response())
}

pub(super) async fn logout(jar: SignedCookieJar) -> (SignedCookieJar, Redirect) {
    (jar.remove(no_cookie()), Redirect::to("/"))
}
