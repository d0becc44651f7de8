//! From a wish to a configuration of rustls. Knows no socket.

use super::options::{Identity, Mode, Roots, Wish};
use super::verify::{Check, Verifier};
use orm_core::{Error, ErrorKind, Result};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Reads the files, to say at once what is wrong with them.
///
/// # Errors
/// As [`build`].
#[cfg(feature = "mysql")]
pub(crate) fn check_files(wish: &Wish) -> Result<()> {
    build(wish).map(drop)
}

/// Names a provider of ciphers for those who ask the process for one, unless the program has named one. The client for MySQL
/// asks, and panics where other crates have brought several.
#[cfg(feature = "mysql")]
pub(crate) fn choose_provider() {
    // An error says that there is one.
    let _ = ring::default_provider().install_default();
}

/// # Errors
/// `InvalidUrl` for a file that cannot be read or does not hold what it should.
pub(super) fn build(wish: &Wish) -> Result<Arc<ClientConfig>> {
    let Wish { mode, roots, identity } = wish;
    let provider = Arc::new(ring::default_provider());
    let check = match mode {
        Mode::Disable | Mode::Prefer | Mode::Require => Check::Nothing,
        Mode::VerifyCa => Check::Chain(trusted(roots)?),
        Mode::VerifyFull => Check::ChainAndName(trusted(roots)?),
    };
    let verifier = Arc::new(Verifier { check, provider: Arc::clone(&provider) });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::new(ErrorKind::TlsFailed, "the library for TLS knows no version of it").with_source(error)
        })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (certificates, key) = shown(identity)?;
            builder.with_client_auth_cert(certificates, key).map_err(|error| {
                invalid("the files of the options `sslcert` and `sslkey` do not belong together").with_source(error)
            })?
        }
    };
    Ok(Arc::new(config))
}

fn trusted(roots: &Roots) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            if store.is_empty() {
                return Err(invalid(
                    "the operating system has no certificates of authorities; install them (on Debian the package \
                     `ca-certificates`), or name a file by the option `sslrootcert`",
                ));
            }
        }
        Roots::File(path) => {
            for certificate in certificates(path, "sslrootcert")? {
                store.add(certificate).map_err(|error| {
                    invalid("the file of the option `sslrootcert` holds a certificate that cannot be read")
                        .with_source(error)
                })?;
            }
        }
    }
    Ok(store)
}

fn shown(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let certificates = certificates(&identity.certificate, "sslcert")?;
    // The library's own error is left out: it repeats lines of the file.
    let key = PrivateKeyDer::from_pem_slice(&contents(&identity.key, "sslkey")?)
        .map_err(|_| invalid("the file of the option `sslkey` holds no private key in PEM form without a password"))?;
    Ok((certificates, key))
}

fn certificates(path: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>> {
    let contents = contents(path, option)?;
    let certificates: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&contents).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(_) => Err(invalid(&format!("the file of the option `{option}` holds no certificate in PEM form"))),
    }
}

/// More than the certificates of any system; what is longer is a mistake.
const FILE_BYTES_MAX: u64 = 8 << 20;

fn contents(path: &Path, option: &str) -> Result<Vec<u8>> {
    let mut contents = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut contents));
    match read {
        Ok(_) => Ok(contents),
        Err(error) => Err(invalid(&format!("the file of the option `{option}` cannot be read: {}", path.display()))
            .with_source(error)),
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
}
