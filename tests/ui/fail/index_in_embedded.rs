use orm::prelude::*;

#[derive(Embed, Clone)]
struct Address {
    city: String,
}

#[derive(Model, Clone)]
#[orm(index(home.citi))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(embed)]
    home: Address,
}

fn main() {}
