//! What the blog stores: users, posts, comments, and tags, of which a post may have several.

use jiff::{Timestamp, Unit};
use orm::prelude::*;

/// Somebody who writes. No `Serialize`: the hash of the password is nobody's business.
#[derive(Model, Clone, Debug)]
#[orm(table = "users", has_many(posts = Post::author, comments = Comment::author))]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    /// In the address of the page: small letters, digits, `-` and `_`.
    #[orm(unique, length = 30)]
    pub username: String,
    /// As it is shown.
    #[orm(length = 60)]
    pub name: String,
    #[orm(length = 300)]
    pub about: String,
    #[orm(length = 200)]
    pub password_hash: String,
    pub admin: bool,
    pub joined: Timestamp,
}

/// Written in Markdown.
#[derive(Model, Clone, Debug)]
#[orm(
    table = "posts",
    index(published),
    has_many(comments = Comment::post),
    many_to_many(tags = PostTag::post => PostTag::tag)
)]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    /// In the address of the page; made from the first title, and kept.
    #[orm(unique, length = 120)]
    pub slug: String,
    #[orm(length = 120)]
    pub title: String,
    pub body: String,
    pub published: Timestamp,
    pub edited: Option<Timestamp>,
    /// Counts the edits, so that of two people who edit at a time the second is told.
    #[orm(version)]
    pub version: i32,
    #[orm(on_delete = "cascade")]
    pub author: Ref<User>,
}

/// Below a post; plain text.
#[derive(Model, Clone, Debug)]
#[orm(table = "comments")]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    pub body: String,
    pub written: Timestamp,
    #[orm(index, on_delete = "cascade")]
    pub post: Ref<Post>,
    #[orm(index, on_delete = "cascade")]
    pub author: Ref<User>,
}

/// What posts are about.
#[derive(Model, Clone, Debug)]
#[orm(table = "tags", many_to_many(posts = PostTag::tag => PostTag::post))]
pub struct Tag {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 30)]
    pub name: String,
}

/// Between posts and tags.
#[derive(Model, Clone, Debug)]
#[orm(table = "post_tags")]
pub struct PostTag {
    #[orm(primary_key, on_delete = "cascade")]
    pub post: Ref<Post>,
    #[orm(primary_key, index, on_delete = "cascade")]
    pub tag: Ref<Tag>,
}

/// All tables.
pub fn schema() -> Schema {
    Schema::of::<(User, Post, Comment, Tag, PostTag)>()
}

/// The time, as exactly as all four databases keep it.
pub fn the_time() -> Timestamp {
    Timestamp::now().round(Unit::Microsecond).unwrap_or_default()
}

/// The posts whose address is this: one, or none.
pub(crate) fn by_slug(slug: &str) -> Query<Post> {
    let slug = slug.to_owned();
    select::<Post>().filter(|p| p.slug.eq(slug))
}

/// An address for a title: its letters and digits in ASCII, with `-` between the words.
pub(crate) fn slug_of(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let slug: String = slug.chars().take(100).collect();
    if slug.is_empty() { "post".to_owned() } else { slug.trim_end_matches('-').to_owned() }
}

/// The first address for a title that no post has: `tea`, `tea-2`, `tea-3` ..
///
/// # Errors
/// Those of the query. Two that choose at the same time choose the same: the second gets a `UniqueViolation` when it is written.
pub(crate) fn free_slug(session: &mut Session, title: &str) -> orm::Result<String> {
    let slug = slug_of(title);
    let numbered = format!("{slug}-");
    let like = slug.clone();
    let query = select::<Post>().filter(|p| p.slug.eq(like) | p.slug.starts_with(numbered)).columns(|p| p.slug);
    let taken: Vec<String> = session.rows(query)?;
    let mut names = std::iter::once(slug.clone()).chain((2..).map(|number| format!("{slug}-{number}")));
    names.find(|name| !taken.contains(name)).ok_or_else(|| Error::refused("there are no numbers left"))
}

/// Gives a post these tags and no others; a tag that is new is made.
///
/// # Errors
/// Those of the statements.
pub(crate) fn set_tags(session: &mut Session, post: Handle<Post>, names: &[String]) -> orm::Result<()> {
    let mut wanted = session.all(select::<Tag>().filter(|t| t.name.in_(names.to_vec())))?;
    for name in names {
        if !wanted.iter().any(|tag| session[*tag].name == *name) {
            wanted.push(session.add(Tag { id: 0, name: name.clone() }));
        }
    }
    let has = session.related(post, |p| p.tags)?;
    for &tag in wanted.iter().filter(|tag| !has.contains(tag)) {
        session.link(post, |p| p.tags, tag)?;
    }
    for &tag in has.iter().filter(|tag| !wanted.contains(tag)) {
        session.unlink(post, |p| p.tags, tag)?;
    }
    Ok(())
}
