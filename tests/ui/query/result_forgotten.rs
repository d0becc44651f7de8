#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let users: Vec<User> = c.all(select::<User>());
    let _ = users;
}

fn main() {}
