//! Tests of the SQLite driver, each on a database of its own.

mod errors;
mod files;
mod fixture;
mod statements;
mod values;
