//! For administrators. All of it happens in the request's own session, a `DbSession`: `Admin` has begun its transaction.

use crate::auth::Admin;
use crate::models::{Comment, Post, Tag, User};
use crate::views::{self, Account, AdminPage, Frame};
use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use orm::prelude::*;
use orm_axum::{DbSession, Error, Result, SessionExt};
use serde::Deserialize;

const ROWS: u64 = 12;

pub(super) async fn overview(Admin(admin): Admin, session: DbSession) -> Result<Html<String>> {
    let page = session.run(move |session| {
        let totals = [
            ("Users", session.count(select::<User>())?),
            ("Posts", session.count(select::<Post>())?),
            ("Comments", session.count(select::<Comment>())?),
            ("Tags", session.count(select::<Tag>())?),
        ];
        let accounts = select::<User>().order_by(|u| u.username).limit(100).columns(|u| {
            let posts = select::<Post>().filter(move |p| p.author.eq(u.id)).columns(|_| count_all());
            let comments = select::<Comment>().filter(move |c| c.author.eq(u.id)).columns(|_| count_all());
            (u, subquery(posts), subquery(comments))
        });
        let accounts = session.rows::<(User, Option<i64>, Option<i64>), _>(accounts)?;
        let accounts = accounts.into_iter().map(|(user, posts, comments)| Account {
            user,
            posts: posts.unwrap_or(0),
            comments: comments.unwrap_or(0),
        });
        let posts = select::<Post>().order_by(|p| (p.published.desc(), p.id.desc())).limit(ROWS).with(|p| p.author);
        let comments = select::<Comment>().order_by(|c| (c.written.desc(), c.id.desc())).limit(ROWS);
        Ok(AdminPage {
            frame: Frame::new(Some(admin), "admin"),
            totals,
            accounts: accounts.collect(),
            posts: session.rows(posts)?,
            comments: session.rows(comments.with(|c| c.author).with(|c| c.post))?,
        })
    });
    views::page(page.await?)
}

pub(super) async fn delete_post(_: Admin, session: DbSession, Path(id): Path<i64>) -> Result<Redirect> {
    session.run(move |session| delete::<Post>(session, id)).await
}

pub(super) async fn delete_comment(_: Admin, session: DbSession, Path(id): Path<i64>) -> Result<Redirect> {
    session.run(move |session| delete::<Comment>(session, id)).await
}

fn delete<M: Model<Key = i64>>(session: &mut Session, id: i64) -> Result<Redirect> {
    let object = session.get_or_404::<M>(id)?;
    session.delete(object);
    Ok(Redirect::to("/admin"))
}

#[derive(Deserialize)]
pub(super) struct Right {
    admin: bool,
}

pub(super) async fn set_admin(
    Admin(admin): Admin,
    session: DbSession,
    Path(id): Path<i64>,
    Form(Right { admin: right }): Form<Right>,
) -> Result<Redirect> {
    if id == admin.id {
        return Err(Error::new(StatusCode::FORBIDDEN, "nobody changes their own rights"));
    }
    session
        .run(move |session| {
            let user = session.get_or_404::<User>(id)?;
            session[user].admin = right;
            Ok(Redirect::to("/admin"))
        })
        .await
}
