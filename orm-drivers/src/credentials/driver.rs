//! A driver whose URL gets its user and password from a provider, connection by connection. Works with every driver.

use super::{CredentialProvider, Credentials};
use crate::registry::Factory;
use crate::url::{Secret, Url};
use orm_core::dialect::Dialect;
use orm_core::driver::{Connection, Driver, Place};
use orm_core::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The driver for a URL without a password.
///
/// # Errors
/// `InvalidUrl` as the factory; `Misuse` for a URL that has a password, or a database that knows none.
pub(crate) fn with_provider(
    url: &Url,
    factory: Factory,
    provider: Arc<dyn CredentialProvider>,
) -> Result<Arc<dyn Driver>> {
    let misuse = |message: &str| Err(Error::new(ErrorKind::Misuse, message));
    if url.password.is_some() {
        return misuse("the URL has a password, and there is a provider of passwords, too");
    }
    if url.dialect == "sqlite" {
        return misuse("SQLite has no passwords, so that nobody need provide any");
    }
    let current = Current { credentials: None, driver: factory(url)? };
    Ok(Arc::new(Renewing { url: url.clone(), factory, provider, current: Mutex::new(current) }))
}

struct Renewing {
    url: Url,
    factory: Factory,
    provider: Arc<dyn CredentialProvider>,
    current: Mutex<Current>,
}

/// The driver below, for the credentials that were given last: it stays while they do.
struct Current {
    credentials: Option<Credentials>,
    driver: Arc<dyn Driver>,
}

impl Renewing {
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn driver(&self) -> Arc<dyn Driver> {
        Arc::clone(&self.current().driver)
    }

    fn ask(&self) -> Result<Credentials> {
        let given = self.provider.credentials(&self.url).map_err(|error| error.context("ask for credentials"))?;
        if given.password.reveal().contains('\0') || given.user.as_ref().is_some_and(|user| user.contains('\0')) {
            return Err(Error::new(ErrorKind::Misuse, "the credentials that were provided hold a NUL character"));
        }
        Ok(given)
    }

    fn connect_as(&self, credentials: &Credentials) -> Result<Box<dyn Connection>> {
        let driver = {
            let mut current = self.current();
            if current.credentials.as_ref() != Some(credentials) {
                let Credentials { user, password } = credentials;
                let mut url = self.url.clone();
                url.password = Some(Secret::clone(password));
                url.user = user.clone().or(url.user);
                *current = Current { driver: (self.factory)(&url)?, credentials: Some(credentials.clone()) };
            }
            Arc::clone(&current.driver)
        };
        driver.connect()
    }
}

impl Driver for Renewing {
    fn dialect(&self) -> &'static Dialect {
        self.driver().dialect()
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let credentials = self.ask()?;
        let refused = match self.connect_as(&credentials) {
            Err(error) if error.kind() == ErrorKind::AuthenticationFailed => error,
            done => return done,
        };
        // They may have been changed since they were asked for, or kept for too long.
        self.provider.refused(&credentials);
        match self.ask() {
            Ok(renewed) if renewed != credentials => self.connect_as(&renewed),
            Ok(_) | Err(_) => Err(refused),
        }
    }

    fn place(&self) -> Place {
        self.driver().place()
    }

    fn single_connection(&self) -> bool {
        self.driver().single_connection()
    }

    fn is_local(&self) -> bool {
        self.driver().is_local()
    }
}

/// Shows the driver below, and nothing of the provider.
impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver().fmt(f)
    }
}
