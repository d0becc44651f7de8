#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = c.execute(sql("DELETE FROM users WHERE id = :id").bind("id", Plain));
}

fn main() {}
