use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(many_to_many(groups = Membership::user => Other::group, same = Membership::user => Membership::user))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
