use orm::prelude::*;

#[derive(Model, Clone)]
struct User {
    #[orm(primary_key)]
    id: i64,
    count: usize,
    letter: Option<char>,
    big: i128,
    perhaps: Option<Option<i64>>,
    stock: Option<Auto<i64>>,
    friends: Vec<Ref<User>>,
}

fn main() {}
