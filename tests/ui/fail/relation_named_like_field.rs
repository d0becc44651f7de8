use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(children = Node::parent, parent = Node::parent, children = Node::parent))]
struct Node {
    #[orm(primary_key)]
    id: i64,
    parent: Option<Ref<Node>>,
}

fn main() {}
