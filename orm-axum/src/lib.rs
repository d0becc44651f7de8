//! What Flask-SQLAlchemy is to SQLAlchemy, this crate is to [`orm`](https://docs.rs/orm): a database for a web application that is configured by
//! one setting, a session for each unit of work, `get_or_404`, pages, the statements of a request. For axum, and for every tower
//! service where it can be had without axum.
//!
//! The drivers of `orm` are synchronous. This crate takes each unit of work to a thread that may block, as many at a time as there
//! are connections, so that neither the runtime stands still nor threads pile up.
//!
//! - [`Db`]: from settings ([`Config`]), in the state of a router; [`run`](Db::run) and [`read`](Db::read) are units of work
//! - [`get_or_404`](Db::get_or_404), [`first_or_404`](Db::first_or_404), [`one_or_404`](Db::one_or_404), in a session by [`SessionExt`]
//! - [`Error`]: what went wrong as a response: 404, 409 with the constraint, 503, 500 without SQL
//! - [`paginate`](Db::paginate) and [`paginate_after`](Db::paginate_after) with a [`PageQuery`], and the `Link` header
//! - [`DbSession`], one session and transaction for a whole request, by a [`DbLayer`]
//! - [`recorded_queries`], and a [`QueryPanel`] that shows them on the page
//! - [`TestClient`], and [a database for each test](#tests)
//!
//! ```
//! use axum::extract::{Path, State};
//! use axum::routing::get;
//! use axum::{Json, Router};
//! use orm::prelude::*;
//! use orm_axum::{Db, Links, PageQuery, Result, StatusCode};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Model, Clone, Serialize)]
//! #[orm(table = "users")]
//! struct User {
//!     #[orm(primary_key)]
//!     id: i64,
//!     #[orm(unique, length = 80)]
//!     username: String,
//! }
//!
//! #[derive(Deserialize)]
//! struct NewUser {
//!     username: String,
//! }
//!
//! async fn list(State(db): State<Db>, asked: PageQuery) -> Result<(Links, Json<Page<User>>)> {
//!     let page = db.paginate(select::<User>().order_by(|u| u.username), &asked).await?;
//!     Ok((asked.links(&page), Json(page)))
//! }
//!
//! async fn show(State(db): State<Db>, Path(id): Path<i64>) -> Result<Json<User>> {
//!     Ok(Json(db.get_or_404(id).await?))
//! }
//!
//! async fn create(State(db): State<Db>, Json(new): Json<NewUser>) -> Result<(StatusCode, Json<User>)> {
//!     let user = db.run(|session| {
//!         let user = session.add(User { id: 0, username: new.username });
//!         session.flush()?; // a name that is taken: 409, and nothing was written
//!         Ok(session[user].clone())
//!     });
//!     Ok((StatusCode::CREATED, Json(user.await?)))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
//! db.create_all(Schema::of::<User>()).await?;
//! let app: Router = Router::new().route("/users", get(list).post(create)).route("/users/{id}", get(show)).with_state(db);
//! # let mut client = orm_axum::TestClient::new(app);
//! # let alice = serde_json::json!({ "username": "alice" });
//! # assert_eq!(client.json("POST", "/users", &alice).await.status(), 201);
//! # assert_eq!(client.json("POST", "/users", &alice).await.json::<serde_json::Value>()["columns"][0], "username");
//! # assert_eq!(client.get("/users").await.json::<serde_json::Value>()["total"], 1);
//! // axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A larger application, with pages, forms, log in and an API, is
//! [`examples/blog`](https://github.com/orm-rs/orm/tree/main/examples/blog) in the repository; the page [`from_flask_sqlalchemy`] shows both libraries side by side.
//!
//! # Which of them
//!
//! | | transaction | on SQLite | takes |
//! |---|---|---|---|
//! | [`Db::read`] | only reads, from a replica where there is one | beside others | a closure |
//! | [`Db::run`] | reads and writes | one at a time | a closure |
//! | [`DbSession::run`] | one for all calls of the request; committed with a response below 400 | as it writes | several closures |
//! | [`Db::get_or_404`], [`Db::paginate`], .. | only reads, one statement or two | beside others | a key or a query |
//!
//! A closure is moved to another thread: it takes what it needs by `move`, and returns plain values. A [`Handle`](orm::Handle) means nothing outside of
//! its session; `session[handle].clone()` is the object, [`Session::rows`](orm::Session::rows) reads plain structs at once.
//!
//! # Under load
//!
//! A request that asks for a unit of work waits for its turn in a queue, without a thread. When the turn does not come within
//! [`queue_timeout`](Db::queue_timeout) (5 s), or the queue is longer than [`queue_limit`](Db::queue_limit) (1024), the response is 503 with
//! `Retry-After`. What needs no database is answered in the meantime. A statement that takes too long is ended by the database:
//! `statement_timeout` in the URL.
//!
//! # Tests
//!
//! Each test has a database of its own: in memory, which is a line, or on the server that the application runs on, in a transaction
//! that is rolled back at the end whatever was committed in it ([`Engine::test_transaction`](orm::Engine::test_transaction)). A
//! fixture is a function that adds objects.
//!
//! ```
//! # use orm::prelude::*;
//! # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
//! # fn app(db: Db) -> axum::Router { axum::Router::new().with_state(db) }
//! use orm_axum::{Db, TestClient};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm_axum::Result<()> {
//! // #[tokio::test]
//! let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
//! db.create_all(Schema::of::<User>()).await?;
//! db.run(|session| Ok(session.add(User { id: 0, username: "alice".into() }))).await?; // a fixture
//! let mut client = TestClient::new(app(db));
//! assert_eq!(client.get("/no-such-page").await.status(), 404);
//! # Ok(())
//! # }
//! ```

pub use config::{Config, IntoConfig};
pub use db::Db;
pub use error::{Error, Result};
pub use found::SessionExt;
pub use http::StatusCode;
pub use page::{Links, PageQuery};
pub use panel::{QueryPanel, QueryPanelService};
pub use recorded::recorded_queries;
pub use request::{DbLayer, DbService, DbSession};
pub use testing::{TestClient, TestResponse};

mod config;
mod db;
mod error;
mod found;
mod gate;
mod page;
mod panel;
mod queries;
mod recorded;
mod request;
mod testing;
mod work;

#[cfg_attr(not(doctest), doc = include_str!("../../docs/from-flask-sqlalchemy.md"))]
pub mod from_flask_sqlalchemy {}
