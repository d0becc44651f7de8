//! The blog for programs: JSON, with `Link` headers between pages, and errors after RFC 9457.

use crate::App;
use crate::auth::SignedIn;
use crate::forms::{Draft, Faults};
use crate::pages::store;
use crate::queries::{self, Summary, Whole};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use orm::prelude::select;
use orm_axum::{Db, Error, PageQuery, Result};
use serde::Serialize;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/posts", get(list).post(publish))
        .route("/posts/{slug}", get(show))
        .fallback(async || Error::not_found())
}

/// What programs see of a post; what the tables hold besides stays here.
#[derive(Serialize)]
struct PostSummary {
    slug: String,
    title: String,
    author: String,
    published: Timestamp,
    tags: Vec<String>,
    comments: i64,
}

impl From<Summary> for PostSummary {
    fn from(Summary { post, author, tags, comments }: Summary) -> PostSummary {
        let tags = tags.into_iter().map(|tag| tag.name).collect();
        PostSummary {
            slug: post.slug,
            title: post.title,
            author: author.username,
            published: post.published,
            tags,
            comments,
        }
    }
}

#[derive(Serialize)]
struct PostBody {
    slug: String,
    title: String,
    author: String,
    published: Timestamp,
    edited: Option<Timestamp>,
    tags: Vec<String>,
    markdown: String,
    comments: Vec<CommentBody>,
}

#[derive(Serialize)]
struct CommentBody {
    author: String,
    written: Timestamp,
    body: String,
}

/// `/posts?page=2` has numbers and a total; `/posts?after=` begins pages by cursor, which go on with `next` of the answer.
async fn list(db: Db, asked: PageQuery) -> Result<Response> {
    let posts = select();
    if asked.is_by_cursor() {
        let page = queries::page_after(&db, posts, &asked).await?.map(PostSummary::from);
        return Ok((asked.links_after(&page), Json(page)).into_response());
    }
    let page = queries::page_of(&db, posts, &asked).await?.map(PostSummary::from);
    Ok((asked.links(&page), Json(page)).into_response())
}

async fn show(db: Db, Path(slug): Path<String>) -> Result<Json<PostBody>> {
    let Whole { post, author, tags, comments } = queries::whole(&db, &slug).await?;
    let comments = comments.into_iter().map(|(comment, author)| CommentBody {
        author: author.username,
        written: comment.written,
        body: comment.body,
    });
    Ok(Json(PostBody {
        slug: post.slug,
        title: post.title,
        author: author.username,
        published: post.published,
        edited: post.edited,
        tags: tags.into_iter().map(|tag| tag.name).collect(),
        markdown: post.body,
        comments: comments.collect(),
    }))
}

async fn publish(db: Db, SignedIn(user): SignedIn, Json(draft): Json<Draft>) -> Result<Response> {
    let faults = Faults::of(&draft);
    if !faults.is_empty() {
        let error = Error::new(StatusCode::UNPROCESSABLE_ENTITY, "the post has faults");
        return Err(error.with("errors", faults.json()));
    }
    let slug = store(&db, user, draft).await?;
    let address = format!("/api/posts/{slug}");
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], show(db, Path(slug)).await?).into_response())
}
