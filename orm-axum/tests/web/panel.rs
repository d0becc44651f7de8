//! Recorded statements and the panel that shows them.

use crate::models::{Line, Note, block_on, note, open};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};
use orm::prelude::*;
use orm_axum::{Db, DbLayer, DbSession, QueryPanel, Result, TestClient, recorded_queries};

/// Asks once for each row, as one should not.
async fn one_by_one(db: Db) -> Result<Html<String>> {
    let lines = db
        .read(|session| {
            let mut lines = 0;
            for note in session.rows(select::<Note>())? {
                lines += session.count(select::<Line>().filter(|l| l.note.eq(note.id)))?;
            }
            Ok(lines)
        })
        .await?;
    Ok(Html(format!("<html><body><p>{lines} lines</p></BODY></html>")))
}

async fn at_once(db: Db) -> Result<Html<String>> {
    let notes = db.read(|session| Ok(session.rows(select::<Note>().with(|n| n.lines))?.len())).await?;
    Ok(Html(format!("<p>{notes} notes, and no end of the body")))
}

async fn data(session: DbSession) -> Result<Json<usize>> {
    session
        .run(|session| {
            session.add(note("<script>alert(1)</script>"));
            Ok(())
        })
        .await?;
    Ok(Json(recorded_queries().len()))
}

async fn compressed() -> impl IntoResponse {
    ([("content-type", "text/html"), ("content-encoding", "gzip")], "not really gzip</body>")
}

async fn hostile(db: Db) -> Html<&'static str> {
    let failed = db
        .read(|session| Ok(session.rows::<i64, _>(sql("SELECT a FROM b WHERE c < 1 AND d > '</code><script>'"))?))
        .await;
    assert!(failed.is_err());
    Html("<body></body>")
}

async fn read(db: Db) -> Result<()> {
    db.read(|session| Ok(session.count(select::<Note>())?)).await?;
    let statements = recorded_queries();
    let select = statements.iter().find(|statement| statement.operation == "SELECT").unwrap();
    assert_eq!((select.table.as_deref(), select.rows, select.location.file()), (Some("notes"), 1, file!()));
    Ok(())
}

fn app(db: &Db) -> Router {
    Router::new()
        .route("/one-by-one", get(one_by_one))
        .route("/at-once", get(at_once))
        .route("/data", get(data))
        .route("/compressed", get(compressed))
        .route("/hostile", get(hostile))
        .route("/read", get(read))
        .layer(DbLayer::new(db.clone()))
        .with_state(db.clone())
}

fn filled(db: &crate::support::Db) -> orm::Result<Db> {
    let web = open(db, 1)?;
    db.engine.with_session(|session| Ok(session.add_all(["a", "b", "c", "d"].map(note))))?;
    Ok(web)
}

on_every_backend! {
    fn the_panel_shows_statements_and_marks_repeated_ones(db) {
        let web = filled(db)?;
        let mut client = TestClient::new(app(&web).layer(QueryPanel::new()));
        block_on(async {
            let page = client.get("/one-by-one").await;
            let text = page.text();
            let (before, panel) = text.split_once("<style>").expect("there is a panel");
            assert_eq!(before, "<html><body><p>0 lines</p>");
            assert!(panel.ends_with("</details></BODY></html>"));
            assert_eq!(panel.matches("<strong>4 times on this page</strong>").count(), 4);
            assert!(panel.contains("orm-panel-warns") && panel.contains("class=\"orm-panel-repeated\""));
            assert!(panel.contains(&format!("{}:", file!())), "the place in the program: {panel}");
            let length = page.header("content-length").map(|length| length.parse::<usize>().unwrap());
            assert!(length.is_none_or(|length| length == text.len()));
            assert!(page.header("server-timing").is_some_and(|timing| timing.starts_with("db;dur=")));

            let text = client.get("/at-once").await.text();
            assert!(text.starts_with("<p>4 notes, and no end of the body<style>") && text.ends_with("</details>"));
            assert!(!text.contains("orm-panel-repeated\"") && !text.contains("orm-panel-warns\""));
        });
    }

    fn what_is_no_page_is_left_as_it_is(db) {
        let web = filled(db)?;
        let mut client = TestClient::new(app(&web).layer(QueryPanel::new()));
        block_on(async {
            let data = client.get("/data").await;
            let (text, timing) = (data.text(), data.header("server-timing").unwrap().to_owned());
            assert!(text.parse::<usize>().is_ok(), "{text}");
            // The commit comes after the handler.
            let statements: usize = timing.split('"').nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            assert!(statements >= 2, "{timing}");
            assert_eq!(client.get("/compressed").await.text(), "not really gzip</body>");
        });
    }

    fn what_a_page_shows_is_escaped(db) {
        let web = filled(db)?;
        let text = block_on(TestClient::new(app(&web).layer(QueryPanel::new())).get("/hostile")).text();
        assert!(text.contains("class=\"orm-panel-failed\"") && text.contains("c &lt;"), "{text}");
        assert!(!text.contains("<script>"));
    }

    fn the_settings_record_without_a_panel(db) {
        let web = filled(db)?;
        let count = |web: &Db| {
            let response = block_on(TestClient::new(app(web)).get("/data"));
            assert_eq!(response.status(), 200);
            response.json::<usize>()
        };
        assert_eq!(count(&web), 0);
        db.engine.connect()?.execute(delete::<Note>().every_row())?;
        let app = app(&web.record_queries(true));
        assert_eq!(block_on(TestClient::new(app).get("/read")).status(), 200);
    }
}
