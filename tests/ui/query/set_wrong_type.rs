#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = update::<User>().set(|u| u.username.to(7)).every_row();
}

fn main() {}
