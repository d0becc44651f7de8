use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "setnull")]
    boss: Option<Ref<User>>,
    #[orm(on_update = "explode")]
    friend: Option<Ref<User>>,
}

fn main() {}
