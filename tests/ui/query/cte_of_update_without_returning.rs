#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = cte(update::<User>().set(|u| u.admin.to(true)).every_row());
}

fn main() {}
