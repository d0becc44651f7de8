//! The models that the mistakes in queries are made with.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author))]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    pub username: String,
    pub email: Option<String>,
    pub admin: bool,
    pub age: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", has_many(comments = Comment::post))]
pub struct Post {
    #[orm(primary_key)]
    pub id: i64,
    pub title: String,
    pub score: f64,
    pub author: Ref<User>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "comments")]
pub struct Comment {
    #[orm(primary_key)]
    pub id: i64,
    pub post: Ref<Post>,
    pub author: Ref<User>,
}

pub struct Plain;
