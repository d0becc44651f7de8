use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(posts = Post::title))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    author: Ref<User>,
}

fn main() {}
