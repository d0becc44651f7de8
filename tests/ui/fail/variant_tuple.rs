use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(discriminator = "kind")]
enum Media {
    Book {
        #[orm(primary_key)]
        id: i64,
    },
    Film(i64, String),
    Nothing,
}

fn main() {}
