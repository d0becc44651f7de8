#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let _: Vec<Handle<User>> = c.all(select::<User>()).unwrap();
}

fn main() {}
