//! Real servers that have TLS: those of `scripts/servers`, which prints where their certificates are.

use crate::{connect, shown};
use orm_core::driver::Connection;
use orm_core::{ErrorKind, Type};
use orm_drivers::{Secret, Url};
use std::thread;
use std::time::Duration;

/// A server, the driver for it, and the folder of its certificates.
struct Server {
    url: Url,
    folder: String,
}

impl Server {
    /// Those that there are, one for each driver.
    fn all() -> Vec<Server> {
        let drivers = [("POSTGRES", "postgres"), ("POSTGRES", "wire"), ("MARIADB", "mysql")];
        let found = drivers.into_iter().filter_map(|(server, driver)| {
            let variable = |what: &str| std::env::var(format!("ORM_TEST_{server}_{what}")).ok();
            let (Some(folder), Some(url)) = (variable("TLS"), variable("URL")) else {
                eprintln!("skipped: ORM_TEST_{server}_TLS is not set");
                return None;
            };
            let mut url = Url::parse(&url).unwrap();
            url.driver = Some(driver.to_owned());
            url.hosts[0].name = "localhost".to_owned();
            Some(Server { url, folder })
        });
        found.collect()
    }

    fn is_postgres(&self) -> bool {
        self.url.dialect == "postgresql"
    }

    /// The URL with options, in which `DIR` is the folder.
    fn url(&self, options: &str) -> Url {
        Url::parse(&format!("{}?{}", self.url.reveal(), options.replace("DIR", &self.folder))).unwrap()
    }

    #[track_caller]
    fn connects(&self, url: &Url, encrypted: bool) -> Box<dyn Connection> {
        let mut connection = connect(&url.reveal()).unwrap_or_else(|error| panic!("{url}: {}", shown(&error)));
        assert_eq!(is_encrypted(self, &mut *connection), encrypted, "{url}");
        connection
    }

    #[track_caller]
    fn refuses(&self, url: &Url, kind: ErrorKind, expected: &str) {
        let error = connect(&url.reveal()).err().unwrap_or_else(|| panic!("{url} was let in"));
        assert_eq!(error.kind(), kind, "{url}: {}", shown(&error));
        assert!(error.to_string().contains(expected), "{url}: {}", shown(&error));
    }

    /// Another user, made anew.
    fn user(&self, name: &str, rule: &str) -> Url {
        let mut admin = self.connects(&self.url(""), false);
        let statements = match self.is_postgres() {
            true => [format!("DROP ROLE IF EXISTS {name}"), format!("CREATE ROLE {name} LOGIN PASSWORD 'hunter2'")],
            false => [
                format!("DROP USER IF EXISTS {name}@'%'"),
                format!("CREATE USER {name}@'%' IDENTIFIED BY 'hunter2' {rule}"),
            ],
        };
        for statement in statements {
            admin.batch(&statement).unwrap();
        }
        let mut url = self.url.clone();
        url.user = Some(name.to_owned());
        url.password = Some(Secret::new("hunter2"));
        url.database = url.database.filter(|_| self.is_postgres());
        url
    }
}

/// What the server says of it.
fn is_encrypted(server: &Server, connection: &mut dyn Connection) -> bool {
    let question = match server.is_postgres() {
        true => "SELECT ssl::int::bigint FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        false => {
            "SELECT VARIABLE_VALUE <> '' FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'"
        }
    };
    let mut encrypted = false;
    let read = connection.query(question, &[], &mut |row| {
        encrypted = matches!(row.value(0, &Type::I64)?, orm_core::Datum::Int(1));
        Ok(())
    });
    read.unwrap();
    encrypted
}

#[test]
fn every_mode() {
    for server in Server::all() {
        for (options, encrypted) in [
            ("", false),
            ("sslmode=disable", false),
            ("sslmode=prefer", true),
            ("sslmode=require", true),
            ("sslmode=verify-ca&sslrootcert=DIR/ca.pem", true),
            ("sslmode=verify-full&sslrootcert=DIR/ca.pem", true),
            ("sslrootcert=DIR/ca.pem&sslcert=DIR/client.pem&sslkey=DIR/client.key", true),
        ] {
            server.connects(&server.url(options), encrypted);
        }
        let refused = ErrorKind::TlsFailed;
        server.refuses(&server.url("sslrootcert=DIR/other.pem"), refused, "no authority that is trusted");
        server.refuses(&server.url("sslmode=verify-full"), refused, "no authority that is trusted");
        let mut by_address = server.url("sslrootcert=DIR/ca.pem");
        by_address.hosts[0].name = "127.0.0.1".to_owned();
        server.refuses(&by_address, refused, "is for another host: localhost");
    }
}

#[test]
fn users_that_must_be_encrypted() {
    for server in Server::all() {
        let mut url = server.user("orm_encrypted", "REQUIRE SSL");
        server.refuses(
            &url,
            ErrorKind::AuthenticationFailed,
            if server.is_postgres() { "sslmode=verify-full" } else { "" },
        );
        url.options.push(("sslmode".to_owned(), "require".to_owned()));
        server.connects(&url, true);
    }
}

#[test]
fn users_that_must_show_a_certificate() {
    for server in Server::all() {
        let mut url = server.user("orm_certified", "REQUIRE X509");
        url.options.push(("sslmode".to_owned(), "require".to_owned()));
        server.refuses(&url, ErrorKind::AuthenticationFailed, if server.is_postgres() { "`sslcert`" } else { "" });
        for (option, file) in [("sslcert", "client.pem"), ("sslkey", "client.key")] {
            url.options.push((option.to_owned(), format!("{}/{file}", server.folder)));
        }
        server.connects(&url, true);
    }
}

/// Several records of TLS in both directions, in one statement and in many.
#[test]
fn large_values_and_many_rows() {
    for server in Server::all() {
        let mut connection = server.connects(&server.url("sslrootcert=DIR/ca.pem"), true);
        let text = "ü".repeat(300_000);
        let sql = if server.is_postgres() { "SELECT $1::text" } else { "SELECT ?" };
        let mut back = String::new();
        let bind = orm_core::Datum::Text(text.as_str().into());
        connection
            .query(sql, &[bind], &mut |row| {
                back = row.text(0)?.unwrap_or_default().to_owned();
                Ok(())
            })
            .unwrap();
        assert!(back == text);
        let mut rows = 0;
        let many = match server.is_postgres() {
            true => "SELECT n::bigint FROM generate_series(1, 200000) AS n",
            false => "SELECT seq FROM seq_1_to_200000",
        };
        connection
            .query(many, &[], &mut |_| {
                rows += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(rows, 200_000);
        connection.reset().unwrap();
        connection.ping(Duration::from_secs(10)).unwrap();
        connection.close();
    }
}

/// The request that ends a statement goes over a connection of its own, which is encrypted as well.
#[test]
fn a_statement_is_cancelled() {
    for server in Server::all() {
        let mut connection = server.connects(&server.url("sslrootcert=DIR/ca.pem"), true);
        let canceller = connection.canceller().unwrap();
        let (rows, name) = match server.is_postgres() {
            true => ("generate_series(1, 100000)", "n"),
            false => ("seq_1_to_100000", "seq"),
        };
        let sql = format!("SELECT count(*) FROM {rows} AS a({name}), {rows} AS b({name}), {rows} AS c({name})");
        let sql = match server.is_postgres() {
            true => sql,
            false => sql.replace("(seq)", ""),
        };
        let error = thread::scope(|scope| {
            let waiting = scope.spawn(|| connection.query(&sql, &[], &mut |_| Ok(())));
            while !waiting.is_finished() {
                thread::sleep(Duration::from_millis(20));
                canceller.cancel().unwrap();
            }
            waiting.join().unwrap().unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{}: {}", server.url, shown(&error));
    }
}

/// MySQL makes certificates for itself. What its default way of proving a password needs a key for in plain text goes as it is
/// over TLS.
#[test]
fn mysql_takes_a_password_for_the_first_time() {
    let Ok(url) = std::env::var("ORM_TEST_MYSQL_URL") else {
        return eprintln!("skipped: ORM_TEST_MYSQL_URL is not set");
    };
    let mut url = Url::parse(&url).unwrap();
    let mut admin = connect(&url.reveal()).unwrap();
    admin.batch("DROP USER IF EXISTS orm_first@'%'").unwrap();
    admin.batch("CREATE USER orm_first@'%' IDENTIFIED WITH caching_sha2_password BY 'hunter2' REQUIRE SSL").unwrap();
    (url.user, url.password, url.database) = (Some("orm_first".to_owned()), Some(Secret::new("hunter2")), None);
    let with = |options: &str| connect(&format!("{}?server_public_key=/no/such/key.pem&{options}", url.reveal()));
    let refused = |options: &str| with(options).map(drop).unwrap_err();
    assert_eq!(
        refused("sslmode=verify-full").kind(),
        ErrorKind::TlsFailed,
        "{}",
        shown(&refused("sslmode=verify-full"))
    );
    let mut connection = with("sslmode=require").unwrap_or_else(|error| panic!("{}", shown(&error)));
    let mut encrypted = false;
    let question = "SHOW SESSION STATUS WHERE Variable_name = 'Ssl_cipher' AND Value <> ''";
    connection
        .query(question, &[], &mut |_| {
            encrypted = true;
            Ok(())
        })
        .unwrap();
    assert!(encrypted);
    admin.batch("DROP USER orm_first@'%'").unwrap();
}
