use orm::prelude::*;

#[derive(Clone)]
struct Address {
    city: String,
}

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(embed)]
    home: Address,
}

fn main() {}
