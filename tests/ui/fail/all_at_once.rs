use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(table = "posts", index(autor))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    title: String,
    #[orm(length = 10)]
    score: f64,
    #[orm(unqiue)]
    author: i64,
}

fn main() {}
