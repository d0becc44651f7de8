#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().filter(|u| u.username.eq(u.age));
}

fn main() {}
