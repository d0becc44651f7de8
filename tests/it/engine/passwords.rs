//! Passwords and URLs: every character works, nothing shows them, and a wrong URL is told what is wrong.

use super::*;
use crate::support::Backend;
use crate::support::server_url;
use std::error::Error as _;

const PASSWORD: &str = "p@s:s/w?o#r%d [é]&=+,;'\"`";

/// The URL with another user and password.
fn with_user(url: &str, user: &str, password: &str) -> String {
    let mut parsed = orm::drivers::url::Url::parse(url).expect("the test's URL is right");
    parsed.user = Some(user.to_owned());
    parsed.password = Some(orm::drivers::url::Secret::new(password));
    parsed.reveal()
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

on_every_backend! {
    /// Case 43.
    fn a_password_of_odd_characters_connects_and_is_never_shown(db) {
        let Some(server) = server_url(db.backend).filter(|url| !url.is_empty()) else { return Ok(()) };
        let admin = orm::create_engine(&server)?;
        let mut connection = admin.connect()?;
        let user = format!("odd_{}", std::process::id());
        let literal = PASSWORD.replace('\'', "''");
        let (create, drop_user) = match db.backend {
            Backend::Sqlite => unreachable!("SQLite has no server"),
            Backend::Postgres => {
                (format!("CREATE ROLE {user} LOGIN PASSWORD '{literal}'"), format!("DROP ROLE {user}"))
            }
            Backend::Mariadb | Backend::Mysql => {
                (format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{literal}'"), format!("DROP USER '{user}'@'%'"))
            }
        };
        connection.execute(sql(create))?;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| connect_as(&server, &user)));
        connection.execute(sql(drop_user))?;
        outcome.expect("the checks hold")?;
        drop(connection);
        admin.pool().close();
        admin.pool().settle(LONG);
    }
}

fn connect_as(server: &str, user: &str) -> orm::Result<()> {
    // The system's own database, which every user may enter.
    let mut parsed = orm::drivers::url::Url::parse(server)?;
    parsed.database = parsed.database.filter(|_| parsed.dialect == "postgresql");
    let url = with_user(&parsed.reveal(), user, PASSWORD);
    let options = EngineOptions::new(&url);
    let engine = options.clone().create()?;
    let connection = engine.connect()?;
    let mut connection = connection;
    assert_eq!(connection.one::<i64, _>(sql("SELECT 7"))?, 7);
    let error = connection.execute(sql("SELEC")).expect_err("no SQL");
    let parsed = orm::drivers::url::Url::parse(&url)?;
    let wrong = "wrong-s3cret/@";
    let refused = orm::create_engine(&with_user(&url, user, wrong))?.connect().expect_err("another password");
    assert_eq!(refused.kind(), ErrorKind::AuthenticationFailed, "{refused:?}");
    let texts = [
        format!("{options:?}"),
        format!("{engine:?} {:?} {:?}", engine.pool(), engine.pool_status()),
        format!("{connection:?}"),
        format!("{parsed} {parsed:?} {:#?}", parsed.password),
        shown(&error),
        shown(&refused),
    ];
    let percent_encoded = "p%40s%3As";
    for text in texts {
        for secret in [PASSWORD, "p@s:s", percent_encoded, wrong, "s3cret"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    drop(connection);
    engine.pool().close();
    engine.pool().settle(LONG);
    Ok(())
}

#[test]
fn a_wrong_url_is_told_what_is_wrong_and_the_right_form() {
    let form = "`postgresql://user:password@host:5432/database?option=value`";
    for (url, wrong, right) in [
        ("", "`dialect://`", "`dialect+driver://user:password@host:port/database?option=value`"),
        ("postgresql//u:s3cret@h/db", "`dialect://`", ""),
        ("postgresql://u:s3cret@/db", "the host is missing", form),
        ("postgresql://u:s3cret@h:port/db", "a port is not a number from 1 to 65535", form),
        ("postgresql://u:s3cret@h:70000/db", "a port is not a number from 1 to 65535", form),
        ("postgresql://u:s3cret%zz@h/db", "%", form),
        ("postgresql://u:s3cret/x@h/db", "", form),
        ("postgresql://u:s3cret@h/db?sslmod=disable", "did you mean `sslmode`?", ""),
        ("postgresql://u:s3cret@h/db?lock_timeout=soon", "`lock_timeout`", ""),
        ("postgresql+psycopg2://u:s3cret@h/db", "known are `postgres`", ""),
        ("oracle://u:s3cret@h/db", "known are `sqlite`", ""),
        ("mysql://u:s3cret@h/db?lock_timeout=500", "whole seconds", ""),
        ("mysql://u:s3cret@h/db?charset=latin1", "`charset`", ""),
        ("sqlite://relative.db", "three slashes", "`sqlite:///relative.db`"),
        ("sqlite:///x.db?mode=rx", "`mode`", ""),
        ("sqlite::memory:?mode=ro", "in memory", ""),
    ] {
        let error = EngineOptions::new(url).create().expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}: {error}");
        let text = error.to_string();
        assert!(text.contains(wrong) && text.contains(right), "{url}: {text}");
        assert!(!text.contains("s3cret") && !format!("{error:?}").contains("s3cret"), "{url}: {error:?}");
        assert!(!format!("{:?}", EngineOptions::new(url)).contains("s3cret"), "{url}");
    }
}

#[test]
fn a_file_that_cannot_be_opened() {
    let missing = std::env::temp_dir().join("orm-no-such-directory/x.db");
    let engine = orm::create_engine(&format!("sqlite:///{}", missing.display())).expect("nothing is opened yet");
    let error = engine.connect().expect_err("there is no such directory");
    assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error}");
    assert!(error.to_string().contains("orm-no-such-directory"), "{error}");
    let file = std::env::temp_dir().join(format!("orm-no-database-{}.db", std::process::id()));
    std::fs::write(&file, "this is no database, and long enough to be sure of that. ".repeat(40))
        .expect("the directory can be written to");
    let engine = orm::create_engine(&format!("sqlite:///{}", file.display())).expect("nothing is opened yet");
    let error = engine.connect().expect_err("the file is no database");
    std::fs::remove_file(file).expect("it is there");
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}
