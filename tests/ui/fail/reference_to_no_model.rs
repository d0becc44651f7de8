use orm::prelude::*;

#[derive(Clone)]
struct User {
    id: i64,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author: Ref<User>,
}

fn main() {}
