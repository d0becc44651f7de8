use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(skip, column = "cache")]
    cache: Vec<String>,
}

fn main() {}
