use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key, unique)]
    id: i64,
}

fn main() {}
