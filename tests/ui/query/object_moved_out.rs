#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session, user: Handle<User>) {
    let taken = session[user];
    let _: &User = &taken;
}

fn main() {}
