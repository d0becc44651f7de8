use orm::prelude::*;

struct Person;

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    author: Ref<Person>,
}

fn main() {}
