//! The first things that must work: a schema, an insert, a query, a change, a delete.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 80)]
    username: String,
    email: Option<String>,
    #[orm(column = "is_admin")]
    admin: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", index(author, title))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    score: f64,
    #[orm(on_delete = "cascade")]
    author: Ref<User>,
}

fn user(name: &str) -> User {
    User { id: 0, username: name.into(), email: None, admin: false }
}

on_every_backend! {
    fn a_parent_and_its_child_are_added_changed_and_deleted(db) {
        Schema::of::<(User, Post)>().create_all(&db.engine)?;
        Schema::of::<(User, Post)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let post = session.add(Post { id: 0, title: "hello".into(), score: 1.5, author: Ref::from(7) });
        let alice = session.add(user("alice"));
        session[post].author = alice.into();
        session.commit()?;
        assert_ne!(session[alice].id, 0);
        assert_eq!(session[post].author.key(), Some(&session[alice].id));

        session[alice].email = Some("alice@example.org".into());
        session.commit()?;
        let mut connection = db.engine.connect()?;
        let users: Vec<User> = connection.all(select::<User>())?;
        assert_eq!(users, [session[alice].clone()]);
        let found: Vec<(String, Option<String>)> = connection.all(
            select::<User>().left_join(|u| u.posts).filter(|(u, _)| u.username.eq("alice")).columns(|(u, p)| (u.username, p.title)),
        )?;
        assert_eq!(found, [("alice".to_owned(), Some("hello".to_owned()))]);
        drop(connection);

        let author = session.get(session[post].author)?;
        assert_eq!(author, Some(alice));
        session.delete(post);
        session.delete(alice);
        session.commit()?;
        assert_eq!(session.count(select::<User>())?, 0);
        session.commit()?; // the count began a transaction, and its locks would keep the tables
        Schema::of::<(User, Post)>().drop_all(&db.engine)?;
    }

    fn many_rows_get_their_own_keys(db) {
        Schema::of::<(User, Post)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let users = session.add_all((0..2500).map(|n| user(&format!("user {n}"))));
        db.statements();
        session.commit()?;
        assert!(db.statements().len() <= 40, "{:?}", db.statements().len());
        let mut connection = db.engine.connect()?;
        let rows: Vec<(i64, String)> = connection.all(select::<User>().columns(|u| (u.id, u.username)))?;
        assert_eq!(rows.len(), 2500);
        let by_id: std::collections::HashMap<i64, String> = rows.into_iter().collect();
        for user in users {
            assert_eq!(by_id.get(&session[user].id), Some(&session[user].username));
        }
    }
}
