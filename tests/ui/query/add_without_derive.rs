#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: Handle<User>, post: Handle<Post>) {
    session.add(Plain);
}

fn main() {}
