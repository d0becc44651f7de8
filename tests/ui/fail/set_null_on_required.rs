use orm::prelude::*;

#[derive(Model, Clone)]
struct Node {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "set_null")]
    parent: Ref<Node>,
}

fn main() {}
