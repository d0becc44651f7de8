use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(hooks)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
