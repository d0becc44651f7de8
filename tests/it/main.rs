//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway

#[macro_use]
mod support;

mod errors;
mod links;
mod loading;
mod raw_sql;
mod schema;
mod session_insert;
mod session_models;
mod smoke;
mod statements;
mod transactions;
mod types;
