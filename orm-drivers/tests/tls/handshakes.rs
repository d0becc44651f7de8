//! What each mode takes and refuses, on every driver, with a certificate of each kind.

use crate::certificates::{Authority, Kind};
use crate::fake::{self, Protocol, Tls};
use crate::{connect, shown};
use orm_core::ErrorKind;
use std::fs;
use std::sync::Arc;

const DRIVERS: [(&str, Protocol); 3] =
    [("postgresql", Protocol::Postgres), ("postgresql+wire", Protocol::Postgres), ("mysql", Protocol::MySql)];

/// Handshakes succeed, and the servers of this file then refuse the user.
const LET_IN: ErrorKind = ErrorKind::AuthenticationFailed;

#[track_caller]
fn check(driver: &str, host: &str, port: u16, options: &str, kind: ErrorKind, expected: &str) {
    let url = format!("{driver}://ada:hunter2@{host}:{port}/shop?{options}");
    let error = connect(&url).err().unwrap_or_else(|| panic!("{url} was let in"));
    let text = shown(&error);
    assert_eq!(error.kind(), kind, "{url}\n{text}");
    assert!(error.to_string().contains(expected), "{url}\n{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn certificates_by_mode() {
    use ErrorKind::TlsFailed;
    let authority = Authority::new();
    let ca = authority.path("ca.pem");
    let other_host = "is for another host: db.example";
    let unknown = "no authority that is trusted has signed";
    // For each kind: what `verify-ca` says, what `verify-full` says.
    let kinds = [
        (Kind::Good, (LET_IN, ""), (LET_IN, "")),
        (Kind::OtherHost, (LET_IN, ""), (TlsFailed, other_host)),
        (Kind::OtherAuthority, (TlsFailed, unknown), (TlsFailed, unknown)),
        (Kind::SelfSigned, (TlsFailed, unknown), (TlsFailed, unknown)),
        (Kind::Expired, (TlsFailed, "has expired"), (TlsFailed, "has expired")),
        (Kind::NotYet, (TlsFailed, "not valid yet"), (TlsFailed, "not valid yet")),
    ];
    for (driver, protocol) in DRIVERS {
        for (kind, by_authority, by_name) in kinds {
            let (port, logins) = fake::start(protocol, Tls::With(fake::config(authority.server(kind), None)));
            let check =
                |options: &str, (kind, text): (ErrorKind, &str)| check(driver, "localhost", port, options, kind, text);
            check("sslmode=disable", (LET_IN, ""));
            assert_eq!(logins.take(), (1, 0), "{driver} {kind:?}");
            check("", (LET_IN, ""));
            assert_eq!(
                logins.take(),
                (1, 0),
                "{driver} {kind:?}: on this machine nothing is encrypted unless it is asked for"
            );
            check("sslmode=prefer", (LET_IN, ""));
            check("sslmode=require", (LET_IN, ""));
            assert_eq!(logins.take(), (0, 2), "{driver} {kind:?}");
            check(&format!("sslmode=require&sslrootcert={ca}"), by_authority);
            check(&format!("sslmode=verify-ca&sslrootcert={ca}"), by_authority);
            check(&format!("sslmode=verify-full&sslrootcert={ca}"), by_name);
            check(&format!("sslrootcert={ca}"), by_name);
            // The authorities of the world have not signed it.
            let by_world = match kind {
                Kind::Expired | Kind::NotYet => "",
                _ => unknown,
            };
            check("sslmode=verify-full", (TlsFailed, by_world));
            let (plain, _) = logins.take();
            assert_eq!(plain, 0, "{driver} {kind:?}: nothing may be said in plain text");
        }
    }
}

#[test]
fn an_address_is_a_name_too() {
    let authority = Authority::new();
    let ca = authority.path("ca.pem");
    for (driver, protocol) in DRIVERS {
        let (port, _) = fake::start(protocol, Tls::With(fake::config(authority.server(Kind::Good), None)));
        let text = "is for another host: localhost";
        check(driver, "127.0.0.1", port, &format!("sslrootcert={ca}"), ErrorKind::TlsFailed, text);
        check(driver, "127.0.0.1", port, &format!("sslmode=verify-ca&sslrootcert={ca}"), LET_IN, "");
    }
}

#[test]
fn a_server_without_tls() {
    let authority = Authority::new();
    let ca = authority.path("ca.pem");
    for (driver, protocol) in DRIVERS {
        let (port, logins) = fake::start(protocol, Tls::None);
        for options in ["", "sslmode=disable", "sslmode=prefer"] {
            check(driver, "localhost", port, options, LET_IN, "");
            assert_eq!(logins.take(), (1, 0), "{driver} {options}");
        }
        let verify_ca = format!("sslmode=verify-ca&sslrootcert={ca}");
        for options in ["sslmode=require", "sslmode=verify-full", &verify_ca] {
            check(driver, "localhost", port, options, ErrorKind::TlsFailed, "does not offer TLS");
            assert_eq!(logins.take(), (0, 0), "{driver} {options}");
        }
    }
}

/// Who only prefers encryption gets on without it, as with libpq.
#[test]
fn a_server_whose_tls_is_too_old() {
    for (driver, protocol) in DRIVERS {
        let (port, logins) = fake::start(protocol, Tls::Ancient);
        check(driver, "localhost", port, "sslmode=prefer", LET_IN, "");
        assert_eq!(logins.take(), (1, 0), "{driver}");
        for options in ["sslmode=require", "sslmode=verify-full"] {
            check(driver, "localhost", port, options, ErrorKind::TlsFailed, "no version of TLS from 1.2 on");
            assert_eq!(logins.take(), (0, 0), "{driver} {options}");
        }
    }
}

#[test]
fn certificates_of_clients() {
    let authority = Authority::new();
    let path = |file: &str| authority.path(file);
    let ours = format!("sslcert={}&sslkey={}", path("client.pem"), path("client.key"));
    let stranger = format!("sslcert={}&sslkey={}", path("stranger.pem"), path("stranger.key"));
    for (driver, protocol) in DRIVERS {
        let server = fake::config(authority.server(Kind::Good), Some(authority.certificate.clone()));
        let (port, logins) = fake::start(protocol, Tls::With(server));
        let ca = path("ca.pem");
        check(driver, "localhost", port, &ours, LET_IN, "");
        check(driver, "localhost", port, &format!("{ours}&sslrootcert={ca}"), LET_IN, "");
        assert_eq!(logins.take(), (0, 2), "{driver}: who shows a certificate wants encryption");
        let refused = ErrorKind::TlsFailed;
        check(driver, "localhost", port, "sslmode=require", refused, "`sslcert` and `sslkey`");
        check(driver, "localhost", port, &stranger, refused, "does not trust the certificate");
        assert_eq!(logins.take(), (0, 0), "{driver}");
    }
}

#[test]
fn files_are_checked_before_anything_is_connected() {
    let authority = Authority::new();
    let path = |file: &str| authority.path(file);
    fs::write(path("empty.pem"), "").unwrap();
    fs::write(path("torn.key"), "-----BEGIN PRIVATE KEY hunter2\nhunter2\n").unwrap();
    for (driver, _) in DRIVERS {
        let check = |options: &str, expected: &str| {
            let url = format!("{driver}://ada@localhost/shop?{options}");
            let error = orm_drivers::open(&orm_drivers::Url::parse(&url).unwrap()).expect_err(&url);
            assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}: {error}");
            assert!(error.to_string().contains(expected), "{url}: {error}");
            assert!(!shown(&error).contains("hunter2"), "{}", shown(&error));
        };
        check(&format!("sslrootcert={}", path("none.pem")), "`sslrootcert` cannot be read");
        check(&format!("sslrootcert={}", path("empty.pem")), "`sslrootcert` holds no certificate");
        check(
            &format!("sslcert={}&sslkey={}", path("client.key"), path("client.key")),
            "`sslcert` holds no certificate",
        );
        check(
            &format!("sslcert={}&sslkey={}", path("client.pem"), path("client.pem")),
            "`sslkey` holds no private key",
        );
        check(&format!("sslcert={}&sslkey={}", path("client.pem"), path("torn.key")), "`sslkey` holds no private key");
        check(&format!("sslcert={}&sslkey={}", path("client.pem"), path("stranger.key")), "do not belong together");
    }
}

#[test]
fn renewed_files_are_read_again() {
    let authority = Authority::new();
    for (driver, protocol) in DRIVERS {
        let (port, _) = fake::start(protocol, Tls::With(fake::config(authority.server(Kind::Good), None)));
        let trusted = authority.path(&format!("trusted-{port}.pem"));
        fs::copy(authority.path("other.pem"), &trusted).unwrap();
        let url = format!("{driver}://ada@localhost:{port}/shop?sslrootcert={trusted}");
        let driver: Arc<_> = orm_drivers::open(&orm_drivers::Url::parse(&url).unwrap()).unwrap();
        let kind = || driver.connect().map(drop).unwrap_err().kind();
        assert_eq!(kind(), ErrorKind::TlsFailed);
        fs::copy(authority.path("ca.pem"), &trusted).unwrap();
        assert_eq!(kind(), LET_IN);
        fs::write(&trusted, "nothing").unwrap();
        assert!(matches!(kind(), ErrorKind::TlsFailed | ErrorKind::ConnectFailed));
    }
}
