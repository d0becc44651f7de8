//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#[macro_use]
mod support;

mod errors;
mod raw_sql;
mod schema;
mod smoke;
mod transactions;
mod types;
