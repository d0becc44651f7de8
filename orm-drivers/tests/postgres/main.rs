//! The PostgreSQL driver against a server, whose URL is in `ORM_TEST_POSTGRES_URL`. Without one the tests say that they were
//! skipped; with `ORM_TEST_REQUIRE=all`, or a list with `postgres` in it, they fail.
#![cfg(feature = "postgres")]
#![allow(missing_docs, clippy::unwrap_used)]

mod connections;
mod errors;
mod fixture;
mod statements;
mod transactions;
mod values;
