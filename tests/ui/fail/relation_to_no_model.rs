use orm::prelude::*;

#[derive(Clone)]
struct Post {
    author: i64,
}

#[derive(Model, Clone)]
#[orm(has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
