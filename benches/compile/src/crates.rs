//! The generated crates: fifty models of ten columns with a select, an insert and an update each, and a minimal program. Knows
//! nothing of how they are measured.

use std::fs;
use std::io::Result;
use std::path::Path;

pub const MODELS: usize = 50;

/// One way to write the models.
pub struct Contestant {
    pub name: &'static str,
    /// What stands below `[dependencies]`; `{root}` is this repository.
    pub dependencies: &'static str,
    /// The module of model `{n}`: `Row{n}` in the table `rows{n}`.
    pub model: &'static str,
    /// A program that makes a table, inserts a row and prints it.
    pub program: &'static str,
}

const RUSQLITE: Contestant = Contestant {
    name: "rusqlite",
    dependencies: r#"rusqlite = { version = "0.42", default-features = false, features = ["bundled", "cache"] }"#,
    model: r#"
use rusqlite::{Connection, Result, Row, params};

pub struct Row{n} {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub city: String,
    pub country: Option<String>,
    pub visits: i64,
    pub note: String,
}

fn read(row: &Row<'_>) -> Result<Row{n}> {
    Ok(Row{n} {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        age: row.get(3)?,
        score: row.get(4)?,
        active: row.get(5)?,
        city: row.get(6)?,
        country: row.get(7)?,
        visits: row.get(8)?,
        note: row.get(9)?,
    })
}

pub fn find(connection: &Connection, above: i64) -> Result<Vec<Row{n}>> {
    let sql = "SELECT id, name, email, age, score, active, city, country, visits, note FROM rows{n} \
        WHERE visits > ? AND active = ? ORDER BY id LIMIT {touched}";
    connection.prepare_cached(sql)?.query_map(params![above, true], read)?.collect()
}

pub fn add(connection: &Connection, row: &Row{n}) -> Result<i64> {
    let sql = "INSERT INTO rows{n} (name, email, age, score, active, city, country, visits, note) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    connection.prepare_cached(sql)?.insert(params![
        row.name, row.email, row.age, row.score, row.active, row.city, row.country, row.visits, row.note
    ])
}

pub fn rename(connection: &Connection, id: i64, name: &str) -> Result<usize> {
    connection.prepare_cached("UPDATE rows{n} SET name = ? WHERE id = ?")?.execute(params![name, id])
}
"#,
    program: r#"
use rusqlite::{Connection, Result};

fn main() -> Result<()> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    connection.execute("INSERT INTO users (name) VALUES (?)", ["alice"])?;
    let mut statement = connection.prepare("SELECT id, name FROM users WHERE id > ?")?;
    let users = statement.query_map([0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for user in users {
        let (id, name): (i64, String) = user?;
        println!("{id} {name}");
    }
    Ok(())
}
"#,
};

const ORM: Contestant = Contestant {
    name: "orm",
    dependencies: r#"orm = { path = "{root}" }"#,
    model: r#"
use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(table = "rows{n}")]
pub struct Row{n} {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub city: String,
    pub country: Option<String>,
    pub visits: i64,
    pub note: String,
}

pub fn find(connection: &mut Connection, above: i64) -> Result<Vec<Row{n}>, Error> {
    let rows = select::<Row{n}>().filter(|r| r.visits.gt(above) & r.active.eq(true));
    connection.all(rows.order_by(|r| r.id).limit({touched}))
}

pub fn add(connection: &mut Connection, row: &Row{n}) -> Result<i64, Error> {
    connection.one(insert(row).returning(|r| r.id))
}

pub fn rename(connection: &mut Connection, id: i64, name: &str) -> Result<u64, Error> {
    connection.execute(update::<Row{n}>().set(|r| r.name.to(name)).filter(|r| r.id.eq(id)))
}
"#,
    program: r#"
use orm::prelude::*;

#[derive(Model, Clone)]
#[orm(table = "users")]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

fn main() -> Result<(), Error> {
    let engine = orm::create_engine("sqlite::memory:")?;
    Schema::of::<User>().create_all(&engine)?;
    let mut connection = engine.connect()?;
    connection.execute(insert(&User { id: 0, name: "alice".into() }))?;
    let users: Vec<User> = connection.all(select::<User>().filter(|u| u.id.gt(0)))?;
    for user in users {
        println!("{} {}", user.id, user.name);
    }
    Ok(())
}
"#,
};

const DIESEL: Contestant = Contestant {
    name: "diesel",
    dependencies: r#"diesel = { version = "2.3.14", default-features = false, features = ["sqlite", "32-column-tables", "returning_clauses_for_sqlite_3_35"] }
libsqlite3-sys = { version = "0.38", default-features = false, features = ["bundled"] }"#,
    model: r#"
use diesel::prelude::*;

diesel::table! {
    rows{n} (id) {
        id -> BigInt,
        name -> Text,
        email -> Nullable<Text>,
        age -> Integer,
        score -> Double,
        active -> Bool,
        city -> Text,
        country -> Nullable<Text>,
        visits -> BigInt,
        note -> Text,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rows{n}, check_for_backend(diesel::sqlite::Sqlite))]
pub struct Row{n} {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub city: String,
    pub country: Option<String>,
    pub visits: i64,
    pub note: String,
}

#[derive(Insertable)]
#[diesel(table_name = rows{n})]
pub struct New{n}<'a> {
    pub name: &'a str,
    pub email: Option<&'a str>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub city: &'a str,
    pub country: Option<&'a str>,
    pub visits: i64,
    pub note: &'a str,
}

pub fn find(connection: &mut SqliteConnection, above: i64) -> QueryResult<Vec<Row{n}>> {
    let rows = rows{n}::table.filter(rows{n}::visits.gt(above).and(rows{n}::active.eq(true)));
    rows.order(rows{n}::id).limit({touched}).select(Row{n}::as_select()).load(connection)
}

pub fn add(connection: &mut SqliteConnection, row: &New{n}<'_>) -> QueryResult<i64> {
    diesel::insert_into(rows{n}::table).values(row).returning(rows{n}::id).get_result(connection)
}

pub fn rename(connection: &mut SqliteConnection, id: i64, name: &str) -> QueryResult<usize> {
    diesel::update(rows{n}::table.find(id)).set(rows{n}::name.eq(name)).execute(connection)
}
"#,
    program: r#"
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

diesel::table! {
    users (id) { id -> BigInt, name -> Text, }
}

#[derive(Queryable, Selectable)]
struct User {
    id: i64,
    name: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = SqliteConnection::establish(":memory:")?;
    connection.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    diesel::insert_into(users::table).values(users::name.eq("alice")).execute(&mut connection)?;
    let rows: Vec<User> = users::table.filter(users::id.gt(0)).select(User::as_select()).load(&mut connection)?;
    for user in rows {
        println!("{} {}", user.id, user.name);
    }
    Ok(())
}
"#,
};

const SEA_ORM: Contestant = Contestant {
    name: "sea-orm",
    dependencies: r#"sea-orm = { version = "2", default-features = false, features = ["macros", "sqlx-sqlite", "runtime-tokio"] }
tokio = { version = "1", features = ["rt", "macros"] }"#,
    model: r#"
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, Set};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rows{n}")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub age: i32,
    pub score: f64,
    pub active: bool,
    pub city: String,
    pub country: Option<String>,
    pub visits: i64,
    pub note: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub async fn find(connection: &DatabaseConnection, above: i64) -> Result<Vec<Model>, DbErr> {
    let rows = Entity::find().filter(Column::Visits.gt(above)).filter(Column::Active.eq(true));
    rows.order_by_asc(Column::Id).limit({touched}).all(connection).await
}

pub async fn add(connection: &DatabaseConnection, row: ActiveModel) -> Result<i64, DbErr> {
    Ok(row.insert(connection).await?.id)
}

pub async fn rename(connection: &DatabaseConnection, id: i64, name: &str) -> Result<Model, DbErr> {
    ActiveModel { id: Set(id), name: Set(name.to_owned()), ..Default::default() }.update(connection).await
}
"#,
    program: r#"
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, Database, Set};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), DbErr> {
    let connection = Database::connect("sqlite::memory:").await?;
    connection.execute_unprepared("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").await?;
    ActiveModel { name: Set("alice".to_owned()), ..Default::default() }.insert(&connection).await?;
    for user in Entity::find().filter(Column::Id.gt(0)).all(&connection).await? {
        println!("{} {}", user.id, user.name);
    }
    Ok(())
}
"#,
};

pub const ALL: [Contestant; 4] = [RUSQLITE, ORM, DIESEL, SEA_ORM];

impl Contestant {
    /// Writes the two packages as one workspace into a folder.
    pub fn write(&self, folder: &Path, root: &str) -> Result<()> {
        let dependencies = self.dependencies.replace("{root}", root);
        let package = |name: &str| {
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n"
            )
        };
        put(&folder.join("Cargo.toml"), "[workspace]\nmembers = [\"models\", \"minimal\"]\nresolver = \"3\"\n")?;
        put(&folder.join("models/Cargo.toml"), &package("models"))?;
        put(&folder.join("minimal/Cargo.toml"), &package("minimal"))?;
        put(&folder.join("minimal/src/main.rs"), self.program)?;
        let modules: String = (0..MODELS).map(|n| format!("pub mod rows{n};\n")).collect();
        put(&folder.join("models/src/lib.rs"), &modules)?;
        (0..MODELS).try_for_each(|n| self.write_model(folder, n, 10))
    }

    /// Writes the module of one model; another `touched` is another limit in its query.
    pub fn write_model(&self, folder: &Path, n: usize, touched: usize) -> Result<()> {
        let text = self.model.replace("{n}", &n.to_string()).replace("{touched}", &touched.to_string());
        put(&folder.join(format!("models/src/rows{n}.rs")), &text)
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text.trim_start())
}
