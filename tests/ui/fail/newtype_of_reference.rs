use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(SqlType)]
struct Author(Ref<User>);

fn main() {}
