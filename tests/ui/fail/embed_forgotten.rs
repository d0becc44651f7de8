use orm::prelude::*;

#[derive(Embed, Clone)]
struct Address {
    city: String,
}

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    home: Address,
}

fn main() {}
