use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(many_to_many(groups = Membership::users => Membership::group))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
#[orm(many_to_many(users = Membership::user => Membership::group))]
struct Group {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
struct Membership {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
}

fn main() {}
