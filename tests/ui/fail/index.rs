use orm::prelude::*;

#[derive(Embed, Clone)]
struct Address {
    city: String,
}

#[derive(Model, Clone)]
#[orm(index(), unique(nam), index(name, name), index(author_id), index(name.first), index(cache))]
#[orm(index(name, where = 3), index(name, wehre = "x"), index("name and id"))]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    author: Option<Ref<User>>,
    #[orm(skip)]
    cache: i64,
    #[orm(embed)]
    home: Address,
}

fn main() {}
