use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key, length = 8)]
    id: i64,
    #[orm(length = 0)]
    name: String,
    #[orm(precision = 3)]
    admin: bool,
    #[orm(collation = "NOCASE")]
    born: Option<i32>,
}

fn main() {}
