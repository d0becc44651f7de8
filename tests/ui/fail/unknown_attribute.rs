use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(tabel = "users")]
struct User {
    #[orm(primay_key)]
    id: i64,
    #[orm(colour = "red")]
    name: String,
}

fn main() {}
