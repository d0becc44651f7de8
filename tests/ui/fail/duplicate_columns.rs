use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(column = "NAME")]
    nickname: String,
    boss: Option<Ref<User>>,
    boss_id: Option<i64>,
}

fn main() {}
