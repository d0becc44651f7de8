//! The keys of new rows where the database returns them.

use super::Client;
use super::peer::{NewPost, NewUser, posts, users};
use diesel::prelude::*;

pub fn insert_users(client: &mut Client, rows: &[NewUser]) -> QueryResult<Vec<i64>> {
    diesel::insert_into(users::table).values(rows).returning(users::id).load(client)
}

pub fn insert_post(client: &mut Client, post: NewPost) -> QueryResult<i64> {
    diesel::insert_into(posts::table).values(post).returning(posts::id).get_result(client)
}
