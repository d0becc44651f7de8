use orm::prelude::*;

#[derive(SqlType, Clone, PartialEq, Eq, Hash, Debug)]
struct UserId(i64);

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: UserId,
}

fn main() {}
