//! The models of the tour, each relation among them, and what their tables look like.
#![deny(missing_docs, warnings)]
#![forbid(unsafe_code)]

use orm::prelude::*;

/// A user.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author), many_to_many(groups = Membership::user => Membership::group))]
#[orm(has_one(profile = Profile::user))]
pub struct User {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    #[orm(unique, length = 80)]
    pub username: String,
    /// Where to write to.
    pub email: Option<String>,
    /// Whether the user may do anything.
    #[orm(column = "is_admin")]
    pub admin: bool,
}

/// A post.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", has_many(comments = Comment::post), index(author, title))]
pub struct Post {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The title.
    pub title: String,
    /// The score.
    pub score: f64,
    /// Who wrote it.
    #[orm(on_delete = "cascade")]
    pub author: Ref<User>,
}

/// A comment.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "comments")]
pub struct Comment {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The post.
    pub post: Ref<Post>,
    /// Who wrote it; nobody when the user is gone.
    #[orm(on_delete = "set_null")]
    pub author: Option<Ref<User>>,
    /// The comment that it answers.
    pub parent: Option<Ref<Self>>,
}

/// A group.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(many_to_many(users = Membership::group => Membership::user))]
pub struct Group {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The name.
    pub name: String,
}

/// Who is in which group.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(has_many(notes = Note::membership))]
pub struct Membership {
    /// The user.
    #[orm(primary_key)]
    pub user: Ref<User>,
    /// The group.
    #[orm(primary_key)]
    pub group: Ref<Group>,
    /// Since when.
    pub year: i32,
}

/// A note on a membership: a reference of two columns.
#[derive(Model, Clone, Debug, PartialEq)]
pub struct Note {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    /// The membership.
    pub membership: Ref<Membership>,
    /// The text.
    pub text: String,
}

/// More of a user: its key is the user's.
#[derive(Model, Clone, Debug, PartialEq)]
pub struct Profile {
    /// The user.
    #[orm(primary_key)]
    pub user: Ref<User>,
    /// What the user says.
    pub bio: String,
}

/// Runs.
pub fn main() {
    let users = User::table();
    assert_eq!(users.name, "users");
    assert_eq!(names(users), ["id", "username", "email", "is_admin"]);
    assert_eq!((users.primary_key.as_slice(), users.generated), ([0].as_slice(), Some(0)));
    assert_eq!(users.uniques[0].name, "users_username_key");
    assert_eq!(users.columns[1].length, Some(80));
    assert!(users.columns[2].nullable && !users.columns[1].nullable);

    let posts = Post::table();
    assert_eq!(names(posts), ["id", "title", "score", "author_id"]);
    assert_eq!(posts.indexes[0].columns, [3, 1]);
    assert_eq!((posts.foreign_keys[0].target)(), users);
    assert_eq!(posts.foreign_keys[0].on_delete.sql(), "CASCADE");
    assert_eq!((Comment::table().foreign_keys[2].target)(), Comment::table());

    assert_eq!(Group::table().name, "group");
    assert_eq!(names(Membership::table()), ["user_id", "group_id", "year"]);
    assert_eq!(Membership::table().primary_key, [0, 1]);
    assert_eq!(names(Note::table()), ["id", "membership_user_id", "membership_group_id", "text"]);
    assert_eq!(Profile::table().generated, None);

    let membership = Membership { user: 1.into(), group: 2.into(), year: 2020 };
    assert_eq!(membership.key_of(), Some((1, 2)));
    let profile = Profile { user: 7.into(), bio: String::new() };
    assert_eq!(profile.key_of(), Some(7));

    let at = orm::Binding { table: 3, column: 10, derived: false };
    let note = Note::fields::<Required>(at);
    let _: Field<String> = note.text;
    let user = User::fields::<Outer>(at);
    let _: HasMany<User, Post> = user.posts;
    let _: Field<Option<bool>> = user.admin;
    let _: Field<Option<String>> = user.email;
    let _: ManyToMany<User, Group, Membership> = user.groups;
    let _: HasOne<User, Profile> = user.profile;
}

fn names(table: &orm::schema::Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}
