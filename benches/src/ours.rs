//! `orm` itself: plain structs on a connection, and objects in a session.

use crate::contestant::{Contestant, Outcome, filter_of, hair, key};
use orm::prelude::*;

type Failure = Box<dyn std::error::Error>;

#[derive(Model, Clone, Debug)]
#[orm(table = "users", has_many(posts = Post::user))]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    hair_color: Option<String>,
}

#[derive(Model, Clone, Debug)]
#[orm(table = "posts", has_many(comments = Comment::post))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    user: Ref<User>,
    title: String,
    body: String,
}

#[derive(Model, Clone, Debug)]
#[orm(table = "comments")]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    post: Ref<Post>,
    text: String,
}

fn new_user(at: u64) -> User {
    User { id: 0, name: format!("User {at}"), hair_color: hair(at).map(str::to_owned) }
}

fn new_post(user: u64) -> Post {
    Post { id: 0, user: (user as i64).into(), title: "A title".into(), body: "A body of some words".into() }
}

fn pairs(
    n: u64,
) -> orm::Select<impl orm::Scope, impl orm::Output<Plain = (User, Post), Managed = (Handle<User>, Handle<Post>)>> {
    select::<User>().join(|u| u.posts).filter(|(u, _)| u.hair_color.eq("black")).limit(n).columns(|(u, p)| (u, p))
}

fn filtered(turn: u64) -> Query<User> {
    let filter = filter_of(turn);
    let mut query = select::<User>().order_by(|u| u.id).limit(10);
    if let Some(above) = filter.above {
        query = query.filter(|u| u.id.gt(above));
    }
    if let Some(hair) = filter.hair {
        query = query.filter(|u| u.hair_color.eq(hair));
    }
    if let Some(name) = filter.not_named {
        query = query.filter(|u| u.name.ne(name));
    }
    query
}

fn run(connection: &mut Connection, statements: &[String]) -> Result<(), Failure> {
    for statement in statements {
        connection.driver_connection().batch(statement)?;
    }
    Ok(())
}

pub struct Plain {
    connection: Connection,
}

impl Plain {
    pub fn open(url: &str) -> Result<Plain, Failure> {
        Ok(Plain { connection: orm::create_engine(url)?.connect()? })
    }
}

impl Contestant for Plain {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        run(&mut self.connection, statements)
    }

    fn load(&mut self, _n: u64) -> Outcome {
        let users: Vec<User> = self.connection.all(select::<User>())?;
        Ok(users.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let rows: Vec<(User, Post)> = self.connection.all(pairs(n))?;
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>)> =
            self.connection.all(select::<User>().with(|u| u.posts.with(|p| p.comments)))?;
        Ok(users.iter().flat_map(|(_, posts)| posts).map(|(_, comments)| comments.len() as u64).sum())
    }

    fn insert(&mut self, n: u64) -> Outcome {
        let users: Vec<User> = (0..n).map(new_user).collect();
        let mut transaction = self.connection.begin()?;
        let count = if transaction.dialect().returning.insert {
            let keys: Vec<i64> = transaction.all(insert(&users).returning(|u| u.id))?;
            keys.len() as u64
        } else {
            transaction.execute(insert(&users))?
        };
        transaction.commit()?;
        Ok(count)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut found = 0;
        for at in 0..n {
            let id = key(turn + at) as i64;
            let user: Option<User> = self.connection.one_or_none(select::<User>().filter(|u| u.id.eq(id)))?;
            found += u64::from(user.is_some());
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        let mut transaction = self.connection.begin()?;
        let users: Vec<User> = transaction.all(select::<User>())?;
        let mut changed = 0;
        for user in users {
            let name = format!("Name {turn}");
            changed += transaction.execute(update::<User>().set(|u| u.name.to(name)).filter(|u| u.id.eq(user.id)))?;
        }
        transaction.commit()?;
        Ok(changed)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn);
        let mut transaction = self.connection.begin()?;
        let user: Option<User> = transaction.one_or_none(select::<User>().filter(|u| u.id.eq(id as i64)))?;
        let posts = [new_post(id)];
        let post = if transaction.dialect().returning.insert {
            transaction.one(insert(&posts).returning(|p| p.id))?
        } else {
            transaction.execute(insert(&posts))?;
            0
        };
        let name = format!("Name {turn}");
        let changed = transaction.execute(update::<User>().set(|u| u.name.to(name)).filter(|u| u.id.eq(id as i64)))?;
        let delete = if post == 0 {
            transaction.execute(delete::<Post>().filter(|p| p.user.eq(id as i64)))?
        } else {
            transaction.execute(delete::<Post>().filter(|p| p.id.eq(post)))?
        };
        transaction.commit()?;
        Ok(u64::from(user.is_some()) + changed + delete)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        let users: Vec<User> = self.connection.all(filtered(turn))?;
        Ok(users.len() as u64)
    }
}

/// A session for each run.
pub struct InSession {
    engine: Engine,
    /// For the scripts: a connection that ran raw SQL is reset when it goes back, and prepares its statements again.
    other: Engine,
}

impl InSession {
    pub fn open(url: &str) -> Result<InSession, Failure> {
        let engine = orm::create_engine(url)?;
        let other = if engine.pool().is_single_connection() { engine.clone() } else { orm::create_engine(url)? };
        Ok(InSession { engine, other })
    }
}

impl Contestant for InSession {
    fn script(&mut self, statements: &[String]) -> Result<(), Failure> {
        run(&mut self.other.connect()?, statements)
    }

    fn load(&mut self, _n: u64) -> Outcome {
        Ok(self.engine.session().all(select::<User>())?.len() as u64)
    }

    fn join(&mut self, n: u64) -> Outcome {
        let rows: Vec<(Handle<User>, Handle<Post>)> = self.engine.session().all(pairs(n))?;
        Ok(rows.len() as u64)
    }

    fn nested(&mut self) -> Outcome {
        let mut session = self.engine.session();
        let mut comments = 0;
        for user in session.all(select::<User>().with(|u| u.posts.with(|p| p.comments)))? {
            for post in session.related(user, |u| u.posts)? {
                comments += session.related(post, |p| p.comments)?.len() as u64;
            }
        }
        Ok(comments)
    }

    fn insert(&mut self, n: u64) -> Outcome {
        let mut session = self.engine.session();
        let users: Vec<Handle<User>> = (0..n).map(|at| session.add(new_user(at))).collect();
        session.commit()?;
        Ok(users.iter().filter(|user| session[**user].id != 0).count() as u64)
    }

    fn lookup(&mut self, n: u64, turn: u64) -> Outcome {
        let mut session = self.engine.session();
        let mut found = 0;
        for at in 0..n {
            found += u64::from(session.get::<User>(key(turn + at) as i64)?.is_some());
        }
        Ok(found)
    }

    fn update(&mut self, _n: u64, turn: u64) -> Outcome {
        let mut session = self.engine.session();
        let users = session.all(select::<User>())?;
        for &user in &users {
            session[user].name = format!("Name {turn}");
        }
        session.commit()?;
        Ok(users.len() as u64)
    }

    fn mix(&mut self, turn: u64) -> Outcome {
        let id = key(turn);
        let mut session = self.engine.session();
        let user = session.get::<User>(id as i64)?.ok_or("no user")?;
        let post = session.add(new_post(id));
        session[user].name = format!("Name {turn}");
        session.flush()?;
        session.delete(post);
        session.commit()?;
        Ok(3)
    }

    fn filter(&mut self, turn: u64) -> Outcome {
        Ok(self.engine.session().all(filtered(turn))?.len() as u64)
    }
}
