//! The PostgreSQL drivers against a server, whose URL is in `ORM_TEST_POSTGRES_URL`. Without one the tests say that they were
//! skipped; with `ORM_TEST_REQUIRE=all`, or a list with `postgres` in it, they fail.
//!
//! All tests that a driver must pass are run on both drivers.
#![cfg(any(feature = "postgres", feature = "postgres-wire"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::duplicate_mod)]

/// `on_driver! { "wire": mod wire { mod own; } }` makes a module that holds the tests of this folder for the driver of that name, and
/// its own ones.
macro_rules! on_driver {
    ($driver:literal : $(#[$meta:meta])* mod $name:ident { $($own:item)* }) => {
        $(#[$meta])*
        #[path = "."]
        mod $name {
            /// The name of the driver in URLs.
            pub(crate) const DRIVER: &str = $driver;
            mod connections;
            mod errors;
            mod fixture;
            mod pipeline;
            mod statements;
            mod transactions;
            mod values;
            $($own)*
        }
    };
}

on_driver! { "postgres": #[cfg(feature = "postgres")] mod postgres_crate { mod client; } }
on_driver! { "wire": #[cfg(feature = "postgres-wire")] mod wire { mod malformed; mod own; } }
