//! Statements that read while they write, locks that do not wait, lists and columns in raw SQL, and loops over a table.

use crate::support::{Backend, Db};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author), many_to_many(groups = Member::user => Member::group))]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    email: Option<String>,
    admin: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", has_many(tags = Tag::post))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    note: Option<String>,
    author: Ref<User>,
    #[orm(version)]
    version: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups")]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

/// A key of two columns.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "members")]
struct Member {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
    rank: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tags")]
struct Tag {
    #[orm(primary_key, length = 20)]
    name: String,
    post: Ref<Post>,
    /// The member whose tag it is: a reference of two columns.
    owner: Option<Ref<Member>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "employees")]
struct Employee {
    #[orm(primary_key)]
    id: i64,
    salary: i32,
    boss: Option<Ref<Employee>>,
}

/// Ann, an admin, wrote the posts 1 and 2, Bob wrote 3. Ann is in group 1, Bob in both.
fn fill(db: &Db) -> orm::Result<Connection> {
    Schema::of::<(User, Post, Group, Member, Tag, Employee)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    // One after another, without keys: the database's own numbers begin at 1, and go on behind these.
    for (name, email, admin) in [("Ann", Some("ann@x".to_owned()), true), ("Bob", None, false)] {
        connection.execute(insert(&User { id: 0, name: name.into(), email, admin }))?;
    }
    for (title, author) in [("one", 1), ("two", 1), ("three", 2)] {
        connection.execute(insert(&Post {
            id: 0,
            title: title.into(),
            note: None,
            author: author.into(),
            version: 1,
        }))?;
    }
    for name in ["red", "blue"] {
        connection.execute(insert(&Group { id: 0, name: name.into() }))?;
    }
    let member = |user: i64, group: i64, rank| Member { user: user.into(), group: group.into(), rank };
    connection.execute(insert(&[member(1, 1, 1), member(2, 1, 2), member(2, 2, 3)]))?;
    db.statements();
    Ok(connection)
}

fn titles(connection: &mut Connection) -> orm::Result<Vec<String>> {
    connection.all(select::<Post>().order_by(|p| p.id).columns(|p| p.title))
}

on_every_backend! {
    fn an_insert_takes_the_rows_of_a_query(db) {
        let mut connection = fill(db)?;
        let names = select::<User>().filter(|u| u.admin | u.email.is_null()).columns(|u| (u.name, u.email, u.id, val(1)));
        let statement = insert_into::<Post>().select(names, |p| (p.title, p.note, p.author, p.version));
        assert_eq!(connection.execute(statement)?, 2);
        let new: Vec<(String, Option<String>, i32)> =
            connection.all(select::<Post>().filter(|p| p.id.gt(3)).order_by(|p| p.title).columns(|p| (p.title, p.note, p.version)))?;
        assert_eq!(new, [("Ann".into(), Some("ann@x".into()), 1), ("Bob".into(), None, 1)]);
        // From its own table, from a join, one column alone, and a reference of two columns.
        let copies = select::<Group>().columns(|g| g.name);
        assert_eq!(connection.execute(insert_into::<Group>().select(copies, |g| g.name))?, 2);
        let joined = select::<Member>().join(|m| m.user).join(|(_, u)| u.posts).filter(|(m, _, _)| m.rank.eq(3)).columns(|(m, u, p)| (u.name, p.id, m.rank));
        assert_eq!(connection.all(joined.clone())?, [("Bob".to_owned(), 3, 3), ("Bob".to_owned(), 5, 3)]);
        let tags = joined.filter(|(_, _, p)| p.id.eq(3)).columns(|(_, u, p)| (u.name, p.id));
        assert_eq!(connection.execute(insert_into::<Tag>().select(tags, |t| (t.name, t.post)))?, 1);
        assert_eq!(connection.one(select::<Tag>())?, Tag { name: "Bob".into(), post: 3.into(), owner: None });
        connection.execute(insert(&Tag { name: "owned".into(), post: 1.into(), owner: Some((2, 1).into()) }))?;
        let owned = select::<Tag>().filter(|t| t.owner.is_not_null()).columns(|t| (t.post, t.owner, val("next")));
        assert_eq!(connection.execute(insert_into::<Tag>().select(owned, |t| (t.post, t.owner, t.name)))?, 1);
        let owners: Vec<Option<Ref<Member>>> = connection.all(select::<Tag>().order_by(|t| t.name).columns(|t| t.owner))?;
        assert_eq!(owners, [None, Some((2, 1).into()), Some((2, 1).into())]);
    }

    fn an_insert_of_a_query_returns_what_it_wrote(db) {
        let mut connection = fill(db)?;
        let statement = || insert_into::<Group>().select(select::<User>().columns(|u| u.name), |g| g.name).returning(|g| (g.name, g.id));
        match db.backend {
            Backend::Mysql => assert_eq!(connection.all(statement()).expect_err("MySQL has no RETURNING").kind(), ErrorKind::Unsupported),
            _ => {
                let mut rows = connection.all(statement())?;
                rows.sort();
                assert_eq!(rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Ann", "Bob"]);
                assert!(rows.iter().all(|(_, id)| *id > 2), "{rows:?}");
            }
        }
    }

    fn an_update_uses_the_tables_it_joins(db) {
        let mut connection = fill(db)?;
        let statement = update::<Post>().join(|p| p.author).set(|(p, u)| (p.title.to(u.name), p.note.to(u.email))).filter(|(p, u)| u.admin & p.id.gt(1));
        assert_eq!(connection.execute(statement)?, 1);
        assert_eq!(titles(&mut connection)?, ["one", "Ann", "three"]);
        let posts: Vec<(Option<String>, i32)> = connection.all(select::<Post>().order_by(|p| p.id).columns(|p| (p.note, p.version)))?;
        assert_eq!(posts, [(None, 1), (Some("ann@x".into()), 2), (None, 1)]);
        // An OR does not loosen the join, and a link table is passed through.
        let statement = update::<Post>().join(|p| p.author).join(|(_, u)| u.groups).set(|(p, _, g)| p.title.to(g.name)).filter(|(p, _, g)| g.id.eq(2) | p.id.lt(0));
        assert_eq!(connection.execute(statement)?, 1);
        assert_eq!(titles(&mut connection)?, ["one", "Ann", "blue"]);
        // A query inside may read the updated table.
        let last = || select::<Post>().columns(|p| max(p.id));
        let statement = update::<Post>().join(|p| p.author).set(|(p, u)| p.note.to(u.name)).filter(|(p, _)| p.id.in_(last()));
        assert_eq!(connection.execute(statement)?, 1);
        assert_eq!(connection.one(select::<Post>().filter(|p| p.id.eq(3)))?.note.as_deref(), Some("Bob"));
        let everything = update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.name)).every_row();
        assert_eq!(connection.execute(everything)?, 3);
        assert_eq!(titles(&mut connection)?, ["Ann", "Ann", "Bob"]);
    }

    fn an_update_joins_its_own_table(db) {
        let mut connection = fill(db)?;
        let employee = |id, salary, boss: Option<i64>| Employee { id, salary, boss: boss.map(Ref::from) };
        connection.execute(insert(&[employee(1, 90, None), employee(2, 50, Some(1)), employee(3, 70, Some(2))]))?;
        let statement = update::<Employee>().join(|e| e.boss).set(|(e, b)| e.salary.to(b.salary - 1)).filter(|(e, b)| e.salary.gt(b.salary));
        assert_eq!(connection.execute(statement)?, 1);
        let salaries: Vec<i32> = connection.all(select::<Employee>().order_by(|e| e.id).columns(|e| e.salary))?;
        assert_eq!(salaries, [90, 50, 49]);
    }

    fn an_update_assigns_its_own_columns_only(db) {
        let mut connection = fill(db)?;
        let statement = update::<Post>().join(|p| p.author).set(|(_, u)| u.name.to("x")).every_row();
        let error = connection.execute(statement).expect_err("users is not updated");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("a statement that changes posts cannot assign a column of users"), "{error}");
        assert_eq!(db.statements(), Vec::<String>::new());
    }

    fn a_delete_uses_the_tables_it_joins(db) {
        let mut connection = fill(db)?;
        // Bob's two memberships make two rows of his one post.
        assert_eq!(connection.execute(delete::<Post>().join(|p| p.author).join(|(_, u)| u.groups).filter(|(_, u, _)| u.name.eq("Bob")))?, 1);
        assert_eq!(titles(&mut connection)?, ["one", "two"]);
        assert_eq!(connection.execute(delete::<Post>().join(|p| p.author).filter(|(p, u)| p.id.eq(1) | u.name.eq("Cyd")))?, 1);
        assert_eq!(titles(&mut connection)?, ["two"]);
        let first = select::<Post>().columns(|p| min(p.id));
        assert_eq!(connection.execute(delete::<Post>().join(|p| p.author).filter(|(p, u)| p.id.lt(first) & u.admin))?, 0);
        // A key of two columns.
        assert_eq!(connection.execute(delete::<Member>().join(|m| m.group).filter(|(_, g)| g.name.eq("red")))?, 2);
        let left: Vec<Member> = connection.all(select::<Member>())?;
        assert_eq!(left, [Member { user: 2.into(), group: 2.into(), rank: 3 }]);
        assert_eq!(connection.execute(delete::<Member>().join(|m| m.user).every_row())?, 1);
    }

    fn a_lock_can_pass_over_locked_rows_or_fail_at_once(db) {
        let mut first = fill(db)?;
        let mut second = db.engine.connect()?;
        let one = select::<Post>().order_by(|p| p.id).limit(1);
        let error = first.all(one.clone().skip_locked()).expect_err("there is no lock");
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Misuse, "`skip_locked`, `no_wait` and `of` need `for_update` or `for_share` on the same query"));
        if db.backend == Backend::Sqlite {
            let error = first.all(one.skip_locked().for_update()).expect_err("SQLite locks no rows");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        let mut holder = first.begin()?;
        assert_eq!(holder.one(select::<Post>().filter(|p| p.id.eq(1)).for_update())?.id, 1);
        let mut taker = second.begin()?;
        assert_eq!(taker.one(one.clone().for_update().skip_locked())?.id, 2);
        let error = taker.all(select::<Post>().filter(|p| p.id.eq(1)).no_wait().for_share()).expect_err("the row is locked");
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    }

    fn raw_sql_takes_lists_and_columns(db) {
        let mut connection = fill(db)?;
        let query = |ids: &[i64]| sql("SELECT name FROM users WHERE id IN (:ids) OR name = :name ORDER BY id").bind_list("ids", ids.iter().copied()).bind("name", "Bob");
        assert_eq!(connection.all::<String, _>(query(&[1, 7]))?, ["Ann", "Bob"]);
        assert_eq!(connection.all::<String, _>(query(&[]))?, ["Bob"]);
        let both: Vec<String> = connection.all(sql("SELECT name FROM users WHERE name IN (:names)").bind_list("names", vec!["Ann", "x'); --"]))?;
        assert_eq!(both, ["Ann"]);
        let rows: Vec<(Post, User)> = connection.all(
            sql("SELECT :p, :users FROM posts p JOIN users ON users.id = p.author_id WHERE p.id = :id").fields::<Post>("p").fields::<User>("users").bind("id", 3),
        )?;
        assert_eq!((rows.len(), rows[0].0.title.as_str(), rows[0].1.name.as_str()), (1, "three", "Bob"));
        let error = connection.all::<i64, _>(sql("SELECT 1").fields::<User>("u")).expect_err("there is no :u");
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }

    fn a_table_is_iterated_in_chunks_along_its_key(db) {
        let mut connection = fill(db)?;
        let groups: Vec<Group> = (3..=2500).map(|n| Group { id: n, name: format!("group {n}") }).collect();
        connection.execute(insert(&groups))?;
        connection.execute(insert(&(3..=2400).map(|n| Member { user: 1.into(), group: n.into(), rank: 0 }).collect::<Vec<_>>()))?;
        db.statements();
        let ids = connection.iterate(select::<Group>().filter(|g| g.id.ne(7)))?.map(|group| group.map(|group| group.id)).collect::<orm::Result<Vec<i64>>>()?;
        assert_eq!(ids, (1..=2500).filter(|id| *id != 7).collect::<Vec<i64>>());
        assert_eq!(db.statements().len(), 3);
        // A key of two columns; an early end.
        let members = connection.iterate(select::<Member>())?.collect::<orm::Result<Vec<Member>>>()?;
        assert_eq!(members.len(), 2401);
        assert_eq!((members[0].rank, members[2400].rank), (1, 3));
        db.statements();
        assert_eq!(connection.iterate(select::<Group>())?.take(10).count(), 10);
        assert_eq!(db.statements().len(), 1);
        let error = connection.iterate(select::<Group>().limit(3)).expect_err("it has a limit");
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }

    fn a_streamed_result_may_fail_late_or_end_early(db) {
        let mut connection = fill(db)?;
        let groups: Vec<Group> = (3..=3000).map(|n| Group { id: n, name: format!("group {n}") }).collect();
        connection.execute(insert(&groups))?;
        let mut transaction = connection.begin()?;
        transaction.execute(update::<User>().set(|u| u.name.to("Eve")).filter(|u| u.id.eq(1)))?;
        let mut seen = 0;
        let error = transaction.for_each(select::<Group>(), |_| {
            seen += 1;
            if seen == 5 { Err(Error::new(ErrorKind::NotFound, "enough")) } else { Ok(()) }
        }).expect_err("the closure ends it");
        assert_eq!((error.kind(), seen), (ErrorKind::NotFound, 5));
        assert_eq!(transaction.one(select::<User>().filter(|u| u.id.eq(1)))?.name, "Eve");
        transaction.commit()?;
        assert_eq!(connection.one(select::<User>().filter(|u| u.id.eq(1)))?.name, "Eve");
        if db.backend == Backend::Postgres {
            // The server refuses after it has sent rows that nobody reads any more: nothing may be committed.
            let mut transaction = connection.begin()?;
            transaction.execute(update::<User>().set(|u| u.name.to("Fay")).filter(|u| u.id.eq(1)))?;
            let late = || sql("SELECT 1000000 / (50000 - n) FROM generate_series(1, 60000) AS n");
            let error = transaction.for_each(late(), |_: i32| Err(Error::new(ErrorKind::NotFound, "enough"))).expect_err("it ends");
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert_eq!(transaction.commit().expect_err("the transaction failed").kind(), ErrorKind::TransactionFailed);
            assert_eq!(connection.one(select::<User>().filter(|u| u.id.eq(1)))?.name, "Eve");
            let mut rows = 0;
            let error = connection.for_each(late(), |_: i32| { rows += 1; Ok(()) }).expect_err("it divides by zero");
            assert!(rows > 0 && error.kind() != ErrorKind::NotFound, "{rows} {error}");
            assert_eq!(connection.one::<i32, _>(sql("SELECT 1"))?, 1);
        }
    }
}
