#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(rows: &[User]) {
    let user = &rows[0];
    let _ = insert(user).on_conflict(|_| ()).do_nothing();
}

fn main() {}
