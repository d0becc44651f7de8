//! Errors as responses: the status, what is told, and that no SQL is.

use crate::models::{Line, block_on, note, open};
use axum::Router;
use axum::routing::post;
use orm::prelude::*;
use orm_axum::{Db, Error, Result, TestClient};
use serde_json::{Value, json};

async fn taken(db: Db) -> Result<()> {
    db.run(|session| {
        session.add(note("taken"));
        Ok(())
    })
    .await
}

async fn dangling(db: Db) -> Result<()> {
    db.run(|session| {
        session.add(Line { id: 0, text: "to nothing".into(), note: Ref::from(99) });
        Ok(())
    })
    .await
}

async fn broken(db: Db) -> Result<()> {
    db.run(|session| {
        session.rows::<i64, _>(sql("SELECT secret FROM no_such_table_at_all"))?;
        Ok(())
    })
    .await
}

fn app(db: &Db) -> Router {
    Router::new()
        .route("/taken", post(taken))
        .route("/dangling", post(dangling))
        .route("/broken", post(broken))
        .with_state(db.clone())
}

on_every_backend! {
    fn a_violated_constraint_is_409_and_named(db) {
        let web = open(db, 1)?;
        let mut client = TestClient::new(app(&web));
        block_on(async {
            assert_eq!(client.post("/taken").await.status(), 200);
            let response = client.post("/taken").await;
            assert_eq!((response.status().as_u16(), response.header("content-type")), (409, Some("application/problem+json")));
            let problem: Value = response.json();
            assert_eq!((&problem["title"], &problem["detail"]), (&json!("Conflict"), &json!("this value is taken")));
            // Where a database does not tell the constraint's name it tells the columns.
            let named = problem["columns"] == json!(["title"]) || problem["constraint"].as_str().is_some_and(|name| name.contains("title"));
            assert!(named, "{problem}");
            assert!(!response.text().contains("INSERT") && !response.text().contains("\"taken\""), "{problem}");

            let response = client.post("/dangling").await;
            assert_eq!(response.status(), 409);
        });
    }

    fn what_nobody_should_see_stays_inside(db) {
        let web = open(db, 1)?;
        let response = block_on(TestClient::new(app(&web)).post("/broken"));
        assert_eq!(response.status(), 500);
        assert!(!response.text().contains("secret") && !response.text().contains("no_such_table"), "{}", response.text());
        // The program has all of it.
        let error = response.error().unwrap();
        assert_eq!(error.kind(), Some(ErrorKind::UndefinedTable));
        assert!(error.database().unwrap().statement().unwrap().contains("no_such_table_at_all"));
    }
}

#[test]
fn a_server_that_is_not_there_is_503() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [
        format!("postgresql://ada:pa55word@127.0.0.1:{port}/shop"),
        format!("mysql://ada:pa55word@127.0.0.1:{port}/shop"),
    ] {
        let db = Db::from_config([("DATABASE_URI", url.as_str())]).unwrap();
        let response = block_on(TestClient::new(app(&db)).post("/taken"));
        assert_eq!((response.status().as_u16(), response.header("retry-after")), (503, Some("1")));
        assert!(!response.text().contains("127.0.0.1") && !format!("{:?}", response.error()).contains("pa55word"));
    }
}

#[test]
fn each_kind_has_its_status() {
    let status = |kind| Error::from(orm::Error::new(kind, "SELECT * FROM secrets")).status().as_u16();
    for (kind, expected) in [
        (ErrorKind::NotFound, 404),
        (ErrorKind::UniqueViolation, 409),
        (ErrorKind::ForeignKeyViolation, 409),
        (ErrorKind::ExclusionViolation, 409),
        (ErrorKind::StaleData, 409),
        (ErrorKind::CheckViolation, 422),
        (ErrorKind::NotNullViolation, 422),
        (ErrorKind::OutOfRange, 422),
        (ErrorKind::InvalidValue, 422),
        (ErrorKind::InvalidCursor, 400),
        (ErrorKind::PoolTimeout, 503),
        (ErrorKind::TooManyConnections, 503),
        (ErrorKind::ConnectFailed, 503),
        (ErrorKind::ConnectionLost, 503),
        (ErrorKind::ReadOnlyServer, 503),
        (ErrorKind::SerializationFailure, 503),
        (ErrorKind::Deadlock, 503),
        (ErrorKind::LockTimeout, 503),
        (ErrorKind::StatementTimeout, 503),
        // It may have happened: to try again could do it twice.
        (ErrorKind::CommitOutcomeUnknown, 500),
        (ErrorKind::MultipleRows, 500),
        (ErrorKind::Decode, 500),
        (ErrorKind::Syntax, 500),
        (ErrorKind::AuthenticationFailed, 500),
    ] {
        assert_eq!(status(kind), expected, "{kind:?}");
        let problem = Error::from(orm::Error::new(kind, "SELECT * FROM secrets")).problem().to_string();
        assert!(!problem.contains("secrets"), "{problem}");
    }
}

#[test]
fn own_errors_join() {
    struct Closed;
    impl From<Closed> for Error {
        fn from(_: Closed) -> Error {
            Error::new(orm_axum::StatusCode::GONE, "the shop is closed").with("until", 9)
        }
    }
    async fn closed() -> Result<()> {
        Err(Closed)?
    }
    let app: Router = Router::new().route("/", post(closed));
    let response = block_on(TestClient::new(app).post("/"));
    assert_eq!(
        response.json::<Value>(),
        json!({ "title": "Gone", "status": 410, "detail": "the shop is closed", "until": 9 })
    );
}

#[test]
fn the_model_is_json_with_its_reference_as_a_key() {
    let line = Line { id: 1, text: "x".into(), note: Ref::from(7) };
    assert_eq!(serde_json::to_value(&line).unwrap(), json!({ "id": 1, "text": "x", "note": 7 }));
}
