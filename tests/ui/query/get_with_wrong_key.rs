#[path = "../models.rs"]
mod models;
#[allow(unused_imports)]
use models::*;
use orm::prelude::*;

pub fn mistake(c: &mut Connection) {
    let _ = &c;
    let mut session: Session = todo!();
    let _ = session.get::<User>("alice");
}

fn main() {}
