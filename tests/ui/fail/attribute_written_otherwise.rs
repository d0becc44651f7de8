use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(table("users"), has_many = "posts", index)]
struct User {
    #[orm(primary_key = true)]
    id: i64,
    #[orm(length = "80", unique = "yes", comment)]
    name: String,
    #[orm(length = -1)]
    email: String,
    #[orm(column = "")]
    city: String,
    #[orm(length = 99999999999)]
    street: String,
    #[orm(check =)]
    zip: String,
    #[orm]
    country: String,
}

fn main() {}
