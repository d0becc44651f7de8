#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let two = || select::<Comment>().join(|c| c.author).join(|t| t.0.author).join(|t| t.0.author);
    let _ = two().join(|t| t.0.author).join(|t| t.0.author).join(|t| t.0.author).join(|t| t.0.author).join(|t| t.0.author);
}

fn main() {}
