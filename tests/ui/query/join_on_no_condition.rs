#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().join_on(select::<Post>(), |(u, p)| (u.id, p.author));
}

fn main() {}
