use orm::prelude::*;

#[derive(Model, Clone)]
struct Node {
    #[orm(primary_key)]
    id: i64,
    parent: Auto<Ref<Node>>,
}

fn main() {}
