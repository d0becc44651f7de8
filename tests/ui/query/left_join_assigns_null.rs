#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = update::<Post>().left_join(|p| p.author).set(|(p, u)| p.title.to(u.username)).every_row();
}

fn main() {}
