use orm::prelude::*;

#[derive(Embed, Clone)]
struct Address {
    city: String,
}

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(embed, unique)]
    home: Address,
    #[orm(embed, column = "w_")]
    work: Address,
    #[orm(embed)]
    other: Option<Address>,
    #[orm(embed)]
    name: String,
    #[orm(prefix = "x_")]
    street: String,
}

fn main() {}
