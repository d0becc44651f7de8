//! What the derives make of types: enums, newtypes, embedded structs, arrays, skipped and renamed fields.

use super::*;

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
enum Status {
    Draft,
    InReview,
    #[orm(rename = "it's live; --")]
    Published,
    #[orm(rename = "Ünïcode 😀")]
    Unicode,
}

#[derive(SqlType, Clone, Copy, Debug, PartialEq)]
#[orm(number)]
struct Cents(i64);

#[derive(SqlType, Clone, Debug, PartialEq)]
#[orm(text)]
struct Email(String);

#[derive(SqlType, Clone, Copy, Debug, PartialEq)]
#[orm(boolean)]
struct Consent(bool);

#[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct AccountId(u32);
impl Key for AccountId {}

#[derive(Embed, Clone, Debug, PartialEq)]
struct Place {
    lat: f64,
    #[orm(column = "lng")]
    long: Option<f64>,
}

#[derive(Embed, Clone, Debug, PartialEq)]
struct Address {
    #[orm(length = 30)]
    city: String,
    #[orm(embed)]
    place: Place,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "account", unique(home.city, r#type))]
struct Account {
    #[orm(primary_key, generated = false)]
    id: AccountId,
    r#type: Status,
    status: Option<Status>,
    #[orm(server_default = "7")]
    balance: Auto<Cents>,
    limit: Option<Cents>,
    #[orm(column = "E-Mail Address")]
    email: Email,
    consent: Consent,
    #[orm(embed)]
    home: Address,
    #[orm(embed, prefix = "w_")]
    work: Address,
    #[orm(skip)]
    cache: Vec<u8>,
}

fn address(city: &str) -> Address {
    Address { city: city.into(), place: Place { lat: 48.2, long: Some(-0.5) } }
}

fn account(id: u32, status: Status) -> Account {
    Account {
        id: AccountId(id),
        r#type: status,
        status: Some(status),
        balance: Auto::Set(Cents(-5)),
        limit: None,
        email: Email(format!("user{id}@example.org")),
        consent: Consent(id.is_multiple_of(2)),
        home: address("Wien"),
        work: Address { city: String::new(), place: Place { lat: -0.1, long: None } },
        cache: Vec::new(),
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Lists {
    #[orm(primary_key, generated = false)]
    id: i64,
    small: Vec<i16>,
    numbers: Vec<i32>,
    big: Vec<i64>,
    floats: Vec<f64>,
    narrow: Vec<f32>,
    flags: Vec<bool>,
    texts: Vec<String>,
    maybe: Option<Vec<String>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Keyed {
    #[orm(primary_key, column = "key")]
    r#match: i64,
    #[orm(server_default = "'none'", length = 20)]
    text: Auto<String>,
    #[orm(server_default = "3")]
    maybe: Auto<Option<i32>>,
}

on_every_backend! {
    /// Case 41.
    fn a_row_of_all_shapes_is_kept(db) {
        let statuses = [Status::Draft, Status::InReview, Status::Published, Status::Unicode];
        let rows: Vec<Account> = (0..).zip(statuses).map(|(id, status)| account(id, status)).collect();
        round_trip(db, &rows)?;
        let mut connection = db.engine.connect()?;
        for status in statuses {
            let found: Account =
                connection.one(select::<Account>().filter(|row| row.r#type.eq(status) & row.status.in_([status])))?;
            assert_eq!(found.r#type, status);
        }
        let one: Account = connection.one(
            select::<Account>()
                .filter(|row| row.email.like("user1@%") & row.home.place.long.lt(0) & row.work.place.long.is_null()),
        )?;
        assert_eq!(one.id, AccountId(1));
        assert_eq!(connection.count(select::<Account>().filter(|row| row.consent))?, 2);
        let total: Option<Cents> = connection.one(select::<Account>().columns(|row| sum(row.balance)))?;
        assert_eq!(total, Some(Cents(-20)));
        let set = update::<Account>().set(|row| {
            (row.balance.to(row.balance + Cents(7)), row.work.city.to("Graz"), row.email.to(Email("x".into())))
        });
        assert_eq!(connection.execute(set.filter(|row| row.id.eq(AccountId(3))))?, 1);
        let found: Account = connection.one(select::<Account>().filter(|row| row.work.city.eq("Graz")))?;
        assert_eq!((found.balance, found.email), (Auto::Set(Cents(2)), Email("x".into())));
    }

    fn a_text_that_is_no_label_is_refused_by_the_database_and_by_us(db) {
        Schema::of::<Account>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&account(1, Status::Draft)))?;
        let mark = if connection.dialect().quote == '`' { "`type`" } else { "\"type\"" };
        let error =
            connection.execute(sql(format!("UPDATE account SET {mark} = 'other'"))).expect_err("the check refuses it");
        assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
        let error = connection.all::<Status, _>(sql("SELECT 'other'")).expect_err("no label");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("the labels are draft, in_review"), "{error}");
    }

    fn a_server_default_is_read_back(db) {
        Schema::of::<Keyed>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let row = session.add(Keyed { r#match: 0, text: Auto::Default, maybe: Auto::Default });
        let null = session.add(Keyed { r#match: 0, text: "set".to_owned().into(), maybe: Auto::Set(None) });
        session.flush()?;
        assert_eq!((session[row].text.as_str(), *session[row].maybe), ("none", Some(3)));
        session.commit()?;
        let rows = [session[row].clone(), session[null].clone()];
        assert_ne!(rows[0].r#match, 0);
        let mut connection = db.engine.connect()?;
        let found: Vec<Keyed> = connection.all(select::<Keyed>().order_by(|row| row.r#match))?;
        assert_eq!(found.len(), 2);
        assert!(rows.iter().all(|row| found.contains(row)), "{found:?}");
        connection.execute(insert(&[
            Keyed { r#match: 0, text: Auto::Default, maybe: Auto::Set(Some(9)) },
            Keyed { r#match: 0, text: Auto::Default, maybe: Auto::Default },
        ]))?;
        let found: Vec<(String, Option<i32>)> = connection.all(
            select::<Keyed>()
                .filter(|row| row.text.eq("none"))
                .order_by(|row| row.r#match)
                .columns(|row| (row.text, row.maybe)),
        )?;
        let mut numbers: Vec<Option<i32>> = found.into_iter().map(|(_, number)| number).collect();
        numbers.sort();
        assert_eq!(numbers, [Some(3), Some(3), Some(9)]);
    }

    fn arrays_are_kept_or_unsupported(db) {
        let row = |id| Lists {
            id,
            small: vec![i16::MIN, 0, i16::MAX],
            numbers: vec![i32::MIN, i32::MAX],
            big: vec![i64::MIN, i64::MAX],
            floats: vec![-0.0, 0.1, f64::MAX, f64::INFINITY],
            narrow: vec![0.1, f32::MIN_POSITIVE],
            flags: vec![true, false],
            texts: ["", "NULL", "{a,b}", "\"quoted\\\"", "😀, ,"].map(str::to_owned).to_vec(),
            maybe: (id > 1).then(|| vec!["x".to_owned()]),
        };
        let empty = Lists {
            id: 3,
            small: vec![],
            numbers: vec![],
            big: vec![],
            floats: vec![],
            narrow: vec![],
            flags: vec![],
            texts: vec![],
            maybe: Some(vec![]),
        };
        let rows = [row(1), row(2), empty];
        if db.engine.dialect().arrays {
            round_trip(db, &rows)?;
            let mut connection = db.engine.connect()?;
            assert_eq!(connection.count(select::<Lists>().filter(|row| row.texts.eq(rows[0].texts.clone())))?, 2);
            return Ok(());
        }
        let error = Schema::of::<Lists>().create_all(&db.engine).expect_err("no arrays");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("does not have array"), "{error}");
        assert!(error.to_string().contains(db.engine.connect()?.dialect().name), "{error}");
    }
}
