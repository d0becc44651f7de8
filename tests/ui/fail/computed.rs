use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key, computed = "1")]
    id: i64,
    #[orm(computed = "name || '!'", server_default = "'x'")]
    loud: String,
    #[orm(virtual)]
    name: String,
    #[orm(computed = "1", stored, virtual)]
    one: i32,
}

fn main() {}
