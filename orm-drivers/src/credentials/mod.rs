//! Users and passwords that change while a program runs: who is asked for them, and how long an answer is kept. Knows no client.
//!
//! [`EngineOptions::password_provider`](crate::EngineOptions::password_provider),
//! [`password_file`](crate::EngineOptions::password_file) and
//! [`credential_provider`](crate::EngineOptions::credential_provider) ask for each new connection. [`Cached`] keeps an answer, and asks
//! once for many connections that are opened together. What the server refuses is asked for anew, once.

mod cached;
mod driver;
mod providers;

pub use cached::Cached;
pub(crate) use driver::with_provider;
pub(crate) use providers::{FromClosure, FromFile};

use crate::url::{Secret, Url};
use orm_core::Result;
use std::sync::Arc;

/// Who connects, and what proves it. `Debug` shows `***` in place of the password.
///
/// ```
/// # use orm_drivers::*;
/// let credentials = Credentials { user: Some("app_b".into()), password: Secret::new("p@ss") };
/// assert!(!format!("{credentials:?}").contains("p@ss"));
/// assert_eq!(Credentials::from(Secret::new("p@ss")).user, None); // the user of the URL
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user, or `None` for that of the URL. Who rotates by two users in turn gives it.
    pub user: Option<String>,
    /// The password, or a token in its place.
    pub password: Secret,
}

impl From<Secret> for Credentials {
    fn from(password: Secret) -> Credentials {
        Credentials { user: None, password }
    }
}

/// What is asked for credentials with each new connection, on the thread that connects. It may wait, for a network say; the time
/// counts for nobody's limit but its own.
///
/// ```
/// use orm_core::Result;
/// use orm_drivers::{CredentialProvider, Credentials, Secret, Url};
///
/// /// Two users in turn, as a vault rotates them.
/// struct Vault;
/// impl CredentialProvider for Vault {
///     fn credentials(&self, url: &Url) -> Result<Credentials> {
///         assert_eq!(url.hosts[0].name, "db.example");
///         Ok(Credentials { user: Some("app_b".into()), password: Secret::new("the one of today") })
///     }
/// }
/// let options = orm_drivers::EngineOptions::new("postgresql://db.example/shop?sslmode=verify-full").credential_provider(Vault);
/// ```
pub trait CredentialProvider: Send + Sync {
    /// The credentials for a connection to the database of a URL, which has no password.
    ///
    /// # Errors
    /// Whichever; no connection is made then, and the caller gets the error. No text of it may hold a secret.
    fn credentials(&self, url: &Url) -> Result<Credentials>;

    /// The server has refused these. Who keeps them forgets them: `credentials` is asked once more, and what comes then is tried if it
    /// is something else.
    fn refused(&self, _credentials: &Credentials) {}
}

impl<P: CredentialProvider + ?Sized> CredentialProvider for Arc<P> {
    fn credentials(&self, url: &Url) -> Result<Credentials> {
        (**self).credentials(url)
    }

    fn refused(&self, credentials: &Credentials) {
        (**self).refused(credentials);
    }
}
