//! One object per row: handles, what `session[handle]` gives when, `get`, `merge`, and what the session forgets.

use crate::session_models::*;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "settings")]
struct Setting {
    #[orm(primary_key, length = 40)]
    name: String,
    level: Level,
}

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
enum Level {
    Low,
    High,
}

#[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Number(i64);
impl Key for Number {}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tickets")]
struct Ticket {
    #[orm(primary_key, generated = true)]
    number: Number,
    previous: Option<Ref<Ticket>>,
    setting: Option<Ref<Setting>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "slots", primary_key(row, place))]
struct Seat {
    row: i32,
    #[orm(length = 10)]
    place: String,
    taken: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "bookings")]
struct Booking {
    #[orm(primary_key)]
    id: i64,
    seat: Ref<Seat>,
    other: Option<Ref<Seat>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "friendships", primary_key(one, two))]
struct Friendship {
    one: Ref<Author>,
    two: Ref<Author>,
    since: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "zeroes")]
struct Zero {
    #[orm(primary_key, generated = false)]
    id: i64,
    next: Option<Ref<Zero>>,
}

#[cfg(feature = "uuid")]
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "things")]
struct Thing {
    #[orm(primary_key)]
    id: uuid::Uuid,
    part_of: Option<Ref<Thing>>,
}

on_every_backend! {
    /// Case 37.
    fn one_row_is_one_handle_whatever_the_query(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        let books = session.add_all((0..3).map(|n| book(&format!("book {n}"), ann)));
        session.commit()?;
        let first = session.all(select::<Author>().order_by(|a| a.id.asc()))?;
        let second = session.all(select::<Author>().filter(|a| a.age.eq(30)).order_by(|a| a.id.asc()))?;
        assert_eq!((first, second), (vec![ann, bob], vec![ann, bob]));
        let joined: Vec<(Handle<Book>, Handle<Author>)> =
            session.all(select::<Book>().join(|b| b.author).order_by(|(b, _)| b.id.asc()))?;
        assert_eq!(joined, books.iter().map(|book| (*book, ann)).collect::<Vec<_>>());
        let mut other = db.engine.session();
        let alien = other.one(select::<Author>().filter(|a| a.name.eq("ann")))?;
        assert_eq!(other[alien], session[ann]);
        assert_ne!(alien, ann);
    }

    /// Case 37: no match of an outer join is no object.
    fn no_match_of_a_left_join_is_none(db) {
        create(db)?;
        Schema::of::<(Node,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let root = session.add(node("root", None));
        let leaf = session.add(node("leaf", root.into()));
        session.commit()?;
        let rows: Vec<(Handle<Node>, Option<Handle<Node>>)> =
            session.all(select::<Node>().left_join(|n| n.parent).order_by(|(n, _)| n.id.asc()))?;
        assert_eq!(rows, [(root, None), (leaf, Some(root))]);
        assert_eq!(session.len(), 2);
    }

    /// Case 21.
    fn get_of_a_row_read_in_this_transaction_sends_nothing(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        session.commit()?;
        let key = session[ann].id;
        session.all(select::<Author>())?;
        db.all_statements();
        assert_eq!(session.get::<Author>(key)?, Some(ann));
        let reference = session[book].author;
        assert_eq!(session.get(reference)?, Some(ann));
        assert_eq!(session.get(&reference)?, Some(ann));
        assert_eq!(session.get(ann)?, Some(ann));
        assert_eq!(session.get(None::<Ref<Author>>)?, None);
        assert!(db.all_statements().is_empty());
        session.commit()?;
        db.statements();
        assert_eq!(session.get(reference)?, Some(ann));
        assert_eq!(db.statements().len(), 1, "its row was last read in another transaction");
        assert_eq!(session.get::<Author>(key)?, Some(ann));
        assert!(db.statements().is_empty());
        assert_eq!(session.get::<Author>(key + 100)?, None);
        assert_eq!(db.statements().len(), 1);
        // Just inserted, it is as fresh as read; just updated, a fresh row stays so.
        let new = session.add(author("new"));
        session.flush()?;
        session[ann].age = 31;
        session.flush()?;
        db.statements();
        assert_eq!((session.get(new)?, session.get(ann)?), (Some(new), Some(ann)));
        assert!(db.statements().is_empty());
    }

    /// A `get` that finds no row forgets the object.
    fn get_of_a_row_that_is_gone_forgets_the_object(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        delete_elsewhere(db, session[ann].id)?;
        let key = session[ann].id;
        assert_eq!(session.get::<Author>(key)?, None);
        assert_eq!(session.state(ann), State::Gone(Gone::RowGone));
        assert!(panic_text(|| drop(session[ann].clone())).contains("has no row in the database any more"));
        session.commit()?;
        // A change that waits is not dropped without a word.
        let mut session = db.engine.session().without_autoflush();
        let bob = session.add(author("bob"));
        session.commit()?;
        session[bob].age = 31;
        delete_elsewhere(db, session[bob].id)?;
        assert_eq!(session.get(bob)?, None);
        assert_eq!(session.commit().expect_err("the row is gone").kind(), ErrorKind::StaleData);
    }

    /// Case 38.
    fn merge_copies_what_differs_and_inserts_what_is_absent(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        let stored = session[ann].clone();
        let mut session = db.engine.session();
        db.statements();
        let merged = session.merge(Author { age: 31, ..stored.clone() })?;
        assert_eq!(db.statements().len(), 1, "loaded by its key, once");
        let again = session.merge(Author { age: 31, ..stored.clone() })?;
        assert_eq!(merged, again);
        session.commit()?;
        let updates = sent(db, "UPDATE");
        assert!(updates.len() == 1 && updates[0].contains("age") && !updates[0].contains("name"), "{updates:?}");
        let absent = session.merge(Author { id: 777, ..author("absent") })?;
        let new = session.merge(author("new"))?;
        assert_eq!((session.state(absent), session.state(new)), (State::Pending, State::Pending));
        session.commit()?;
        assert_eq!(session[absent].id, 777);
        assert_eq!(names(db)?.len(), 3);
        assert!(authors(db)?.contains(&Author { age: 31, ..stored }));
        db.statements();
        session.merge(session[new].clone())?;
        session.commit()?;
        assert!(writes(db).is_empty(), "what is equal is not written");
    }

    /// Case 38: a version that is not the row's.
    fn merge_of_an_old_version_is_stale(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 1));
        session.commit()?;
        let form = session[ann].clone();
        session[ann].balance = 2;
        session.commit()?;
        let error = session.merge(Account { balance: 3, ..form }).expect_err("the form shows an old row");
        assert_eq!(error.kind(), ErrorKind::StaleData);
        let merged = session.merge(Account { balance: 4, ..session[ann].clone() })?;
        session.commit()?;
        assert_eq!((merged, session[ann].version), (ann, 3));
        assert_eq!(accounts(db)?, [session[ann].clone()]);
    }

    /// Case 39 and the table of rule 20.
    fn a_handle_never_names_another_object_and_says_what_happened(db) {
        create(db)?;
        let mut session = db.engine.session();
        let text = |session: &Session, handle: Handle<Author>| panic_text(|| drop(session[handle].clone()));
        let ann = session.add(author("ann"));
        session.commit()?;
        assert_eq!(session[ann].name, "ann");

        let rolled_back = session.add(author("rolled back"));
        session.flush()?;
        session.rollback()?;
        assert!(text(&session, rolled_back).contains("this `Author` was added in a transaction that was rolled back"));
        assert_eq!(session.try_get(rolled_back), None);

        session.delete(ann);
        assert_eq!((session.state(ann), session[ann].name.as_str()), (State::Deleting, "ann"));
        session.flush()?;
        assert!(text(&session, ann).contains("was deleted (in this transaction, or before)"));
        assert_eq!((session.try_get(ann), session.state(ann)), (None, State::Deleted));
        session.rollback()?;
        assert_eq!(session[ann].name, "ann");
        session.delete(ann);
        session.commit()?;
        assert_eq!(session.state(ann), State::Gone(Gone::Deleted));
        assert!(text(&session, ann).contains("was deleted"));

        let mut other = db.engine.session();
        let foreign = other.add(author("foreign"));
        assert!(text(&session, foreign).contains("belongs to another session"));
        assert_eq!((session.try_get(foreign), session.state(foreign)), (None, State::Gone(Gone::Foreign)));
        session.delete(foreign);
        assert_eq!(session.expunge(foreign), None);
        assert_eq!(other.state(foreign), State::Pending);

        let expunged = session.add(author("expunged"));
        assert_eq!(session.expunge(expunged).map(|author| author.name).as_deref(), Some("expunged"));
        assert!(text(&session, expunged).contains("was taken out of the session with `expunge`"));
        assert!(panic_text(|| session[expunged].age = 1).contains("`expunge`"));

        let cleared = session.add(author("cleared"));
        session.clear();
        assert!(text(&session, cleared).contains("was in the session before it was cleared"));

        // Their places are used again, and still no handle names another object.
        let later = session.add_all((0..10).map(|n| author(&format!("later {n}"))));
        for old in [ann, rolled_back, expunged, cleared, foreign] {
            assert_eq!(session.try_get(old), None);
            assert!(matches!(session.state(old), State::Gone(_)));
            session.delete(old);
        }
        let long_gone = session.state(cleared);
        assert!(long_gone == State::Gone(Gone::LongGone), "{long_gone:?}");
        assert!(text(&session, cleared).contains("is no longer in this session"));
        session.commit()?;
        assert_eq!(names(db)?.len(), 10);
        assert!(later.iter().enumerate().all(|(n, handle)| session[*handle].name == format!("later {n}")));
    }

    /// Rule 19.
    fn expunge_and_clear_forget_what_was_not_written(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session.commit()?;
        session[ann].age = 99;
        let taken = session.expunge(ann).expect("it is in the session");
        assert_eq!(taken.age, 99);
        assert_eq!(session.expunge(ann), None);
        session[bob].age = 98;
        session.flush()?;
        session[bob].age = 97;
        session.add(author("never"));
        session.clear();
        assert_eq!((session.len(), session.is_empty()), (0, true));
        session.commit()?;
        let ages: Vec<i32> = authors(db)?.into_iter().map(|author| author.age).collect();
        assert_eq!(ages, [30, 98], "the transaction stayed, with what was flushed");
        let again = session.merge(taken)?;
        session.commit()?;
        assert_eq!(authors(db)?[0], session[again]);
        assert_eq!(session[again].age, 99);
    }

    /// Rule 19.
    fn a_scope_forgets_what_it_brought(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.add(author("bob"));
        session.commit()?;
        session.clear();
        let ann = session.get::<Author>(authors(db)?[0].id)?.filter(|found| *found != ann).expect("loaded anew");
        let mut inside = Vec::new();
        session.scope(|session| {
            inside = session.all(select::<Author>())?;
            inside.push(session.add(author("carol")));
            for handle in &inside {
                session[*handle].age = 40;
            }
            Ok(())
        })?;
        assert_eq!(session.len(), 1);
        assert_eq!(session[ann].age, 40);
        assert_eq!(session.state(inside[1]), State::Gone(Gone::Forgotten));
        assert!(panic_text(|| drop(session[inside[2]].clone())).contains("was loaded in a scope or loop that is over"));
        session.commit()?;
        assert!(authors(db)?.iter().all(|author| author.age == 40), "what was changed was flushed");
        assert_eq!(names(db)?, ["ann", "bob", "carol"]);
        // An error keeps everything: the caller decides.
        let result = session.scope(|session| {
            session.all(select::<Author>())?;
            Err::<(), _>(Error::refused("no"))
        });
        assert!(result.is_err());
    }

    /// Rule 19.
    fn for_each_holds_some_at_a_time(db) {
        create(db)?;
        let mut session = db.engine.session();
        session.add_all((0..2300).map(|n| author(&format!("author {n}"))));
        session.commit()?;
        session.clear();
        let (mut seen, mut most) = (Vec::new(), 0);
        session.for_each(select::<Author>().filter(|a| a.age.eq(30)), |session, handle| {
            seen.push(session[handle].id);
            session[handle].age = 31;
            most = most.max(session.len());
            Ok(())
        })?;
        assert_eq!((seen.len(), session.len()), (2300, 0));
        assert!(most <= 1000, "{most}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 2300);
        session.commit()?;
        assert!(authors(db)?.iter().all(|author| author.age == 31));
        let kept = session.get::<Author>(seen[5])?.expect("the row is there");
        let mut rows = 0;
        session.for_each(select::<Author>().order_by(|a| a.id.asc()).limit(10), |_, _| { rows += 1; Ok(()) })?;
        assert_eq!((rows, session.len()), (10, 1));
        assert_eq!(session.state(kept), State::Clean);
        let error = session.for_each(select::<Author>(), |_, _| Err(Error::refused("stop")));
        assert_eq!(error.expect_err("the closure stopped").kind(), ErrorKind::Refused);
    }

    /// Rule 10.
    fn zero_is_a_key_like_any_other_where_it_is_not_generated(db) {
        Schema::of::<(Zero,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let zero = session.add(Zero { id: 0, next: None });
        let one = session.add(Zero { id: 1, next: Some(Ref::from(0)) });
        session.commit()?;
        assert_eq!((session[zero].id, session[one].id), (0, 1));
        assert_eq!(session.get::<Zero>(0)?, Some(zero));
        session[zero].next = one.into();
        session.commit()?;
        let rows: Vec<Zero> = db.engine.connect()?.all(select::<Zero>().order_by(|z| z.id.asc()))?;
        assert_eq!(rows, [Zero { id: 0, next: Some(1.into()) }, Zero { id: 1, next: Some(0.into()) }]);
        let mut other = db.engine.session();
        let zero = other.merge(Zero { id: 0, next: None })?;
        other.commit()?;
        assert_eq!(other[zero].next, None);
    }

    /// Text keys and enums.
    fn text_keys_name_rows(db) {
        Schema::of::<(Setting, Ticket)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let low = session.add(Setting { name: "volume".into(), level: Level::Low });
        let upper = session.add(Setting { name: "Volume".into(), level: Level::High });
        let ticket = session.add(Ticket { number: Number(0), previous: None, setting: low.into() });
        session.commit()?;
        assert_eq!(session.get::<Setting>("volume")?, Some(low));
        assert_eq!(session.get::<Setting>("Volume".to_owned())?, Some(upper));
        assert_eq!(session.get(session[ticket].setting.clone())?, Some(low));
        assert_eq!(session[ticket].setting.as_ref().and_then(Ref::key).map(String::as_str), Some("volume"));
        session[low].level = Level::High;
        session[low].name = "loudness".into();
        session[ticket].setting = None;
        session[upper].level = Level::Low;
        db.statements();
        session.rollback()?;
        assert_eq!(session[low].level, Level::Low);
        session[upper].name = "pitch".into();
        session[upper].level = Level::Low;
        session.commit()?;
        assert_eq!(session.get::<Setting>("pitch")?, Some(upper));
        assert_eq!(session.get::<Setting>("Volume")?, None);
        assert_eq!(session[upper].level, Level::Low);
    }

    /// A newtype as a generated key.
    fn a_newtype_can_be_a_generated_key(db) {
        Schema::of::<(Setting, Ticket)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let second = session.add(Ticket { number: Number(0), previous: None, setting: None });
        let first = session.add(Ticket { number: Number(0), previous: None, setting: None });
        session[second].previous = first.into();
        session.commit()?;
        assert_ne!(session[first].number, Number(0));
        assert_eq!(session[second].previous.as_ref().and_then(Ref::key), Some(&session[first].number));
        let mut other = db.engine.session();
        let found = other.get::<Ticket>(session[second].number)?.expect("the row is there");
        let previous = other.get(other[found].previous)?.expect("the row is there");
        assert_eq!(other[previous], session[first]);
    }

    /// Composite keys: in the map, in references, in changes and deletes.
    fn composite_keys_name_rows(db) {
        Schema::of::<(Seat, Booking)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let booking = session.add(Booking { id: 0, seat: Ref::from((0, String::new())), other: None });
        let seats = session.add_all(["a", "b", "c"].map(|place| Seat { row: 1, place: place.into(), taken: false }));
        session[booking].seat = seats[1].into();
        session[booking].other = seats[2].into();
        session.commit()?;
        assert_eq!(session[booking].seat.key(), Some(&(1, "b".to_owned())));
        assert_eq!(session.get::<Seat>((1, "b".to_owned()))?, Some(seats[1]));
        assert_eq!(session.get(session[booking].seat.clone())?, Some(seats[1]));
        for seat in &seats {
            session[*seat].taken = true;
        }
        session[booking].other = None;
        session.commit()?;
        let rows: Vec<Seat> = db.engine.connect()?.all(select::<Seat>().order_by(|s| s.place.asc()))?;
        assert_eq!(rows, seats.iter().map(|seat| session[*seat].clone()).collect::<Vec<_>>());
        assert!(rows.iter().all(|seat| seat.taken));
        let row: Booking = db.engine.connect()?.one(select::<Booking>())?;
        assert_eq!((row.seat.key(), &row.other), (Some(&(1, "b".to_owned())), &None));
        session[seats[0]].row = 2;
        session[seats[2]].place = "d".into();
        session[booking].seat = seats[0].into();
        session.delete(seats[1]);
        session.commit()?;
        assert_eq!(session.get::<Seat>((2, "a".to_owned()))?, Some(seats[0]));
        assert_eq!(session.get::<Seat>((1, "c".to_owned()))?, None);
        let row: Booking = db.engine.connect()?.one(select::<Booking>())?;
        assert_eq!(row.seat.key(), Some(&(2, "a".to_owned())));
        session.delete(seats[0]);
        session.delete(seats[2]);
        session.delete(booking);
        session.commit()?;
        assert_eq!(db.engine.connect()?.count(select::<Seat>())?, 0);
    }

    /// A key made of references: a row that links two others, all new.
    fn a_link_between_new_objects_has_their_keys(db) {
        Schema::of::<(Author, Friendship)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let link = session.add(Friendship { one: Ref::from(0), two: Ref::from(0), since: 1 });
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session[link].one = ann.into();
        session[link].two = bob.into();
        session.flush()?;
        let key = (session[ann].id, session[bob].id);
        assert_eq!(session.get::<Friendship>(key)?, Some(link));
        session[link].since = 2;
        session.commit()?;
        let row: Friendship = db.engine.connect()?.one(select::<Friendship>())?;
        assert_eq!((row.one.key(), row.two.key(), row.since), (Some(&key.0), Some(&key.1), 2));
        // The same pair again is the database's to refuse, by handle or by key.
        session.add(Friendship { one: ann.into(), two: bob.into(), since: 3 });
        assert_eq!(session.commit().expect_err("the pair is there").kind(), ErrorKind::UniqueViolation);
        session.rollback()?;
        session.delete(link);
        session.delete(ann);
        session.commit()?;
        assert_eq!(names(db)?, ["bob"]);
    }

    /// `same` knows that a handle and a key mean one row.
    fn references_by_handle_and_by_key_are_the_same(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        let by_handle: Ref<Author> = ann.into();
        assert!(session.same(&by_handle, &ann.into()) && !session.same(&by_handle, &bob.into()));
        session.flush()?;
        let by_key = Ref::from(session[ann].id);
        assert_ne!(by_handle, by_key);
        assert!(session.same(&by_handle, &by_key) && session.same(&by_key, &by_handle));
        assert!(!session.same(&by_key, &bob.into()));
        assert_eq!(session.count(select::<Author>().filter(|a| a.id.eq(session[ann].id)))?, 1);
    }

    /// A statement can name an object by its handle.
    fn a_statement_names_an_object_by_its_handle(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        assert_eq!(session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann))))?, [book]);
        session.delete(book);
        session.delete(ann);
        session.flush()?;
        let error = session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann)))).expect_err("the author was deleted");
        assert_eq!(error.kind(), ErrorKind::InvalidReference);
        assert!(error.to_string().contains("was deleted"), "{error}");
        session.rollback()?;
        let mut session = db.engine.session().without_autoflush();
        let ann = session.add(author("ann"));
        let error = session.all(select::<Book>().filter(|b| b.author.eq(Ref::from(ann)))).expect_err("no key yet");
        assert_eq!(error.kind(), ErrorKind::InvalidReference);
        assert!(error.to_string().contains("no key yet"), "{error}");
    }

    /// Keys that this library makes are there before the row is.
    #[cfg(feature = "uuid")]
    fn uuid_keys_are_made_before_the_insert(db) {
        Schema::of::<(Thing,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let parts = session.add_all((0..3).map(|_| Thing { id: uuid::Uuid::nil(), part_of: None }));
        let whole = session.add(Thing { id: uuid::Uuid::nil(), part_of: None });
        session[whole].part_of = whole.into();
        for part in &parts {
            session[*part].part_of = whole.into();
        }
        let given = session.add(Thing { id: uuid::Uuid::from_u128(7), part_of: parts[0].into() });
        session.commit()?;
        let key = session[whole].id;
        assert!(!key.is_nil());
        assert_eq!(session[given].id, uuid::Uuid::from_u128(7));
        assert!(parts.iter().all(|part| session[*part].part_of.as_ref().and_then(Ref::key) == Some(&key)));
        let rows: Vec<Thing> = db.engine.connect()?.all(select::<Thing>())?;
        assert_eq!(rows.len(), 5);
        for handle in parts.iter().chain([&whole, &given]) {
            assert!(rows.contains(&session[*handle]));
            assert_eq!(session.get::<Thing>(session[*handle].id)?, Some(*handle));
        }
    }
}
