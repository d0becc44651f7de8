#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _: Vec<(i64, Plain)> = c.all(sql("SELECT 1, 2")).unwrap();
}

fn main() {}
