//! What the examples in the documentation stand on: five models, an engine with a few rows, and short ways to ask about them.
//! For documentation tests only; no library may use it.
//!
//! | users | email | admin | posts | score | groups |
//! |---|---|---|---|---|---|
//! | 1 alice | alice@example.org | yes | 1 Hello, 2 Rust for breakfast | 4.5, 2.0 | rust, hiking |
//! | 2 bob | NULL | no | 3 A walk | 3.0 | hiking |
//! | 3 carol | carol@example.net | no | | | |
//!
//! Categories: in 1 food are 2 fruit and 4 bread, and in fruit are 3 apples.

// All of the crate, so that an example with models of its own can call this one `orm`, which is the name that the derives use.
pub use orm::prelude::*;
#[doc(hidden)]
pub use orm::*;

/// Rust's own `Result` where two types are given, and `orm`'s where one is: an example may write either.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Somebody who writes.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author), many_to_many(groups = Membership::user => Membership::group))]
pub struct User {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    #[orm(unique, length = 80)]
    pub username: String,
    /// The address, if it is known.
    pub email: Option<String>,
    /// Whether the user may do everything.
    #[orm(column = "is_admin")]
    pub admin: bool,
}

/// What somebody wrote.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", index(author, title))]
pub struct Post {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The title.
    pub title: String,
    /// How well it is liked.
    pub score: f64,
    /// Who wrote it.
    #[orm(on_delete = "cascade")]
    pub author: Ref<User>,
}

/// Several users.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups")]
pub struct Group {
    /// The key, which the program chooses.
    #[orm(primary_key, length = 40)]
    pub name: String,
}

/// A user in a group.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "memberships")]
pub struct Membership {
    /// Who.
    #[orm(primary_key, on_delete = "cascade")]
    pub user: Ref<User>,
    /// Where.
    #[orm(primary_key, on_delete = "cascade")]
    pub group: Ref<Group>,
}

/// A tree in one table.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "categories", has_many(children = Category::parent))]
pub struct Category {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    pub name: String,
    /// What it is in.
    pub parent: Option<Ref<Category>>,
}

/// A user who is no admin and has no address.
pub fn user(username: &str) -> User {
    User { id: 0, username: username.into(), email: None, admin: false }
}

/// A post of a user, with a score of zero.
pub fn post(title: &str, author: impl Into<Ref<User>>) -> Post {
    Post { id: 0, title: title.into(), score: 0.0, author: author.into() }
}

/// A database in memory with the rows of the table above.
pub fn engine() -> Engine {
    let engine = create_engine("sqlite::memory:").expect("the URL is right");
    fill(&engine).expect("the rows fit their tables");
    engine
}

fn fill(engine: &Engine) -> orm::Result<()> {
    Schema::of::<(User, Post, Group, Membership, Category)>().create_all(engine)?;
    let mut session = engine.session();
    let alice = session.add(User { email: Some("alice@example.org".into()), admin: true, ..user("alice") });
    let bob = session.add(user("bob"));
    session.add(User { email: Some("carol@example.net".into()), ..user("carol") });
    session.add(Post { score: 4.5, ..post("Hello", alice) });
    session.add(Post { score: 2.0, ..post("Rust for breakfast", alice) });
    session.add(Post { score: 3.0, ..post("A walk", bob) });
    for (user, group) in [(alice, "rust"), (alice, "hiking"), (bob, "hiking")] {
        if session.get::<Group>(group)?.is_none() {
            session.add(Group { name: group.into() });
        }
        session.add(Membership { user: user.into(), group: group.into() });
    }
    for (name, parent) in [("food", None), ("fruit", Some(1)), ("apples", Some(2)), ("bread", Some(1))] {
        session.add(Category { id: 0, name: name.into(), parent: parent.map(Ref::from) });
        session.flush()?; // one after the other: the keys are in this order
    }
    session.commit()
}

/// The names of the users that a query finds, in the order of their keys unless it has one.
pub fn names(query: Query<User>) -> Vec<String> {
    let query = query.order_by(|u| u.id).columns(|u| u.username);
    engine().connect().and_then(|mut connection| connection.all(query)).expect("the query is right")
}

/// The titles of the posts that a query finds, in the order of their keys unless it has one.
pub fn titles(query: Query<Post>) -> Vec<String> {
    let query = query.order_by(|p| p.id).columns(|p| p.title);
    engine().connect().and_then(|mut connection| connection.all(query)).expect("the query is right")
}

/// What an expression is for the user alice.
pub fn of_alice<P: orm::Project>(columns: impl FnOnce(UserFields<Required>) -> P) -> <P::Out as Output>::Plain {
    let query = select::<User>().filter(|u| u.username.eq("alice")).columns(columns);
    engine().connect().and_then(|mut connection| connection.one(query)).expect("the query is right")
}
