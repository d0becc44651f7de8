#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(session: &mut Session) {
    let _ = &session;
    let _ = session.get::<User>("alice");
}

fn main() {}
