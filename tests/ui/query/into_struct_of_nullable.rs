#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

#[derive(FromRow)]
struct Summary {
    name: String,
    email: String,
}

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().columns(|u| (u.username, u.email)).into_struct::<Summary>();
}

fn main() {}
