use orm::prelude::*;

#[derive(Model, Clone)]
enum Media {
    Book {
        #[orm(primary_key)]
        id: i64,
    },
    #[orm(vaule = "film")]
    Film { id: i64 },
}

#[derive(Model, Clone)]
#[orm(discriminator = "the kind")]
enum Shape {
    Circle { id: i64 },
    Square { id: i64 },
}

#[derive(Model, Clone)]
#[orm(discriminator = "kind")]
struct Plain {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Embed, Clone)]
enum Place {
    Here { at: i64 },
}

fn main() {}
