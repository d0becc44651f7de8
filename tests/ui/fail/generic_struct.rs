use orm::prelude::*;

#[derive(Model, Clone)]
struct User<T> {
    #[orm(primary_key)]
    id: T,
}

#[derive(Model, Clone)]
struct Post<'a> {
    #[orm(primary_key)]
    id: i64,
    title: &'a str,
}

fn main() {}
