//! Over a real connection: a client that goes away while its request is worked on.

use crate::models::{block_on, note, open, titles, until};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use orm::Session;
use orm_axum::{Db, DbLayer, DbSession, Result};
use std::sync::{Arc, Mutex, mpsc};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// What the handlers tell, and wait for.
#[derive(Clone)]
struct App {
    db: Db,
    begun: mpsc::Sender<()>,
    go: Arc<Mutex<mpsc::Receiver<()>>>,
    given_up: mpsc::Sender<()>,
}

/// Tells that the server has dropped a handler's future.
struct GivenUp(mpsc::Sender<()>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl App {
    /// Work that writes, says so, and goes on when it is told to.
    fn work(self) -> impl FnOnce(&mut Session) -> Result<()> {
        move |session| {
            session.add(note("lost"));
            session.flush()?;
            self.begun.send(()).unwrap();
            self.go.lock().unwrap().recv().unwrap();
            Ok(())
        }
    }
}

async fn unit(State(app): State<App>) -> Result<()> {
    let _given_up = GivenUp(app.given_up.clone());
    app.db.clone().run(app.work()).await
}

async fn shared(session: DbSession, State(app): State<App>) -> Result<()> {
    let _given_up = GivenUp(app.given_up.clone());
    session.run(app.work()).await
}

on_every_backend! {
    fn a_client_that_goes_away_leaves_nothing(db) {
        let web = open(db, 1)?;
        let (begun, has_begun) = mpsc::channel();
        let (release, go) = mpsc::channel();
        let (given_up, is_given_up) = mpsc::channel();
        let app = App { db: web.clone(), begun, go: Arc::new(Mutex::new(go)), given_up };
        let router = Router::new()
            .route("/unit", post(unit))
            .route("/shared", post(shared))
            .layer(DbLayer::new(web.clone()))
            .with_state(app);
        block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = tokio::spawn(async move { axum::serve(listener, router).await });
            for path in ["/unit", "/shared"] {
                let mut client = TcpStream::connect(address).await.unwrap();
                let request = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n");
                client.write_all(request.as_bytes()).await.unwrap();
                until("the work begins", || has_begun.try_recv().is_ok()).await;
                drop(client);
                until("the server sees that the client is gone", || is_given_up.try_recv().is_ok()).await;
                release.send(()).unwrap();
                until("the work ends", || web.load() == (0, 0)).await;
            }
            // The connection is free, and good.
            web.run(|session| Ok(session.add(note("kept")))).await.unwrap();
            server.abort();
        });
        assert_eq!(titles(db), ["kept"]);
    }
}
