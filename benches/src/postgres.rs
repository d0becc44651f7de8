//! PostgreSQL as an expert uses it: the `postgres` crate, statements prepared once, rows inserted by arrays.

use crate::contestant::{Contestant, Outcome, filter_of, hair, key};
use postgres::types::ToSql;
use postgres::{Client, NoTls, Row, Statement};
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

fn user(row: &Row) -> User {
    User { id: row.get(0), name: row.get(1), hair_color: row.get(2) }
}

fn post(row: &Row, at: usize) -> Post {
    Post { id: row.get(at), user_id: row.get(at + 1), title: row.get(at + 2), body: row.get(at + 3) }
}

pub struct Raw {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Raw {
    pub fn open(url: &str) -> Result<Raw, Failure> {
        Ok(Raw { client: Client::connect(url, NoTls)?, statements: HashMap::new() })
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, postgres::Error> {
        let statement = self.prepare(sql)?;
        self.client.query(&statement, values)
    }

    fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, postgres::Error> {
        let statement = self.prepare(sql)?;
        self.client.execute(&statement, values)
    }

    fn users(&mut self) -> Result<Vec<User>, postgres::Error> {
        Ok(self.query("SELECT id, name, hair_color FROM users", &[])?.iter().map(user).collect())
    }
}

impl Contestant for Raw {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        statements.iter().try_for_each(|statement| self.client.batch_execute(statement))?;
        Ok(())
    }

    fn load(&mut self, _n: u64) -> Outcome {
        Ok(self.users()?.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let sql = "SELECT u.id, u.name, u.hair_color, p.id, p.user_id, p.title, p.body FROM users u \
                   JOIN posts p ON p.user_id = u.id WHERE u.hair_color = $1 LIMIT $2";
        let rows = self.query(sql, &[&"black", &(n as i64)])?;
        let rows: Vec<(User, Post)> = rows.iter().map(|row| (user(row), post(row, 3))).collect();
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let users = self.users()?;
        let keys: Vec<i64> = users.iter().map(|user| user.id).collect();
        let posts = self.query("SELECT id, user_id, title, body FROM posts WHERE user_id = ANY($1)", &[&keys])?;
        let posts: Vec<Post> = posts.iter().map(|row| post(row, 0)).collect();
        let keys: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let comments = self.query("SELECT id, post_id, text FROM comments WHERE post_id = ANY($1)", &[&keys])?;
        let mut of_post: HashMap<i64, Vec<Comment>> = HashMap::new();
        for row in &comments {
            let comment = Comment { id: row.get(0), post_id: row.get(1), text: row.get(2) };
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
        let names: Vec<String> = (0..n).map(|at| format!("User {at}")).collect();
        let hairs: Vec<Option<&str>> = (0..n).map(hair).collect();
        self.execute("BEGIN", &[])?;
        let keys = match n {
            1 => self
                .query("INSERT INTO users (name, hair_color) VALUES ($1, $2) RETURNING id", &[&names[0], &hairs[0]])?,
            _ => self.query(
                "INSERT INTO users (name, hair_color) SELECT * FROM unnest($1::text[], $2::text[]) RETURNING id",
                &[&names, &hairs],
            )?,
        };
        let keys: Vec<i64> = keys.iter().map(|row| row.get(0)).collect();
        self.execute("COMMIT", &[])?;
        Ok(keys.len() as u64)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut found = 0;
        for at in 0..n {
            let id = key(turn + at) as i64;
            let rows = self.query("SELECT id, name, hair_color FROM users WHERE id = $1", &[&id])?;
            found += rows.iter().map(user).count() as u64;
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        self.execute("BEGIN", &[])?;
        let mut changed = 0;
        for user in self.users()? {
            changed +=
                self.execute("UPDATE users SET name = $1 WHERE id = $2", &[&format!("Name {turn}"), &user.id])?;
        }
        self.execute("COMMIT", &[])?;
        Ok(changed)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn) as i64;
        self.execute("BEGIN", &[])?;
        let users = self.query("SELECT id, name, hair_color FROM users WHERE id = $1", &[&id])?;
        let found = users.iter().map(user).count() as u64;
        let sql = "INSERT INTO posts (user_id, title, body) VALUES ($1, $2, $3) RETURNING id";
        let post: i64 = self.query(sql, &[&id, &"A title", &"A body of some words"])?[0].get(0);
        let changed = self.execute("UPDATE users SET name = $1 WHERE id = $2", &[&format!("Name {turn}"), &id])?;
        let deleted = self.execute("DELETE FROM posts WHERE id = $1", &[&post])?;
        self.execute("COMMIT", &[])?;
        Ok(found + changed + deleted)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        let filter = filter_of(turn);
        let mut sql = String::from("SELECT id, name, hair_color FROM users");
        let mut values: Vec<&(dyn ToSql + Sync)> = Vec::new();
        let mut add = |condition: &str, value| {
            sql.push_str(if values.is_empty() { " WHERE " } else { " AND " });
            values.push(value);
            sql.push_str(&format!("{condition} ${}", values.len()));
        };
        if let Some(above) = &filter.above {
            add("id >", above);
        }
        if let Some(hair) = &filter.hair {
            add("hair_color =", hair);
        }
        if let Some(name) = &filter.not_named {
            add("name <>", name);
        }
        sql.push_str(" ORDER BY id LIMIT 10");
        let users: Vec<User> = self.query(&sql, &values)?.iter().map(user).collect();
        Ok(users.len() as u64)
    }
}
