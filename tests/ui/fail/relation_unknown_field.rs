use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(posts = Post::autor))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author: Ref<User>,
}

fn main() {}
