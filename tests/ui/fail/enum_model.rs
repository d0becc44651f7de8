use orm::prelude::*;

#[derive(Model, Clone)]
enum Status {
    Draft,
    Live,
}

fn main() {}
