#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = insert_into::<Post>().select(select::<User>().columns(|u| u.id), |p| p.title);
}

fn main() {}
