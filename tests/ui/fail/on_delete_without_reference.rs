use orm::prelude::*;

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", on_update = "cascade", deferrable)]
    author: i64,
}

fn main() {}
