//! What the drivers for PostgreSQL share: values in the server's binary forms, its errors as ours, the options of its URLs.
//! Knows no client and no connection.

pub(crate) mod bind;
pub(crate) mod cell;
pub(crate) mod control;
pub(crate) mod copy;
pub(crate) mod numeric;
pub(crate) mod options;
pub(crate) mod refusal;
pub(crate) mod row;
pub(crate) mod unnamed;

/// What DISCARD ALL does, except that prepared statements are kept.
pub(crate) const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD SEQUENCES; DISCARD TEMP";
