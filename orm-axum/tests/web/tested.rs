//! An application's own tests: each in a transaction that is taken back, with a client that has cookies.

use crate::models::{Note, block_on, note, open, titles};
use axum::Router;
use axum::response::{IntoResponse, Json};
use axum::routing::{get, post};
use orm::prelude::*;
use orm_axum::{Db, DbLayer, DbSession, Result, SessionExt, TestClient};
use serde_json::json;

async fn all(db: Db) -> Result<Json<Vec<Note>>> {
    Ok(Json(db.read(|session| Ok(session.rows(select::<Note>().order_by(|n| n.title))?)).await?))
}

async fn add(db: Db, Json(new): Json<Note>) -> Result<()> {
    db.run(|session| Ok(session.add(new))).await?;
    Ok(())
}

async fn star(session: DbSession) -> Result<()> {
    let fixture = session.run(|session| session.first_or_404(select::<Note>().order_by(|n| n.id))).await?;
    session
        .run(move |session| {
            session[fixture].stars += 1;
            Ok(())
        })
        .await
}

fn app(db: Db) -> Router {
    Router::new()
        .route("/notes", get(all).post(add))
        .route("/star", post(star))
        .layer(DbLayer::new(db.clone()))
        .with_state(db)
}

/// A fixture.
async fn filled(db: &Db) -> Result<()> {
    db.run(|session| Ok(session.add_all(["a", "b"].map(note)))).await?;
    Ok(())
}

fn shown(response: &orm_axum::TestResponse) -> Vec<(String, i32)> {
    let notes: Vec<serde_json::Value> = response.json();
    let stars = |note: &serde_json::Value| i32::try_from(note["stars"].as_i64().unwrap()).unwrap();
    notes.iter().map(|note| (note["title"].as_str().unwrap().to_owned(), stars(note))).collect()
}

on_every_backend! {
    fn what_a_test_commits_is_taken_back(db) {
        let engine = open(db, 3)?.engine().clone();
        let own = |title: &str, stars| (title.to_owned(), stars);
        for _ in 0..2 {
            let test = Db::new(engine.test_transaction()?);
            block_on(async {
                filled(&test).await.unwrap();
                let mut client = TestClient::new(app(test));
                assert_eq!(client.json("POST", "/notes", &json!({ "id": 0, "title": "c", "stars": 0 })).await.status(), 200);
                // A conflict, in the middle of the test, as it would be without one.
                assert_eq!(client.json("POST", "/notes", &json!({ "id": 0, "title": "a", "stars": 0 })).await.status(), 409);
                assert_eq!(client.post("/star").await.status(), 200);
                assert_eq!(shown(&client.get("/notes").await), [own("a", 1), own("b", 0), own("c", 0)]);
            });
            assert!(titles(db).is_empty(), "nobody else sees it");
        }
        assert!(titles(db).is_empty());
    }
}

#[test]
fn a_client_keeps_cookies_as_a_browser_does() {
    let set = |cookie: &'static str| get(move || async move { [("set-cookie", cookie)].into_response() });
    let shown = get(|headers: http::HeaderMap| async move {
        headers.get("cookie").map(|cookie| cookie.to_str().unwrap().to_owned()).unwrap_or_default()
    });
    let app: Router = Router::new()
        .route("/one", set("one=1; HttpOnly; Path=/"))
        .route("/two", set("two=2=2; SameSite=Lax"))
        .route("/over", set("one=1; Max-Age=0"))
        .route("/", shown);
    block_on(async {
        let mut client = TestClient::new(app);
        assert_eq!(client.get("/").await.text(), "");
        client.get("/one").await;
        client.get("/two").await;
        assert_eq!(client.get("/").await.text(), "one=1; two=2=2");
        assert_eq!(client.cookie("two"), Some("2=2"));
        client.get("/over").await;
        assert_eq!(client.get("/").await.text(), "two=2=2");
    });
}
