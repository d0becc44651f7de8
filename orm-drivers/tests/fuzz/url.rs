//! Any text as a URL: it is read or refused, what is read can be written and read again, and nothing shows the password.

use orm_drivers::Url;

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
    let secret = url.password.as_ref().map(|password| password.reveal().to_owned());
    let mut open = [&url.user, &url.database, &url.driver].map(|part| part.clone().unwrap_or_default()).concat();
    open.extend(url.hosts.iter().map(|host| host.name.as_str()));
    open.extend(url.options.iter().flat_map(|(name, value)| [name.as_str(), value]));
    // A short password may be a part of something else.
    if let Some(secret) = secret.filter(|secret| secret.len() > 3 && !open.contains(secret.as_str())) {
        let opened = orm_drivers::open(&url).map_err(|error| format!("{error} {error:?}"));
        for shown in [url.to_string(), format!("{url:?}"), format!("{opened:?}")] {
            assert!(!shown.contains(&secret), "{shown}");
        }
    }
}
