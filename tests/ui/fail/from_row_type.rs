use orm::prelude::*;

struct Point;

#[derive(FromRow)]
struct Row {
    name: String,
    position: Point,
}

fn main() {}
