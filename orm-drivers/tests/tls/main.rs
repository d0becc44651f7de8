//! TLS, on every driver of a server: against servers that only shake hands, with certificates of every kind, and against real
//! ones, those of `scripts/servers`.
#![cfg(all(feature = "postgres", feature = "postgres-wire", feature = "mysql"))]
#![allow(clippy::unwrap_used)]

mod certificates;
mod fake;
mod handshakes;
mod servers;

use orm_core::driver::Connection;
use orm_core::{Error, Result};
use orm_drivers::Url;

/// Opens a connection.
fn connect(url: &str) -> Result<Box<dyn Connection>> {
    orm_drivers::open(&Url::parse(url)?)?.connect()
}

/// An error with all that is below it.
fn shown(error: &Error) -> String {
    let mut text = format!("{:?}: {error}", error.kind());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(" | {error}"));
        source = error.source();
    }
    text
}
