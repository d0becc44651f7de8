#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session) {
    let _ = &session;
    let _: Vec<User> = session.all(select::<User>()).unwrap();
}

fn main() {}
