//! Programs as users write them: each idiom of the query language and of the session compiles, runs, and says what is so.

#![allow(clippy::needless_borrows_for_generic_args)] // users borrow where they need not, and it must compile

mod aggregates;
mod conditions;
mod functions;
mod joins;
mod lists;
mod models;
mod sessions;
mod statements;
mod subqueries;

use models::{
    Account, AccountId, Album, City, Country, Credit, Director, Employee, Film, Kind, Money, Person, Profile, Review,
    Team, Wiki,
};
use orm::prelude::*;

/// A database in memory with a few rows of each model.
///
/// | person | age | e-mail | admin | films | reviews written |
/// |---|---|---|---|---|---|
/// | 1 ada | 36 | ada@example.org | yes | 1 Dawn, 2 Dusk | 2 |
/// | 2 bob | 17 | - | no | 3 Noon | 1 |
/// | 3 cyd | 52 | cyd | no | - | 1 |
fn store() -> orm::Result<Engine> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<(Person, Film, Review, Profile, (Team, Credit, Employee), (Country, City, Account, Album, Wiki))>()
        .create_all(&engine)?;
    let mut conn = engine.connect()?;
    conn.execute(insert(&[
        person(1, "ada", Some("ada@example.org"), true, 36),
        person(2, "bob", None, false, 17),
        person(3, "cyd", Some("cyd"), false, 52),
    ]))?;
    let film = |id, title: &str, score, author: i64, editor: Option<i64>, kind| Film {
        id,
        title: title.into(),
        score,
        author: author.into(),
        editor: editor.map(Ref::from),
        price: Money(id * 100),
        kind,
    };
    conn.execute(insert(&[
        film(1, "Dawn", 4.5, 1, Some(2), Kind::Live),
        film(2, "Dusk", 2.0, 1, None, Kind::Draft),
        film(3, "Noon", 3.5, 2, Some(2), Kind::Live),
    ]))?;
    let review = |id, body: &str, film: i64, author: i64| Review {
        id,
        body: body.into(),
        film: film.into(),
        author: author.into(),
    };
    conn.execute(insert(&[
        review(1, "fine", 1, 2),
        review(2, "mine", 1, 1),
        review(3, "dark", 2, 3),
        review(4, "thanks", 1, 1),
    ]))?;
    conn.execute(insert(&[
        Profile { user: 1.into(), bio: Some("first".into()) },
        Profile { user: 2.into(), bio: None },
    ]))?;
    conn.execute(insert(&[Team { id: 1, name: "red".into() }, Team { id: 2, name: "blue".into() }]))?;
    let credit = |user: i64, team: i64, since| Credit { user: user.into(), team: team.into(), since };
    conn.execute(insert(&[credit(1, 1, 2001), credit(1, 2, 2002), credit(3, 2, 2003)]))?;
    let employee = |id, name: &str, boss: Option<i64>, salary, dept: &str| Employee {
        id,
        name: name.into(),
        reports_to: boss.map(Ref::from),
        salary,
        dept: dept.into(),
    };
    conn.execute(insert(&[
        employee(1, "Root", None, 90.0, "all"),
        employee(2, "Left", Some(1), 50.0, "east"),
        employee(3, "Leaf", Some(2), 30.0, "east"),
    ]))?;
    conn.execute(insert(&[
        Country { code: "de".into(), name: "Germany".into() },
        Country { code: "fr".into(), name: "France".into() },
    ]))?;
    conn.execute(insert(&Account { id: AccountId(4), population: 9 }))?;
    conn.execute(insert(&[
        City {
            id: 1,
            country: "de".to_owned().into(),
            account: Some(AccountId(4).into()),
            member: Some((1, 2).into()),
        },
        City { id: 2, country: "fr".to_owned().into(), account: None, member: None },
    ]))?;
    drop(conn); // a database in memory is one connection
    Ok(engine)
}

fn person(id: i64, name: &str, email: Option<&str>, admin: bool, age: i32) -> Person {
    Person { id, username: name.into(), email: email.map(str::to_owned), admin, age }
}

/// Asks that a query finds the rows of its model with these keys.
#[track_caller]
fn finds<M: Model<Key = i64>>(conn: &mut Connection, query: Query<M>, keys: &[i64]) {
    let rows: Vec<M> = conn.all(query).expect("the query runs");
    let mut found: Vec<i64> = rows.iter().filter_map(Model::key_of).collect();
    found.sort_unstable();
    assert_eq!(found, keys);
}
