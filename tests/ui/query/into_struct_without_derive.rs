#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

struct Summary {
    name: String,
}

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().columns(|u| (u.username,)).into_struct::<Summary>();
}

fn main() {}
