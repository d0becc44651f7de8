use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(posts), has_many(comments = author), has_many(Post::author))]
#[orm(many_to_many(groups = Membership::user), many_to_many(teams = Membership::user, Membership::team))]
struct User {
    #[orm(primary_key)]
    id: i64,
}

fn main() {}
