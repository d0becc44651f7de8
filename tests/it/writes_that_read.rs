//! Inserts of defaults and of a query's rows that exist already, joined writes that return, and writes in the WITH clause.

use crate::support::Db;
use orm::dialect::{JoinedReturning, UpsertQuery};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    email: Option<String>,
    logins: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts")]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    author: Option<Ref<User>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "visits")]
struct Visit {
    #[orm(primary_key)]
    id: i64,
    #[orm(server_default = "7")]
    pages: Auto<i32>,
    note: Option<String>,
}

/// Ann wrote "one", Bob "two", nobody "three"; Cid wrote nothing.
fn fill(db: &Db) -> orm::Result<Connection> {
    Schema::of::<(User, Post, Visit)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    for (name, logins) in [("Ann", 1), ("Bob", 2), ("Cid", 3)] {
        connection.execute(insert(&User { id: 0, name: name.into(), email: None, logins }))?;
    }
    for (title, author) in [("one", Some(1)), ("two", Some(2)), ("three", None)] {
        let author = author.map(|id: i64| id.into());
        connection.execute(insert(&Post { id: 0, title: title.into(), author }))?;
    }
    Ok(connection)
}

fn users(connection: &mut Connection) -> orm::Result<Vec<(String, i32)>> {
    connection.all(select::<User>().order_by(|u| u.name).columns(|u| (u.name, u.logins)))
}

fn titles(connection: &mut Connection) -> orm::Result<Vec<String>> {
    connection.all(select::<Post>().order_by(|p| p.id).columns(|p| p.title))
}

fn unsupported<T: std::fmt::Debug>(result: orm::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unsupported);
}

on_every_backend! {
    /// A query that changes rows is sent once, or not at all.
    fn a_query_that_writes_is_not_repeated(db) {
        let mut connection = fill(db)?;
        if !db.engine.dialect().writing_with {
            return Ok(());
        }
        connection.transaction(|tx| tx.execute(insert(&(0..1500).map(|n| User { id: 0, name: format!("user {n}"), email: None, logins: 0 }).collect::<Vec<_>>())))?;
        let raised = || {
            let raised = cte(update::<User>().set(|u| u.logins.to(u.logins + 1)).every_row().returning(|u| u.id));
            select::<User>().filter(move |u| u.id.in_(select_from(&raised)))
        };
        for refused in [connection.iterate(raised()).err(), connection.paginate(raised(), 1, 10).err()] {
            assert_eq!(refused.map(|error| error.kind()), Some(ErrorKind::Misuse));
        }
        let mut session = db.engine.session();
        assert_eq!(session.paginate(raised(), 1, 10).unwrap_err().kind(), ErrorKind::Misuse);
        let mut seen = 0;
        session.for_each(raised(), |_, _| {
            seen += 1;
            Ok(())
        })?;
        session.commit()?;
        assert_eq!(seen, 1503);
        assert_eq!(users(&mut connection)?[0], ("Ann".into(), 2));
    }

    /// New rows belong to collections that were loaded before.
    fn collections_see_rows_that_a_query_inserted(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let ann = session.get::<User>(1)?.expect("she is there");
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 1);
        let copies = select::<Post>().filter(|p| p.id.eq(1)).columns(|p| (p.title, p.author));
        session.execute(insert_into::<Post>().select(copies, |p| (p.title, p.author)))?;
        assert_eq!(session.related(ann, |u| u.posts)?.len(), 2);
    }

    fn a_row_of_defaults(db) {
        let mut connection = fill(db)?;
        assert_eq!(connection.execute(insert_into::<Visit>().default_values())?, 1);
        let row = Visit { id: 1, pages: Auto::Set(7), note: None };
        assert_eq!(connection.one(select::<Visit>())?, row);
        let returned = insert_into::<Visit>().default_values().returning(|v| v);
        if !db.engine.dialect().returning.insert {
            unsupported(connection.all(returned));
            return Ok(());
        }
        assert_eq!(connection.all(returned)?, [Visit { id: 2, ..row }]);
        let mut session = db.engine.session();
        let ids: Vec<i64> = session.rows(insert_into::<Visit>().default_values().returning(|v| v.id))?;
        assert_eq!((ids, session.count(select::<Visit>())?), (vec![3], 3));
    }

    fn a_query_brings_rows_that_exist(db) {
        let mut connection = fill(db)?;
        // Some with a filter, some without, one from a union: SQLite reads the ON of each as it is meant.
        let rows = || select::<Post>().left_join(|p| p.author).columns(|(p, u)| (u.name.coalesce(p.title), val(10)));
        let insert = || insert_into::<User>().select(rows(), |u| (u.name, u.logins)).on_conflict(|u| u.name);
        connection.execute(insert().do_nothing())?;
        assert_eq!(users(&mut connection)?, [("Ann".into(), 1), ("Bob".into(), 2), ("Cid".into(), 3), ("three".into(), 10)]);
        connection.execute(insert().do_update(|u, new| u.logins.to(u.logins + new.logins)))?;
        assert_eq!(users(&mut connection)?, [("Ann".into(), 11), ("Bob".into(), 12), ("Cid".into(), 3), ("three".into(), 20)]);
        let filtered = insert_into::<User>().select(rows().filter(|(p, _)| p.id.eq(1)), |u| (u.name, u.logins));
        connection.execute(filtered.on_conflict(|u| u.name).do_update(|u, new| (u.logins.to(new.logins), u.email.to(new.name))))?;
        assert_eq!(connection.one(select::<User>().filter(|u| u.id.eq(1)))?.email, Some("Ann".into()));
        let own = select::<User>().columns(|u| (u.name, u.logins + 1));
        let again = insert_into::<User>().select(own.limit(50), |u| (u.name, u.logins)).on_conflict(|u| u.name);
        connection.execute(again.do_update(|u, new| u.logins.to(new.logins)))?;
        assert_eq!(users(&mut connection)?, [("Ann".into(), 11), ("Bob".into(), 13), ("Cid".into(), 4), ("three".into(), 21)]);
        let few = cte(select::<Post>().filter(|p| p.id.eq(3)).columns(|p| (p.title, val(1))));
        let union = select_from(&few).union_all(select_from(values([("new".to_owned(), 5)])));
        let from_cte = insert_into::<User>().select(select_from(union), |u| (u.name, u.logins)).on_conflict(|u| u.name);
        connection.execute(from_cte.do_update(|u, new| u.logins.to(u.logins - new.logins)))?;
        assert_eq!(users(&mut connection)?[3..], [("new".into(), 5), ("three".into(), 20)]);
        // What a column that was left out would have been.
        let left_out = insert().do_update(|u, new| u.email.to(new.email));
        if db.engine.dialect().upsert_query == UpsertQuery::Named {
            unsupported(connection.execute(left_out));
        } else {
            connection.execute(left_out)?;
            assert_eq!(connection.count(select::<User>().filter(|u| u.email.is_not_null()))?, 0);
        }
    }

    fn a_session_reads_anew_what_an_upsert_changed(db) {
        fill(db)?;
        let mut session = db.engine.session();
        let ann = session.get::<User>(1)?.unwrap();
        let rows = select::<User>().columns(|u| (u.name, u.logins + 5));
        let raise = insert_into::<User>().select(rows, |u| (u.name, u.logins)).on_conflict(|u| u.name);
        session.execute(raise.do_update(|u, new| u.logins.to(new.logins)))?;
        session.get(ann)?;
        assert_eq!(session[ann].logins, 6);
    }

    fn joined_writes_return_what_the_database_can(db) {
        let mut connection = fill(db)?;
        let can = db.engine.dialect().returning.joined;
        let named = update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.name)).filter(|(_, u)| u.logins.eq(2));
        let own = named.clone().returning(|(p, _)| (p.id, p.title));
        let both = named.clone().returning(|(p, u)| (p, u.name));
        let gone = delete::<Post>().join(|p| p.author).filter(|(_, u)| u.name.eq("Bob")).returning(|(p, _)| p.title);
        match can {
            JoinedReturning::None => {
                unsupported(connection.all(own));
                unsupported(connection.all(gone));
            }
            JoinedReturning::Target | JoinedReturning::All => assert_eq!(connection.all(own)?, [(2, "Bob".into())]),
        }
        if can == JoinedReturning::All {
            let post = Post { id: 2, title: "Bob".into(), author: Some(2.into()) };
            assert_eq!(connection.all(both)?, [(post, "Bob".into())]);
        } else {
            unsupported(connection.all(both));
        }
        if can != JoinedReturning::None {
            let gone = delete::<Post>().join(|p| p.author).filter(|(_, u)| u.name.eq("Bob")).returning(|(p, _)| p.title);
            assert_eq!(connection.all(gone)?, ["Bob"]);
            assert_eq!(titles(&mut connection)?, ["one", "three"]);
        }
    }

    fn left_joined_writes_reach_rows_without_a_partner(db) {
        let mut connection = fill(db)?;
        let named = update::<Post>().left_join(|p| p.author).set(|(p, u)| p.title.to(u.name.coalesce(p.title)));
        // MySQL counts rows that were found, the others rows that were changed: all three were.
        assert_eq!(connection.execute(named.filter(|(p, _)| p.id.gt(0)))?, 3);
        assert_eq!(titles(&mut connection)?, ["Ann", "Bob", "three"]);
        let orphans = update::<Post>().left_join(|p| p.author).set(|(p, _)| p.title.to(p.title.concat("!"))).filter(|(_, u)| u.id.is_null());
        assert_eq!(connection.execute(orphans)?, 1);
        assert_eq!(titles(&mut connection)?, ["Ann", "Bob", "three!"]);
        let idle = delete::<User>().left_join(|u| u.posts).filter(|(_, p)| p.id.is_null());
        let names: Vec<String> = match db.engine.dialect().returning.joined {
            JoinedReturning::None => {
                assert_eq!(connection.execute(idle)?, 1);
                vec!["Cid".into()]
            }
            JoinedReturning::Target => connection.all(idle.returning(|(u, _)| u.name))?,
            JoinedReturning::All => {
                let gone: Vec<(String, Option<Post>)> = connection.all(idle.returning(|(u, p)| (u.name, p)))?;
                gone.into_iter().map(|(name, post)| post.map_or(name, |post| post.title)).collect()
            }
        };
        assert_eq!((names, users(&mut connection)?.len()), (vec!["Cid".to_owned()], 2));
        assert_eq!(connection.execute(update::<User>().left_join(|u| u.posts).set(|(u, _)| u.logins.to(0)).every_row())?, 2);
    }

    fn the_with_clause_writes(db) {
        let mut connection = fill(db)?;
        let gone = cte(delete::<Post>().filter(|p| p.id.le(2)).returning(|p| (p.title, p.author)));
        let query = select_from(&gone).join_on(select::<User>(), |((_, author), u)| author.eq(u.id)).columns(|((title, _), u)| (title, u.name));
        if !db.engine.dialect().writing_with {
            unsupported(connection.all(query));
            assert_eq!(titles(&mut connection)?.len(), 3);
            return Ok(());
        }
        let mut rows: Vec<(String, String)> = connection.all(query)?;
        rows.sort();
        assert_eq!(rows, [("one".into(), "Ann".into()), ("two".into(), "Bob".into())]);
        assert_eq!(titles(&mut connection)?, ["three"]);
        // It is carried out whole, and once, however often it is named; and it may feed another write.
        let archived = cte(insert_into::<Visit>().select(select_from(cte(delete::<Post>().every_row().returning(|p| p.title))), |v| v.note).returning(|v| v.note));
        let twice = select_from(&archived).union_all(select_from(&archived));
        assert_eq!(connection.all(twice)?.len(), 2);
        assert_eq!((titles(&mut connection)?.len(), connection.count(select::<Visit>())?), (0, 1));
        let raised = cte(update::<User>().set(|u| u.logins.to(u.logins + 1)).every_row().returning(|u| u.id));
        assert_eq!(connection.count(select_from(&raised))?, 3);
        assert!(connection.exists(select_from(&raised))?);
        assert_eq!(users(&mut connection)?[0].1, 3);
    }

    fn a_session_knows_that_the_with_clause_writes(db) {
        fill(db)?;
        if !db.engine.dialect().writing_with {
            return Ok(());
        }
        let raised = || cte(update::<User>().set(|u| u.logins.to(u.logins + 1)).every_row().returning(|u| u.id));
        let mut session = db.engine.session();
        let ann = session.get::<User>(1)?.unwrap();
        let ids: Vec<i64> = session.all(select_from(raised()))?;
        session.get(ann)?;
        assert_eq!((ids.len(), session[ann].logins), (3, 2));
        session.rows(select_from(raised()))?;
        session.get(ann)?;
        assert_eq!(session[ann].logins, 3);
        session.count(select_from(raised()))?;
        session.get(ann)?;
        assert_eq!(session[ann].logins, 4);
        session.execute(update::<Post>().set(|p| p.title.to("x")).filter(|p| p.id.in_(select_from(raised()))))?;
        session.get(ann)?;
        assert_eq!(session[ann].logins, 5);
        session.rollback()?;
        let mut reader = db.engine.session().read_only();
        assert!(reader.all(select_from(raised())).is_err());
    }
}
