//! Relations in a session: loaded with a query by `.with(..)`, and kept right by what is flushed. Statements are counted.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "users",
    has_many(posts = Post::author, memberships = Membership::user),
    has_one(profile = Profile::user),
    many_to_many(groups = Membership::user => Membership::group)
)]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", has_many(comments = Comment::post))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    #[orm(on_delete = "cascade")]
    author: Ref<User>,
    editor: Option<Ref<User>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "comments")]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    body: String,
    #[orm(on_delete = "cascade")]
    post: Ref<Post>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "profiles")]
struct Profile {
    #[orm(primary_key)]
    user: Ref<User>,
    bio: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups", many_to_many(users = Membership::group => Membership::user))]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "memberships")]
struct Membership {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
}

fn post(title: &str, author: Handle<User>, editor: Option<Handle<User>>) -> Post {
    Post { id: 0, title: title.into(), author: author.into(), editor: editor.map(Into::into) }
}

/// Ann wrote two posts, the first with two comments and edited by Bob; Bob wrote none. Ann is in two groups and has a profile.
fn fill(db: &crate::support::Db) -> orm::Result<()> {
    Schema::of::<(User, Post, Comment, Profile, Membership)>().create_all(&db.engine)?;
    db.engine.with_session(|s| {
        let ann = s.add(User { id: 0, name: "Ann".into() });
        let bob = s.add(User { id: 0, name: "Bob".into() });
        let first = s.add(post("first", ann, Some(bob)));
        s.add(post("second", ann, None));
        s.add(Comment { id: 0, body: "good".into(), post: first.into() });
        s.add(Comment { id: 0, body: "bad".into(), post: first.into() });
        s.add(Profile { user: ann.into(), bio: "writes".into() });
        for name in ["red", "blue"] {
            let group = s.add(Group { id: 0, name: name.into() });
            s.add(Membership { user: ann.into(), group: group.into() });
        }
        Ok(())
    })?;
    db.statements();
    Ok(())
}

fn users(session: &mut Session) -> orm::Result<(Handle<User>, Handle<User>)> {
    let users = session.all(select::<User>().order_by(|u| u.name))?;
    Ok((users[0], users[1]))
}

/// What a session that knows nothing finds, in no order.
fn posts_of(db: &crate::support::Db, name: &str) -> orm::Result<Vec<String>> {
    db.engine.connect()?.all(
        select::<User>()
            .join(|u| u.posts)
            .filter(|(u, _)| u.name.eq(name))
            .order_by(|(_, p)| p.title)
            .columns(|(_, p)| p.title),
    )
}

fn titles(session: &mut Session, user: Handle<User>) -> orm::Result<Vec<String>> {
    Ok(session.related(user, |u| u.posts)?.into_iter().map(|post| session[post].title.clone()).collect())
}

on_every_backend! {
    /// Case 22, in a session.
    fn with_loads_what_related_then_finds(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users: Vec<Handle<User>> = session.all(
            select::<User>().order_by(|u| u.name).with(|u| u.posts.order_by(|p| p.title.desc()).with(|p| p.comments)).with(|u| u.groups).with(|u| u.profile),
        )?;
        assert_eq!(db.statements().len(), 5);
        assert_eq!(titles(&mut session, users[0])?, ["second", "first"]);
        let posts = session.related(users[0], |u| u.posts)?;
        assert_eq!(session.related(posts[0], |p| p.comments)?, []);
        assert_eq!(session.related(posts[1], |p| p.comments)?.len(), 2);
        assert_eq!(session.related(users[0], |u| u.groups)?.len(), 2);
        let profile = session.related(users[0], |u| u.profile)?.expect("Ann has one");
        assert_eq!(session[profile].bio, "writes");
        assert_eq!(session.related(users[1], |u| u.posts)?, []);
        assert_eq!(session.related(users[1], |u| u.profile)?, None);
        assert_eq!(db.statements(), [""; 0]);
    }

    /// Results are counted, and an object keeps the number of its own: it must mean nothing after a commit.
    fn an_object_of_an_earlier_transaction_is_in_no_later_result(db) {
        fill(db)?;
        let mut session = db.engine.session();
        session.add(User { id: 0, name: "Carl".into() });
        let users = session.all(select::<User>().order_by(|u| u.name))?;
        session.commit()?;
        assert_eq!(session.all(select::<User>().filter(|u| u.name.ne("Ann")))?.len(), 2);
        assert_eq!(session.related(users[0], |u| u.posts)?.len(), 2);
    }

    fn with_loads_what_a_reference_leads_to(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let posts = session.all(select::<Post>().order_by(|p| p.title).with(|p| p.author.with(|u| u.groups)).with(|p| p.editor))?;
        assert_eq!(db.statements().len(), 4);
        let author = session.get(session[posts[0]].author)?.expect("every post has one");
        assert_eq!(session.get(session[posts[1]].author)?, Some(author));
        assert_eq!(session.related(posts[0], |p| p.author)?, author);
        assert_eq!(session.related(author, |u| u.groups)?.len(), 2);
        let editor = session.related(posts[0], |p| p.editor)?.expect("Bob edited it");
        assert_eq!(session[editor].name, "Bob");
        assert_eq!(session.related(posts[1], |p| p.editor)?, None);
        assert_eq!(db.statements(), [""; 0]);
    }

    fn what_stands_beside_the_query_or_behind_an_outer_join_is_loaded_for_its_owner(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let rows: Vec<(Handle<User>, Option<Handle<Post>>)> = session.all(
            select::<User>().left_join(|u| u.posts).order_by(|(u, p)| (u.name.asc(), p.title.asc())).columns(|(u, p)| (u, p.with(|p| p.comments))),
        )?;
        assert_eq!(db.statements().len(), 2);
        let first = rows[0].1.expect("Ann's first post");
        assert_eq!(session.related(first, |p| p.comments)?.len(), 2);
        assert_eq!(rows[2].1, None);
        assert_eq!(db.statements(), [""; 0]);
    }

    /// SESSION 37: only what is whole is kept.
    fn a_filtered_or_limited_load_is_not_taken_for_the_relation(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users = session.all(select::<User>().order_by(|u| u.name).with(|u| u.posts.filter(|p| p.title.eq("first")).with(|p| p.comments)))?;
        assert_eq!(db.statements().len(), 3);
        assert_eq!(session.related(users[0], |u| u.posts)?.len(), 2);
        assert_eq!(db.statements().len(), 1);
        session.rollback()?;
        let users = session.all(select::<User>().order_by(|u| u.name).with(|u| u.groups.limit(1)))?;
        db.statements();
        assert_eq!(session.related(users[0], |u| u.groups)?.len(), 2);
        assert_eq!(db.statements().len(), 1);
    }

    /// Case 23: nothing is loaded again.
    fn a_collection_follows_the_flush_without_a_statement(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let all = session.all(select::<User>().order_by(|u| u.name).with(|u| u.posts.order_by(|p| p.title)))?;
        let (ann, bob) = (all[0], all[1]);
        let third = session.add(post("third", ann, None));
        let fourth = session.add(post("fourth", bob, None));
        session.flush()?;
        db.statements();
        assert_eq!(titles(&mut session, ann)?, ["first", "second", "third"]);
        assert_eq!(titles(&mut session, bob)?, ["fourth"]);
        assert_eq!(db.statements(), [""; 0]);

        let first = session.related(ann, |u| u.posts)?[0];
        session[first].author = bob.into();
        session[third].title = "3rd".into();
        session.flush()?;
        assert_eq!(db.statements().len(), 2, "two shapes of update");
        assert_eq!(titles(&mut session, ann)?, ["second", "3rd"]);
        assert_eq!(titles(&mut session, bob)?, ["fourth", "first"]);
        assert_eq!(session.related(first, |p| p.author)?, bob);

        session.delete(fourth);
        session.delete(third);
        session.flush()?;
        db.statements();
        assert_eq!(titles(&mut session, ann)?, ["second"]);
        assert_eq!(titles(&mut session, bob)?, ["first"]);
        assert_eq!(db.statements(), [""; 0]);
        session.commit()?;
        assert_eq!(titles(&mut session, ann)?, posts_of(db, "Ann")?);
        assert_eq!(titles(&mut session, bob)?, posts_of(db, "Bob")?);
    }

    fn a_child_that_takes_the_place_of_a_deleted_one_is_in_the_collection(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let (ann, _) = users(&mut session)?;
        let first = session.related(ann, |u| u.posts)?[0];
        let again = Post { title: "again".into(), ..session[first].clone() };
        session.delete(first);
        let again = session.add(again);
        session.flush()?;
        db.statements();
        let posts = session.related(ann, |u| u.posts)?;
        assert!(posts.contains(&again) && posts.len() == 2);
        assert_eq!(db.statements(), [""; 0]);
    }

    fn an_expression_moves_a_child(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let all = session.all(select::<User>().order_by(|u| u.name).with(|u| u.posts.order_by(|p| p.title)))?;
        let first = session.related(all[0], |u| u.posts)?[0];
        session.set(first, |p| p.author.to(all[1]))?;
        session.flush()?;
        db.statements();
        assert_eq!(session.related(all[1], |u| u.posts)?, [first]);
        assert_eq!(titles(&mut session, all[0])?, ["second"]);
        assert_eq!(db.statements(), [""; 0]);
    }

    /// Case 24: both sides see a link, and nothing is loaded again.
    fn links_are_seen_on_both_sides_without_a_statement(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let all = session.all(select::<User>().order_by(|u| u.name).with(|u| u.groups.with(|g| g.users)))?;
        let (ann, bob) = (all[0], all[1]);
        let red = session.related(ann, |u| u.groups)?[0];
        session.link(bob, |u| u.groups, red)?;
        session.link(ann, |u| u.groups, red)?; // is there already
        session.flush()?;
        db.statements();
        assert_eq!(session.related(bob, |u| u.groups)?, [red]);
        assert_eq!(session.related(ann, |u| u.groups)?.len(), 2);
        assert_eq!(session.related(red, |g| g.users)?, [ann, bob]);
        session.unlink(ann, |u| u.groups, red)?;
        session.flush()?;
        db.statements();
        assert_eq!(session.related(ann, |u| u.groups)?.len(), 1);
        assert_eq!(session.related(red, |g| g.users)?, [bob]);
        assert_eq!(db.statements(), [""; 0]);
    }

    fn rows_of_the_link_model_are_seen_on_both_sides(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let all = session.all(select::<User>().order_by(|u| u.name).with(|u| u.groups.with(|g| g.users)).with(|u| u.memberships))?;
        let (ann, bob) = (all[0], all[1]);
        let red = session.related(ann, |u| u.groups)?[0];
        let membership = session.add(Membership { user: bob.into(), group: red.into() });
        session.flush()?;
        db.statements();
        assert_eq!(session.related(bob, |u| u.groups)?, [red]);
        assert_eq!(session.related(bob, |u| u.memberships)?, [membership]);
        assert_eq!(session.related(red, |g| g.users)?, [ann, bob]);
        session.delete(membership);
        session.flush()?;
        db.statements();
        assert_eq!(session.related(bob, |u| u.groups)?, []);
        assert_eq!(session.related(bob, |u| u.memberships)?, []);
        assert_eq!(session.related(red, |g| g.users)?, [ann]);
        assert_eq!(db.statements(), [""; 0]);
        session.link(bob, |u| u.groups, red)?;
        assert_eq!(session.related(bob, |u| u.memberships)?.len(), 1, "a link is a row of the link model");
    }

    /// SESSION 37: what ends a loaded collection.
    fn bulk_raw_savepoint_rollback_and_commit_end_what_was_loaded(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let (ann, _) = users(&mut session)?;
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 2);
        session.execute(delete::<Post>().filter(|p| p.title.eq("second")))?;
        assert_eq!(titles(&mut session, ann)?, ["first"]);
        session.execute(sql("DELETE FROM comments"))?;
        session.execute(sql("DELETE FROM posts"))?;
        assert_eq!(session.related(ann, |u| u.posts)?, []);
        let result: orm::Result<()> = session.savepoint(|session| {
            session.add(post("lost", ann, None));
            assert_eq!(session.related(ann, |u| u.posts)?.len(), 1);
            Err(Error::refused("no"))
        });
        assert!(result.is_err());
        assert_eq!(session.related(ann, |u| u.posts)?, []);
        session.rollback()?;
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 2);
        session.commit()?;
        db.engine.connect()?.execute(update::<Post>().set(|p| p.title.to("new")).every_row())?;
        assert_eq!(titles(&mut session, ann)?, ["new", "new"]);
    }

    fn a_forgotten_member_is_loaded_again_and_nobody_takes_its_place(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = users(&mut session)?;
        let first = session.related(ann, |u| u.posts)?[0];
        session.expunge(first);
        let other = session.add(post("bob's", bob, None));
        let mut posts = titles(&mut session, ann)?;
        posts.sort();
        assert_eq!(posts, ["first", "second"]);
        assert_eq!(session.related(bob, |u| u.posts)?, [other]);
    }

    fn a_relation_to_a_table_without_rows_is_empty(db) {
        Schema::of::<(User, Post, Comment, Profile, Membership)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(User { id: 0, name: "Ann".into() });
        assert_eq!(session.related(ann, |u| u.posts)?, []);
        assert_eq!(session.related(ann, |u| u.groups)?, []);
        assert_eq!(session.all(select::<User>().with(|u| u.posts.with(|p| p.comments)))?, [ann]);
    }

    fn ten_thousand_children_move_in_one_flush(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = users(&mut session)?;
        session.related(ann, |u| u.posts)?;
        session.related(bob, |u| u.posts)?;
        let new: Vec<Handle<Post>> = (0..10_000).map(|number| session.add(post(&format!("{number}"), bob, None))).collect();
        session.flush()?;
        for post in &new {
            session[*post].author = ann.into();
        }
        session.flush()?;
        db.statements();
        assert_eq!(session.related(ann, |u| u.posts)?[2..], new);
        assert_eq!(session.related(bob, |u| u.posts)?, []);
        assert_eq!(db.statements(), [""; 0]);
    }
}
