//! Tests of the SQLite driver, each on a database of its own.

mod fixture;
mod statements;
