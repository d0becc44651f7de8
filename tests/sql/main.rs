//! The SQL text of every construct, for all dialects side by side, without a database.
//!
//! `UPDATE_EXPECT=1 cargo test --test sql` writes what comes out into the tests; read the difference before you keep it.

mod clauses;
mod conditions;
#[cfg(feature = "rust_decimal")]
mod decimals;
mod deep;
mod expressions;
mod inserts;
mod joins;
mod limits;
mod lists;
mod references;
mod scopes;
mod selects;
mod subqueries;
mod windows;
mod writes;

use expect_test::{Expect, expect};
use orm::dialect::Dialect;
use orm::prelude::*;
use orm::{Delete, Insert, Returning, Update};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author), many_to_many(groups = Membership::user => Membership::group))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 80)]
    name: String,
    email: Option<String>,
    #[orm(column = "is_admin")]
    admin: bool,
    age: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts")]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    score: f64,
    author: Ref<User>,
    editor: Option<Ref<User>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups")]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

/// A key of two references.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "memberships", has_many(notes = Note::about))]
struct Membership {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
}

/// References of two columns.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    about: Ref<Membership>,
    reply: Option<Ref<Membership>>,
}

/// A table that counts its updates, with more than one unique key.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "pages")]
struct Page {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    path: String,
    #[orm(unique, length = 40)]
    title: String,
    #[orm(version)]
    version: i32,
}

/// What shows its SQL.
trait ToSql {
    fn texts(&self, dialect: &'static Dialect) -> orm::Result<Vec<String>>;
}
// impl<S, O> ToSql for Select<S, O>: its one text
macro_rules! to_sql { ($([$($generics:ident: $bound:path),*] $t:ty;)*) => { $(
    impl<$($generics: $bound),*> ToSql for $t {
        fn texts(&self, dialect: &'static Dialect) -> orm::Result<Vec<String>> {
            Ok(vec![self.to_sql(dialect)?.to_string()])
        }
    }
)* } }
to_sql! {
    [S: Scope, O: Output] Select<S, O>;
    [M: Model, G: Sized] Update<M, G>;
    [M: Model, G: Sized] Delete<M, G>;
    [M: Model, G: Sized, O: Output] Returning<Update<M, G>, O>;
    [M: Model, G: Sized, O: Output] Returning<Delete<M, G>, O>;
    [] Sql;
}
impl<M: Model> ToSql for Insert<'_, M> {
    fn texts(&self, dialect: &'static Dialect) -> orm::Result<Vec<String>> {
        Ok(self.to_sql(dialect)?.iter().map(ToString::to_string).collect())
    }
}
impl<M: Model, O: Output> ToSql for Returning<Insert<'_, M>, O> {
    fn texts(&self, dialect: &'static Dialect) -> orm::Result<Vec<String>> {
        Ok(self.to_sql(dialect)?.iter().map(ToString::to_string).collect())
    }
}
/// The count and the existence test of a query.
struct Asked<S, O>(Select<S, O>);
impl<S, O> ToSql for Asked<S, O> {
    fn texts(&self, dialect: &'static Dialect) -> orm::Result<Vec<String>> {
        let count = orm::compile::count_statement(self.0.body(), dialect, &orm::compile::unresolved)?.to_string();
        let exists = orm::compile::exists_statement(self.0.body(), dialect, &orm::compile::unresolved)?.to_string();
        Ok(vec![count, exists])
    }
}

/// Compares the texts of all dialects; those with one text share it.
#[track_caller]
fn check(statement: impl ToSql, expect: Expect) {
    let mut shown: Vec<(Vec<&str>, String)> = Vec::new();
    for dialect in Dialect::all() {
        let text = match statement.texts(dialect) {
            Ok(texts) => texts.join("\n"),
            Err(error) => format!("{:?}: {error}", error.kind()),
        };
        match shown.iter_mut().find(|(_, other)| *other == text) {
            Some((names, _)) => names.push(dialect.name),
            None => shown.push((vec![dialect.name], text)),
        }
    }
    let blocks = shown.into_iter().map(|(names, text)| format!("-- {}\n{text}\n", names.join(", ")));
    expect.assert_eq(&blocks.collect::<String>());
}

/// Compares the texts of a condition on users, without what stands before it.
#[track_caller]
fn filter<C: orm::Condition>(condition: impl FnOnce(UserFields) -> C, expect: Expect) {
    check(select::<User>().columns(|u| u.id).filter(condition), expect);
}

fn user(id: i64, name: &str) -> User {
    User { id, name: name.into(), email: None, admin: false, age: 7 }
}
