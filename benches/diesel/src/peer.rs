//! The workloads in Diesel, for the `Client` of the module above.

use super::{Client, keys};
use crate::Failure;
use crate::contestant::{Contestant, Outcome, filter_of, hair, key};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

diesel::table! {
    users (id) { id -> BigInt, name -> Text, hair_color -> Nullable<Text>, }
}
diesel::table! {
    posts (id) { id -> BigInt, user_id -> BigInt, title -> Text, body -> Text, }
}
diesel::table! {
    comments (id) { id -> BigInt, post_id -> BigInt, text -> Text, }
}
diesel::joinable!(posts -> users (user_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, comments);

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    #[allow(dead_code)]
    name: String,
    #[allow(dead_code)]
    hair_color: Option<String>,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = posts, belongs_to(User))]
#[allow(dead_code)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = comments, belongs_to(Post))]
#[allow(dead_code)]
struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

// Without the second attribute a `None` is the column's default, which SQLite cannot write in VALUES: Diesel then sends each row as
// a statement of its own, and prepares each anew.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewUser {
    name: String,
    hair_color: Option<&'static str>,
}

#[derive(Insertable)]
#[diesel(table_name = posts)]
pub struct NewPost {
    user_id: i64,
    title: &'static str,
    body: &'static str,
}

pub struct Peer {
    client: Client,
}

impl Peer {
    pub fn open(url: &str) -> Result<Peer, Failure> {
        Ok(Peer { client: Client::establish(url)? })
    }
}

impl Contestant for Peer {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        statements.iter().try_for_each(|statement| self.client.batch_execute(statement))?;
        Ok(())
    }

    fn load(&mut self, _n: u64) -> Outcome {
        Ok(users::table.select(User::as_select()).load(&mut self.client)?.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let rows: Vec<(User, Post)> = users::table
            .inner_join(posts::table)
            .filter(users::hair_color.eq("black"))
            .limit(n as i64)
            .select((User::as_select(), Post::as_select()))
            .load(&mut self.client)?;
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let users = users::table.select(User::as_select()).load(&mut self.client)?;
        let posts = Post::belonging_to(&users).select(Post::as_select()).load(&mut self.client)?;
        let comments = Comment::belonging_to(&posts).select(Comment::as_select()).load(&mut self.client)?;
        let comments = comments.grouped_by(&posts);
        let posts = posts.into_iter().zip(comments).grouped_by(&users);
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>)> = users.into_iter().zip(posts).collect();
        Ok(users.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum())
    }

    fn insert(&mut self, n: u64) -> Outcome {
        let rows: Vec<NewUser> =
            (0..n).map(|at| NewUser { name: format!("User {at}"), hair_color: hair(at) }).collect();
        let keys = self.client.transaction(|client| {
            let mut found: Vec<i64> = Vec::new();
            // SQLite takes at most 32 766 values in a statement.
            for chunk in rows.chunks(10_000) {
                found.extend(keys::insert_users(client, chunk)?);
            }
            Ok::<_, diesel::result::Error>(found)
        })?;
        Ok(keys.len() as u64)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut found = 0;
        for at in 0..n {
            let user = users::table
                .find(key(turn + at) as i64)
                .select(User::as_select())
                .first(&mut self.client)
                .optional()?;
            found += u64::from(user.is_some());
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        let changed = self.client.transaction(|client| {
            let mut changed = 0;
            for user in users::table.select(User::as_select()).load(client)? {
                let name = users::name.eq(format!("Name {turn}"));
                changed += diesel::update(users::table.find(user.id)).set(name).execute(client)?;
            }
            Ok::<_, diesel::result::Error>(changed)
        })?;
        Ok(changed as u64)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn) as i64;
        let done = self.client.transaction(|client| {
            let user = users::table.find(id).select(User::as_select()).first(client)?;
            let post = NewPost { user_id: id, title: "A title", body: "A body of some words" };
            let post = keys::insert_post(client, post)?;
            let name = users::name.eq(format!("Name {turn}"));
            let changed = diesel::update(users::table.find(user.id)).set(name).execute(client)?;
            Ok::<_, diesel::result::Error>(1 + changed + diesel::delete(posts::table.find(post)).execute(client)?)
        })?;
        Ok(done as u64)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        let filter = filter_of(turn);
        let mut query = users::table.select(User::as_select()).order(users::id).limit(10).into_boxed();
        if let Some(above) = filter.above {
            query = query.filter(users::id.gt(above));
        }
        if let Some(hair) = filter.hair {
            query = query.filter(users::hair_color.eq(hair));
        }
        if let Some(name) = filter.not_named {
            query = query.filter(users::name.ne(name));
        }
        Ok(query.load(&mut self.client)?.len() as u64)
    }
}
