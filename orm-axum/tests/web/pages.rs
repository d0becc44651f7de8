//! Pages over HTTP: the limit that holds, pages that are not there, links, and cursors.

use crate::models::{Note, block_on, note, open};
use axum::routing::get;
use axum::{Json, Router};
use orm::prelude::*;
use orm_axum::{Db, Links, PageQuery, Result, SessionExt, TestClient};
use serde_json::{Value, json};

async fn by_number(db: Db, asked: PageQuery) -> Result<(Links, Json<Value>)> {
    let asked = asked.default_per_page(4).max_per_page(5);
    let page = db.paginate(select::<Note>().order_by(|n| n.title), &asked).await?;
    let titles: Vec<&str> = page.items.iter().map(|note| &*note.title).collect();
    Ok((asked.links(&page), Json(json!({ "titles": titles, "total": page.total, "pages": page.pages() }))))
}

async fn in_a_session(db: Db, asked: PageQuery) -> Result<Json<Value>> {
    let titles = db
        .read(move |session| {
            let page = session.page(select::<Note>().order_by(|n| n.title), &asked.max_per_page(5))?;
            Ok(page.items.iter().map(|&note| session[note].title.clone()).collect::<Vec<_>>())
        })
        .await?;
    Ok(Json(json!({ "titles": titles })))
}

async fn by_cursor(db: Db, asked: PageQuery) -> Result<(Links, Json<Value>)> {
    let page = db.paginate_after(select::<Note>().order_by(|n| n.title), &asked.clone().max_per_page(5)).await?;
    let titles: Vec<&str> = page.items.iter().map(|note| &*note.title).collect();
    Ok((asked.links_after(&page), Json(json!({ "titles": titles, "next": page.next }))))
}

fn app(db: &Db) -> Router {
    Router::new()
        .route("/numbers", get(by_number))
        .route("/session", get(in_a_session))
        .route("/cursors", get(by_cursor))
        .with_state(db.clone())
}

/// A client of an application with eleven notes, a to k.
fn client(db: &crate::support::Db) -> orm::Result<TestClient<Router>> {
    let web = open(db, 1)?;
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    db.engine.with_session(|session| Ok(session.add_all(letters.map(note))))?;
    Ok(TestClient::new(app(&web)))
}

on_every_backend! {
    fn pages_by_number(db) {
        let mut client = client(db)?;
        block_on(async {
            let first = client.get("/numbers?q=x").await;
            assert_eq!(first.json::<Value>(), json!({ "titles": ["a", "b", "c", "d"], "total": 11, "pages": 3 }));
            assert_eq!(first.header("link"), Some(r#"<?q=x&page=1>; rel="first", <?q=x&page=2>; rel="next", <?q=x&page=3>; rel="last""#));
            let last = client.get("/numbers?page=3").await;
            assert_eq!(last.json::<Value>()["titles"], json!(["i", "j", "k"]));
            assert_eq!(last.header("link"), Some(r#"<?page=1>; rel="first", <?page=2>; rel="prev", <?page=3>; rel="last""#));
            // The limit holds, whatever is asked for.
            for path in ["/numbers?per_page=1000000", "/numbers?per_page=18446744073709551615", "/session?per_page=6"] {
                let page = client.get(path).await.json::<Value>();
                assert_eq!(page["titles"], json!(["a", "b", "c", "d", "e"]), "{path}");
            }
            for path in ["/numbers?page=4", "/numbers?page=0", "/numbers?page=-1", "/numbers?page=two", "/numbers?per_page=0", "/session?page=9",
                "/numbers?page=18446744073709551615", "/numbers?page=99999999999999999999"] {
                assert_eq!(client.get(path).await.status(), 404, "{path}");
            }
            assert_eq!(client.get("/numbers?page=&per_page=").await.json::<Value>()["total"], 11);
        });
    }

    fn the_first_page_is_there_even_if_empty(db) {
        let web = open(db, 1)?;
        let response = block_on(TestClient::new(app(&web)).get("/numbers"));
        assert_eq!(response.json::<Value>(), json!({ "titles": [], "total": 0, "pages": 0 }));
        assert_eq!(response.header("link"), Some(r#"<?page=1>; rel="first", <?page=1>; rel="last""#));
    }

    fn pages_by_cursor(db) {
        let mut client = client(db)?;
        block_on(async {
            let (mut path, mut seen) = ("/cursors?per_page=4".to_owned(), Vec::new());
            loop {
                let page = client.get(&path).await;
                seen.extend(page.json::<Value>()["titles"].as_array().unwrap().clone());
                let next = page.header("link").unwrap().split(", ").find(|link| link.ends_with("rel=\"next\""));
                let Some(link) = next else { break };
                path = format!("/cursors{}", &link[1..link.find('>').unwrap()]);
            }
            assert_eq!(json!(seen), json!(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]));
            for cursor in ["nonsense", "1.", "%00", "1.AAAA"] {
                let response = client.get(&format!("/cursors?after={cursor}")).await;
                assert_eq!(response.status(), 400, "{cursor}");
            }
        });
    }
}
