use orm::prelude::*;

#[derive(Model, Clone)]
struct Empty {}

#[derive(Embed, Clone)]
struct Unsaved {
    #[orm(skip)]
    cache: Vec<u8>,
}

fn main() {}
