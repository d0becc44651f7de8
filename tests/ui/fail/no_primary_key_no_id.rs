use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    name: String,
}

fn main() {}
