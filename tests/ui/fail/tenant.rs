use orm::prelude::*;

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant)]
    company: f64,
}

#[derive(Model, Clone)]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    #[orm(tenant)]
    company: i64,
    #[orm(tenant)]
    other: i64,
}

#[derive(Model, Clone)]
#[orm(soft_delete = "deleted_at")]
struct Letter {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
