//! Providers of credentials: who is asked when, what a server that refuses leads to, and that nothing shows a secret. Without a server,
//! on a driver of the test; and on real servers, while their users' passwords change.
#![allow(clippy::unwrap_used)]

use orm_core::dialect::{Dialect, SQLITE};
use orm_core::driver::{Connection, Driver};
use orm_core::{Engine, Error, ErrorKind, Result};
use orm_drivers::{Cached, CredentialProvider, Credentials, EngineOptions, Secret, Url};
use std::error::Error as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A provider that counts, and gives what the test puts there.
#[derive(Clone)]
struct Vault {
    answer: Arc<Mutex<std::result::Result<Credentials, &'static str>>>,
    asked: Arc<AtomicU32>,
    refused: Arc<AtomicU32>,
}

impl Vault {
    fn new(user: Option<&str>, password: &str) -> Vault {
        let vault = Vault { answer: Arc::new(Mutex::new(Err(""))), asked: Arc::default(), refused: Arc::default() };
        vault.put(user, password);
        vault
    }

    fn put(&self, user: Option<&str>, password: &str) {
        let credentials = Credentials { user: user.map(str::to_owned), password: Secret::new(password) };
        *self.answer.lock().unwrap() = Ok(credentials);
    }

    /// How often it was asked and told of a refusal, since the last call.
    fn counts(&self) -> (u32, u32) {
        (self.asked.swap(0, Ordering::SeqCst), self.refused.swap(0, Ordering::SeqCst))
    }
}

impl CredentialProvider for Vault {
    fn credentials(&self, url: &Url) -> Result<Credentials> {
        assert!(url.password.is_none());
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.lock().unwrap().clone().map_err(|text| Error::new(ErrorKind::ConnectFailed, text))
    }

    fn refused(&self, _credentials: &Credentials) {
        self.refused.fetch_add(1, Ordering::SeqCst);
    }
}

/// All that an error shows, with its causes.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(" {next} {next:?}"));
        cause = next.source();
    }
    text
}

/// A driver that lets in one user with one password, those of the URL's database and of this list, and is never connected.
struct Doorman(Url);

static LET_IN: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl std::fmt::Debug for Doorman {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Doorman({})", self.0)
    }
}

impl Driver for Doorman {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let password = self.0.password.as_ref().map(Secret::reveal).unwrap_or_default();
        let database = self.0.database.as_deref().unwrap_or_default();
        let entry = format!("{}:{password}@{database}", self.0.user.as_deref().unwrap_or_default());
        // Who is let in sees it by another kind of error: this driver has no connections.
        match LET_IN.lock().unwrap().contains(&entry) {
            true => Err(Error::new(ErrorKind::Unsupported, "welcome")),
            false => Err(Error::new(ErrorKind::AuthenticationFailed, "the doorman knows nobody of this name")),
        }
    }
}

fn engine(database: &str, provider: impl CredentialProvider + 'static) -> Engine {
    orm_drivers::register("doorman", "test", |url| Ok(Arc::new(Doorman(url.clone())))).unwrap();
    let options = EngineOptions::new(&format!("doorman://ada@host/{database}")).credential_provider(provider);
    assert!(!format!("{options:?}").contains("hunter"));
    options.create().unwrap()
}

fn kind(engine: &Engine) -> ErrorKind {
    let error = engine.connect().unwrap_err();
    let text = format!("{} {engine:?} {:?} {:?}", shown(&error), engine.pool(), engine.pool().driver());
    assert!(!text.contains("hunter"), "{text}");
    error.kind()
}

const WELCOME: ErrorKind = ErrorKind::Unsupported;

#[test]
fn each_connection_asks() {
    LET_IN.lock().unwrap().extend(["ada:hunter1@each".to_owned(), "bob:hunter2@each".to_owned()]);
    let vault = Vault::new(None, "hunter1");
    let engine = engine("each", vault.clone());
    assert_eq!(vault.counts(), (0, 0), "nothing is connected yet");
    assert_eq!((kind(&engine), kind(&engine)), (WELCOME, WELCOME));
    assert_eq!(vault.counts(), (2, 0));
    vault.put(Some("bob"), "hunter2");
    assert_eq!(kind(&engine), WELCOME, "another user");
    *vault.answer.lock().unwrap() = Err("the vault is away");
    assert_eq!(kind(&engine), ErrorKind::ConnectFailed);
    assert!(engine.connect().unwrap_err().to_string().contains("ask for credentials"));
}

#[test]
fn what_is_refused_is_asked_for_once_more() {
    LET_IN.lock().unwrap().push("ada:hunter2@refused".to_owned());
    let vault = Vault::new(None, "hunter1");
    let engine = engine("refused", Cached::new(vault.clone(), Duration::from_secs(600)));
    assert_eq!(kind(&engine), ErrorKind::AuthenticationFailed);
    assert_eq!(vault.counts(), (2, 1), "the same again is not tried again");
    vault.put(None, "hunter2");
    assert_eq!(kind(&engine), WELCOME, "the older one was kept, and refused");
    assert_eq!(vault.counts(), (1, 1));
    assert_eq!(kind(&engine), WELCOME);
    assert_eq!(vault.counts(), (0, 0), "it is kept");
}

#[test]
fn a_file_is_read_for_each_connection() {
    LET_IN.lock().unwrap().extend(["ada:hunter1@file".to_owned(), "ada:hunter 2\n@file".to_owned()]);
    orm_drivers::register("doorman", "test", |url| Ok(Arc::new(Doorman(url.clone())))).unwrap();
    let path = std::env::temp_dir().join(format!("orm-password-{}", std::process::id()));
    let engine = EngineOptions::new("doorman://ada@host/file").password_file(&path).create().unwrap();
    let missing = engine.connect().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::AuthenticationFailed);
    assert!(missing.source().is_some(), "{}", shown(&missing));
    for (text, expected) in [
        ("hunter1", WELCOME),
        ("hunter1\r\n", WELCOME),
        ("hunter 1\n", ErrorKind::AuthenticationFailed),
        ("\n", ErrorKind::AuthenticationFailed),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(kind(&engine), expected, "{text:?}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn two_passwords_are_one_too_many() {
    let provide = || Ok(Secret::new("hunter2"));
    for url in ["doorman://ada:hunter1@host/x", "sqlite::memory:"] {
        orm_drivers::register("doorman", "test", |url| Ok(Arc::new(Doorman(url.clone())))).unwrap();
        let error = EngineOptions::new(url).password_provider(provide).create().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{url}");
        assert!(!shown(&error).contains("hunter"));
    }
    let engine =
        EngineOptions::new("doorman://ada@host/x").password_provider(|| Ok(Secret::new("a\0b"))).create().unwrap();
    assert_eq!(kind(&engine), ErrorKind::Misuse);
}

/// The password of a user changes while connections are open: those stay, and new ones are let in by the new one.
#[test]
fn a_password_that_changes_on_a_server() {
    for (variable, driver) in [("POSTGRES", "postgres"), ("POSTGRES", "wire"), ("MARIADB", "mysql"), ("MYSQL", "mysql")]
    {
        let Ok(url) = std::env::var(format!("ORM_TEST_{variable}_URL")) else {
            eprintln!("skipped: ORM_TEST_{variable}_URL is not set");
            continue;
        };
        let mut url = Url::parse(&url).unwrap();
        url.driver = Some(driver.to_owned());
        let Ok(admin) = orm_drivers::open(&url) else { continue };
        let mut admin = admin.connect().unwrap();
        let user = format!("orm_rotated_{driver}_{}", std::process::id());
        let is_postgres = url.dialect == "postgresql";
        let (create, change, remove) = match is_postgres {
            true => (
                format!("CREATE ROLE {user} LOGIN PASSWORD 'hunter1'"),
                format!("ALTER ROLE {user} PASSWORD 'hunter2'"),
                format!("DROP ROLE {user}"),
            ),
            false => (
                format!("CREATE USER {user}@'%' IDENTIFIED BY 'hunter1'"),
                format!("ALTER USER {user}@'%' IDENTIFIED BY 'hunter2'"),
                format!("DROP USER {user}@'%'"),
            ),
        };
        admin.batch(&create).unwrap();
        (url.user, url.password) = (Some(user), None);
        url.database = url.database.filter(|_| is_postgres);
        let vault = Vault::new(None, "hunter1");
        let provider = Cached::new(vault.clone(), Duration::from_secs(600));
        let engine = EngineOptions::from_url(url).credential_provider(provider).create().unwrap();
        let mut early = engine.connect().unwrap();
        admin.batch(&change).unwrap();
        assert_eq!(kind(&engine), ErrorKind::AuthenticationFailed, "{variable} {driver}");
        vault.put(None, "hunter2");
        let mut late = engine.connect().unwrap_or_else(|error| panic!("{variable} {driver}: {}", shown(&error)));
        for connection in [&mut early, &mut late] {
            assert_eq!(connection.all::<i64, _>(orm_core::query::sql("SELECT 7")).unwrap(), [7]);
        }
        drop((early, late));
        engine.pool().close();
        engine.pool().settle(Duration::from_secs(10));
        admin.batch(&remove).unwrap();
    }
}
