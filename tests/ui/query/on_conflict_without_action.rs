#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection, rows: &[User]) {
    let _ = c.execute(insert(rows).on_conflict(|u| u.username));
}

fn main() {}
