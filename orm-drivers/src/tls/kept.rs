//! The configuration of a driver, made again when one of its files has changed. Knows no socket.

use super::config::build;
use super::options::{Identity, Mode, Roots, Wish};
use orm_core::{Error, ErrorKind, Result};
use rustls::ClientConfig;
use std::fmt;
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
