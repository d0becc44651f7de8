//! MariaDB and MySQL as an expert uses them: the `mysql` crate, cached statements, rows inserted by statements of 1000.

use crate::contestant::{Contestant, Outcome, filter_of, hair, key};
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, Params, Row, Value};
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

fn user((id, name, hair_color): (i64, String, Option<String>)) -> User {
    User { id, name, hair_color }
}

fn post((id, user_id, title, body): (i64, i64, String, String)) -> Post {
    Post { id, user_id, title, body }
}

pub struct Raw {
    client: Conn,
}

impl Raw {
    pub fn open(url: &str) -> Result<Raw, Failure> {
        let url = format!("{}?stmt_cache_size=100", url.replace("mariadb://", "mysql://"));
        Ok(Raw { client: Conn::new(Opts::from_url(&url)?)? })
    }

    fn execute(&mut self, sql: &str, values: impl Into<Params>) -> mysql::Result<u64> {
        self.client.exec_drop(sql, values)?;
        Ok(self.client.affected_rows())
    }

    fn users(&mut self) -> mysql::Result<Vec<User>> {
        self.client.exec_map("SELECT id, name, hair_color FROM users", (), user)
    }
}

impl Contestant for Raw {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        statements.iter().try_for_each(|statement| self.client.query_drop(statement))?;
        Ok(())
    }

    fn load(&mut self, _n: u64) -> Outcome {
        Ok(self.users()?.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let sql = "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM users u \
                   JOIN posts p ON p.user_id = u.id WHERE u.hair_color = ? LIMIT ?";
        let rows: Vec<(User, Post)> = self.client.exec_map(sql, ("black", n), |row: Row| {
            let (id, name, hair, post_id, user_id, title, body) = mysql::from_row(row);
            (user((id, name, hair)), post((post_id, user_id, title, body)))
        })?;
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let users = self.users()?;
        let marks = |n: usize| vec!["?"; n].join(", ");
        let keys: Vec<Value> = users.iter().map(|user| user.id.into()).collect();
        let sql = format!("SELECT id, user_id, title, body FROM posts WHERE user_id IN ({})", marks(keys.len()));
        let posts: Vec<Post> = self.client.exec_map(sql, keys, post)?;
        let keys: Vec<Value> = posts.iter().map(|post| post.id.into()).collect();
        let sql = format!("SELECT id, post_id, text FROM comments WHERE post_id IN ({})", marks(keys.len()));
        let comments: Vec<Comment> =
            self.client.exec_map(sql, keys, |(id, post_id, text)| Comment { id, post_id, text })?;
        let mut of_post: HashMap<i64, Vec<Comment>> = HashMap::new();
        for comment in comments {
            of_post.entry(comment.post_id).or_default().push(comment);
        }
        let mut of_user: HashMap<i64, Vec<(Post, Vec<Comment>)>> = HashMap::new();
        for post in posts {
            let comments = of_post.remove(&post.id).unwrap_or_default();
            of_user.entry(post.user_id).or_default().push((post, comments));
        }
        let users = users.into_iter().map(|user| {
            let posts = of_user.remove(&user.id).unwrap_or_default();
            (user, posts)
        });
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>)> = users.collect();
        Ok(users.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum())
    }

    fn insert(&mut self, n: u64) -> Outcome {
        let users: Vec<(String, Option<&str>)> = (0..n).map(|at| (format!("User {at}"), hair(at))).collect();
        self.client.query_drop("BEGIN")?;
        let mut keys = Vec::new();
        for chunk in users.chunks(1000) {
            let sql = format!("INSERT INTO users (name, hair_color) VALUES {}", vec!["(?, ?)"; chunk.len()].join(", "));
            let values: Vec<Value> = chunk.iter().flat_map(|(name, hair)| [name.into(), (*hair).into()]).collect();
            self.execute(&sql, values)?;
            let first = self.client.last_insert_id();
            keys.extend(first..first + chunk.len() as u64);
        }
        self.client.query_drop("COMMIT")?;
        Ok(keys.len() as u64)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut found = 0;
        for at in 0..n {
            let row =
                self.client.exec_first("SELECT id, name, hair_color FROM users WHERE id = ?", (key(turn + at),))?;
            found += u64::from(row.map(user).is_some());
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        self.client.query_drop("BEGIN")?;
        let mut changed = 0;
        for user in self.users()? {
            changed += self.execute("UPDATE users SET name = ? WHERE id = ?", (format!("Name {turn}"), user.id))?;
        }
        self.client.query_drop("COMMIT")?;
        Ok(changed)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn);
        self.client.query_drop("BEGIN")?;
        let found = self.client.exec_first("SELECT id, name, hair_color FROM users WHERE id = ?", (id,))?;
        let found = u64::from(found.map(user).is_some());
        let sql = "INSERT INTO posts (user_id, title, body) VALUES (?, ?, ?)";
        self.execute(sql, (id, "A title", "A body of some words"))?;
        let post = self.client.last_insert_id();
        let changed = self.execute("UPDATE users SET name = ? WHERE id = ?", (format!("Name {turn}"), id))?;
        let deleted = self.execute("DELETE FROM posts WHERE id = ?", (post,))?;
        self.client.query_drop("COMMIT")?;
        Ok(found + changed + deleted)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        let filter = filter_of(turn);
        let mut sql = String::from("SELECT id, name, hair_color FROM users");
        let mut values: Vec<Value> = Vec::new();
        let mut add = |condition: &str, value| {
            sql.push_str(if values.is_empty() { " WHERE " } else { " AND " });
            sql.push_str(condition);
            values.push(value);
        };
        if let Some(above) = filter.above {
            add("id > ?", above.into());
        }
        if let Some(hair) = filter.hair {
            add("hair_color = ?", hair.into());
        }
        if let Some(name) = filter.not_named {
            add("name <> ?", name.into());
        }
        sql.push_str(" ORDER BY id LIMIT 10");
        let values = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let users: Vec<User> = self.client.exec_map(sql, values, user)?;
        Ok(users.len() as u64)
    }
}
