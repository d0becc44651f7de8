//! What a flush updates: the columns, the batches, keys, versions, and rows that others changed meanwhile.

use crate::session_models::*;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "owners")]
struct Owner {
    #[orm(primary_key, generated = false)]
    code: i64,
    #[orm(length = 40)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "pets")]
struct Pet {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_update = "cascade")]
    owner: Ref<Owner>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "sheets")]
struct Sheet {
    #[orm(primary_key)]
    id: i64,
    bytes: Vec<u8>,
    ratio: f64,
    note: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "wide")]
struct Wide {
    #[orm(primary_key)]
    id: i64,
    a: i32,
    b: i32,
    c: Option<i32>,
    d: i32,
    e: i32,
    f: bool,
}

#[cfg(all(feature = "rust_decimal", feature = "chrono"))]
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "bills")]
struct Bill {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision = 12, scale = 4)]
    amount: rust_decimal::Decimal,
    day: chrono::NaiveDate,
    paid: Option<chrono::NaiveDate>,
}

#[cfg(feature = "serde_json")]
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tagged")]
struct Tagged {
    #[orm(primary_key)]
    id: i64,
    tags: Json<Vec<i32>>,
    extra: Option<Json<std::collections::BTreeMap<String, i32>>>,
}

on_every_backend! {
    /// Case 10.
    fn only_the_changed_column_is_set(db) {
        Schema::of::<(Wide,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let wide = session.add(Wide { id: 0, a: 1, b: 2, c: None, d: 4, e: 5, f: true });
        session.commit()?;
        db.statements();
        session[wide].d = 40;
        session.flush()?;
        let updates = db.statements();
        assert_eq!(updates.len(), 1, "{updates:?}");
        let set = updates[0].split("WHERE").next().expect("an UPDATE has a SET");
        assert!(set.contains('d') && ["a", "b", "c", "e", "f"].iter().all(|name| {
            !set.contains(&format!("\"{name}\"")) && !set.contains(&format!("`{name}`"))
        }), "{set}");
        session.commit()?;
        let row: Wide = db.engine.connect()?.one(select::<Wide>())?;
        assert_eq!(row, Wide { d: 40, ..session[wide].clone() });
    }

    /// Case 10: an equal value is no change, also when it was another one in between.
    fn a_field_set_to_an_equal_value_sends_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        db.all_statements();
        session[ann].name = "ann".to_owned();
        session[ann].age += 1;
        session[ann].age -= 1;
        session[ann].email = None;
        session.flush()?;
        assert!(db.all_statements().is_empty());
        // Touched without a change before, an object is still written once.
        session[ann].age += 1;
        session.flush()?;
        assert_eq!(writes(db), ["UPDATE"]);
        session[ann].age += 1;
        session[ann].email = Some("ann@example.org".into());
        session.flush()?;
        session.flush()?;
        assert_eq!(writes(db), ["UPDATE"]);
        session.commit()?;
        assert_eq!(authors(db)?, [session[ann].clone()]);
        assert_eq!(session[ann].age, 32);
    }

    /// Case 10: a value changed and flushed can be changed back.
    fn a_change_can_be_taken_back_by_hand_after_its_flush(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        session[ann].age = 31;
        session.flush()?;
        session[ann].age = 30;
        db.statements();
        session.commit()?;
        assert_eq!(writes(db), ["UPDATE"]);
        assert_eq!(authors(db)?[0].age, 30);
    }

    /// Case 11.
    fn a_thousand_changes_of_one_column_are_few_statements(db) {
        create(db)?;
        let mut session = db.engine.session();
        let handles = session.add_all((0..1000).map(|n| author(&format!("author {n}"))));
        session.commit()?;
        db.statements();
        for (n, handle) in handles.iter().enumerate() {
            session[*handle].age = n as i32;
        }
        session.flush()?;
        let updates = writes(db);
        assert!(updates.len() <= 15, "{}", updates.len());
        session.commit()?;
        let rows = authors(db)?;
        assert_eq!(rows, handles.iter().map(|handle| session[*handle].clone()).collect::<Vec<_>>());
        assert!(rows.iter().enumerate().all(|(n, row)| row.age == n as i32));
    }

    /// Case 12: bytes, floats, options.
    fn bytes_and_floats_are_compared_by_value(db) {
        Schema::of::<(Sheet,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let sheet = session.add(Sheet { id: 0, bytes: vec![1, 0, 255], ratio: 0.1 + 0.2, note: Some(String::new()) });
        session.commit()?;
        session.refresh(sheet)?;
        session.commit()?;
        db.all_statements();
        session[sheet].bytes.push(7);
        session[sheet].bytes.pop();
        session[sheet].ratio = 0.1 + 0.2;
        session[sheet].note = Some(String::new());
        session.flush()?;
        assert!(db.all_statements().is_empty());
        session[sheet].bytes[1] = 9;
        session.flush()?;
        let updates = db.statements();
        assert!(updates.len() == 1 && updates[0].contains("bytes") && !updates[0].contains("ratio"), "{updates:?}");
        session[sheet].note = None;
        session[sheet].ratio = -0.0;
        session.commit()?;
        let row: Sheet = db.engine.connect()?.one(select::<Sheet>())?;
        assert_eq!(row, Sheet { id: row.id, bytes: vec![1, 9, 255], ratio: 0.0, note: None });
    }

    /// Case 12: NaN, where the database can hold it.
    fn nan_equals_itself_or_is_refused(db) {
        Schema::of::<(Sheet,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let sheet = session.add(Sheet { id: 0, bytes: vec![], ratio: f64::NAN, note: None });
        if let Err(error) = session.commit() {
            assert_ne!(db.backend, crate::support::Backend::Postgres, "{error}");
            assert!(matches!(error.kind(), ErrorKind::OutOfRange | ErrorKind::InvalidValue | ErrorKind::Unsupported), "{error:?}");
            session.rollback()?;
            assert_eq!(session.state(sheet), State::Gone(Gone::RolledBack));
            return Ok(());
        }
        session.refresh(sheet)?;
        assert!(session[sheet].ratio.is_nan());
        db.all_statements();
        session[sheet].ratio = f64::NAN;
        session.flush()?;
        assert!(db.all_statements().is_empty());
    }

    /// Case 12: JSON.
    #[cfg(feature = "serde_json")]
    fn json_is_compared_by_value(db) {
        Schema::of::<(Tagged,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let extra = [("b", 2), ("a", 1)].map(|(name, value)| (name.to_owned(), value)).into();
        let tagged = session.add(Tagged { id: 0, tags: Json(vec![1, 2]), extra: Some(Json(extra)) });
        session.commit()?;
        session.refresh(tagged)?;
        db.all_statements();
        session[tagged].tags.push(3);
        session[tagged].tags.pop();
        let same = session[tagged].extra.clone();
        session[tagged].extra = same;
        session.flush()?;
        assert!(db.all_statements().is_empty());
        session[tagged].tags.push(3);
        session.flush()?;
        let updates = db.statements();
        assert!(updates.len() == 1 && updates[0].contains("tags") && !updates[0].contains("extra"), "{updates:?}");
        session[tagged].extra = None;
        session.commit()?;
        let row: Tagged = db.engine.connect()?.one(select::<Tagged>())?;
        assert_eq!(row, Tagged { id: row.id, tags: Json(vec![1, 2, 3]), extra: None });
    }

    /// Case 12: decimals and dates.
    #[cfg(all(feature = "rust_decimal", feature = "chrono"))]
    fn decimals_and_dates_are_compared_by_value(db) {
        Schema::of::<(Bill,)>().create_all(&db.engine)?;
        let day = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap day");
        let amount = rust_decimal::Decimal::new(150, 2);
        let mut session = db.engine.session();
        let bill = session.add(Bill { id: 0, amount, day, paid: None });
        session.commit()?;
        session.refresh(bill)?;
        db.all_statements();
        session[bill].amount = rust_decimal::Decimal::new(15, 1); // 1.5 is 1.50
        session[bill].day = day;
        session.flush()?;
        assert!(db.all_statements().is_empty());
        session[bill].paid = day.succ_opt();
        session.flush()?;
        let updates = db.statements();
        assert!(updates.len() == 1 && updates[0].contains("paid") && !updates[0].contains("amount"), "{updates:?}");
        session[bill].amount += rust_decimal::Decimal::new(1, 4);
        session.commit()?;
        let row: Bill = db.engine.connect()?.one(select::<Bill>())?;
        assert_eq!(row, Bill { id: row.id, amount: rust_decimal::Decimal::new(15001, 4), day, paid: day.succ_opt() });
    }

    /// Case 13.
    fn a_changed_primary_key_moves_the_row_and_its_children(db) {
        Schema::of::<(Owner, Pet)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let owner = session.add(Owner { code: 1, name: "ann".into() });
        let pet = session.add(Pet { id: 0, owner: owner.into() });
        session.commit()?;
        db.statements();
        session[owner].code = 2;
        session.flush()?;
        assert_eq!(writes(db), ["UPDATE"]);
        assert_eq!(session.get::<Owner>(2)?, Some(owner));
        assert_eq!(session.get::<Owner>(1)?, None);
        session.rollback()?;
        assert_eq!(session[owner].code, 1);
        assert_eq!(session.get::<Owner>(1)?, Some(owner));
        assert_eq!(session.get::<Owner>(2)?, None);

        session[owner].code = 3;
        session[owner].name = "anna".into();
        session.commit()?;
        let row: (Owner, Pet) = db.engine.connect()?.one(select::<Pet>().join(|p| p.owner).columns(|(p, o)| (o, p)))?;
        assert_eq!((row.0, row.1.owner.key()), (Owner { code: 3, name: "anna".into() }, Some(&3)));
        assert_eq!(session.get::<Pet>(session[pet].id)?, Some(pet));
        assert_eq!(session[pet].owner.key(), Some(&3));
    }

    /// Case 13: a key that moved inside a savepoint moves back with it.
    fn a_changed_primary_key_moves_back_with_its_savepoint(db) {
        Schema::of::<(Owner, Pet)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let owner = session.add(Owner { code: 1, name: "ann".into() });
        let result = session.savepoint(|session| {
            session[owner].code = 2;
            session.flush()?;
            assert_eq!(session.get::<Owner>(2)?, Some(owner));
            Err::<(), _>(Error::refused("no"))
        });
        assert_eq!(result.expect_err("the closure refused").kind(), ErrorKind::Refused);
        assert_eq!(session.get::<Owner>(1)?, Some(owner));
        assert_eq!(session.get::<Owner>(2)?, None);
        session[owner].name = "bob".into();
        session.commit()?;
        let rows: Vec<Owner> = db.engine.connect()?.all(select::<Owner>())?;
        assert_eq!(rows, [Owner { code: 1, name: "bob".into() }]);
    }

    /// Case 13: a key that is free again after its object moved can be taken in the next flush.
    fn a_key_that_was_left_can_be_taken(db) {
        Schema::of::<(Owner,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(Owner { code: 1, name: "ann".into() });
        session.commit()?;
        session[ann].code = 2;
        let bob = session.add(Owner { code: 1, name: "bob".into() });
        session.commit()?;
        assert_eq!((session.get::<Owner>(1)?, session.get::<Owner>(2)?), (Some(bob), Some(ann)));
        session.rollback()?;
        assert_eq!((session[ann].name.as_str(), session[bob].name.as_str()), ("ann", "bob"));
    }

    /// Case 14.
    fn a_change_of_a_row_that_is_gone_is_stale_and_named(db) {
        create(db)?;
        let mut session = db.engine.session();
        let handles = session.add_all(["a", "b", "c"].map(author));
        session.commit()?;
        let gone = session[handles[1]].id;
        delete_elsewhere(db, gone)?;
        for handle in &handles {
            session[*handle].age = 50;
        }
        let error = session.commit().expect_err("a row is missing");
        assert_eq!(error.kind(), ErrorKind::StaleData, "{error}");
        let text = error.to_string();
        assert!(text.contains("`Author`") && text.contains(&format!("key {gone} ")), "{text}");
        session.rollback()?;
        assert_eq!(session[handles[0]].age, 30);
        assert!(authors(db)?.iter().all(|author| author.age == 30), "nothing of the batch was written");
        session[handles[0]].age = 51;
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 51);

        delete_elsewhere(db, session[handles[2]].id)?;
        session.delete(handles[2]);
        let error = session.commit().expect_err("the row is gone");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        assert!(error.to_string().contains(&format!("key {} ", session[handles[0]].id + 2)), "{error}");
        session.rollback()?;
        assert_eq!(session.state(handles[2]), State::Clean);
        assert_eq!(session.get(handles[2])?, None);
    }

    /// Case 14: what matches a row is not stale, even if the row holds the value already.
    fn an_update_that_changes_nothing_is_not_stale(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let more = session.add_all(["b", "c"].map(author));
        session.commit()?;
        for id in [session[ann].id, session[more[0]].id, session[more[1]].id] {
            set_age_elsewhere(db, id, 50)?;
        }
        session[ann].age = 50;
        session[ann].email = None;
        session.commit()?;
        session[more[0]].age = 50;
        session[more[1]].age = 50;
        session.commit()?;
        assert!(authors(db)?.iter().all(|author| author.age == 50));
    }

    /// Rule 5: only changed columns are written, and per column the last writer wins.
    fn columns_that_were_not_changed_keep_what_others_wrote(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        set_age_elsewhere(db, session[ann].id, 50)?;
        session[ann].name = "anna".into();
        session.commit()?;
        assert_eq!((authors(db)?[0].name.as_str(), authors(db)?[0].age), ("anna", 50));
        session.get(ann)?;
        assert_eq!(session[ann].age, 50);
    }

    /// An object that is changed, and then deleted, is deleted; one that is deleted, and then changed, too.
    fn changes_of_a_deleted_object_are_not_written(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(account("ann", 1)), session.add(account("bob", 2)));
        session.commit()?;
        db.statements();
        session[ann].balance = 10;
        session.delete(ann);
        session.delete(bob);
        session[bob].balance = 20;
        session[bob].version = 9;
        assert_eq!((session.state(bob), session[bob].balance), (State::Deleting, 20));
        session.flush()?;
        assert!(writes(db).iter().all(|word| word == "DELETE"));
        session.rollback()?;
        assert_eq!((session[ann].balance, session[bob].balance, session[bob].version), (1, 2, 1));
        assert_eq!(session.state(ann), State::Clean);
        session[ann].balance = 3;
        session.commit()?;
        assert_eq!(accounts(db)?[0].balance, 3);
    }
}
