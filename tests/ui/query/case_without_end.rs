#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _ = select::<User>().columns(|u| (u.id, case::<String>().when(u.admin, "admin")));
}

fn main() {}
