#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: Handle<User>, post: Handle<Post>) {
    std::mem::swap(&mut session[user].username, &mut session[post].title);
}

fn main() {}
