use orm::prelude::*;

#[derive(Embed, Clone)]
struct Address {
    #[orm(primary_key)]
    id: i64,
    #[orm(version)]
    version: i64,
}

#[derive(Embed, Clone)]
#[orm(table = "addresses")]
struct Place {
    city: String,
}

fn main() {}
