#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: Handle<User>, post: Handle<Post>) {
    let _ = session.related(user, |u| u.username);
}

fn main() {}
