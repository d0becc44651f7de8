//! The MySQL driver against real servers: `ORM_TEST_MYSQL_URL` and `ORM_TEST_MARIADB_URL`. Every test has a database of
//! its own. Without a URL a test says that it was skipped; with `ORM_TEST_REQUIRE=all` it fails.
#![cfg(feature = "mysql")]

mod connections;
mod errors;
mod fake;
mod malformed;
mod statements;
mod types;

use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver};
use orm_core::{Datum, Error, Result, Type};
use orm_drivers::mysql;
use orm_drivers::url::Url;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes the tests `name::mysql` and `name::mariadb` of each body.
macro_rules! on_each_server { ($(fn $name:ident($database:ident) $body:block)*) => { $(
    mod $name {
        #[allow(unused_imports)]
        use super::*;
        fn check($database: &crate::Database) $body
        #[test]
        fn mysql() {
            crate::run("ORM_TEST_MYSQL_URL", check);
        }
        #[test]
        fn mariadb() {
            crate::run("ORM_TEST_MARIADB_URL", check);
        }
    }
)* } }
pub(crate) use on_each_server;

/// A database for one test, dropped at its end.
pub(crate) struct Database {
    url: Url,
    admin: Url,
    name: String,
}

/// Runs a test with a new database on the server of the URL in a variable.
fn run(variable: &str, check: fn(&Database)) {
    let Ok(url) = std::env::var(variable) else {
        assert!(std::env::var("ORM_TEST_REQUIRE").as_deref() != Ok("all"), "{variable} is not set");
        println!("skipped: {variable} is not set");
        return;
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let admin = Url::parse(&url).unwrap_or_else(|error| panic!("{variable}: {error}"));
    let name = format!("orm_drv_{}_{number}", std::process::id());
    connect(&admin).batch(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).expect("a database for the test");
    let url = Url { database: Some(name.clone()), ..admin.clone() };
    check(&Database { url, admin, name });
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped =
            driver(&self.admin).connect().and_then(|mut admin| admin.batch(&format!("DROP DATABASE {}", self.name)));
        if let Err(error) = dropped {
            eprintln!("the database {} is left behind: {error}", self.name);
        }
    }
}

impl Database {
    /// The URL of the database, to be changed.
    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Box<dyn Connection> {
        connect(&self.url)
    }

    /// A new connection with an option.
    pub(crate) fn connect_with(&self, option: &str, value: &str) -> Box<dyn Connection> {
        let mut url = self.url();
        url.options.push((option.into(), value.into()));
        connect(&url)
    }
}

/// The driver of a URL.
pub(crate) fn driver(url: &Url) -> Arc<dyn Driver> {
    mysql::open(url).expect("the URL is right")
}

fn connect(url: &Url) -> Box<dyn Connection> {
    driver(url).connect().expect("the server of the URL runs")
}

/// The first column of every row, as a type.
pub(crate) fn column(
    connection: &mut dyn Connection,
    sql: &str,
    binds: &[Datum<'_>],
    ty: Type,
) -> Result<Vec<Datum<'static>>> {
    let mut values = Vec::new();
    connection.query(sql, binds, &mut |row| {
        values.push(row.value(0, &ty)?.into_owned());
        Ok(())
    })?;
    Ok(values)
}

/// The only value of a result.
pub(crate) fn value(connection: &mut dyn Connection, sql: &str, ty: Type) -> Datum<'static> {
    let mut values = column(connection, sql, &[], ty).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    assert_eq!(values.len(), 1, "{sql}");
    values.remove(0)
}

/// The only integer of a result.
pub(crate) fn integer(connection: &mut dyn Connection, sql: &str) -> i64 {
    match value(connection, sql, Type::I64) {
        Datum::Int(value) => value,
        other => panic!("{sql}: {other:?}"),
    }
}

/// The error that a statement must have.
pub(crate) fn error(connection: &mut dyn Connection, sql: &str, binds: &[Datum<'_>]) -> Error {
    connection.execute(sql, binds).expect_err(sql)
}

/// Whether this is MariaDB: for tests of what the two servers do differently.
pub(crate) fn is_mariadb(dialect: &'static Dialect) -> bool {
    dialect.name == "MariaDB"
}
