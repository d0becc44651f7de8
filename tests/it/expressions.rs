//! Fragments, arrays, full-text search, comparisons with rows of a query, and starts of months: equal answers, or a clear error.

use crate::support::Db;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use orm::dialect::Search;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "people", has_many(scores = Score::person))]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    points: Option<i32>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "scores")]
struct Score {
    #[orm(primary_key)]
    id: i64,
    person: Ref<Person>,
    points: Option<i32>,
}

/// | id | name | points | scores |
/// |---|---|---|---|
/// | 1 | Ann | 5 | 1, 2 |
/// | 2 | Bob | NULL | 3, NULL |
/// | 3 | Cid | 2 | |
fn people(db: &Db) -> orm::Result<Connection> {
    Schema::of::<(Person, Score)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let person = |id, name: &str, points| Person { id, name: name.into(), points };
    connection.execute(insert(&[person(1, "Ann", Some(5)), person(2, "Bob", None), person(3, "Cid", Some(2))]))?;
    let score = |id, person: i64, points| Score { id, person: person.into(), points };
    let scores = [score(1, 1, Some(1)), score(2, 1, Some(2)), score(3, 2, Some(3)), score(4, 2, None)];
    connection.execute(insert(&scores))?;
    Ok(connection)
}

fn names(connection: &mut Connection, query: Query<Person>) -> orm::Result<Vec<String>> {
    connection.all(query.order_by(|p| p.id).columns(|p| p.name))
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    tags: Vec<String>,
    sizes: Option<Vec<i32>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "articles", fulltext(title, text))]
struct Article {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 200)]
    title: String,
    text: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "moments")]
struct Moment {
    #[orm(primary_key)]
    id: i64,
    day: NaiveDate,
    at: NaiveDateTime,
    seen: Option<DateTime<Utc>>,
}

on_every_backend! {
    fn a_fragment_is_an_expression_like_any_other(db) {
        let mut connection = people(db)?;
        let hostile = "Ann' OR {} --".to_owned();
        let found = |name: &str| select::<Person>().filter(|p| fragment::<bool>("{} = {} AND 1 = 1", (p.name, name)));
        assert_eq!(names(&mut connection, found("Ann"))?, ["Ann"]);
        assert_eq!(names(&mut connection, found(&hostile))?, [""; 0]);
        let either = select::<Person>().filter(|p| !fragment::<bool>("{} = 1 OR {} = 2", (p.id, p.id)));
        assert_eq!(names(&mut connection, either)?, ["Cid"]);
        let best = || select::<Score>().columns(|s| max(s.points));
        let rows: Vec<(i64, Option<bool>, bool)> = connection.all(
            select::<Person>().order_by(|p| fragment::<i64>("{} * {}", (p.id - 2, p.id - 2)).desc()).order_by(|p| p.id).columns(|p| (
                fragment::<i64>("{} + {}", (p.id, best())),
                fragment::<Option<bool>>("{} > {}", (p.points, 4)),
                fragment::<bool>("{} > {}", (p.points, 4)),
            )),
        )?;
        assert_eq!(rows, [(4, Some(true), true), (6, Some(false), false), (5, None, false)]);
        let braces: Vec<String> = connection.all(select::<Person>().limit(1).columns(|_| fragment::<String>("'{{}}'", ())))?;
        assert_eq!(braces, ["{}"]);
        let error = connection.all(select::<Person>().filter(|p| fragment::<bool>("{} = {}", p.id))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }

    fn arrays_are_asked_for_their_elements(db) {
        let schema = Schema::of::<Note>();
        if !db.engine.dialect().arrays {
            assert_eq!(schema.create_all(&db.engine).unwrap_err().kind(), ErrorKind::Unsupported);
            people(db)?;
            let error = db.engine.connect()?.all(select::<Person>().columns(|p| array_agg(p.name))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        schema.create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let note = |id, tags: &[&str], sizes| Note { id, tags: tags.iter().map(|&tag| tag.into()).collect(), sizes };
        connection.execute(insert(&[note(1, &["a", "b"], Some(vec![1, 2])), note(2, &[], None), note(3, &["b", "c"], Some(vec![7]))]))?;
        let mut ids = |query: Query<Note>| connection.all(query.order_by(|n| n.id).columns(|n| n.id));
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.contains_all(["b"])))?, [1, 3]);
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.contains_all([""; 0])))?, [1, 2, 3]);
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.contained_in(["a", "b", "x"])))?, [1, 2]);
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.overlaps(vec!["a".to_owned(), "c".to_owned()])))?, [1, 3]);
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.has("c") | n.sizes.has(2)))?, [1, 3]);
        assert_eq!(ids(select::<Note>().filter(|n| n.tags.overlaps([n.tags.element(1).coalesce("none")])))?, [1, 3]);
        let rows: Vec<(i64, Option<i64>, Option<String>, Option<i32>)> = connection.all(
            select::<Note>().order_by(|n| n.id).columns(|n| (n.tags.array_length(), n.sizes.array_length(), n.tags.element(2), n.sizes.element(9))),
        )?;
        assert_eq!(rows, [(2, Some(2), Some("b".into()), None), (0, None, None, None), (2, Some(1), Some("c".into()), None)]);
        connection.execute(update::<Note>().set(|n| (n.tags.to(n.tags.array_append("z")), n.sizes.to(n.sizes.array_concat([8, 9])))).filter(|n| n.id.ge(2)))?;
        assert_eq!(connection.one(select::<Note>().filter(|n| n.id.eq(2)))?, note(2, &["z"], Some(vec![8, 9])));
        assert_eq!(connection.one(select::<Note>().filter(|n| n.id.eq(3)))?, note(3, &["b", "c", "z"], Some(vec![7, 8, 9])));
    }

    fn rows_become_an_array(db) {
        let mut connection = people(db)?;
        if !db.engine.dialect().arrays {
            return Ok(());
        }
        let query = select::<Person>().columns(|p| (array_agg(p.name).order_by(p.id.desc()), array_agg(p.points).filter(p.id.lt(3))));
        assert_eq!(connection.one(query)?, (Some(vec!["Cid".into(), "Bob".into(), "Ann".into()]), Some(vec![5])));
        let none = select::<Person>().filter(|p| p.id.gt(9)).columns(|p| array_agg(p.id));
        assert_eq!(connection.one(none)?, None);
        let over = select::<Person>().order_by(|p| p.id).columns(|p| array_agg(p.id).over(|w| w.order_by(p.id)));
        assert_eq!(connection.all(over)?, [Some(vec![1]), Some(vec![1, 2]), Some(vec![1, 2, 3])]);
    }

    fn texts_are_searched_for_words(db) {
        let schema = Schema::of::<Article>();
        if db.engine.dialect().functions.search == Search::None {
            assert_eq!(schema.create_all(&db.engine).unwrap_err().kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        schema.create_all(&db.engine)?;
        schema.create_all(&db.engine)?; // nothing is made twice
        assert_eq!(schema.verify(&db.engine)?, []);
        let mut connection = db.engine.connect()?;
        let article = |id, title: &str, text: Option<&str>| Article { id, title: title.into(), text: text.map(str::to_owned) };
        connection.execute(insert(&[
            article(1, "Rust and databases", Some("Rust, rust and again rust: typed queries")),
            article(2, "Databases elsewhere", Some("java speaks to databases, rust too")),
            article(3, "Gardening", None),
            article(4, "Queries", Some("queries that are typed")),
        ]))?;
        let mut found = |words: &str| -> orm::Result<Vec<i64>> {
            connection.all(select::<Article>().filter(|a| full_text((a.title, a.text)).matches(words)).order_by(|a| a.id).columns(|a| a.id))
        };
        assert_eq!(found("rust")?, [1, 2]);
        assert_eq!(found("RUST databases")?, [1, 2]);
        assert_eq!(found("rust -java")?, [1]);
        assert_eq!(found("\"typed queries\"")?, [1]);
        assert_eq!(found("gardening or java")?, [2, 3]);
        assert_eq!(found("gardening or rust java")?, [2, 3]);
        assert_eq!(found("gardening rust")?, [0; 0]);
        // Operators and quotes that nobody meant are no mistakes.
        assert_eq!(found("+rust @3 (\" ' %")?.len(), found("rust 3")?.len());
        assert_eq!(found("")?, [0; 0]);
        let ranked = select::<Article>()
            .filter(|a| full_text((a.title, a.text)).matches("rust"))
            .order_by(|a| full_text((a.title, a.text)).rank("rust").desc())
            .columns(|a| (a.id, full_text((a.title, a.text)).rank("rust").gt(0.0), full_text((a.title, a.text)).matches("rust").eq(true)));
        assert_eq!(connection.all(ranked)?, [(1, true, true), (2, true, true)]);
        let others = select::<Article>().filter(|a| !full_text((a.title, a.text)).matches("rust")).order_by(|a| a.id);
        assert_eq!(connection.all(others.columns(|a| a.id))?, [3, 4]);
    }

    fn a_value_is_compared_with_some_or_all_rows(db) {
        let mut connection = people(db)?;
        let of = |person: i64| select::<Score>().filter(move |s| s.person.eq(person)).columns(|s| s.points);
        let mut found = |query: Query<Person>| names(&mut connection, query);
        assert_eq!(found(select::<Person>().filter(|p| p.points.gt(any_row(of(1)))))?, ["Ann", "Cid"]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.gt(all_rows(of(1)))))?, ["Ann"]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.ge(all_rows(of(1)))))?, ["Ann", "Cid"]);
        // A NULL among the rows leaves open what no other row decides.
        assert_eq!(found(select::<Person>().filter(|p| p.points.gt(any_row(of(2)))))?, ["Ann"]);
        assert_eq!(found(select::<Person>().filter(|p| !p.points.gt(any_row(of(2)))))?, [""; 0]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.gt(all_rows(of(2)))))?, [""; 0]);
        assert_eq!(found(select::<Person>().filter(|p| !p.points.gt(all_rows(of(2)))))?, ["Cid"]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.gt(any_row(of(2))).is_null()))?, ["Bob", "Cid"]);
        // Of no rows, any is false and all is true, even for NULL.
        assert_eq!(found(select::<Person>().filter(|p| !p.points.lt(any_row(of(3)))))?.len(), 3);
        assert_eq!(found(select::<Person>().filter(|p| p.points.lt(all_rows(of(3)))))?.len(), 3);
        // Equality, and a query that sees the row around it.
        assert_eq!(found(select::<Person>().filter(|p| p.points.eq(any_row(of(1)))))?, ["Cid"]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.ne(all_rows(of(1)))))?, ["Ann"]);
        assert_eq!(found(select::<Person>().filter(|p| !p.points.eq(all_rows(of(1)))))?, ["Ann", "Cid"]);
        let own = select::<Person>().filter(|p| p.points.gt(all_rows(select::<Score>().filter(|s| s.person.eq(p.id)).columns(|s| s.points))));
        assert_eq!(found(own)?, ["Ann", "Cid"]);
        assert_eq!(found(select::<Person>().filter(|p| p.points.le(any_row(of(1).order_by(|s| s.points.desc()).limit(1)))))?, ["Cid"]);
        let kept: Vec<bool> = connection.all(select::<Person>().order_by(|p| p.id).columns(|p| p.points.gt(any_row(of(2)))))?;
        assert_eq!(kept, [true, false, false]);
        assert_eq!(connection.execute(update::<Person>().set(|p| p.points.to(0)).filter(|p| p.points.gt(all_rows(of(1)))))?, 1);
    }

    fn no_related_row_satisfies_a_condition(db) {
        let mut connection = people(db)?;
        assert_eq!(names(&mut connection, select::<Person>().filter(|p| p.scores.none(|s| s.points.gt(2))))?, ["Ann", "Cid"]);
        // What is unknown does not hold.
        assert_eq!(names(&mut connection, select::<Person>().filter(|p| p.scores.none(|s| s.points.lt(3))))?, ["Bob", "Cid"]);
        assert_eq!(names(&mut connection, select::<Person>().filter(|p| p.scores.all(|s| s.points.gt(0))))?, ["Ann", "Cid"]);
    }

    fn months_and_others_begin(db) {
        Schema::of::<Moment>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let at: NaiveDateTime = "2024-02-29T23:59:58.123456".parse().unwrap();
        let old: NaiveDateTime = "0987-12-31T00:00:00".parse().unwrap();
        let seen = at.and_utc();
        connection.execute(insert(&[Moment { id: 1, day: at.date(), at, seen: Some(seen) }, Moment { id: 2, day: old.date(), at: old, seen: None }]))?;
        let time = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let months = select::<Moment>().order_by(|m| m.id).columns(|m| (m.at.start_of_month(), m.day.start_of_month(), m.seen.start_of_month()));
        assert_eq!(connection.all(months)?, [
            (time("2024-02-01T00:00:00"), day("2024-02-01"), Some(time("2024-02-01T00:00:00").and_utc())),
            (time("0987-12-01T00:00:00"), day("0987-12-01"), None),
        ]);
        let others = select::<Moment>().filter(|m| m.id.eq(1)).columns(|m| (
            m.day.start_of_year(), m.at.start_of_year(), m.at.start_of_day(), m.seen.start_of_hour(), m.at.start_of_minute(),
        ));
        assert_eq!(connection.one(others)?, (
            day("2024-01-01"),
            time("2024-01-01T00:00:00"),
            time("2024-02-29T00:00:00"),
            Some(time("2024-02-29T23:00:00").and_utc()),
            time("2024-02-29T23:59:00"),
        ));
        let same = select::<Moment>().group_by(|m| m.at.start_of_month()).order_by(|m| m.at.start_of_month()).columns(|m| (m.at.start_of_month(), count_all()));
        assert_eq!(connection.all(same)?.len(), 2);
        assert_eq!(connection.count(select::<Moment>().filter(|m| m.day.start_of_month().eq(day("2024-02-01"))))?, 1);
    }
}
