//! A site for a test: a database of its own, the application on it, and a browser without a screen.

use axum::Router;
use axum::response::IntoResponse;
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, Key};
use blog::{App, User, router, schema, seed};
use orm::prelude::*;
use orm_axum::{Config, Db, TestClient};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Site {
    pub(crate) client: TestClient<Router>,
    pub(crate) db: Db,
    key: Key,
    location: String,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Runs a test on a database, if there is one: found as in the tests of `orm` itself.
pub(crate) fn run<F: Future<Output = ()>>(backend: &str, body: impl FnOnce(Site) -> F) {
    let variable = format!("ORM_TEST_{}_URL", backend.to_uppercase());
    let server = std::env::var(&variable).unwrap_or_default();
    if server.is_empty() && backend != "sqlite" {
        let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
        let is_required = required.split(',').any(|word| word == "all" || word == backend);
        assert!(!is_required, "{variable} is not set, and ORM_TEST_REQUIRE={required}");
        return println!("skipped: {variable} is not set");
    }
    let name = format!("orm_blog_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let (make, url, remove) = match backend {
        // In memory, and gone with its engine.
        "sqlite" => (None, "sqlite::memory:".to_owned(), None),
        "postgres" => {
            let mark = if server.contains('?') { '&' } else { '?' };
            let url = format!("{server}{mark}options=-csearch_path%3D{name}");
            (Some(format!("CREATE SCHEMA {name}")), url, Some(format!("DROP SCHEMA {name} CASCADE")))
        }
        _ => {
            let (base, options) = server.split_once('?').unwrap_or((&server, ""));
            let (base, _) = base.rsplit_once('/').expect("a server's URL names a database");
            let url = format!("{base}/{name}{}{options}", if options.is_empty() { "" } else { "?" });
            (Some(format!("CREATE DATABASE {name}")), url, Some(format!("DROP DATABASE {name}")))
        }
    };
    let admin = |statement: Option<String>| {
        if let Some(statement) = statement {
            let mut connection =
                orm::create_engine(&server).and_then(|engine| engine.connect()).expect("the server answers");
            connection.execute(sql(&statement)).expect("the test's user may make databases");
        }
    };
    admin(make);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let db = Db::from_config(Config::default().database_uri(url)).expect("the test's URL is right");
    let engine = db.engine().clone();
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async {
            db.create_all(schema()).await.expect("the tables are made");
            body(Site::new(db, Key::generate(), false)).await;
        });
    }));
    drop(runtime);
    engine.pool().close();
    engine.pool().settle(std::time::Duration::from_secs(10));
    admin(remove);
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

/// What somebody types to sign up.
pub(crate) fn account(username: &str) -> [(&str, &str); 3] {
    [("name", "Somebody"), ("username", username), ("password", "a long password")]
}

/// The version in the form of an edit.
pub(crate) fn version(form: &str) -> String {
    between(form, r#"name="version" value=""#, "\"").to_owned()
}

pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).expect("an end").0
}

impl Site {
    fn new(db: Db, key: Key, query_panel: bool) -> Site {
        let app = App { db: db.clone(), key: key.clone(), secure_cookies: false, query_panel };
        Site { client: TestClient::new(router(app)), db, key, location: String::new() }
    }

    /// Somebody else at the same site.
    pub(crate) fn stranger(&self) -> Site {
        Site::new(self.db.clone(), self.key.clone(), false)
    }

    /// The same one, in another tab.
    pub(crate) fn again(&self) -> Site {
        Site { client: self.client.clone(), db: self.db.clone(), key: self.key.clone(), location: String::new() }
    }

    /// A cookie with the site's own signature.
    pub(crate) fn signed(&self, value: &str) -> String {
        let jar = SignedCookieJar::new(self.key.clone()).add(Cookie::new("session", value.to_owned()));
        let response = jar.into_response();
        response.headers()["set-cookie"].to_str().expect("a cookie is a text").to_owned()
    }

    /// The same one, with the panel.
    pub(crate) fn show_panel(&mut self) {
        let session = self.client.cookie("session").expect("somebody is logged in").to_owned();
        *self = Site::new(self.db.clone(), self.key.clone(), true);
        self.client.header("cookie", &format!("session={session}"));
    }

    pub(crate) async fn page(&mut self, path: &str, status: u16) -> String {
        let response = self.client.get(path).await;
        assert_eq!(response.status().as_u16(), status, "{path}: {}", response.text());
        assert!(
            response.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
        );
        self.location = response.header("location").unwrap_or_default().to_owned();
        response.text()
    }

    /// Where a page sends its reader.
    pub(crate) async fn page_at(&mut self, path: &str, status: u16) -> String {
        self.page(path, status).await;
        self.location.clone()
    }

    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)], status: u16) -> String {
        let response = self.client.post_form(path, fields).await;
        assert_eq!(response.status().as_u16(), status, "{path}: {}", response.text());
        self.location = response.header("location").unwrap_or_default().to_owned();
        response.text()
    }

    /// Where the last response sent its reader.
    pub(crate) fn location(&self) -> &str {
        &self.location
    }

    pub(crate) async fn sign_up(&mut self, username: &str) {
        self.send("/signup", &account(username), 303).await;
    }

    /// One of the seed.
    pub(crate) async fn log_in(&mut self, username: &str) {
        self.send("/login", &[("username", username), ("password", seed::PASSWORD)], 303).await;
    }

    pub(crate) async fn write(&mut self, title: &str, body: &str, tags: &str) {
        self.send("/write", &[("title", title), ("body", body), ("tags", tags)], 303).await;
    }

    pub(crate) async fn id_of(&self, username: &str) -> i64 {
        let username = username.to_owned();
        self.db.one_or_404(select::<User>().filter(|u| u.username.eq(username))).await.expect("a user").id
    }

    pub(crate) async fn drop_tables(&self) {
        self.db.drop_all(schema()).await.expect("they can be dropped");
    }
}
