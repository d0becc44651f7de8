#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    c.execute(update::<User>().set(|u| u.admin.to(true))).unwrap();
}

fn main() {}
