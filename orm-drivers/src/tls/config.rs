//! From a wish to a configuration of rustls, made again when one of its files has changed. Knows no socket.

use super::options::{Identity, Mode, Roots, Wish};
use super::verify::{Check, Verifier};
use orm_core::{Error, ErrorKind, Result};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The configuration for a driver's connections. Certificates are renewed by putting new files in the place of the old ones, so
/// that each new connection looks whether they are still the same.
pub(crate) struct Configs {
    wish: Wish,
    kept: Mutex<Kept>,
}

struct Kept {
    config: Arc<ClientConfig>,
    stamps: Vec<Option<Stamp>>,
}

/// What tells that a file was changed.
type Stamp = (SystemTime, u64);

/// Shows the options, which hold no secret: the key is in its file.
impl fmt::Debug for Configs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wish.fmt(f)
    }
}

/// Names a provider of ciphers for those who ask the process for one, unless the program has named one. The client for MySQL
/// asks, and panics where other crates have brought several.
#[cfg(feature = "mysql")]
pub(crate) fn choose_provider() {
    // An error says that there is one.
    let _ = ring::default_provider().install_default();
}

impl Configs {
    /// Reads the files.
    ///
    /// # Errors
    /// `InvalidUrl` for a file that cannot be read or does not hold what it should.
    pub(crate) fn new(wish: Wish) -> Result<Configs> {
        let kept = Kept { stamps: stamps(&wish), config: build(&wish)? };
        Ok(Configs { wish, kept: Mutex::new(kept) })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.wish.mode
    }

    /// The configuration for a new connection.
    ///
    /// # Errors
    /// `TlsFailed` for files that were changed into something else.
    pub(crate) fn current(&self) -> Result<Arc<ClientConfig>> {
        let stamps = stamps(&self.wish);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.stamps != stamps {
            let config = build(&self.wish).map_err(|error| {
                Error::new(ErrorKind::TlsFailed, "the files of certificates were changed, and cannot be used any more")
                    .with_source(error)
            })?;
            *kept = Kept { config, stamps };
        }
        Ok(Arc::clone(&kept.config))
    }
}

fn stamps(wish: &Wish) -> Vec<Option<Stamp>> {
    let Wish { mode: _, roots, identity } = wish;
    let mut files: Vec<&Path> = Vec::new();
    if let Roots::File(path) = roots {
        files.push(path);
    }
    if let Some(Identity { certificate, key }) = identity {
        files.extend([certificate.as_path(), key.as_path()]);
    }
    let stamp = |path: &Path| {
        let metadata = path.metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.into_iter().map(stamp).collect()
}

fn build(wish: &Wish) -> Result<Arc<ClientConfig>> {
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
