//! What an empty blog is filled with: six people, and the posts of `seed/posts.md` with their comments.

use crate::auth::hash_password;
use crate::models::{Comment, Post, User, set_tags, slug_of, the_time};
use jiff::{SignedDuration, Timestamp};
use orm::prelude::*;
use orm_axum::{Db, Result};
use std::collections::HashMap;

/// The password of all six, until somebody changes the program.
pub const PASSWORD: &str = "a garden gate";

const POSTS: &str = include_str!("../seed/posts.md");

const USERS: [(&str, &str, &str); 6] = [
    ("maya", "Maya Lindqvist", "Keeps an allotment by the railway and this site. Believes in compost."),
    ("tomas", "Tomás Ferreira", "Cooks for a living, and on his days off. Collects bread recipes and burns."),
    ("ines", "Inês Okafor", "Walks cities and draws maps of what is not on maps."),
    ("jonas", "Jonas Brandt", "Writes Rust by day and repairs bicycles by night."),
    ("priya", "Priya Raman", "Teaches botany. Has opinions about lawns."),
    ("wren", "Wren Castellano", "Librarian, baker, beginner at most things."),
];

/// One post of the file: a title, `author | tags`, the text, and comments as `@author text`.
struct Entry {
    title: &'static str,
    author: &'static str,
    tags: Vec<String>,
    body: String,
    comments: Vec<(&'static str, &'static str)>,
}

fn entries() -> impl Iterator<Item = Entry> {
    POSTS.split("\n# ").filter_map(|text| {
        let (title, rest) = text.trim_start_matches("# ").split_once('\n')?;
        let (author, rest) = rest.split_once(" | ")?;
        let (tags, rest) = rest.split_once('\n')?;
        let (said, body): (Vec<&str>, Vec<&str>) = rest.lines().partition(|line| line.starts_with('@'));
        Some(Entry {
            title: title.trim(),
            author,
            tags: tags.split(',').map(|tag| tag.trim().to_owned()).collect(),
            body: body.join("\n").trim().to_owned(),
            comments: said.into_iter().filter_map(|line| line[1..].split_once(' ')).collect(),
        })
    })
}

/// Writes all of it, in one transaction, unless there are users already.
///
/// # Errors
/// Those of the database.
pub async fn when_empty(db: &Db) -> Result<()> {
    if db.read(|session| Ok(session.exists(select::<User>())?)).await? {
        return Ok(());
    }
    let hash = hash_password(PASSWORD.to_owned()).await?;
    db.run(move |session| Ok(write(session, &hash)?)).await
}

fn write(session: &mut Session, hash: &str) -> orm::Result<()> {
    let now = the_time();
    let before = |hours: i64| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
    let users: HashMap<&str, Handle<User>> =
        USERS.iter().map(|user| (user.0, session.add(account(user, hash, before(24 * 400))))).collect();
    for (at, entry) in (0..).zip(entries()) {
        // Newest first in the file; a post every few days, not at the same hour.
        let age = at * 61 + at % 5 * 7 + 3;
        let Some(&author) = users.get(entry.author) else { continue };
        let post = session.add(Post {
            id: 0,
            slug: slug_of(entry.title),
            title: entry.title.to_owned(),
            body: entry.body,
            published: before(age),
            edited: None,
            version: 0,
            author: author.into(),
        });
        set_tags(session, post, &entry.tags)?;
        for (number, (author, said)) in (1..).zip(entry.comments) {
            let Some(&author) = users.get(author) else { continue };
            let written = before((age - number * 2).max(0));
            session.add(Comment { id: 0, body: said.to_owned(), written, post: post.into(), author: author.into() });
        }
    }
    Ok(())
}

fn account(&(username, name, about): &(&str, &str, &str), hash: &str, joined: Timestamp) -> User {
    User {
        id: 0,
        username: username.to_owned(),
        name: name.to_owned(),
        about: about.to_owned(),
        password_hash: hash.to_owned(),
        admin: username == "maya",
        joined,
    }
}

#[cfg(test)]
mod tests {
    use super::{USERS, entries, slug_of};
    use std::collections::HashSet;

    #[test]
    fn the_file_is_read_whole() {
        let mut slugs = HashSet::new();
        for entry in entries() {
            assert!(slugs.insert(slug_of(entry.title)), "twice: {}", entry.title);
            let people = entry.comments.iter().map(|(author, _)| author).chain([&entry.author]);
            for person in people {
                assert!(USERS.iter().any(|user| user.0 == *person), "nobody is {person}");
            }
            assert!(entry.body.len() > 150 && (1..=3).contains(&entry.tags.len()), "{}", entry.title);
        }
        assert!(slugs.len() >= 60, "{}", slugs.len());
    }
}
