//! Any text as a URL: it is read or refused, what is read can be written and read again, and nothing shows the password.

use orm_drivers::{Secret, Url};

pub(crate) const EXAMPLES: &[&[u8]] = &[
    b"sqlite::memory:",
    b"sqlite:///shop.db?mode=ro&busy_timeout=5",
    b"sqlite:////var/lib/shop.db",
    b"sqlite:///C:\\shop.db",
    b"postgresql://ada:tell%40nobody@db.example:5432/shop?sslmode=verify-full&connect_timeout=3",
    b"postgres://ada@[::1]:5432,two.example/shop?target_session_attrs=read-write",
    b"postgresql+wire://:secret@%2Frun%2Fpostgresql/shop",
    b"mysql://root:a%2Fb%3Ac@127.0.0.1:3307/shop?sql_mode=ANSI&sql_mode=x",
    b"mariadb+mysql://ada:%F0%9F%98%80@h/%E2%82%AC?unix_socket=/tmp/s#x",
    b"other+driver://u:p@h1,h2:1/d?a=b&c",
];

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let again = Url::parse(&url.reveal());
    assert_eq!(again.as_ref().ok(), Some(&url), "{again:?}");
    if url.password.is_none() {
        return;
    }
    // What is shown does not depend on the password, so that none of it is in there.
    let other = Url { password: Some(Secret::new("another")), ..url.clone() };
    assert_eq!((url.to_string(), format!("{url:?}")), (other.to_string(), format!("{other:?}")));
    match (orm_drivers::open(&url), orm_drivers::open(&other)) {
        (Ok(driver), Ok(other)) => assert_eq!(format!("{driver:?}"), format!("{other:?}")),
        (Err(error), Err(other)) => assert_eq!(format!("{error} {error:?}"), format!("{other} {other:?}")),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => {}
    }
}
