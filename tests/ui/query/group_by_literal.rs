#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().group_by(|_| 1).columns(|_| count_all());
}

fn main() {}
