//! Writing posts and comments, and what becomes of two edits at a time.

use crate::auth::SignedIn;
use crate::forms::{Draft, Faults, Remark};
use crate::models::{Comment, Post, User, by_slug, free_slug, set_tags, the_time};
use crate::queries;
use crate::views::{self, Frame, PostPage, WritePage};
use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use orm::ErrorKind;
use orm::prelude::{Handle, Ref, RetryOptions, Session};
use orm_axum::{Db, Error, Result, SessionExt};

/// A form with its faults beside the fields.
fn again(status: StatusCode, page: WritePage) -> Result<Response> {
    Ok((status, views::page(page)?).into_response())
}

pub(super) async fn blank(SignedIn(user): SignedIn) -> Result<Response> {
    let frame = Frame::new(Some(user), "write");
    let page = WritePage { frame, draft: Draft::default(), faults: Faults::default(), slug: None, theirs: None };
    again(StatusCode::OK, page)
}

pub(super) async fn publish(db: Db, SignedIn(user): SignedIn, Form(draft): Form<Draft>) -> Result<Response> {
    let faults = Faults::of(&draft);
    if !faults.is_empty() {
        let frame = Frame::new(Some(user), "write");
        let page = WritePage { frame, draft, faults, slug: None, theirs: None };
        return again(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let slug = store(&db, user, draft).await?;
    Ok(Redirect::to(&format!("/posts/{slug}")).into_response())
}

/// Stores a new post and returns its address. Two requests may choose the same address at the same time: the one that comes second chooses again.
pub(crate) async fn store(db: &Db, author: User, draft: Draft) -> Result<String> {
    db.retry(attempts(), move |session| new_post(session, &author, &draft)).await
}

/// An address, or a new tag, that another request has just taken is there at the next attempt.
fn attempts() -> RetryOptions {
    RetryOptions::new(8).also(ErrorKind::UniqueViolation)
}

fn new_post(session: &mut Session, author: &User, draft: &Draft) -> Result<String> {
    let slug = free_slug(session, &draft.title)?;
    let post = session.add(Post {
        id: 0,
        slug: slug.clone(),
        title: draft.title.trim().to_owned(),
        body: draft.body.replace("\r\n", "\n"),
        published: the_time(),
        edited: None,
        version: 0,
        author: Ref::from(author.id),
    });
    set_tags(session, post, &draft.tag_names())?;
    Ok(slug)
}

/// The post, if this user may change it.
fn own_post(session: &mut Session, slug: &str, user: &User) -> Result<Handle<Post>> {
    let post = session.one_or_404(by_slug(slug))?;
    match user.admin || session[post].author == Ref::from(user.id) {
        true => Ok(post),
        false => Err(Error::new(StatusCode::FORBIDDEN, "only its author can change a post")),
    }
}

pub(super) async fn edit(db: Db, SignedIn(user): SignedIn, Path(slug): Path<String>) -> Result<Response> {
    let (editor, address) = (user.clone(), slug.clone());
    let draft = db.read(move |session| {
        let post = own_post(session, &address, &editor)?;
        let tags = session.related(post, |p| p.tags)?;
        let mut tags: Vec<&str> = tags.iter().map(|tag| session[*tag].name.as_str()).collect();
        tags.sort_unstable();
        let Post { title, body, version, .. } = session[post].clone();
        Ok(Draft { title, body, tags: tags.join(", "), version })
    });
    let draft = draft.await?;
    let frame = Frame::new(Some(user), "write");
    again(StatusCode::OK, WritePage { frame, draft, faults: Faults::default(), slug: Some(slug), theirs: None })
}

pub(super) async fn save(
    db: Db,
    SignedIn(user): SignedIn,
    Path(slug): Path<String>,
    Form(mut draft): Form<Draft>,
) -> Result<Response> {
    let faults = Faults::of(&draft);
    if !faults.is_empty() {
        let frame = Frame::new(Some(user), "write");
        let page = WritePage { frame, draft, faults, slug: Some(slug), theirs: None };
        return again(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let (editor, address, new) = (user.clone(), slug.clone(), draft.clone());
    let saved = db.retry(attempts(), move |session| {
        let post = own_post(session, &address, &editor)?;
        let old = session[post].clone();
        // Refused if the form shows another version than the row has, or if that changes before the commit.
        session.merge(Post {
            title: new.title.trim().to_owned(),
            body: new.body.replace("\r\n", "\n"),
            edited: Some(the_time()),
            version: new.version,
            ..old
        })?;
        Ok(set_tags(session, post, &new.tag_names())?)
    });
    match saved.await {
        Ok(()) => Ok(Redirect::to(&format!("/posts/{slug}")).into_response()),
        Err(error) if error.kind() == Some(ErrorKind::StaleData) => {
            // The text is kept, and what the other has written is shown beside it; to save again is to replace that.
            let theirs = db.one_or_404(by_slug(&slug)).await?;
            draft.version = theirs.version;
            let frame = Frame::new(Some(user), "write");
            let faults = Faults::default();
            let page = WritePage { frame, draft, faults, slug: Some(slug), theirs: Some(theirs) };
            again(StatusCode::CONFLICT, page)
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn delete(db: Db, SignedIn(user): SignedIn, Path(slug): Path<String>) -> Result<Redirect> {
    let author = user.clone();
    db.run(move |session| {
        let post = own_post(session, &slug, &author)?;
        session.delete(post);
        Ok(())
    })
    .await?;
    Ok(Redirect::to(&format!("/users/{}", user.username)))
}

pub(super) async fn comment(
    db: Db,
    SignedIn(user): SignedIn,
    Path(slug): Path<String>,
    Form(remark): Form<Remark>,
) -> Result<Response> {
    let faults = Faults::of(&remark);
    if !faults.is_empty() {
        let whole = queries::whole(&db, &slug).await?;
        let page = PostPage { frame: Frame::new(Some(user), "post"), whole, remark, faults };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, views::page(page)?).into_response());
    }
    let address = slug.clone();
    let id = db.run(move |session| {
        let post = session.one_or_404(by_slug(&address))?;
        let body = remark.body.trim().to_owned();
        let comment =
            session.add(Comment { id: 0, body, written: the_time(), post: post.into(), author: Ref::from(user.id) });
        session.flush()?;
        Ok(session[comment].id)
    });
    let id = id.await?;
    Ok(Redirect::to(&format!("/posts/{slug}#comment-{id}")).into_response())
}
