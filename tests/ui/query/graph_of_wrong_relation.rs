#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: User, post: Post) -> orm::Result<()> {
    let _ = session.graph(new(user.clone()).links(|u| u.posts, [post.clone()]))?;
    let _ = session.graph(new(user.clone()).many(|u| u.posts, |_| [user]))?;
    let _ = session.graph(new(post.clone()).many(|p| p.author, |_| [post]))?;
    Ok(())
}

fn main() {}
