use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(discriminator = "title")]
enum Media {
    #[orm(value = "book")]
    Book {
        #[orm(primary_key)]
        id: i64,
        title: String,
        pages: i32,
        #[orm(version)]
        version: i32,
        #[orm(on_delete = "set_null")]
        follows: Ref<Media>,
    },
    #[orm(value = "book")]
    Film {
        #[orm(column = "name")]
        title: String,
        pages: i64,
        made: Auto<i32>,
    },
}

fn main() {}
