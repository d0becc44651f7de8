//! TLS for the drivers of servers: what a URL asks for, and one configuration of rustls for all of them. Knows no client.
//!
//! [`options`] reads the URL, [`config`] makes the configuration, [`kept`] keeps it while its files stay as they are, [`verify`]
//! looks at the server's certificate, [`explain`] says what a failed handshake means.

mod config;
pub(crate) mod explain;
#[cfg(any(feature = "postgres", feature = "postgres-wire"))]
mod kept;
mod options;
mod verify;

#[cfg(feature = "mysql")]
pub(crate) use config::{check_files, choose_provider};
#[cfg(any(feature = "postgres", feature = "postgres-wire"))]
pub(crate) use kept::Configs;
#[cfg(feature = "mysql")]
pub(crate) use options::{Identity, Roots};
pub(crate) use options::{Mode, OPTIONS, Wish, is_local};

use orm_core::{Error, ErrorKind};

/// The error of a server that answers without TLS where the URL asks for it.
#[cold]
pub(crate) fn not_offered(target: &str) -> Error {
    let message = format!(
        "the server at {target} does not offer TLS, which `sslmode` asks for; turn TLS on there, or, if nobody can listen on \
         the way to it, connect with `sslmode=disable`"
    );
    Error::new(ErrorKind::TlsFailed, message)
}

/// The error of a handshake that failed, if TLS is what failed. `error` is looked through to its last source.
pub(crate) fn failed(error: &(dyn std::error::Error + 'static), target: &str) -> Option<Error> {
    let why = explain::of(error)?;
    Some(Error::new(ErrorKind::TlsFailed, format!("no encrypted connection to {target}: {why}")))
}
