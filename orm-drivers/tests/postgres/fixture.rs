//! The server, connections to it, and a proxy in front of it that can fall silent or break.

use orm_core::driver::{Connection, Driver};
use orm_core::{Datum, Error, ErrorKind, Result, Type};
use orm_drivers::Url;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// The URL of the server, for the driver that is tested, or nothing, said aloud.
pub(crate) fn server() -> Option<Url> {
    if let Ok(url) = std::env::var("ORM_TEST_POSTGRES_URL") {
        let mut url = Url::parse(&url).unwrap();
        url.driver = Some(super::DRIVER.to_owned());
        return Some(url);
    }
    let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|name| name == "all" || name == "postgres");
    assert!(!is_required, "ORM_TEST_POSTGRES_URL is not set, and PostgreSQL is required");
    eprintln!("skipped: ORM_TEST_POSTGRES_URL is not set");
    None
}

/// The same server with another option.
pub(crate) fn with(mut url: Url, name: &str, value: &str) -> Url {
    url.options.push((name.to_owned(), value.to_owned()));
    url
}

pub(crate) fn driver(url: &Url) -> Arc<dyn Driver> {
    orm_drivers::open(url).unwrap()
}

/// A connection with short ways to ask.
pub(crate) struct Asked(pub(crate) Box<dyn Connection>);

pub(crate) fn connect(url: &Url) -> Asked {
    Asked(driver(url).connect().unwrap())
}

impl Deref for Asked {
    type Target = dyn Connection;
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl DerefMut for Asked {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0
    }
}

impl Asked {
    /// The values of the first column.
    pub(crate) fn try_all(&mut self, sql: &str, binds: &[Datum<'_>], wanted: Type) -> Result<Vec<Datum<'static>>> {
        let mut values = Vec::new();
        self.query(sql, binds, &mut |row| {
            values.push(row.value(0, &wanted)?.into_owned());
            Ok(())
        })?;
        Ok(values)
    }

    /// The only value of the only row.
    pub(crate) fn try_one(&mut self, sql: &str, binds: &[Datum<'_>], wanted: Type) -> Result<Datum<'static>> {
        let mut values = self.try_all(sql, binds, wanted)?;
        assert_eq!(values.len(), 1, "{sql} gives one row");
        Ok(values.remove(0))
    }

    pub(crate) fn one(&mut self, sql: &str, binds: &[Datum<'_>], wanted: Type) -> Datum<'static> {
        self.try_one(sql, binds, wanted).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    pub(crate) fn refusal(&mut self, sql: &str, binds: &[Datum<'_>]) -> Error {
        self.execute(sql, binds).expect_err(sql)
    }

    pub(crate) fn process(&mut self) -> i64 {
        match self.one("SELECT pg_backend_pid()", &[], Type::I32) {
            Datum::Int(process) => process,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn kind<T>(result: Result<T>) -> std::result::Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

/// Stands between a client and the server.
#[derive(Default)]
pub(crate) struct Proxy {
    /// Held, nothing passes.
    gate: Mutex<()>,
    /// What breaks the connection when a client says it.
    breaks_at: Mutex<Option<&'static [u8]>>,
}

impl Proxy {
    /// A proxy for one connection, and the URL that leads through it.
    pub(crate) fn start(server: &Url) -> (Arc<Proxy>, Url) {
        let proxy = Arc::new(Proxy::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut url = server.clone();
        let target = (url.hosts[0].name.clone(), url.hosts[0].port.unwrap_or(5432));
        url.hosts.truncate(1);
        url.hosts[0].name = "127.0.0.1".to_owned();
        url.hosts[0].port = Some(listener.local_addr().unwrap().port());
        let shared = Arc::clone(&proxy);
        thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let server = TcpStream::connect(target).unwrap();
            let (from, to, answers) = (server.try_clone().unwrap(), client.try_clone().unwrap(), Arc::clone(&shared));
            thread::spawn(move || answers.pass(from, to));
            shared.pass(client, server);
        });
        (proxy, url)
    }

    /// Lets nothing pass until the guard is dropped.
    pub(crate) fn silence(&self) -> MutexGuard<'_, ()> {
        self.gate.lock().unwrap()
    }

    /// Breaks the connection when these bytes are to pass; they do not.
    pub(crate) fn break_at(&self, words: &'static [u8]) {
        *self.breaks_at.lock().unwrap() = Some(words);
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let _open = self.gate.lock().unwrap();
            let breaks_at = *self.breaks_at.lock().unwrap();
            let breaks = breaks_at.is_some_and(|words| buffer[..length].windows(words.len()).any(|part| part == words));
            if breaks || to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}
