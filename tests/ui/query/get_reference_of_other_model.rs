#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: Handle<User>, post: Handle<Post>) {
    let author = session[post].author;
    let _ = session.get::<Post>(author);
}

fn main() {}
