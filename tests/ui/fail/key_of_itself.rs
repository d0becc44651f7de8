use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: Ref<User>,
}

fn main() {}
