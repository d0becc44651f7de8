#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = recursive(select::<Post>().columns(|p| p.id), |_| select::<Post>().columns(|p| p.title));
}

fn main() {}
