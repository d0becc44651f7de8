#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let n: usize = 3;
    let _ = select::<User>().limit(n);
}

fn main() {}
