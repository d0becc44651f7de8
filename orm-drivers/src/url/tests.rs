//! URLs that are right, wrong, and random; and that no password gets out.

use super::{Host, Secret, Url};
use orm_core::ErrorKind;

const PASSWORD: &str = "p@s:s/w?o#r%d [é]&=+,;\\";
const ESCAPED: &str = "p%40s%3As%2Fw%3Fo%23r%25d%20%5B%C3%A9%5D%26%3D%2B%2C%3B%5C";

fn parse(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn host(name: &str, port: Option<u16>) -> Host {
    Host { name: name.to_owned(), port }
}

#[test]
fn reads_every_part() {
    let url = parse(&format!(
        "postgres+postgres://ad%61:{ESCAPED}@Db.Example:5433,[::1],h3:1/my%20shop?a=1&b=x%26y&path=/c:/d"
    ));
    let Url { dialect, driver, user, password, hosts, database, options } = &url;
    assert_eq!((dialect.as_str(), driver.as_deref()), ("postgresql", Some("postgres")));
    assert_eq!((user.as_deref(), password.as_ref().map(Secret::reveal)), (Some("ada"), Some(PASSWORD)));
    assert_eq!(*hosts, [host("Db.Example", Some(5433)), host("::1", None), host("h3", Some(1))]);
    assert_eq!(database.as_deref(), Some("my shop"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(*options, [pair("a", "1"), pair("b", "x&y"), pair("path", "/c:/d")]);
}

#[test]
fn reads_the_short_forms() {
    let url = parse("mysql://localhost");
    assert_eq!((url.user, url.password, url.database, url.options), (None, None, None, vec![]));
    assert_eq!(parse("mariadb://root@h/").database, None);
    assert_eq!(parse("mariadb://root@h/").dialect, "mariadb");
    assert_eq!(parse("mysql://root:@h").password, Some(Secret::new("")));
    assert_eq!(parse("mysql://:pw@h").user, None);
    assert_eq!(parse("PostgreSQL://h/db?").options, []);
    assert_eq!(parse("postgresql://%2Fvar%2Frun/db").hosts, [host("/var/run", None)]);
    assert_eq!(parse("postgresql://[fe80::1%25eth0]:5432/db").hosts, [host("fe80::1%eth0", Some(5432))]);
    assert_eq!(parse("mysql://h/a/b").database.as_deref(), Some("a/b"));
    // The last raw `@` before the path ends the credentials.
    let url = parse("mysql://u@corp:p@ss@h/db");
    assert_eq!((url.user.as_deref(), url.password.as_ref().map(Secret::reveal)), (Some("u@corp"), Some("p@ss")));
    // A dialect of another crate needs no host.
    assert_eq!(parse("duckdb:///x.db").database.as_deref(), Some("x.db"));
}

#[test]
fn reads_sqlite_files() {
    for (text, database) in [
        ("sqlite:///relative.db", Some("relative.db")),
        ("sqlite:////absolute/x.db", Some("/absolute/x.db")),
        (r"sqlite:///C:\x.db", Some(r"C:\x.db")),
        ("sqlite:///C:/x.db", Some("C:/x.db")),
        ("sqlite:///my file@home.db", Some("my file@home.db")),
        ("sqlite:///file:x.db", Some("file:x.db")),
        ("sqlite:///100%25.db", Some("100%.db")),
        ("sqlite://", None),
        ("sqlite::memory:", None),
        ("sqlite:///:memory:", None),
        ("sqlite+rusqlite::memory:?foreign_keys=off", None),
    ] {
        let url = parse(text);
        assert_eq!(url.dialect, "sqlite");
        assert_eq!(url.database.as_deref(), database, "{text}");
        assert!(url.hosts.is_empty());
        assert_eq!(parse(&url.to_string()), url, "{text} became {url}");
    }
}

#[test]
fn prints_what_it_reads() {
    for text in [
        "postgresql+postgres://ada@Db.Example:5433,[::1],h3:1/my%20shop?a=1&b=x%26y&path=/c:/d",
        "postgresql://[fe80::1%25eth0]:5432/db",
        "postgresql://%2Fvar%2Frun/db",
        "mysql://h",
        "sqlite:////absolute/x.db?mode=ro",
        "sqlite://",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn hides_the_password() {
    let url = parse(&format!("mysql://root:{ESCAPED}@h/db?sslpassword=hidden&Token=hidden&charset=shown"));
    let shown = "mysql://root:***@h/db?sslpassword=***&Token=***&charset=shown";
    assert_eq!(url.to_string(), shown);
    assert_eq!(format!("{url:?}"), format!("Url({shown})"));
    assert_eq!(format!("{:#?}", url.password), "Some(\n    ***,\n)");
    assert!(!format!("{:?}", Url::builder("mysql").password("hidden").host("h")).contains("hidden"));
    assert_eq!(parse(&url.reveal()), url);
    assert!(url.reveal().contains(ESCAPED));
}

#[test]
fn builds_without_escaping() {
    let built = Url::builder("postgres+postgres")
        .user("a@b")
        .password(PASSWORD)
        .host("h1")
        .port(5433)
        .host("fe80::1%eth0")
        .host("/var/run:x")
        .database("my/shop?x#y")
        .option("options", "-c a=b&c")
        .build()
        .unwrap();
    assert_eq!(built.dialect, "postgresql");
    assert_eq!(parse(&built.reveal()), built);
    assert_eq!(Url::builder("sqlite").database(":memory:").build().unwrap(), parse("sqlite::memory:"));
    assert_eq!(Url::builder("mysql").driver("MySQL").host("h").database("").build().unwrap(), parse("mysql+mysql://h"));
    for (wrong, expected) in [
        (Url::builder("mysql").database("db"), "the host is missing"),
        (Url::builder("mysql").port(1).host("h"), "before its host"),
        (Url::builder("mysql").host("h").port(0), "1 to 65535"),
        (Url::builder("mysql").host(""), "a host is empty"),
        (Url::builder("mysql").host("h").password("a\0b"), "the password holds a NUL"),
        (Url::builder("mysql").host("h").option("", "x"), "an option has no name"),
        (Url::builder("my sql").host("h"), "letters, digits"),
        (Url::builder("sqlite").database(""), "is empty"),
        (Url::builder("sqlite").host("h"), "no user, password, host"),
    ] {
        let error = wrong.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// Case 44.
/// Case 44.
#[test]
fn says_what_is_wrong_and_shows_the_right_form() {
    const SERVER: &str = "the form is `postgresql://user:password@host:5432/database?option=value`";
    const FILE: &str = "the form is `sqlite:///relative.db`, `sqlite:////absolute.db` or `sqlite::memory:`";
    const ANY: &str = "the form is `dialect+driver://user:password@host:port/database?option=value`";
    for (text, wrong, form) in [
        ("", "begins with `dialect://`", ANY),
        ("localhost/db", "begins with `dialect://`", ANY),
        ("://h/db", "begins with", ANY),
        ("postgresql+://h/db", "begins with", ANY),
        ("1x://h", "begins with", ANY),
        (" postgresql://h", "white space", ANY),
        ("postgresql://h/db\n", "control character", ANY),
        ("postgresql:h/db", "`://` must follow", SERVER),
        ("postgresql:///db", "the host is missing", SERVER),
        ("postgresql://u@/db", "the host is missing", SERVER),
        ("postgresql://:5432/db", "a host is empty", SERVER),
        ("postgresql://h1,/db", "a host is empty", SERVER),
        ("postgresql://h:/db", "a port is not a number from 1 to 65535", SERVER),
        ("postgresql://h:0/db", "a port is not", SERVER),
        ("postgresql://h:+1/db", "a port is not", SERVER),
        ("postgresql://h:99999/db", "a port is not", SERVER),
        ("postgresql://h:5432x/db", "a port is not", SERVER),
        ("postgresql://::1/db", "in brackets", SERVER),
        ("postgresql://[::1/db", "no `]`", SERVER),
        ("postgresql://[h]/db", "do not hold an IPv6 address", SERVER),
        ("postgresql://[]/db", "do not hold an IPv6 address", SERVER),
        ("postgresql://[::1%25]/db", "do not hold an IPv6 address", SERVER),
        ("postgresql://[::1]5432/db", "only `:port`", SERVER),
        ("postgresql://u:p%zz@h/db", "the password holds a `%`", SERVER),
        ("postgresql://u%2@h/db", "the user holds a `%`", SERVER),
        ("postgresql://u%é@h/db", "the user holds a `%`", SERVER),
        ("postgresql://h/100%", "the database holds a `%`", SERVER),
        ("postgresql://u:%ff%fe@h/db", "the password is not UTF-8", SERVER),
        ("postgresql://u:a%00b@h/db", "the password holds a NUL", SERVER),
        ("postgresql://h/db?x", "written `name=value`", SERVER),
        ("postgresql://h/db?=x", "an option has no name", SERVER),
        ("postgresql://h/db?a=1&", "written `name=value`", SERVER),
        ("postgresql://u:12/34@h/db", "an `@` stands after the host", SERVER),
        ("postgresql://u:12?34=@h/db", "an `@` stands after the host", SERVER),
        ("sqlite:///", "the name of the SQLite file is empty", FILE),
        ("sqlite:x.db", "three slashes", FILE),
        ("sqlite:/x.db", "three slashes", FILE),
        ("sqlite://x.db", "three slashes", FILE),
        ("sqlite://u:p@/x.db", "no user, password", FILE),
        ("sqlite:///x%.db", "the database holds a `%`", FILE),
        ("sqlite:///x%00.db", "NUL", FILE),
    ] {
        let error = Url::parse(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        let message = error.to_string();
        assert!(message.contains(wrong) && message.ends_with(form), "{text}: {message}");
    }
}

/// Every way to break a URL that holds a password: no error shows a piece of it.
#[test]
fn no_error_shows_the_password() {
    const PIECES: [&str; 2] = ["hunter", "zwei"];
    let mut refused = 0;
    for middle in [
        "", "@", ":", "/", "?", "#", "%", "%zz", "[", "]", ",", "&", "=", "?a=", "/?", "@/", "\n", "\0", " ", "//",
        "://",
    ] {
        for form in [
            "postgresql://u:{}@h/db",
            "{}://u@h",
            "mysql://{}",
            "{}",
            "sqlite://u:{}@h",
            "mysql://u:{}@h:x/db",
            "mysql:u:{}@h",
        ] {
            let password = format!("hunter{middle}zwei");
            let text = form.replace("{}", &password);
            let Err(error) = Url::parse(&text).and_then(|url| match form.contains("{}@h") {
                // Even where it can be read, a driver shows the names of unknown options and databases.
                true => url.options(&["application_name"]).map(drop).map_err(|error| error.context(&url)),
                false => Ok(()),
            }) else {
                continue;
            };
            refused += 1;
            let shown = format!("{error} {error:?}");
            assert!(PIECES.iter().all(|piece| !shown.contains(piece)), "{text:?}: {shown}");
        }
    }
    assert!(refused > 70, "{refused}");
}

#[test]
fn options_are_checked_and_typed() {
    let url = parse("mysql://h?a=TRUE&b=12&c=5s&d=x");
    let options = url.options(&["a", "b", "c", "d", "e"]).unwrap();
    assert_eq!((options.boolean("a").unwrap(), options.boolean("e").unwrap()), (Some(true), None));
    assert_eq!(options.parsed::<u8>("b", "a small number").unwrap(), Some(12));
    let error = options.parsed::<u8>("d", "a small number").unwrap_err();
    assert_eq!(error.to_string(), "the value of the option `d` is not a small number");
    let seconds = std::time::Duration::from_secs;
    assert_eq!(options.duration("c", seconds(1)).unwrap(), Some(seconds(5)));
    assert_eq!(options.duration("b", seconds(60)).unwrap(), Some(seconds(720)));
    assert!(options.duration("d", seconds(1)).is_err());
    let unknown = url.options(&["a", "b", "c"]).unwrap_err();
    assert_eq!(unknown.to_string(), "unknown option `d`; did you mean `a`? known are `a`, `b`, `c`");
    let odd = parse("mysql://h?so%20me=x").options(&[]).unwrap_err();
    assert_eq!(odd.to_string(), "unknown option; there are none");
}

/// Random texts of the characters that mean something: never a panic, and what can be read is printed so that it reads the
/// same again.
#[test]
fn random_texts_never_panic_and_round_trip() {
    const TOKENS: [&str; 34] = [
        "sqlite",
        "postgres",
        "mysql",
        "x",
        "+",
        ":",
        "/",
        "//",
        "://",
        "@",
        "?",
        "&",
        "=",
        "#",
        "%",
        "%4",
        "%41",
        "%2F",
        "%ff",
        "%00",
        "[",
        "]",
        "::1",
        ",",
        "5432",
        "99999",
        ".",
        " ",
        "é",
        "\u{1F980}",
        "\\",
        ":memory:",
        "a=b",
        "h",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let mut readable = 0;
    for _ in 0..50_000 {
        let mut text = ["", "postgresql://", "sqlite:///", "mysql://u:"][next(4)].to_owned();
        for _ in 0..next(12) {
            text.push_str(TOKENS[next(TOKENS.len())]);
        }
        match Url::parse(&text) {
            Ok(url) => {
                readable += 1;
                let printed = url.reveal();
                assert!(Url::parse(&printed).is_ok_and(|again| again == url), "{text:?} became {printed:?}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{text:?}"),
        }
    }
    assert!(readable > 5_000, "{readable}");
}
