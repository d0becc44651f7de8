//! What must hold for any bytes: of a URL, of raw SQL, of values that a database holds, of what a server answers. Here a short
//! run with the same bytes every time; `fuzz/` gives the same functions to a fuzzer, which looks for bytes by itself.
//!
//! `ORM_TEST_FUZZ=20` makes the runs twenty times as long.

mod input;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres-wire")]
mod postgres;
mod raw_sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;
mod values;

use input::Random;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs a function with bytes that come from those of the examples, and tells which were the ones that it fell over.
fn short_run(times: usize, examples: &[&[u8]], run: fn(&[u8])) {
    let factor = std::env::var("ORM_TEST_FUZZ").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    let mut random = Random::new(7);
    for time in 0..times * factor {
        let data = match examples.get(time) {
            Some(example) => example.to_vec(),
            None => random.changed(examples),
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&data))) {
            eprintln!("with the bytes b\"{}\"", data.escape_ascii());
            resume_unwind(panic);
        }
    }
}

#[test]
fn urls() {
    short_run(20_000, url::EXAMPLES, url::run);
}

#[test]
fn binds_of_raw_sql() {
    short_run(20_000, raw_sql::EXAMPLES, raw_sql::run);
}

#[cfg(feature = "sqlite")]
#[test]
fn values_of_sqlite() {
    short_run(3_000, sqlite::EXAMPLES, sqlite::run);
}

#[cfg(feature = "postgres-wire")]
#[test]
fn answers_of_postgresql() {
    short_run(500, postgres::EXAMPLES, postgres::run);
}

#[cfg(feature = "mysql")]
#[test]
fn answers_of_mysql() {
    short_run(500, mysql::EXAMPLES, mysql::run);
}
