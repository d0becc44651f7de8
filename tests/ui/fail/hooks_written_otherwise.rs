use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(hooks = "before_insert", hooks)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

impl Hooks for Post {}

#[derive(Model, Clone)]
struct Comment {
    #[orm(primary_key, hooks)]
    id: i64,
}

fn main() {}
