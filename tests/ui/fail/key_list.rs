use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(primary_key(b, a))]
struct Swapped {
    a: i64,
    b: i64,
}

#[derive(Model, Clone)]
#[orm(primary_key(yeer, month))]
struct Misspelled {
    year: i32,
    month: i32,
}

#[derive(Model, Clone)]
#[orm(primary_key(a))]
struct Both {
    a: i64,
    #[orm(primary_key)]
    b: i64,
}

#[derive(Model, Clone)]
struct Long {
    #[orm(primary_key)]
    a: i64,
    #[orm(primary_key)]
    b: i64,
    #[orm(primary_key)]
    c: i64,
    #[orm(primary_key)]
    d: i64,
    #[orm(primary_key)]
    e: i64,
}

fn main() {}
