//! The simple providers: a closure, and a file.

use super::{CredentialProvider, Credentials};
use crate::url::{Secret, Url};
use orm_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// Calls a closure for each connection.
pub(crate) struct FromClosure<F>(pub(crate) F);

impl<F: Fn() -> Result<Secret> + Send + Sync> CredentialProvider for FromClosure<F> {
    fn credentials(&self, _url: &Url) -> Result<Credentials> {
        (self.0)().map(Credentials::from)
    }
}

/// Reads a file for each connection.
pub(crate) struct FromFile(pub(crate) PathBuf);

/// No password is longer, and a token of a cloud is far shorter.
const BYTES_MAX: u64 = 64 * 1024;

impl CredentialProvider for FromFile {
    fn credentials(&self, _url: &Url) -> Result<Credentials> {
        let failed = |why: &str| {
            let message = format!("the file of the password {why}: {}", self.0.display());
            Error::new(ErrorKind::AuthenticationFailed, message)
        };
        let mut text = String::new();
        let read = File::open(&self.0).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text));
        read.map_err(|error| failed("cannot be read").with_source(error))?;
        // Editors and `echo` end a file with a line break, which no password does.
        let length = text.trim_end_matches(['\n', '\r']).len();
        text.truncate(length);
        if text.is_empty() {
            return Err(failed("is empty"));
        }
        Ok(Secret::new(text).into())
    }
}
