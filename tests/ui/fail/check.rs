use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(check(), check("a > 1", "b > 1"), check(named = "x", "a > 1"), check(name = "x"), check = 3)]
struct User {
    #[orm(primary_key)]
    id: i64,
    a: i64,
}

fn main() {}
