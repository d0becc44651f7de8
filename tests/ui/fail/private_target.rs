use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
pub struct Post {
    #[orm(primary_key)]
    id: i64,
    author: Ref<User>,
}

fn main() {}
