//! UNIQUE values that go from one object to another within a flush.

use crate::session_models::{sent, writes};
use crate::support::Db;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "products")]
struct Product {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 20)]
    code: String,
    #[orm(unique)]
    badge: Option<i32>,
    #[orm(version)]
    version: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "parts")]
struct Part {
    #[orm(primary_key)]
    id: i64,
    product: Ref<Product>,
    maybe: Option<Ref<Product>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "lists")]
struct List {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "items", unique(list, position))]
struct Item {
    #[orm(primary_key)]
    id: i64,
    list: Ref<List>,
    position: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "labels")]
struct Label {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    product: Ref<Product>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "places")]
struct Place {
    #[orm(primary_key, generated = false)]
    id: i64,
    #[orm(length = 20)]
    name: String,
}

fn product(code: &str) -> Product {
    Product { id: 0, code: code.into(), badge: None, version: 0 }
}

fn create(db: &Db) -> orm::Result<()> {
    Schema::of::<(Product, Part, List, Item, Label, Place)>().create_all(&db.engine)
}

/// The codes and badges of all products as another connection sees them, by key.
fn products(db: &Db) -> orm::Result<Vec<(String, Option<i32>)>> {
    db.engine.connect()?.all(select::<Product>().order_by(|p| p.id.asc()).columns(|p| (p.code, p.badge)))
}

fn positions(db: &Db) -> orm::Result<Vec<i32>> {
    db.engine.connect()?.all(select::<Item>().order_by(|i| i.id.asc()).columns(|i| i.position))
}

on_every_backend! {
    /// Case 9: two objects that swap their UNIQUE values, by stand-ins.
    fn two_unique_values_are_swapped(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (a, b) = (session.add(product("a")), session.add(product("b")));
        (session[a].badge, session[b].badge) = (Some(1), Some(2));
        session.commit()?;
        (session[a].code, session[b].code) = ("b".into(), "a".into());
        session.commit()?;
        assert_eq!(products(db)?, [("b".into(), Some(1)), ("a".into(), Some(2))]);
        assert_eq!((session[a].version, session[b].version), (3, 3), "each row was written twice");
        // Both values at once, with a third row in the round.
        let c = session.add(Product { badge: Some(3), ..product("c") });
        session.flush()?;
        (session[a].badge, session[b].badge, session[c].badge) = (Some(2), Some(3), Some(1));
        (session[a].code, session[b].code) = ("a".into(), "b".into());
        session.commit()?;
        assert_eq!(products(db)?, [("a".into(), Some(2)), ("b".into(), Some(3)), ("c".into(), Some(1))]);
        // The session knows the versions: the next change is not stale, nor is a delete.
        session[a].code = "z".into();
        session.delete(b);
        session.commit()?;
        assert_eq!(products(db)?, [("z".into(), Some(2)), ("c".into(), Some(1))]);
    }

    /// Case 9: what a deleted object, and what a changed one leaves, can be taken in the same flush.
    fn a_unique_value_is_freed_before_it_is_taken(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (old, moved) = (session.add(product("x")), session.add(product("y")));
        session.commit()?;
        session.add(product("x"));
        session.add(product("y"));
        session.delete(old);
        session[moved].code = "z".into();
        session.commit()?;
        assert_eq!(products(db)?.into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["z", "x", "y"]);
        // A chain of three that the keys would order the wrong way round.
        let all: Vec<_> = session.all(select::<Product>().order_by(|p| p.id.asc()))?;
        for (product, code) in all.iter().zip(["x", "y", "w"]) {
            session[*product].code = code.into();
        }
        db.statements();
        session.commit()?;
        assert_eq!(writes(db), ["UPDATE"; 3], "one for each row, in their order");
        assert_eq!(products(db)?.into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["x", "y", "w"]);
    }

    /// Case 9: an object that takes a value back which it gave up, and a rollback of it all.
    fn a_swap_is_rolled_back(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (a, b) = (session.add(product("a")), session.add(product("b")));
        session.commit()?;
        let result: orm::Result<()> = session.savepoint(|session| {
            (session[a].code, session[b].code) = ("b".into(), "a".into());
            session.flush()?;
            assert_eq!(session[a].version, 3);
            Err(Error::refused("no"))
        });
        assert!(result.is_err());
        assert_eq!((session[a].code.as_str(), session[a].version), ("a", 1));
        (session[a].code, session[b].code) = ("b".into(), "a".into());
        session.commit()?;
        assert_eq!(products(db)?, [("b".into(), None), ("a".into(), None)]);
    }

    /// Rule 23: a list whose positions move by one takes a few statements, however long it is.
    fn the_positions_of_a_list_are_shifted(db) {
        const ITEMS: i32 = 50; // as many as MySQL gets at a time
        create(db)?;
        let mut session = db.engine.session();
        let (list, other) = (session.add(List { id: 0 }), session.add(List { id: 0 }));
        let items = session.add_all((0..ITEMS).map(|position| Item { id: 0, list: list.into(), position }));
        session.add_all((0..ITEMS).map(|position| Item { id: 0, list: other.into(), position }));
        session.commit()?;
        // A new first item; everything moves up.
        for item in &items {
            session[*item].position += 1;
        }
        session.add(Item { id: 0, list: list.into(), position: 0 });
        db.statements();
        session.commit()?;
        let updates = sent(db, "UPDATE");
        assert_eq!(updates.len(), 2, "{updates:?}");
        let moved = positions(db)?;
        assert_eq!(moved[..ITEMS as usize], (1..=ITEMS).collect::<Vec<_>>());
        assert_eq!(moved[2 * ITEMS as usize..], [0]);
        // The first one goes; everything moves down.
        let all = session.all(select::<Item>().filter(|i| i.list.eq(list)).order_by(|i| i.position.asc()))?;
        session.delete(all[0]);
        for item in &all[1..] {
            session[*item].position -= 1;
        }
        session.commit()?;
        assert_eq!(positions(db)?[..ITEMS as usize], (0..ITEMS).collect::<Vec<_>>());
        // Turned round.
        for item in &items {
            session[*item].position = ITEMS - 1 - session[*item].position;
        }
        session.commit()?;
        assert_eq!(positions(db)?[..ITEMS as usize], (0..ITEMS).rev().collect::<Vec<_>>());
    }

    /// Rule 24: the row can only be deleted when it was left, and left only when the row with its value is there.
    fn a_knot_of_references_and_values_is_untied(db) {
        create(db)?;
        let mut session = db.engine.session();
        let old = session.add(product("x"));
        let part = session.add(Part { id: 0, product: old.into(), maybe: None });
        session.commit()?;
        let new = session.add(product("x"));
        session[part].product = new.into();
        session.delete(old);
        db.statements();
        session.commit()?;
        assert_eq!(writes(db), ["UPDATE", "INSERT", "UPDATE", "DELETE"]);
        assert_eq!(products(db)?, [("x".into(), None)]);
        // By a reference that may be NULL for a while.
        session[part].maybe = new.into();
        session[part].product = session.add(product("y")).into();
        session.commit()?;
        assert_eq!(session.get(session[part].maybe)?, Some(new));
        let last = session.add(product("x"));
        session[part].maybe = last.into();
        session.delete(new);
        session.commit()?;
        let rows: Vec<Part> = db.engine.connect()?.all(select::<Part>())?;
        assert_eq!(rows[0].maybe.as_ref().and_then(Ref::key), Some(&session[last].id));
        assert_eq!(session.count(select::<Product>())?, 2);
    }

    /// Where nothing can stand in, the error names the objects and the constraint, and nothing is sent.
    fn a_circle_without_a_stand_in_is_an_error_before_any_sql(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (a, b) = (session.add(product("a")), session.add(product("b")));
        let first = session.add(Label { id: 0, product: a.into() });
        let second = session.add(Label { id: 0, product: b.into() });
        session.commit()?;
        (session[first].product, session[second].product) = (b.into(), a.into());
        db.statements();
        let error = session.flush().expect_err("a reference has no stand-in");
        assert_eq!(db.all_statements(), Vec::<String>::new());
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!(error.details().constraint.as_deref(), Some("labels_product_id_key"));
        let text = error.to_string();
        let keys = (session[first].id, session[second].id);
        assert!(text.contains(&format!("`Label` with key {}, `Label` with key {}", keys.0, keys.1)), "{text}");
        assert!(text.contains("`labels_product_id_key`"), "{text}");
        // The session goes on; where a row is free, so does the swap.
        let c = session.add(product("c"));
        session[second].product = c.into();
        session.flush()?;
        session[second].product = a.into();
        session.commit()?;
        let rows: Vec<Label> = db.engine.connect()?.all(select::<Label>().order_by(|l| l.id.asc()))?;
        assert_eq!(rows.iter().map(|label| label.product.key().copied()).collect::<Vec<_>>(), [Some(session[b].id), Some(session[a].id)]);
    }

    /// Primary keys are UNIQUE, too.
    fn primary_keys_move_up_one_after_another(db) {
        create(db)?;
        let mut session = db.engine.session();
        let places = session.add_all((1..=6).map(|id| Place { id, name: format!("place {id}") }));
        session.commit()?;
        for place in &places {
            session[*place].id += 1;
        }
        let first = session.add(Place { id: 1, name: "new".into() });
        session.commit()?;
        let rows: Vec<Place> = db.engine.connect()?.all(select::<Place>().order_by(|p| p.id.asc()))?;
        assert_eq!(rows[0].name, "new");
        assert!(rows[1..].iter().all(|row| row.name == format!("place {}", row.id - 1)), "{rows:?}");
        assert_eq!(session.get::<Place>(1)?, Some(first));
        assert_eq!(session.get::<Place>(7)?, Some(places[5]));
        (session[first].id, session[places[0]].id) = (2, 1);
        assert_eq!(session.flush().expect_err("a key has no stand-in").kind(), ErrorKind::UniqueViolation);
        session.rollback()?;
        assert_eq!(session[first].id, 1);
    }
}
