//! Tokens in place of passwords for databases of Amazon RDS and Aurora (IAM database authentication). Knows no network: a token is
//! signed here, from keys that the environment has or a closure gives.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>

mod sigv4;

use crate::credentials::{CredentialProvider, Credentials};
use crate::url::{Host, Secret, Url};
use orm_core::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Keys of an IAM user or role. `Debug` shows the name of the key and no secret.
///
/// ```
/// # use orm_drivers::aws::AwsCredentials; use orm_drivers::Secret;
/// let keys = AwsCredentials {
///     access_key_id: "AKIDEXAMPLE".into(),
///     secret_access_key: Secret::new("wJalrXUtnFEMI"),
///     session_token: None,
/// };
/// assert!(!format!("{keys:?}").contains("wJalr"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsCredentials {
    /// The name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// What temporary keys, those of a role, come with.
    pub session_token: Option<Secret>,
}

impl AwsCredentials {
    /// From `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if it is there, `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    /// `AuthenticationFailed`, which names the variable that is missing.
    ///
    /// ```
    /// # use orm_drivers::aws::AwsCredentials;
    /// match AwsCredentials::from_env() {
    ///     Ok(keys) => println!("{}", keys.access_key_id),
    ///     Err(error) => println!("{error}"), // the variable AWS_ACCESS_KEY_ID is not set
    /// }
    /// ```
    pub fn from_env() -> Result<AwsCredentials> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<AwsCredentials> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &str| given(name).ok_or_else(|| missing(name));
        Ok(AwsCredentials {
            access_key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret_access_key: Secret::new(needed("AWS_SECRET_ACCESS_KEY")?),
            session_token: given("AWS_SESSION_TOKEN").map(Secret::new),
        })
    }
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::AuthenticationFailed, format!("the variable {name} is not set"))
}

/// The server looks at a token when a connection is made, and takes it for so long.
const VALID: Duration = Duration::from_secs(15 * 60);
/// A token is not given out in its last minute: clocks differ, and connecting takes time.
const KEPT: Duration = Duration::from_secs(14 * 60);

/// Provides tokens of IAM database authentication. Each is kept for 14 of its 15 minutes.
///
/// The URL has one host, the name of the instance, cluster or proxy as RDS shows it, for which the token is signed; a user who may log
/// in by IAM; and `sslmode=verify-full`, without which the driver for MySQL sends no token.
///
/// ```
/// use orm_drivers::EngineOptions;
/// use orm_drivers::aws::{AwsCredentials, RdsIam};
/// # use orm_drivers::Secret;
///
/// // From the environment; by `RdsIam::new` from anywhere else, such as the AWS SDK.
/// let keys = || AwsCredentials::from_env();
/// let options = EngineOptions::new(
///     "postgresql://app@shop.abc123.eu-central-1.rds.amazonaws.com/shop?sslrootcert=global-bundle.pem",
/// )
/// .credential_provider(RdsIam::new("eu-central-1", keys));
/// ```
pub struct RdsIam {
    region: String,
    keys: Box<dyn Fn() -> Result<AwsCredentials> + Send + Sync>,
    now: fn() -> SystemTime,
    kept: Mutex<Option<Kept>>,
}

/// A token, and for whom.
struct Kept {
    host: String,
    user: String,
    token: Secret,
    since: SystemTime,
}

/// Shows the region.
impl fmt::Debug for RdsIam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdsIam").field("region", &self.region).finish_non_exhaustive()
    }
}

impl RdsIam {
    /// For databases of a region, with keys from a closure, which is called for each new token.
    ///
    /// ```
    /// # use orm_drivers::aws::*; use orm_drivers::*;
    /// # fn of_the_instance() -> AwsCredentials {
    /// #     AwsCredentials { access_key_id: "A".into(), secret_access_key: Secret::new("s"), session_token: None }
    /// # }
    /// let provider = RdsIam::new("eu-central-1", || Ok(of_the_instance()));
    /// let url = Url::parse("postgresql://app@shop.abc123.eu-central-1.rds.amazonaws.com/shop")?;
    /// let token = provider.credentials(&url)?.password;
    /// assert!(token.reveal().starts_with("shop.abc123.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&"));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn new(region: impl Into<String>, keys: impl Fn() -> Result<AwsCredentials> + Send + Sync + 'static) -> RdsIam {
        RdsIam { region: region.into(), keys: Box::new(keys), now: SystemTime::now, kept: Mutex::default() }
    }

    /// With the region and the keys of the environment: `AWS_REGION` or `AWS_DEFAULT_REGION`, and those of
    /// [`AwsCredentials::from_env`].
    ///
    /// # Errors
    /// `AuthenticationFailed`, which names the variable that is missing.
    ///
    /// ```
    /// # use orm_drivers::aws::RdsIam;
    /// if let Err(error) = RdsIam::from_env() {
    ///     println!("{error}"); // the variable AWS_REGION is not set
    /// }
    /// ```
    pub fn from_env() -> Result<RdsIam> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        AwsCredentials::from_env()?;
        Ok(RdsIam::new(region.ok_or_else(|| missing("AWS_REGION"))?, AwsCredentials::from_env))
    }

    fn token(&self, host: &str, user: &str, now: SystemTime) -> Result<Secret> {
        let keys = (self.keys)().map_err(|error| error.context("ask for keys of AWS"))?;
        let request = sigv4::Request {
            host,
            parameters: &[("Action", "connect"), ("DBUser", user)],
            region: &self.region,
            service: "rds-db",
            valid: VALID,
        };
        Ok(Secret::new(format!("{host}/?{}", sigv4::signed_query(&request, &keys, now))))
    }
}

impl CredentialProvider for RdsIam {
    fn credentials(&self, url: &Url) -> Result<Credentials> {
        let (host, user) = whom(url)?;
        // Whoever has the lock asks for keys, and the others wait for the token.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.now)();
        if let Some(kept) = &*kept
            && (&kept.host, kept.user.as_str()) == (&host, user)
            // A clock that was set back tells nothing.
            && now.duration_since(kept.since).is_ok_and(|age| age < KEPT)
        {
            return Ok(kept.token.clone().into());
        }
        let token = self.token(&host, user, now)?;
        *kept = Some(Kept { host, user: user.to_owned(), token: token.clone(), since: now });
        Ok(token.into())
    }

    fn refused(&self, credentials: &Credentials) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|kept| kept.token == credentials.password) {
            *kept = None;
        }
    }
}

/// The host with its port, and the user.
fn whom(url: &Url) -> Result<(String, &str)> {
    let invalid = |message: &str| Error::new(ErrorKind::InvalidUrl, message);
    let [Host { name, port }] = &url.hosts[..] else {
        return Err(invalid("a token of RDS is for one host; the URL has not one"));
    };
    let user = url.user.as_deref().ok_or_else(|| invalid("a token of RDS is for a user; the URL has none"))?;
    let default = if url.dialect == "postgresql" { 5432 } else { 3306 };
    // Names of hosts are the same in any case, but signatures are not.
    Ok((format!("{}:{}", name.to_ascii_lowercase(), port.unwrap_or(default)), user))
}

#[cfg(test)]
mod tests;
