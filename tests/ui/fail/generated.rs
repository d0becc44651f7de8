use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key, generated = "sequence")]
    id: i64,
    #[orm(generated)]
    number: i64,
}

#[derive(Model, Clone)]
struct Country {
    #[orm(primary_key, generated)]
    code: String,
}

#[derive(Model, Clone)]
struct Token {
    #[orm(primary_key, generated = "client")]
    text: String,
}

#[derive(Model, Clone)]
struct Pair {
    #[orm(primary_key, generated)]
    a: i64,
    #[orm(primary_key)]
    b: i64,
}

#[derive(Model, Clone)]
struct Numbered {
    #[orm(primary_key, server_default = "nextval('numbers')")]
    id: i64,
}

fn main() {}
