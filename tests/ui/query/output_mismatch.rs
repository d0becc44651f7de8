#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _: Vec<(User, Post)> =
        c.all(select::<User>().left_join(|u| u.posts).columns(|(u, p)| (u, p))).unwrap();
}

fn main() {}
