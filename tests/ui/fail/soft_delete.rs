use orm::prelude::*;

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    deleted: Option<bool>,
}

#[derive(Model, Clone)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    deleted: bool,
    #[orm(soft_delete)]
    hidden: bool,
    #[orm(soft_delete)]
    post: Ref<Post>,
}

#[derive(Embed, Clone)]
struct Marks {
    #[orm(soft_delete)]
    deleted: bool,
    #[orm(tenant)]
    company: i64,
}

fn main() {}
