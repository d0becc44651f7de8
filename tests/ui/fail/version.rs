use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(version)]
    name: String,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(version)]
    first: i32,
    #[orm(version)]
    second: i32,
}

#[derive(Model, Clone)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    #[orm(version)]
    version: Option<i32>,
}

fn main() {}
