//! `DbSession` and `DbLayer`: one transaction for a request, and which responses commit it.

use crate::models::{Note, block_on, note, open, titles, until};
use crate::support;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use orm::prelude::*;
use orm_axum::{Db, DbLayer, DbSession, Error, Result, SessionExt, StatusCode, TestClient};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt, service_fn};

async fn add(session: &DbSession, title: &'static str) -> Result<Handle<Note>> {
    session
        .run(move |session| {
            let added = session.add(note(title));
            session.flush()?;
            Ok(added)
        })
        .await
}

/// Two calls, of which the second sees the objects of the first.
async fn twice(session: DbSession) -> Result<StatusCode> {
    let first = add(&session, "first").await?;
    session
        .run(move |session| {
            session[first].stars = 5;
            assert_eq!(session.count(select::<Note>())?, 1);
            session.add(note("second"));
            Ok(())
        })
        .await?;
    Ok(StatusCode::CREATED)
}

async fn then_404(session: DbSession) -> Result<()> {
    add(&session, "first").await?;
    session.run(|session| session.get_or_404::<Note>(-1)).await?;
    Ok(())
}

/// Says that all is well although it is not.
async fn hides_an_error(session: DbSession) -> StatusCode {
    add(&session, "first").await.unwrap();
    let _ = session.run(|_| Err::<(), _>(Error::not_found())).await;
    StatusCode::OK
}

async fn goes_on(session: DbSession) -> Result<&'static str> {
    add(&session, "kept").await?;
    session.commit().await?;
    add(&session, "lost").await?;
    assert!(add(&session, "lost").await.is_err());
    assert!(session.commit().await.is_err());
    session.rollback().await?;
    add(&session, "too").await?;
    Ok("well")
}

/// The commit writes, and fails.
async fn conflict_at_the_end(session: DbSession) -> Result<StatusCode> {
    session
        .run(|session| {
            session.add_all([note("same"), note("same")]);
            Ok(())
        })
        .await?;
    Ok(StatusCode::CREATED)
}

async fn redirects(session: DbSession) -> Result<impl IntoResponse> {
    add(&session, "first").await?;
    Ok(axum::response::Redirect::to("/"))
}

async fn gives_up(session: DbSession) -> StatusCode {
    add(&session, "first").await.unwrap();
    let (go, wait) = mpsc::channel::<()>();
    let slow = session.run(move |session| {
        session.add(note("second"));
        let _ = wait.recv();
        Ok(())
    });
    assert!(tokio::time::timeout(Duration::from_millis(10), slow).await.is_err());
    drop(go); // the work ends when nobody waits for it any more
    StatusCode::OK
}

fn app(db: &Db) -> Router {
    Router::new()
        .route("/twice", post(twice).get(twice))
        .route("/then-404", post(then_404))
        .route("/hides-an-error", post(hides_an_error))
        .route("/goes-on", post(goes_on))
        .route("/conflict", post(conflict_at_the_end))
        .route("/redirects", post(redirects))
        .route("/gives-up", post(gives_up))
        .route("/nothing", get(|| async { "no statement" }))
        .layer(DbLayer::new(db.clone()))
}

/// The response to one request, and what is there afterwards.
fn after(db: &support::Db, path: &str) -> orm::Result<(u16, Vec<String>)> {
    let web = open(db, 1)?;
    let status = block_on(async {
        let status = TestClient::new(app(&web)).post(path).await.status().as_u16();
        until("the connection is back", || web.load() == (0, 0)).await;
        status
    });
    Ok((status, titles(db)))
}

on_every_backend! {
    fn several_calls_are_one_transaction(db) {
        assert_eq!(after(db, "/twice")?, (201, vec!["first".to_owned(), "second".to_owned()]));
        let stars: Vec<i32> = db.engine.connect()?.all(select::<Note>().order_by(|n| n.title).columns(|n| n.stars))?;
        assert_eq!(stars, [5, 0]);
    }

    fn a_safe_request_may_write(db) {
        let web = open(db, 1)?;
        assert_eq!(block_on(TestClient::new(app(&web)).get("/twice")).status(), 201);
        assert_eq!(titles(db).len(), 2);
    }

    fn a_bad_response_rolls_back(db) {
        assert_eq!(after(db, "/then-404")?, (404, vec![]));
    }

    fn a_redirect_commits(db) {
        assert_eq!(after(db, "/redirects")?, (303, vec!["first".to_owned()]));
    }

    fn an_error_that_the_handler_hides_rolls_back(db) {
        assert_eq!(after(db, "/hides-an-error")?, (200, vec![]));
    }

    fn a_call_that_is_given_up_rolls_back(db) {
        assert_eq!(after(db, "/gives-up")?, (200, vec![]));
    }

    fn a_call_that_is_given_up_before_it_has_a_thread_never_runs(db) {
        let web = open(db, 1)?;
        let (go, wait) = mpsc::channel::<()>();
        let (ran, go) = (Arc::new(AtomicBool::new(false)), Mutex::new(Some(go)));
        let (runs, go) = (Arc::clone(&ran), Arc::new(go));
        let handler = move |session: DbSession| async move {
            let call = session.run(move |_| {
                runs.store(true, Ordering::SeqCst);
                Ok(())
            });
            assert!(tokio::time::timeout(Duration::from_millis(20), call).await.is_err());
            drop(go.lock().unwrap().take()); // the only thread is free now
        };
        let app: Router = Router::new().route("/", post(handler)).layer(DbLayer::new(web));
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let busy = tokio::task::spawn_blocking(move || wait.recv());
            assert_eq!(TestClient::new(app).post("/").await.status(), 200);
            let _ = busy.await;
        });
        assert!(!ran.load(Ordering::SeqCst));
    }

    fn a_commit_that_fails_is_the_response(db) {
        assert_eq!(after(db, "/conflict")?, (409, vec![]));
    }

    fn a_handler_may_commit_and_roll_back(db) {
        assert_eq!(after(db, "/goes-on")?, (200, vec!["kept".to_owned(), "too".to_owned()]));
    }

    fn a_session_ends_with_its_response(db) {
        let web = open(db, 1)?;
        let (send, kept) = mpsc::channel();
        let keeps = move |session: DbSession| async move { send.send(session).unwrap() };
        let app: Router = Router::new().route("/", post(keeps)).layer(DbLayer::new(web));
        block_on(async {
            assert_eq!(TestClient::new(app).post("/").await.status(), 200);
            let error = add(&kept.recv().unwrap(), "late").await.unwrap_err();
            assert_eq!(error.kind(), Some(ErrorKind::Misuse));
        });
        assert!(titles(db).is_empty());
    }

    fn a_request_that_asks_nothing_takes_no_connection(db) {
        let web = open(db, 1)?;
        let created = web.engine().pool_status().created;
        assert_eq!(block_on(TestClient::new(app(&web)).get("/nothing")).text(), "no statement");
        assert_eq!(web.engine().pool_status().created, created);
    }

    fn any_tower_service_can_have_it(db) {
        let web = open(db, 1)?;
        // Neither axum nor its body.
        let service = service_fn(|request: Request<()>| async move {
            let session = request.extensions().get::<DbSession>().cloned().unwrap();
            let status = if add(&session, "first").await.is_ok() { 200 } else { 500 };
            let response = Response::builder().status(status).body(Full::new(Bytes::from("done"))).unwrap();
            Ok::<_, Infallible>(response)
        });
        let service = ServiceBuilder::new().layer(DbLayer::new(web)).service(service);
        let response = block_on(service.oneshot(Request::post("/").body(()).unwrap())).unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(titles(db), ["first"]);
    }
}

#[test]
fn without_the_layer_the_error_says_so() {
    let app: Router = Router::new().route("/", post(twice));
    let response = block_on(TestClient::new(app).post("/"));
    assert_eq!(response.status(), 500);
    let cause = response.error().and_then(Error::database).unwrap().to_string();
    assert_eq!(cause, "a handler takes a `DbSession`, and its route is not under a `DbLayer`");
}
