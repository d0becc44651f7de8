use orm::prelude::*;

#[derive(FromRow)]
struct Pair(i64, i64);

#[derive(FromRow)]
struct Row {
    #[orm(column = "n")]
    count: i64,
}

#[derive(FromRow)]
struct Empty {}

fn main() {}
