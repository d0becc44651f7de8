use orm::prelude::*;

#[derive(Model, Clone)]
struct Node {
    #[orm(primary_key)]
    id: i64,
    #[orm(by = "session")]
    parent: Option<Ref<Node>>,
    #[orm(on_delete = "cascade", by = "database")]
    root: Option<Ref<Node>>,
}

fn main() {}
