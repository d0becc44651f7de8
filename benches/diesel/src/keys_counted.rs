//! The keys of new rows on MySQL: the first of a statement, from which they are counted.

use super::Client;
use super::peer::{NewPost, NewUser, posts, users};
use diesel::prelude::*;

diesel::define_sql_function! {
    fn last_insert_id() -> Unsigned<BigInt>;
}

fn last(client: &mut Client) -> QueryResult<i64> {
    diesel::select(last_insert_id()).get_result::<u64>(client).map(|key| key as i64)
}

pub fn insert_users(client: &mut Client, rows: &[NewUser]) -> QueryResult<Vec<i64>> {
    diesel::insert_into(users::table).values(rows).execute(client)?;
    let first = last(client)?;
    Ok((first..first + rows.len() as i64).collect())
}

pub fn insert_post(client: &mut Client, post: NewPost) -> QueryResult<i64> {
    diesel::insert_into(posts::table).values(post).execute(client)?;
    last(client)
}
