//! The integration tests: one body for each behaviour, run on every database that there is a URL for.

#[macro_use]
mod support;

mod compound;
mod loading;
mod smoke;
mod types;
