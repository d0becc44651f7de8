//! Encryption, as the client's options, and what its failures mean. The client makes a configuration of rustls of its own from them.

use crate::tls::{self, Identity, Mode, Roots, Wish};
use mysql::{ClientIdentity, DriverError, SslOpts};
use orm_core::Error;

/// What the client is told, unless the URL wants no encryption.
pub(super) fn options(wish: &Wish) -> SslOpts {
    let Wish { mode, roots, identity } = wish;
    tls::choose_provider();
    let roots = match roots {
        // The client has those of Mozilla built in.
        Roots::System => None,
        Roots::File(path) => Some(path.clone()),
    };
    let identity =
        identity.as_ref().map(|Identity { certificate, key }| ClientIdentity::new(certificate.clone(), key.clone()));
    SslOpts::default()
        .with_root_cert_path(roots)
        .with_client_identity(identity)
        .with_danger_skip_domain_validation(*mode != Mode::VerifyFull)
        .with_danger_accept_invalid_certs(matches!(mode, Mode::Disable | Mode::Prefer | Mode::Require))
}

/// Whether the server offers no encryption.
fn offers_none(error: &mysql::Error) -> bool {
    matches!(error, mysql::Error::DriverError(DriverError::TlsNotSupported))
}

/// Our error for one of the client's, if TLS is what failed. The client's own does not show all of what is below it.
pub(super) fn failed(error: &mysql::Error, target: &str) -> Option<Error> {
    match error {
        error if offers_none(error) => Some(tls::not_offered(target)),
        mysql::Error::IoError(error) => tls::failed(error, target),
        mysql::Error::CodecError(error) => tls::failed(error, target),
        mysql::Error::TlsError(error) => tls::failed(error, target),
        _ => None,
    }
}
