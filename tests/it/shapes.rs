//! Queries that differ in their values only have one text, and each its own values; whatever else differs shows in the text.

use crate::support::Db;
use orm::prelude::*;
use std::collections::BTreeSet;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "people", has_many(pets = Pet::keeper))]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    city: Option<String>,
    age: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "pets")]
struct Pet {
    #[orm(primary_key)]
    id: i64,
    keeper: Ref<Person>,
    name: String,
}

/// | id | name | city | age | pets |
/// |---|---|---|---|---|
/// | 1 | Ann | Ulm | 30 | Rex |
/// | 2 | Bob | NULL | 40 | Tim |
/// | 3 | A_n | Bonn | 30 | |
fn people(db: &Db) -> orm::Result<Connection> {
    Schema::of::<(Person, Pet)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let person =
        |id, name: &str, city: Option<&str>, age| Person { id, name: name.into(), city: city.map(Into::into), age };
    let people = [person(1, "Ann", Some("Ulm"), 30), person(2, "Bob", None, 40), person(3, "A_n", Some("Bonn"), 30)];
    connection.execute(insert(&people))?;
    let pet = |id, keeper: i64, name: &str| Pet { id, keeper: keeper.into(), name: name.into() };
    connection.execute(insert(&[pet(1, 1, "Rex"), pet(2, 2, "Tim")]))?;
    Ok(connection)
}

/// What each query finds, and how many texts they had.
fn found(db: &Db, connection: &mut Connection, queries: Vec<Query<Person>>) -> orm::Result<(Vec<Vec<i64>>, usize)> {
    db.statements();
    let mut found = Vec::new();
    for query in queries {
        found.push(connection.all(query.order_by(|p| p.id).columns(|p| p.id))?);
    }
    let texts: BTreeSet<String> = db.statements().into_iter().collect();
    Ok((found, texts.len()))
}

on_every_backend! {
    fn values_go_with_their_statement(db) {
        let mut connection = people(db)?;
        let named = |name: &str, age: i32| select::<Person>().filter(|p| p.name.eq(name)).filter(|p| p.age.ge(age));
        let queries = vec![named("Ann", 1), named("Bob", 1), named("Bob", 41), named("Ann", 30), named("Eve", 0)];
        assert_eq!(found(db, &mut connection, queries)?, (vec![vec![1], vec![2], vec![], vec![1], vec![]], 1));
        let between = |low: i32, high: i32| select::<Person>().filter(|p| !p.age.between(low, high) | p.id.lt(2));
        let queries = vec![between(30, 30), between(30, 40), between(40, 40)];
        assert_eq!(found(db, &mut connection, queries)?, (vec![vec![1, 2], vec![1], vec![1, 3]], 1));
    }

    fn parts_to_find_are_escaped_each_time(db) {
        let mut connection = people(db)?;
        let holding = |part: &str| select::<Person>().filter(|p| p.name.contains(part));
        let starting = |part: &str| select::<Person>().filter(|p| p.name.starts_with(part));
        let queries = vec![holding("n"), holding("_"), holding("%"), starting("A"), starting("A_")];
        assert_eq!(found(db, &mut connection, queries)?.0, [vec![1, 3], vec![3], vec![], vec![1, 3], vec![3]]);
        let like = |pattern: &str| select::<Person>().filter(|p| p.name.like(pattern));
        assert_eq!(found(db, &mut connection, vec![like("A_n"), like("A%"), like("B__")])?.0, [vec![1, 3], vec![1, 3], vec![2]]);
    }

    fn what_is_no_value_shows_in_the_text(db) {
        let mut connection = people(db)?;
        let of = |city: Option<&str>| select::<Person>().filter(|p| p.city.eq(city.map(str::to_owned)));
        let queries = vec![of(Some("Ulm")), of(None), of(Some("Bonn"))];
        assert_eq!(found(db, &mut connection, queries)?, (vec![vec![1], vec![2], vec![3]], 2));
        let queries = (1..=3).map(|limit| select::<Person>().limit(limit)).chain([select().limit(1).offset(1)]).collect();
        assert_eq!(found(db, &mut connection, queries)?, (vec![vec![1], vec![1, 2], vec![1, 2, 3], vec![2]], 4));
        let compared = [
            select::<Person>().filter(|p| p.age.gt(30)),
            select::<Person>().filter(|p| p.age.lt(31)),
            select::<Person>().filter(|p| p.age.ne(40) & p.id.ne(1)),
            select::<Person>().filter(|p| p.age.ne(40) | p.id.ne(1)),
            select::<Person>().filter(|p| p.name.lower().eq("ann")),
            select::<Person>().filter(|p| p.name.upper().eq("ANN")),
        ];
        let expected = vec![vec![2], vec![1, 3], vec![3], vec![1, 2, 3], vec![1], vec![1]];
        assert_eq!(found(db, &mut connection, compared.into())?, (expected, 6));
    }

    fn queries_inside_have_shapes_too(db) {
        let mut connection = people(db)?;
        let keeps = |name: &str| select::<Person>().filter(|p| p.pets.any(|pet| pet.name.eq(name)));
        let others = |name: &str| select::<Person>().filter(|p| p.pets.none(|pet| pet.name.eq(name)));
        let queries = vec![keeps("Rex"), keeps("Tim"), others("Rex"), others("Tim")];
        assert_eq!(found(db, &mut connection, queries)?, (vec![vec![1], vec![2], vec![2, 3], vec![1, 3]], 2));
        let mut session = db.engine.session();
        for (name, keeper) in [("Rex", 1), ("Tim", 2)] {
            let query = select::<Person>().join(|p| p.pets).filter(|(_, pet)| pet.name.eq(name));
            let pairs = session.all(query.columns(|(p, pet)| (p, pet.name)))?;
            assert_eq!(pairs.len(), 1);
            assert_eq!((session[pairs[0].0].id, pairs[0].1.as_str()), (keeper, name));
        }
    }

    fn counts_and_tests_are_told_apart(db) {
        let mut connection = people(db)?;
        for age in [20, 30, 40] {
            let older = || select::<Person>().filter(|p| p.age.gt(age));
            let expected = [30, 40, 30].into_iter().filter(|known| *known > age).count();
            assert_eq!(connection.all(older())?.len(), expected);
            assert_eq!(connection.count(older())?, expected as u64);
            assert_eq!(connection.exists(older())?, expected > 0);
        }
    }

    fn changes_go_with_their_values(db) {
        let mut connection = people(db)?;
        db.statements();
        for (id, city) in [(1, Some("Bonn")), (2, Some("Ulm")), (3, None)] {
            let changed = update::<Person>().set(|p| p.city.to(city.map(str::to_owned))).filter(|p| p.id.eq(id));
            assert_eq!(connection.execute(changed)?, 1);
        }
        for name in ["Rex", "Eve"] {
            connection.execute(delete::<Pet>().filter(|pet| pet.name.eq(name)))?;
        }
        let texts: BTreeSet<String> = db.statements().into_iter().collect();
        assert_eq!(texts.len(), 2, "{texts:?}");
        connection.execute(update::<Person>().set(|p| p.age.to(p.age + 1)).filter(|p| p.age.eq(30)))?;
        connection.execute(update::<Person>().set(|p| p.age.to(p.age - 1)).filter(|p| p.age.eq(40)))?;
        let people: Vec<Person> = connection.all(select::<Person>().order_by(|p| p.id))?;
        let seen: Vec<(Option<&str>, i32)> = people.iter().map(|person| (person.city.as_deref(), person.age)).collect();
        assert_eq!(seen, [(Some("Bonn"), 31), (Some("Ulm"), 39), (None, 31)]);
        assert_eq!(connection.all(select::<Pet>().columns(|pet| pet.id))?, [2]);
    }

    fn a_row_by_its_key_needs_no_limit(db) {
        let mut connection = people(db)?;
        db.statements();
        assert_eq!(connection.one(select::<Person>().filter(|p| p.id.eq(2)))?.name, "Bob");
        assert!(connection.one_or_none(select::<Person>().filter(|p| p.is(9)))?.is_none());
        assert_eq!(connection.first(select::<Person>().filter(|p| p.id.eq(3)))?.map(|p| p.age), Some(30));
        assert!(db.statements().iter().all(|sql| !sql.contains("LIMIT")));
        let many = [
            select::<Person>().filter(|p| p.age.eq(30)),
            select::<Person>().filter(|p| p.id.ge(1)),
            select::<Person>().filter(|p| p.id.eq(1) | p.id.eq(2)),
        ];
        for query in many {
            assert_eq!(connection.one(query.clone()).expect_err("there are more").kind(), ErrorKind::MultipleRows);
            assert!(connection.first(query)?.is_some());
        }
        let sent = db.statements();
        assert!(sent.len() == 6 && sent.iter().all(|sql| sql.contains("LIMIT")), "{sent:?}");
        let joined = select::<Person>().cross_join(select::<Pet>()).filter(|(p, _)| p.id.eq(1));
        assert_eq!(connection.one(joined).expect_err("once for each pet").kind(), ErrorKind::MultipleRows);
        assert!(db.statements()[0].contains("LIMIT"));
    }

    fn long_lists_are_filled_up(db) {
        let mut connection = people(db)?;
        for length in [1_i64, 3, 64, 65, 100, 1200, 8000] {
            let query = || select::<Person>().filter(|p| p.id.in_(2..2 + length));
            let expected: Vec<i64> = (2..=3).filter(|id| *id < 2 + length).collect();
            assert_eq!(found(db, &mut connection, vec![query()])?.0, [expected]);
        }
    }
}
