use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(has_many(posts = Post::author))]
struct User {
    #[orm(primary_kye)]
    id: i64,
}

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "kaskade")]
    author: Ref<User>,
}

fn model<M: Model>() {}

fn used() {
    model::<User>();
    model::<Post>();
    let _ = User::table();
}

fn main() {}
