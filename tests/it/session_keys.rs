//! Keys of every kind: given and generated, of text, of several columns, of references, and made by the library.

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
    /// PostgreSQL does not count rows that bring their keys, the others do.
    fn generated_keys_go_on_behind_given_ones(db) {
        create(db)?;
        let schema = Schema::of::<(Author, Book, Node, Account)>();
        schema.sync_sequences(&db.engine)?; // of empty tables
        let mut connection = db.engine.connect()?;
        for id in [-5, 1, 2, 40] {
            connection.execute(insert(&Author { id, ..author(&format!("author {id}")) }))?;
        }
        schema.sync_sequences(&db.engine)?;
        let mut session = db.engine.session();
        let new = session.add(author("new"));
        session.commit()?;
        assert_eq!(session[new].id, 41);
        // Never down again.
        session.delete(new);
        session.commit()?;
        schema.sync_sequences(&db.engine)?;
        let newer = session.add(author("newer"));
        session.commit()?;
        let reused = db.engine.dialect().explicit_keys == orm::dialect::ExplicitKeys::Counted;
        assert!(session[newer].id > if reused { 40 } else { 41 });
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

    /// Case 27. A key made of references: a row that links two others, all new.
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
