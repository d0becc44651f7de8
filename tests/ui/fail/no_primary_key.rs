use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    id: i64,
    name: String,
}

fn main() {}
