use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(fulltext(), fulltext(titel), fulltext(title, where = "x"), fulltext(title, language = 3))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
}

fn main() {}
