#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = update::<User>().set(|u| u.id.to(1)).set(|u| u.title.to("x")).every_row();
}

fn main() {}
