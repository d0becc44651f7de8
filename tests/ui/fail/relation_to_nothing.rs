use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
