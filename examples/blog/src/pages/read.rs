//! Lists of posts, and a post with its comments.

use crate::auth::Viewer;
use crate::forms::{Faults, Remark};
use crate::models::{Post, Tag, User};
use crate::queries::{self, matching, page_of};
use crate::views::{self, About, Frame, Listing, PostPage, Tags};
use axum::extract::{Path, Query};
use axum::response::Html;
use orm::prelude::{Relation as _, select};
use orm_axum::{Db, PageQuery, Result};
use serde::Deserialize;

const PER_PAGE: u64 = 7;

pub(super) async fn home(db: Db, Viewer(viewer): Viewer, asked: PageQuery) -> Result<Html<String>> {
    let asked = asked.default_per_page(PER_PAGE);
    let page = page_of(&db, select::<Post>(), &asked).await?;
    let tags = queries::popular_tags(&db, 12).await?;
    views::page(Listing { frame: Frame::new(viewer, "home"), about: About::All { tags }, page, asked })
}

pub(super) async fn tags(db: Db, Viewer(viewer): Viewer) -> Result<Html<String>> {
    let tags = queries::popular_tags(&db, 200).await?;
    views::page(Tags { frame: Frame::new(viewer, "tags"), tags })
}

pub(super) async fn tag(
    db: Db,
    Viewer(viewer): Viewer,
    Path(name): Path<String>,
    asked: PageQuery,
) -> Result<Html<String>> {
    let tag = db.one_or_404(select::<Tag>().filter(|t| t.name.eq(name))).await?;
    let asked = asked.default_per_page(PER_PAGE);
    let posts = select::<Post>().filter(|p| p.tags.any(|t| t.id.eq(tag.id)));
    let page = page_of(&db, posts, &asked).await?;
    views::page(Listing { frame: Frame::new(viewer, "tags"), about: About::Tag(tag.name), page, asked })
}

pub(super) async fn user(
    db: Db,
    Viewer(viewer): Viewer,
    Path(username): Path<String>,
    asked: PageQuery,
) -> Result<Html<String>> {
    let user = db.one_or_404(select::<User>().filter(|u| u.username.eq(username))).await?;
    let asked = asked.default_per_page(PER_PAGE);
    let page = page_of(&db, select::<Post>().filter(|p| p.author.eq(user.id)), &asked).await?;
    views::page(Listing { frame: Frame::new(viewer, "user"), about: About::User(user), page, asked })
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

pub(super) async fn search(
    db: Db,
    Viewer(viewer): Viewer,
    Query(Search { q }): Query<Search>,
    asked: PageQuery,
) -> Result<Html<String>> {
    let asked = asked.default_per_page(PER_PAGE);
    let page = page_of(&db, matching(&q), &asked).await?;
    let frame = Frame { search: q.clone(), ..Frame::new(viewer, "search") };
    views::page(Listing { frame, about: About::Search(q), page, asked })
}

pub(super) async fn post(db: Db, Viewer(viewer): Viewer, Path(slug): Path<String>) -> Result<Html<String>> {
    let whole = queries::whole(&db, &slug).await?;
    let frame = Frame::new(viewer, "post");
    views::page(PostPage { frame, whole, remark: Remark::default(), faults: Faults::default() })
}
