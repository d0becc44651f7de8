//! The models that the tests of the session share, and what they ask of the database behind its back. Knows no session.

use crate::support::Db;
use orm::prelude::*;

/// Referred to by books.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "authors")]
pub(crate) struct Author {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(unique, length = 80)]
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) age: i32,
}

/// Needs its author, who cannot be deleted while it is there.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "books")]
pub(crate) struct Book {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(length = 80)]
    pub(crate) title: String,
    pub(crate) author: Ref<Author>,
}

/// A tree in one table.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "nodes")]
pub(crate) struct Node {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(length = 80)]
    pub(crate) name: String,
    pub(crate) parent: Option<Ref<Node>>,
}

/// A row under optimistic locking.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "accounts")]
pub(crate) struct Account {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(length = 80)]
    pub(crate) owner: String,
    pub(crate) balance: i64,
    #[orm(version)]
    pub(crate) version: i32,
}

pub(crate) fn author(name: &str) -> Author {
    Author { id: 0, name: name.into(), email: None, age: 30 }
}

pub(crate) fn book(title: &str, author: impl Into<Ref<Author>>) -> Book {
    Book { id: 0, title: title.into(), author: author.into() }
}

pub(crate) fn node(name: &str, parent: Option<Ref<Node>>) -> Node {
    Node { id: 0, name: name.into(), parent }
}

pub(crate) fn account(owner: &str, balance: i64) -> Account {
    Account { id: 0, owner: owner.into(), balance, version: 0 }
}

/// Makes the tables of authors, books, nodes and accounts.
pub(crate) fn create(db: &Db) -> orm::Result<()> {
    Schema::of::<(Author, Book, Node, Account)>().create_all(&db.engine)?;
    db.statements();
    Ok(())
}

/// All authors as another connection sees them, by key.
pub(crate) fn authors(db: &Db) -> orm::Result<Vec<Author>> {
    db.engine.connect()?.all(select::<Author>().order_by(|a| a.id.asc()))
}

/// The names of all authors as another connection sees them, by key.
pub(crate) fn names(db: &Db) -> orm::Result<Vec<String>> {
    Ok(authors(db)?.into_iter().map(|author| author.name).collect())
}

/// All books as another connection sees them, by key.
pub(crate) fn books(db: &Db) -> orm::Result<Vec<Book>> {
    db.engine.connect()?.all(select::<Book>().order_by(|b| b.id.asc()))
}

/// All accounts as another connection sees them, by key.
pub(crate) fn accounts(db: &Db) -> orm::Result<Vec<Account>> {
    db.engine.connect()?.all(select::<Account>().order_by(|a| a.id.asc()))
}

/// Gives an author another age by another connection.
pub(crate) fn set_age_elsewhere(db: &Db, id: i64, age: i32) -> orm::Result<()> {
    let rows = db.engine.connect()?.execute(update::<Author>().set(|a| a.age.to(age)).filter(|a| a.id.eq(id)))?;
    assert_eq!(rows, 1);
    Ok(())
}

/// Deletes an author by another connection.
pub(crate) fn delete_elsewhere(db: &Db, id: i64) -> orm::Result<()> {
    assert_eq!(db.engine.connect()?.execute(delete::<Author>().filter(|a| a.id.eq(id)))?, 1);
    Ok(())
}

/// The statements since the last look that begin with a word.
pub(crate) fn sent(db: &Db, word: &str) -> Vec<String> {
    db.statements().into_iter().filter(|sql| sql.starts_with(word)).collect()
}

/// The first word of each statement since the last look that writes.
pub(crate) fn writes(db: &Db) -> Vec<String> {
    let words = |sql: String| -> String { sql.split_whitespace().next().unwrap_or_default().to_owned() };
    db.statements()
        .into_iter()
        .map(words)
        .filter(|word| ["INSERT", "UPDATE", "DELETE"].contains(&word.as_str()))
        .collect()
}

/// What a closure panics with.
pub(crate) fn panic_text(work: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).expect_err("this must panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("a panic has a text").to_string(),
    }
}
