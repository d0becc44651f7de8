use orm::prelude::*;

type Author = Ref<User>;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author: Author,
}

fn main() {}
