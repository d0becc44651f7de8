//! `session.graph(..)`: literal trees of new objects.

use crate::session_models::sent;
use crate::support::Db;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "users",
    has_many(posts = Post::author, edited = Post::editor),
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
    author: Ref<User>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "profiles")]
struct Profile {
    #[orm(primary_key)]
    user: Ref<User>,
    bio: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups", has_many(notices = Notice::group))]
struct Group {
    #[orm(primary_key, length = 40)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notices")]
struct Notice {
    #[orm(primary_key)]
    id: i64,
    group: Ref<Group>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "memberships")]
struct Membership {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
}

fn create(db: &Db) -> orm::Result<Session> {
    Schema::of::<(User, Post, Comment, Profile, Membership, Notice)>().create_all(&db.engine)?;
    db.statements();
    Ok(db.engine.session())
}

fn user(name: &str) -> User {
    User { id: 0, name: name.into() }
}

fn post(title: &str, author: Handle<User>) -> Post {
    Post { id: 0, title: title.into(), author: author.into(), editor: None }
}

fn comment(body: &str, post: Handle<Post>, author: Handle<User>) -> Comment {
    Comment { id: 0, body: body.into(), post: post.into(), author: author.into() }
}

fn group(name: &str) -> Group {
    Group { name: name.into() }
}

on_every_backend! {
    /// Each table's rows are written by one statement.
    fn a_tree_is_one_literal(db) {
        let mut session = create(db)?;
        let chess = session.add(group("chess"));
        let ann = session.graph(
            new(user("Ann"))
                .many(|u| u.posts, |ann| {
                    [
                        new(post("first", ann)).many(|p| p.comments, move |first| [comment("good", first, ann), comment("bad", first, ann)]),
                        new(post("second", ann)).many(|p| p.comments, move |second| vec![comment("late", second, ann)]),
                        new(post("third", ann)),
                    ]
                })
                .one(|u| u.profile, |ann| Profile { user: ann.into(), bio: "writes".into() })
                .links(|u| u.groups, [chess])
                .links(|u| u.groups, [group("golf")]),
        )?;
        assert!(db.all_statements().is_empty());
        session.commit()?;
        let inserts = sent(db, "INSERT");
        assert_eq!(inserts.len(), 6, "{inserts:#?}");
        session.clear();
        let users: Vec<(User, Vec<(Post, Vec<Comment>)>, Vec<Group>, Option<Profile>)> = session.rows(
            select::<User>()
                .with(|u| u.posts.order_by(|p| p.id).with(|p| p.comments.order_by(|c| c.id)))
                .with(|u| u.groups.order_by(|g| g.name))
                .with(|u| u.profile),
        )?;
        let [(user, posts, groups, profile)] = users.as_slice() else { panic!("{users:?}") };
        let bodies = |(post, comments): &(Post, Vec<Comment>)| {
            format!("{}: {}", post.title, comments.iter().map(|c| c.body.as_str()).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(posts.iter().map(bodies).collect::<Vec<_>>(), ["first: good bad", "second: late", "third: "]);
        assert!(posts.iter().flat_map(|(_, comments)| comments).all(|comment| comment.author == user.id.into()));
        assert_eq!(groups.as_slice(), [group("chess"), group("golf")]);
        assert_eq!(profile.as_ref().map(|profile| profile.bio.as_str()), Some("writes"));
        assert_eq!(session.try_get(ann), None); // cleared
    }

    fn an_empty_reference_gets_the_parent(db) {
        let mut session = create(db)?;
        let ann = session.add(user("Ann"));
        let bob = session.graph(new(user("Bob")).many(|u| u.edited, |_| [post("first", ann)]))?;
        session.commit()?;
        assert_eq!(session.related(ann, |u| u.posts)?, session.related(bob, |u| u.edited)?);
        assert_eq!(session.related(bob, |u| u.edited)?.len(), 1);
    }

    /// A key that the program chooses may stand in the child as it is.
    fn a_child_may_name_its_parent_by_key(db) {
        let mut session = create(db)?;
        let tree = new(group("chess")).many(|g| g.notices, |_| [Notice { id: 0, group: "chess".into() }]);
        let chess = session.graph(tree)?;
        session.commit()?;
        assert_eq!(session.related(chess, |g| g.notices)?.len(), 1);
    }

    fn a_child_of_somebody_else_is_refused_with_the_whole_tree(db) {
        let mut session = create(db)?;
        let ann = session.add(user("Ann"));
        let golf = session.add(group("golf"));
        session.link(ann, |u| u.groups, golf)?;
        let wrong = new(user("Bob"))
            .links(|u| u.groups, [golf])
            .many(|u| u.posts, |bob| [post("right", bob), post("wrong", ann)]);
        let error = session.graph(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("`author` that is not the `User`"), "{error}");
        assert_eq!(session.len(), 2);
        session.commit()?;
        let counts = (session.count(select::<User>())?, session.count(select::<Post>())?, session.count(select::<Membership>())?);
        assert_eq!(counts, (1, 0, 1));
        let gone = new(user("Bob")).links(|u| u.groups, [golf]);
        session.clear();
        assert_eq!(session.graph(gone).unwrap_err().kind(), ErrorKind::InvalidReference);
        assert!(session.is_empty());
    }

    fn a_tree_is_rolled_back_as_a_whole(db) {
        let mut session = create(db)?;
        let tree = || new(user("Ann")).many(|u| u.posts, |ann| [post("first", ann)]).links(|u| u.groups, [group("golf")]);
        session.graph(tree())?;
        session.flush()?;
        session.rollback()?;
        assert!(session.is_empty());
        session.graph(tree())?;
        session.rollback()?;
        session.commit()?;
        assert_eq!((session.count(select::<User>())?, session.count(select::<Membership>())?), (0, 0));
    }
}
