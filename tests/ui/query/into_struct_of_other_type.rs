#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

#[derive(FromRow)]
struct Summary {
    name: String,
    posts: i32,
}

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _: Vec<Summary> = c.all(select::<User>().columns(|u| (u.username, u.id)).into_struct::<Summary>()).unwrap();
}

fn main() {}
