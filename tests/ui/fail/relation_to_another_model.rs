use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_one(profile = Profile::company))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Company {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Profile {
    #[orm(primary_key)]
    id: i64,
    company: Option<Ref<Company>>,
}

fn main() {}
