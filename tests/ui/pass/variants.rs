//! An enum that is a model, with fields of every kind: what is written can be read, and differences name columns.

use orm::prelude::*;
use orm::{Data, Difference, Record, RowReader, Writer};

#[derive(SqlType, Clone, Copy, Debug, PartialEq)]
#[orm(number)]
pub struct Cents(i64);

#[derive(Embed, Clone, Debug, PartialEq)]
pub struct Place {
    city: String,
    country: Option<Ref<Country>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
pub struct Country {
    #[orm(primary_key, length = 2)]
    code: String,
}

/// Whom an invoice is for.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(discriminator = "r#type", index(name), has_many(members = Party::group))]
pub enum Party {
    /// One human.
    Person {
        #[orm(primary_key)]
        id: i64,
        name: String,
        #[orm(embed)]
        home: Place,
        /// Only a person has one.
        born: Option<i32>,
        limit: Cents,
        group: Ref<Self>,
        #[orm(skip)]
        selected: bool,
    },
    #[orm(value = "Ltd.")]
    Company { id: i64, name: String, home: Place, shares: Option<Cents>, r#loop: i32, country: Ref<Country> },
}

/// A single variant is an enum, too.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(discriminator = "kind")]
enum Only {
    One {
        #[orm(primary_key)]
        id: i64,
        rank: i32,
    },
}

fn written<M: Record>(value: &M) -> Vec<orm::Datum<'_>> {
    let mut out = Writer::default();
    value.write(&mut out);
    assert_eq!(out.data.len(), M::WIDTH);
    out.data
}

/// Runs.
pub fn main() {
    let home = Place { city: "Rome".into(), country: None };
    let person = Party::Person {
        id: 1,
        name: "Ada".into(),
        home: home.clone(),
        born: None,
        limit: Cents(5),
        group: 2.into(),
        selected: false,
    };
    let company =
        Party::Company { id: 1, name: "Ada".into(), home, shares: Some(Cents(9)), r#loop: 3, country: "it".into() };
    for party in [&person, &company] {
        let data = written(party);
        let read = Party::read(&mut RowReader::new(&Data(&data), 0)).expect("what was written can be read");
        assert_eq!(&read, party);
        let mut difference = Difference::default();
        party.diff(&read, &mut difference);
        assert_eq!(difference.columns, [0_usize; 0]);
    }
    let names: Vec<&str> = Party::table().columns.iter().map(|column| column.name.as_str()).collect();
    let expected = [
        "id",
        "type",
        "name",
        "home_city",
        "home_country_id",
        "born",
        "limit",
        "group_id",
        "shares",
        "loop",
        "country_id",
    ];
    assert_eq!(names, expected);
    let mut difference = Difference::default();
    company.diff(&person, &mut difference);
    assert_eq!(difference.columns, [1, 6, 7, 8, 9, 10]);

    let mut changed = person.clone();
    changed.read_column(6, &mut RowReader::new(&Data(&[orm::Datum::Int(6)]), 0)).expect("the limit");
    changed.read_column(9, &mut RowReader::new(&Data(&[orm::Datum::Int(6)]), 0)).expect("of another variant");
    let mut difference = Difference::default();
    changed.diff(&person, &mut difference);
    assert_eq!(difference.columns, [6]);
    let null = changed.read_column(6, &mut RowReader::new(&Data(&[orm::Datum::Null]), 0));
    assert_eq!(
        null.expect_err("a person has a limit").to_string(),
        "`limit` of a `Party::Person` is NULL in the database"
    );
    let other = changed.read_column(1, &mut RowReader::new(&Data(&[orm::Datum::text("Ltd.")]), 0));
    assert!(other.expect_err("the object is a person").to_string().contains("has become \"Ltd.\""));

    let mut columns = Vec::new();
    let mut company = company;
    company.references(0, &mut |column, _| columns.push(column));
    assert_eq!(columns, [4, 10]);

    let query = select::<Party>().filter(|p| p.r#type.eq("Ltd.") & p.shares.gt(Cents(1)) & p.home.city.eq("Rome"));
    assert!(query.to_sql(&orm::dialect::SQLITE).is_ok());
    let only = Only::One { id: 1, rank: 2 };
    assert_eq!(Only::read(&mut RowReader::new(&Data(&written(&only)), 0)).expect("a row"), only);
}
