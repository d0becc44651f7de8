#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let users: Vec<User> = Vec::new();
    c.execute(insert(users)).unwrap();
}

fn main() {}
