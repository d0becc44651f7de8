//! Eager loading with `.with(..)` and lazy loading with `related`: what comes back, and with how many statements.

use crate::support::Backend;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "users",
    has_many(posts = Post::author),
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
    score: f64,
    author: Ref<User>,
    editor: Option<Ref<User>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "comments")]
struct Comment {
    #[orm(primary_key)]
    id: i64,
    body: String,
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

/// Ann wrote two posts, the first with two comments and edited by Bob; Bob none. Ann is in two groups and has a profile.
fn fill(db: &crate::support::Db) -> orm::Result<()> {
    Schema::of::<(User, Post, Comment, Profile, Membership)>().create_all(&db.engine)?;
    db.engine.with_session(|s| {
        let ann = s.add(User { id: 0, name: "Ann".into() });
        let bob = s.add(User { id: 0, name: "Bob".into() });
        let first = s.add(Post { id: 0, title: "first".into(), score: 1.0, author: ann.into(), editor: bob.into() });
        s.add(Post { id: 0, title: "second".into(), score: 2.0, author: ann.into(), editor: None });
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

fn titles(posts: &[Post]) -> Vec<&str> {
    posts.iter().map(|post| post.title.as_str()).collect()
}

on_every_backend! {
    /// Case 22.
    fn collections_inside_collections_take_one_statement_for_each_level(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>)> = connection.all(
            select::<User>().order_by(|u| u.name).with(|u| u.posts.with(|p| p.comments).order_by(|p| p.title)),
        )?;
        assert_eq!(db.statements().len(), 3);
        assert_eq!(users.len(), 2);
        let (ann, posts) = &users[0];
        assert_eq!(ann.name, "Ann");
        assert_eq!(posts.iter().map(|(p, c)| (p.title.as_str(), c.len())).collect::<Vec<_>>(), [("first", 2), ("second", 0)]);
        assert_eq!(users[1].1, []);
    }

    fn the_statements_of_a_load_see_one_state_where_that_costs_no_message(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        db.all_statements();
        let query = || select::<User>().order_by(|u| u.id).with(|u| u.posts.order_by(|p| p.id));
        let users: Vec<(User, Vec<Post>)> = connection.all(query())?;
        let control: Vec<String> = db.all_statements().into_iter().filter(|sql| !sql.starts_with("SELECT")).collect();
        if db.backend == Backend::Sqlite {
            assert_eq!(control, ["BEGIN", "COMMIT"]);
        } else {
            assert!(control.is_empty(), "{control:?}");
        }
        assert!(!connection.in_transaction());
        let mut transaction = connection.begin()?;
        let again: Vec<(User, Vec<Post>)> = transaction.all(query())?;
        assert!(transaction.in_transaction());
        transaction.rollback()?;
        assert_eq!(users, again);
        // What fails leaves no transaction open.
        connection.execute(sql("DROP TABLE comments"))?;
        let broken: orm::Result<Vec<(Post, Vec<Comment>)>> = connection.all(select::<Post>().with(|p| p.comments));
        assert!(broken.is_err());
        assert!(!connection.in_transaction());
        assert_eq!(connection.count(select::<User>())?, 2);
    }

    fn loads_stand_side_by_side_in_the_order_of_the_calls(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let users: Vec<(User, Vec<Post>, Vec<Group>, Option<Profile>)> = connection.all(
            select::<User>().order_by(|u| u.name).with(|u| u.posts).with(|u| u.groups.order_by(|g| g.name)).with(|u| u.profile),
        )?;
        assert_eq!(db.statements().len(), 4);
        let (_, posts, groups, profile) = &users[0];
        assert_eq!(posts.len(), 2);
        assert_eq!(groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["blue", "red"]);
        assert_eq!(profile.as_ref().map(|p| p.bio.as_str()), Some("writes"));
        assert_eq!((users[1].1.len(), users[1].2.len(), users[1].3.is_none()), (0, 0, true));
    }

    fn a_filter_an_order_and_a_limit_hold_for_each_owner(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let users: Vec<(User, Vec<Post>)> =
            connection.all(select::<User>().order_by(|u| u.name).with(|u| u.posts.order_by(|p| p.score.desc()).limit(1)))?;
        assert_eq!(titles(&users[0].1), ["second"]);
        let users: Vec<(User, Vec<Post>)> =
            connection.all(select::<User>().order_by(|u| u.name).with(|u| u.posts.filter(|p| p.score.lt(1.5))))?;
        assert_eq!(titles(&users[0].1), ["first"]);
    }

    /// Only the rows of each owner that are wanted are sent.
    fn a_limit_is_counted_by_the_database(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let best = || select::<User>().order_by(|u| u.name).with(|u| u.posts.filter(|p| p.score.gt(0)).order_by(|p| p.score.desc()).limit(1));
        assert_eq!(titles(&connection.all(best())?[0].1), ["second"]);
        let sent = db.statements();
        assert_eq!(sent.len(), 2);
        let numbered = "(SELECT t1.id AS c0, t1.title AS c1, t1.score AS c2, t1.author_id AS c3, t1.editor_id AS c4, \
            t1.author_id AS c5, ROW_NUMBER() OVER (PARTITION BY t1.author_id ORDER BY t1.score DESC) AS c6 FROM posts AS t1";
        let text = sent[1].replace(['"', '`'], "");
        assert!(text.contains(numbered), "{text}");
        assert!(text.starts_with("SELECT t0.c0, t0.c1, t0.c2, t0.c3, t0.c4, t0.c5 FROM (") && text.contains("WHERE t0.c6 <= "), "{text}");
        assert!(text.ends_with(" ORDER BY t0.c6"), "{text}");
        let mut session = db.engine.session();
        session.all(best())?;
        assert_eq!((db.statements().len(), session.len()), (2, 3)); // two users and one post
        let groups = select::<User>().order_by(|u| u.name).with(|u| u.groups.order_by(|g| g.name.desc()).limit(1));
        assert_eq!(connection.all(groups)?[0].1[0].name, "red");
        let nested: Vec<(User, Vec<(Post, Vec<Comment>)>)> = connection.all(
            select::<User>().order_by(|u| u.name).with(|u| u.posts.order_by(|p| p.title).limit(1).with(|p| p.comments.order_by(|c| c.body).limit(1))),
        )?;
        assert_eq!(nested[0].1[0].1[0].body, "bad");
        assert_eq!((nested[0].1.len(), nested[0].1[0].1.len(), nested[1].1.len()), (1, 1, 0));
        let none = select::<User>().with(|u| u.posts.limit(0));
        assert!(connection.all(none)?.iter().all(|(_, posts)| posts.is_empty()));
        let all = select::<User>().order_by(|u| u.name).with(|u| u.posts.limit(u64::MAX));
        assert_eq!(connection.all(all)?[0].1.len(), 2);
    }

    /// Behind an outer join the row that would refer is not always there.
    fn references_of_absent_rows_lead_to_nothing(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let rows: Vec<(String, (Option<Post>, Option<User>))> = connection.all(
            select::<User>().left_join(|u| u.posts).order_by(|(u, p)| (u.name, p.title)).columns(|(u, p)| (u.name, p.with(|p| p.author))),
        )?;
        let found: Vec<_> = rows.iter().map(|(_, (post, author))| (post.is_some(), author.is_some())).collect();
        assert_eq!(found, [(true, true), (true, true), (false, false)]);
        let beside: Vec<((User, Option<Post>), Option<User>)> =
            connection.all(select::<User>().left_join(|u| u.posts).columns(|(u, p)| (u, p)).with(|(_, p)| p.author))?;
        assert_eq!(beside.iter().filter(|(_, author)| author.is_none()).count(), 1);
    }

    fn a_right_join_may_have_no_row_to_load_for(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        if !db.engine.dialect().right_join {
            return Ok(());
        }
        let query = select::<Post>().with(|p| p.author).with(|p| p.comments).right_join(|p| p.editor);
        let rows: Vec<(Option<Post>, Option<User>, Vec<Comment>)> = connection.all(query.order_by(|(_, u)| u.name))?;
        assert_eq!((&rows[0].0, &rows[0].1, rows[0].2.len()), (&None, &None, 0)); // Ann edits nothing
        assert_eq!((rows[1].0.is_some(), rows[1].1.as_ref().map(|user| user.name.as_str()), rows[1].2.len()), (true, Some("Ann"), 2));
        assert_eq!(rows.len(), 2);
        let mut session = db.engine.session();
        let posts = session.all(select::<Post>().with(|p| p.author).right_join(|p| p.editor).order_by(|(_, u)| u.name))?;
        assert_eq!(posts.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }

    fn references_lead_to_one_or_none(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let posts: Vec<(Post, User, Option<User>)> =
            connection.all(select::<Post>().order_by(|p| p.title).with(|p| p.author).with(|p| p.editor))?;
        assert_eq!(posts.iter().map(|p| p.1.name.as_str()).collect::<Vec<_>>(), ["Ann", "Ann"]);
        assert_eq!(posts.iter().map(|p| p.2.as_ref().map(|e| e.name.as_str())).collect::<Vec<_>>(), [Some("Bob"), None]);
        let nested: Vec<(Post, (User, Vec<Group>))> = connection.all(select::<Post>().with(|p| p.author.with(|u| u.groups)))?;
        assert!(nested.iter().all(|(_, (_, groups))| groups.len() == 2));
    }

    fn loads_after_joins_belong_to_their_table(db) {
        fill(db)?;
        let mut connection = db.engine.connect()?;
        let rows: Vec<(User, (Option<Post>, Vec<Comment>))> = connection.all(
            select::<User>().left_join(|u| u.posts).order_by(|(u, p)| (u.name, p.title)).columns(|(u, p)| (u, p.with(|p| p.comments))),
        )?;
        assert_eq!(rows.iter().map(|(_, (_, comments))| comments.len()).collect::<Vec<_>>(), [2, 0, 0]);
        let rows: Vec<((User, Option<Post>), Vec<Group>)> = connection.all(
            select::<User>().left_join(|u| u.posts).columns(|(u, p)| (u, p)).with(|(u, _)| u.groups),
        )?;
        assert_eq!(rows.len(), 3);
    }

    fn many_owners_stay_under_the_limit_of_values(db) {
        Schema::of::<(User, Post, Comment, Profile, Membership)>().create_all(&db.engine)?;
        db.engine.with_session(|s| {
            for n in 0..9000 {
                let user = s.add(User { id: 0, name: format!("user {n}") });
                s.add(Post { id: 0, title: format!("post {n}"), score: 0.0, author: user.into(), editor: None });
            }
            Ok(())
        })?;
        db.statements();
        let mut connection = db.engine.connect()?;
        let users: Vec<(User, Vec<Post>)> = connection.all(select::<User>().with(|u| u.posts))?;
        assert_eq!(db.statements().len(), 3);
        assert_eq!(users.len(), 9000);
        assert!(users.iter().all(|(user, posts)| posts.len() == 1 && posts[0].title[5..] == user.name[5..]));
    }

    fn a_reference_that_is_set_moves_the_row(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users = session.all(select::<User>().order_by(|u| u.name))?;
        let posts = session.related(users[0], |u| u.posts)?;
        let bob = session[users[1]].id;
        session.set(posts[0], |p| p.author.to(bob))?;
        assert_eq!(session.related(users[0], |u| u.posts)?, [posts[1]]);
        assert_eq!(session.related(users[1], |u| u.posts)?, [posts[0]]);
    }

    fn one_object_of_a_result_may_be_loaded_for_alone(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users = session.all(select::<User>().order_by(|u| u.name))?;
        db.statements();
        let posts = session.alone().related(users[0], |u| u.posts)?;
        assert_eq!((posts.len(), db.statements().len()), (2, 1));
        assert_eq!(session.related(users[0], |u| u.posts)?, posts);
        assert_eq!(db.statements().len(), 0);
        // Nothing was loaded for the other.
        assert_eq!(session.related(users[1], |u| u.posts)?, []);
        assert_eq!(db.statements().len(), 1);
        let author: Handle<User> = session.alone().related(posts[0], |p| p.author)?;
        assert_eq!(author, users[0]);
    }

    /// Cases 20 and 22: one statement for all objects of a result, none for the others.
    fn related_loads_for_the_whole_result_at_once(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users = session.all(select::<User>().order_by(|u| u.name))?;
        db.statements();
        let posts: Vec<Vec<Handle<Post>>> =
            users.iter().map(|user| session.related(*user, |u| u.posts)).collect::<orm::Result<_>>()?;
        assert_eq!(db.statements().len(), 1);
        assert_eq!(posts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0]);
        let authors: Vec<Handle<User>> =
            posts[0].iter().map(|post| session.related(*post, |p| p.author)).collect::<orm::Result<_>>()?;
        assert_eq!(authors, [users[0], users[0]]);
        assert!(db.statements().len() <= 1);
        let editors: Vec<Option<Handle<User>>> =
            posts[0].iter().map(|post| session.related(*post, |p| p.editor)).collect::<orm::Result<_>>()?;
        assert_eq!(editors.iter().flatten().collect::<Vec<_>>(), [&users[1]]);
        let groups = session.related(users[0], |u| u.groups)?;
        assert_eq!(groups.len(), 2);
        assert_eq!(session.related(groups[0], |g| g.users)?, [users[0]]);
        let profile: Option<Handle<Profile>> = session.related(users[0], |u| u.profile)?;
        assert_eq!(profile.map(|profile| session[profile].bio.clone()).as_deref(), Some("writes"));
        assert_eq!(session.related(users[1], |u| u.profile)?, None);
    }

    /// Case 23: a collection follows what is flushed.
    fn a_loaded_collection_follows_new_moved_and_deleted_children(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let users = session.all(select::<User>().order_by(|u| u.name))?;
        let (ann, bob) = (users[0], users[1]);
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 2);
        let third = session.add(Post { id: 0, title: "third".into(), score: 3.0, author: ann.into(), editor: None });
        assert!(session.related(ann, |u| u.posts)?.contains(&third));
        session[third].author = bob.into();
        assert!(!session.related(ann, |u| u.posts)?.contains(&third));
        assert_eq!(session.related(bob, |u| u.posts)?, [third]);
        session.delete(third);
        assert_eq!(session.related(bob, |u| u.posts)?, []);
        session.rollback()?;
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 2);
    }

    fn related_of_an_object_that_was_just_added_flushes_it(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let eve = session.add(User { id: 0, name: "Eve".into() });
        let post = session.add(Post { id: 0, title: "eve's".into(), score: 0.0, author: eve.into(), editor: None });
        assert_eq!(session.related(eve, |u| u.posts)?, [post]);
        assert_eq!(session.related(post, |p| p.author)?, eve);
    }
}
