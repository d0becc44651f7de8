//! What the templates get.

use crate::art;
use crate::forms::{Draft, Faults, LogIn, Remark, SignUp};
use crate::markdown;
use crate::models::{Comment, Post, User};
use crate::queries::{Summary, Whole};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use jiff::Timestamp;
use orm::Page;
use orm_axum::{Error, PageQuery, Result};
use std::fmt::Display;

/// A template as the body of a response.
///
/// # Errors
/// 500 when the template fails.
pub(crate) fn page(template: impl Template) -> Result<Html<String>> {
    let html = template.render().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Html(html))
}

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    askama::filters::urlencode_strict(text).map(|text| text.to_string()).unwrap_or_default()
}

fn day(time: &Timestamp) -> String {
    time.strftime("%-d %B %Y").to_string()
}

/// What is around each page.
pub(crate) struct Frame {
    pub(crate) viewer: Option<User>,
    /// Which link of the header leads to this page.
    pub(crate) here: &'static str,
    /// The words in the search field.
    pub(crate) search: String,
}

impl Frame {
    pub(crate) fn new(viewer: Option<User>, here: &'static str) -> Frame {
        Frame { viewer, here, search: String::new() }
    }
}

/// Which posts a list has.
pub(crate) enum About {
    All { tags: Vec<(String, i64)> },
    Tag(String),
    User(User),
    Search(String),
}

#[derive(Template)]
#[template(path = "listing.html")]
pub(crate) struct Listing {
    pub(crate) frame: Frame,
    pub(crate) about: About,
    pub(crate) page: Page<Summary>,
    pub(crate) asked: PageQuery,
}

impl Listing {
    /// The first page of all posts has one large post.
    fn is_front(&self) -> bool {
        matches!(self.about, About::All { .. }) && self.page.page == 1
    }
}

#[derive(Template)]
#[template(path = "tags.html")]
pub(crate) struct Tags {
    pub(crate) frame: Frame,
    pub(crate) tags: Vec<(String, i64)>,
}

#[derive(Template)]
#[template(path = "post.html")]
pub(crate) struct PostPage {
    pub(crate) frame: Frame,
    pub(crate) whole: Whole,
    pub(crate) remark: Remark,
    pub(crate) faults: Faults,
}

impl PostPage {
    fn may_edit(&self) -> bool {
        self.frame.viewer.as_ref().is_some_and(|viewer| viewer.admin || viewer.id == self.whole.author.id)
    }
}

#[derive(Template)]
#[template(path = "write.html")]
pub(crate) struct WritePage {
    pub(crate) frame: Frame,
    pub(crate) draft: Draft,
    pub(crate) faults: Faults,
    /// The post that is edited; none for a new one.
    pub(crate) slug: Option<String>,
    /// What somebody else has saved in the meantime.
    pub(crate) theirs: Option<Post>,
}

#[derive(Template)]
#[template(path = "signup.html")]
pub(crate) struct SignUpPage {
    pub(crate) frame: Frame,
    pub(crate) form: SignUp,
    pub(crate) faults: Faults,
}

#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct LogInPage {
    pub(crate) frame: Frame,
    pub(crate) form: LogIn,
    pub(crate) failed: bool,
}

/// A user with the numbers of posts and comments.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) posts: i64,
    pub(crate) comments: i64,
}

#[derive(Template)]
#[template(path = "admin.html")]
pub(crate) struct AdminPage {
    pub(crate) frame: Frame,
    pub(crate) totals: [(&'static str, u64); 4],
    pub(crate) accounts: Vec<Account>,
    pub(crate) posts: Vec<(Post, User)>,
    pub(crate) comments: Vec<(Comment, User, Post)>,
}

impl AdminPage {
    fn is_viewer(&self, user: &User) -> bool {
        self.frame.viewer.as_ref().is_some_and(|viewer| viewer.id == user.id)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    frame: Frame,
    status: u16,
    title: &'static str,
    detail: String,
}

impl ErrorPage {
    pub(crate) fn of(error: &Error) -> ErrorPage {
        let title = match error.status() {
            StatusCode::NOT_FOUND => "There is no such page",
            StatusCode::FORBIDDEN => "This is not for you",
            StatusCode::CONFLICT => "Somebody was faster",
            StatusCode::SERVICE_UNAVAILABLE => "We are out for a moment",
            status if status.is_server_error() => "Something broke on our side",
            _ => "This cannot be done",
        };
        // Who looks at it is not known: the database that could tell may be what failed.
        let frame = Frame::new(None, "error");
        ErrorPage { frame, status: error.status().as_u16(), title, detail: error.detail().to_owned() }
    }
}

impl Post {
    fn day(&self) -> String {
        day(&self.published)
    }

    fn html(&self) -> String {
        markdown::html(&self.body)
    }

    fn excerpt(&self, letters: usize) -> String {
        markdown::excerpt(&self.body, letters)
    }

    fn cover(&self) -> String {
        art::cover(self.id)
    }

    fn minutes(&self) -> usize {
        self.body.split_whitespace().count().div_ceil(220)
    }
}

impl User {
    fn day(&self) -> String {
        day(&self.joined)
    }

    fn initial(&self) -> String {
        self.name.chars().take(1).collect()
    }

    fn tint(&self) -> i64 {
        self.id.rem_euclid(6)
    }
}

impl Comment {
    fn day(&self) -> String {
        day(&self.written)
    }
}

/// `1 post`, `2 posts`.
fn counted<N: Display>(number: N, one: &str, many: &str) -> String {
    match number.to_string() {
        number if number == "1" => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}
