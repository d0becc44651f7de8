use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(table = "users", table = "people")]
struct User {
    #[orm(primary_key, primary_key)]
    id: i64,
    #[orm(length = 10)]
    #[orm(length = 20)]
    name: String,
}

fn main() {}
