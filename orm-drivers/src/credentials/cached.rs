//! An answer that is kept for a time, and asked for once however many wait for it.

use super::{CredentialProvider, Credentials};
use crate::url::Url;
use orm_core::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After a provider failed, and an older answer has to do, so long it is not asked again.
const REST: Duration = Duration::from_secs(5);

/// Keeps what a provider says, for one database. Connections that are opened together ask once, and those that wait share the answer,
/// or the error.
///
/// When the time is over and the provider fails, the older answer is tried for as long as no server refuses it: a vault that is away for
/// a minute does not keep a program from its database.
///
/// ```
/// use orm_drivers::{Cached, CredentialProvider, Credentials, EngineOptions, Secret, Url};
/// use std::time::Duration;
/// # struct Vault;
/// # impl CredentialProvider for Vault {
/// #     fn credentials(&self, _url: &Url) -> orm_core::Result<Credentials> { Ok(Secret::new("p@ss").into()) }
/// # }
///
/// let ten_minutes = Cached::new(Vault, Duration::from_secs(600));
/// let options = EngineOptions::new("mysql://app@db.example/shop?sslmode=verify-full").credential_provider(ten_minutes);
/// ```
pub struct Cached<P> {
    provider: P,
    keep: Duration,
    now: fn() -> Instant,
    state: Mutex<State>,
    /// How often the provider has failed.
    failures: AtomicU64,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// What is told to those who waited while it happened.
    failure: Option<(ErrorKind, String)>,
}

struct Kept {
    credentials: Credentials,
    until: Instant,
}

impl<P: CredentialProvider> Cached<P> {
    /// Keeps each answer for a time.
    ///
    /// ```
    /// # use orm_drivers::*; use std::time::Duration;
    /// # struct Vault;
    /// # impl CredentialProvider for Vault {
    /// #     fn credentials(&self, _url: &Url) -> orm_core::Result<Credentials> { Ok(Secret::new("p@ss").into()) }
    /// # }
    /// let cached = Cached::new(Vault, Duration::from_secs(600));
    /// let url = Url::parse("mysql://app@db.example/shop")?;
    /// assert_eq!(cached.credentials(&url)?, cached.credentials(&url)?); // the vault is asked once
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn new(provider: P, keep: Duration) -> Cached<P> {
        Cached { provider, keep, now: Instant::now, state: Mutex::default(), failures: AtomicU64::new(0) }
    }
}

impl<P: CredentialProvider> CredentialProvider for Cached<P> {
    fn credentials(&self, url: &Url) -> Result<Credentials> {
        let failures = self.failures.load(Ordering::Acquire);
        // Whoever asks the provider has the lock, and the others wait for the answer here.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.now)();
        if let Some(kept) = state.kept.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.credentials.clone());
        }
        if self.failures.load(Ordering::Acquire) != failures
            && let Some((kind, message)) = &state.failure
        {
            return Err(Error::new(*kind, message.clone()));
        }
        match (self.provider.credentials(url), &mut state.kept) {
            (Ok(credentials), kept) => {
                let now = (self.now)();
                *kept =
                    Some(Kept { credentials: credentials.clone(), until: now.checked_add(self.keep).unwrap_or(now) });
                Ok(credentials)
            }
            (Err(_), Some(older)) => {
                older.until = now + REST.min(self.keep);
                Ok(older.credentials.clone())
            }
            (Err(error), None) => {
                state.failure = Some((error.kind(), error.to_string()));
                self.failures.fetch_add(1, Ordering::Release);
                Err(error)
            }
        }
    }

    fn refused(&self, credentials: &Credentials) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Another connection may have asked for new ones by now, which nobody has refused.
        if state.kept.as_ref().is_some_and(|kept| kept.credentials == *credentials) {
            state.kept = None;
        }
        drop(state);
        self.provider.refused(credentials);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::Secret;
    use std::cell::Cell;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Barrier};
    use std::thread;

    thread_local! {
        static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static START: Instant = Instant::now();
    }

    /// A clock that stands still unless a test moves it.
    fn clock() -> Instant {
        START.with(|start| *start) + PASSED.get()
    }

    #[derive(Default)]
    struct Numbered {
        asked: AtomicU64,
        broken: AtomicBool,
        slow: bool,
    }

    impl CredentialProvider for Numbered {
        fn credentials(&self, _url: &Url) -> Result<Credentials> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            if self.slow {
                thread::sleep(Duration::from_millis(50));
            }
            if self.broken.load(Ordering::SeqCst) {
                return Err(Error::new(ErrorKind::ConnectFailed, format!("the vault is away, {number}")));
            }
            Ok(Secret::new(format!("password {number}")).into())
        }
    }

    fn url() -> Url {
        Url::parse("postgresql://app@db/shop").unwrap()
    }

    fn password(cached: &Cached<Arc<Numbered>>) -> String {
        cached.credentials(&url()).map_or_else(|error| error.to_string(), |given| given.password.reveal().to_owned())
    }

    #[test]
    fn an_answer_is_kept_for_its_time() {
        let vault = Arc::new(Numbered::default());
        let mut cached = Cached::new(Arc::clone(&vault), Duration::from_secs(600));
        cached.now = clock;
        assert_eq!(password(&cached), "password 1");
        PASSED.set(Duration::from_secs(599));
        assert_eq!(password(&cached), "password 1");
        PASSED.set(Duration::from_secs(600));
        assert_eq!(password(&cached), "password 2");
        // A vault that is away: the older one has to do, and the vault has some rest.
        vault.broken.store(true, Ordering::SeqCst);
        PASSED.set(Duration::from_secs(1200));
        assert_eq!((password(&cached), password(&cached)), ("password 2".to_owned(), "password 2".to_owned()));
        assert_eq!(vault.asked.load(Ordering::SeqCst), 3);
        cached.refused(&Secret::new("password 1").into());
        assert_eq!(password(&cached), "password 2", "it was another one that was refused");
        cached.refused(&Secret::new("password 2").into());
        assert_eq!(password(&cached), "the vault is away, 4");
        vault.broken.store(false, Ordering::SeqCst);
        assert_eq!(password(&cached), "password 5");
    }

    #[test]
    fn many_ask_once() {
        for broken in [false, true] {
            let vault = Arc::new(Numbered { slow: true, broken: AtomicBool::new(broken), ..Numbered::default() });
            let cached = Cached::new(Arc::clone(&vault), Duration::from_secs(600));
            let start = Barrier::new(16);
            let answers: Vec<String> = thread::scope(|scope| {
                let ask = || {
                    start.wait();
                    password(&cached)
                };
                let asking: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
                asking.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let expected = if broken { "the vault is away, 1" } else { "password 1" };
            assert!(answers.iter().all(|answer| answer == expected), "{answers:?}");
            assert_eq!(vault.asked.load(Ordering::SeqCst), 1);
        }
    }
}
