//! SQLite as an expert uses it: `rusqlite` with cached statements, one prepared INSERT in a loop.

use crate::contestant::{Contestant, Outcome, filter_of, hair, key};
use rusqlite::{Connection, Row, ToSql, params};
use std::collections::HashMap;

type Failure = Box<dyn std::error::Error>;

#[allow(dead_code)]
struct User {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[allow(dead_code)]
struct Post {
    id: i64,
    user_id: i64,
    title: String,
    body: String,
}

#[allow(dead_code)]
struct Comment {
    id: i64,
    post_id: i64,
    text: String,
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)? })
}

fn post(row: &Row<'_>, at: usize) -> rusqlite::Result<Post> {
    Ok(Post { id: row.get(at)?, user_id: row.get(at + 1)?, title: row.get(at + 2)?, body: row.get(at + 3)? })
}

pub struct Raw {
    client: Connection,
}

impl Raw {
    pub fn open() -> Result<Raw, Failure> {
        let client = Connection::open_in_memory()?;
        client.set_prepared_statement_cache_capacity(100);
        Ok(Raw { client })
    }

    fn users(&self) -> rusqlite::Result<Vec<User>> {
        let mut statement = self.client.prepare_cached("SELECT id, name, hair_color FROM users")?;
        statement.query_map([], user)?.collect()
    }

    fn in_transaction<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        self.client.prepare_cached("BEGIN")?.execute([])?;
        let result = work(&self.client)?;
        self.client.prepare_cached("COMMIT")?.execute([])?;
        Ok(result)
    }
}

impl Contestant for Raw {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        statements.iter().try_for_each(|statement| self.client.execute_batch(statement))?;
        Ok(())
    }

    fn load(&mut self, _n: u64) -> Outcome {
        Ok(self.users()?.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let mut statement = self.client.prepare_cached(
            "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM users u \
             JOIN posts p ON p.user_id = u.id WHERE u.hair_color = ? LIMIT ?",
        )?;
        let rows: Vec<(User, Post)> = statement
            .query_map(params!["black", n as i64], |row| Ok((user(row)?, post(row, 3)?)))?
            .collect::<Result<_, _>>()?;
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let users = self.users()?;
        let marks = |n: usize| vec!["?"; n].join(", ");
        let sql = format!("SELECT id, user_id, title, body FROM posts WHERE user_id IN ({})", marks(users.len()));
        let mut statement = self.client.prepare_cached(&sql)?;
        let keys = rusqlite::params_from_iter(users.iter().map(|user| user.id));
        let posts: Vec<Post> = statement.query_map(keys, |row| post(row, 0))?.collect::<Result<_, _>>()?;
        let sql = format!("SELECT id, post_id, text FROM comments WHERE post_id IN ({})", marks(posts.len()));
        let mut statement = self.client.prepare_cached(&sql)?;
        let keys = rusqlite::params_from_iter(posts.iter().map(|post| post.id));
        let comments: Vec<Comment> = statement
            .query_map(keys, |row| Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? }))?
            .collect::<Result<_, _>>()?;
        let mut of_post: HashMap<i64, Vec<Comment>> = HashMap::new();
        for comment in comments {
            of_post.entry(comment.post_id).or_default().push(comment);
        }
        let mut of_user: HashMap<i64, Vec<(Post, Vec<Comment>)>> = HashMap::new();
        for post in posts {
            let comments = of_post.remove(&post.id).unwrap_or_default();
            of_user.entry(post.user_id).or_default().push((post, comments));
        }
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>)> = users
            .into_iter()
            .map(|user| {
                let posts = of_user.remove(&user.id).unwrap_or_default();
                (user, posts)
            })
            .collect();
        Ok(users.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum())
    }

    fn insert(&mut self, n: u64) -> Outcome {
        let users: Vec<(String, Option<&str>)> = (0..n).map(|at| (format!("User {at}"), hair(at))).collect();
        let keys = self.in_transaction(|client| {
            let mut statement = client.prepare_cached("INSERT INTO users (name, hair_color) VALUES (?, ?)")?;
            let insert = |(name, hair): &(String, Option<&str>)| statement.insert(params![name, hair]);
            users.iter().map(insert).collect::<Result<Vec<i64>, _>>()
        })?;
        Ok(keys.len() as u64)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut found = 0;
        for at in 0..n {
            let mut statement = self.client.prepare_cached("SELECT id, name, hair_color FROM users WHERE id = ?")?;
            statement.query_row([key(turn + at) as i64], user)?;
            found += 1;
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        let changed = self.in_transaction(|client| {
            let mut changed = 0;
            let users = self.users()?;
            let mut statement = client.prepare_cached("UPDATE users SET name = ? WHERE id = ?")?;
            for user in users {
                changed += statement.execute(params![format!("Name {turn}"), user.id])?;
            }
            Ok(changed)
        })?;
        Ok(changed as u64)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn) as i64;
        let done = self.in_transaction(|client| {
            client.prepare_cached("SELECT id, name, hair_color FROM users WHERE id = ?")?.query_row([id], user)?;
            let post = client
                .prepare_cached("INSERT INTO posts (user_id, title, body) VALUES (?, ?, ?)")?
                .insert(params![id, "A title", "A body of some words"])?;
            let changed = client
                .prepare_cached("UPDATE users SET name = ? WHERE id = ?")?
                .execute(params![format!("Name {turn}"), id])?;
            Ok(1 + changed + client.prepare_cached("DELETE FROM posts WHERE id = ?")?.execute([post])?)
        })?;
        Ok(done as u64)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        let filter = filter_of(turn);
        let mut sql = String::from("SELECT id, name, hair_color FROM users");
        let mut values: Vec<&dyn ToSql> = Vec::new();
        let mut add = |condition: &str, value| {
            sql.push_str(if values.is_empty() { " WHERE " } else { " AND " });
            sql.push_str(condition);
            values.push(value);
        };
        if let Some(above) = &filter.above {
            add("id > ?", above);
        }
        if let Some(hair) = &filter.hair {
            add("hair_color = ?", hair);
        }
        if let Some(name) = &filter.not_named {
            add("name <> ?", name);
        }
        sql.push_str(" ORDER BY id LIMIT 10");
        let mut statement = self.client.prepare_cached(&sql)?;
        let users: Vec<User> = statement.query_map(&*values, user)?.collect::<Result<_, _>>()?;
        Ok(users.len() as u64)
    }
}
