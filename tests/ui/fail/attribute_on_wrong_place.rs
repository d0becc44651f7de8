use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(on_delete = "cascade")]
struct User {
    #[orm(primary_key, table = "users")]
    id: i64,
}

fn main() {}
