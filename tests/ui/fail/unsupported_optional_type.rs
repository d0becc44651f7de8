use orm::prelude::*;

#[derive(Clone)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Model, Clone)]
struct Place {
    #[orm(primary_key)]
    id: i64,
    position: Option<Point>,
}

fn main() {}
