//! The models of the programs: every kind of key, reference and column type that a query meets.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "people",
    has_many(posts = Film::author),
    has_one(profile = Profile::user),
    many_to_many(groups = Credit::user => Credit::team)
)]
pub(crate) struct Person {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(unique, length = 80)]
    pub(crate) username: String,
    pub(crate) email: Option<String>,
    #[orm(column = "is_admin")]
    pub(crate) admin: bool,
    pub(crate) age: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "films", has_many(comments = Review::film), index(author, title))]
pub(crate) struct Film {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) score: f64,
    #[orm(on_delete = "cascade")]
    pub(crate) author: Ref<Person>,
    pub(crate) editor: Option<Ref<Person>>,
    pub(crate) price: Money,
    pub(crate) kind: Kind,
}

#[derive(SqlType, Clone, Copy, Debug, PartialEq)]
#[orm(number)]
pub(crate) struct Money(pub(crate) i64);

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Draft,
    Live,
}

#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Review {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) body: String,
    #[orm(on_delete = "cascade")]
    pub(crate) film: Ref<Film>,
    #[orm(on_delete = "cascade")]
    pub(crate) author: Ref<Person>,
}

#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    #[orm(primary_key, on_delete = "cascade")]
    pub(crate) user: Ref<Person>,
    pub(crate) bio: Option<String>,
}

#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Team {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A link table: its key is a pair of references.
#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Credit {
    #[orm(primary_key, on_delete = "cascade")]
    pub(crate) user: Ref<Person>,
    #[orm(primary_key)]
    pub(crate) team: Ref<Team>,
    pub(crate) since: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(has_many(reports = Employee::reports_to))]
pub(crate) struct Employee {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) reports_to: Option<Ref<Employee>>,
    pub(crate) salary: f64,
    pub(crate) dept: String,
}

/// A key that is a text.
#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Country {
    #[orm(primary_key, length = 2)]
    pub(crate) code: String,
    pub(crate) name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct City {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) country: Ref<Country>,
    pub(crate) account: Option<Ref<Account>>,
    /// A reference of two columns.
    pub(crate) member: Option<Ref<Credit>>,
}

/// A key that is a newtype.
#[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountId(pub(crate) i64);
impl Key for AccountId {}

#[derive(Model, Clone, Debug, PartialEq)]
pub(crate) struct Account {
    #[orm(primary_key)]
    pub(crate) id: AccountId,
    pub(crate) population: u64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(has_many(singles = Wiki::album))]
pub(crate) struct Album {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) director: Option<Director>,
    pub(crate) cover: Vec<u8>,
}

#[derive(SqlType, Clone, Debug, PartialEq)]
#[orm(text)]
pub(crate) struct Director(pub(crate) String);

/// A table whose names need their quotes.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "order")]
pub(crate) struct Wiki {
    #[orm(primary_key)]
    pub(crate) id: i64,
    #[orm(column = "group")]
    pub(crate) r#where: String,
    pub(crate) album: Ref<Album>,
}
