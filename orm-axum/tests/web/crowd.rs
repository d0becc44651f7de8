//! Load: 200 clients at a pool of 10. Every answer is a good one, or a 503 by design, and what needs no database answers all the time.

use crate::models::{Note, note, open, until};
use axum::Router;
use axum::routing::get;
use orm::prelude::*;
use orm_axum::{Db, Result};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const CLIENTS: usize = 200;
const REQUESTS: usize = 10;

static NEXT: AtomicU64 = AtomicU64::new(0);

async fn read(db: Db) -> Result<String> {
    let notes = db.read(|session| Ok(session.rows(select::<Note>().order_by(|n| n.id.desc()).limit(5))?)).await?;
    Ok(notes.len().to_string())
}

async fn write(db: Db) -> Result<String> {
    db.run(|session| {
        let added = session.add(note(&format!("note {}", NEXT.fetch_add(1, Ordering::Relaxed))));
        session.flush()?;
        Ok(session[added].id.to_string())
    })
    .await
}

fn app(db: Db) -> Router {
    Router::new()
        .route("/read", get(read))
        .route("/write", get(write))
        .route("/health", get(|| async { "well" }))
        .with_state(db)
}

/// One connection that asks again and again, as a browser does.
struct Browser(BufReader<TcpStream>);

impl Browser {
    async fn connect(address: SocketAddr) -> Browser {
        Browser(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    async fn get(&mut self, path: &str) -> u16 {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the server has closed the connection");
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap();
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        status
    }
}

async fn serve(db: Db) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(async move { axum::serve(listener, app(db)).await.unwrap() }))
}

fn on_two_threads<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Answers by status.
async fn storm(address: SocketAddr) -> BTreeMap<u16, usize> {
    let clients = (0..CLIENTS).map(|client| {
        tokio::spawn(async move {
            let mut browser = Browser::connect(address).await;
            let mut statuses = Vec::new();
            for request in 0..REQUESTS {
                let path = if (client + request) % 4 == 0 { "/write" } else { "/read" };
                statuses.push(browser.get(path).await);
            }
            statuses
        })
    });
    let mut counts = BTreeMap::new();
    for client in clients.collect::<Vec<_>>() {
        for status in client.await.unwrap() {
            *counts.entry(status).or_default() += 1;
        }
    }
    counts
}

on_every_backend! {
    fn two_hundred_clients_at_a_pool_of_ten(db) {
        let web = open(db, 10)?.queue_timeout(Duration::from_secs(60));
        on_two_threads(async {
            let (address, server) = serve(web.clone()).await;
            let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
            let (ends, count) = (Arc::clone(&over), Arc::clone(&answers));
            let probe = tokio::spawn(async move {
                let mut browser = Browser::connect(address).await;
                while !ends.load(Ordering::Relaxed) {
                    assert_eq!(browser.get("/health").await, 200);
                    count.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            });
            // With patience for all of them there is no other answer than a good one.
            let counts = storm(address).await;
            over.store(true, Ordering::Relaxed);
            probe.await.unwrap();
            assert_eq!(counts, BTreeMap::from([(200, CLIENTS * REQUESTS)]));
            assert!(answers.load(Ordering::Relaxed) > 0);
            until("all is quiet", || web.load() == (0, 0) && web.engine().pool_status().in_use == 0).await;
            server.abort();
        });
        let status = web.engine().pool_status();
        assert!(status.created <= 10, "{status:?}");
        let written = db.engine.connect()?.count(select::<Note>())?;
        assert_eq!(usize::try_from(written).unwrap(), CLIENTS * REQUESTS / 4);
    }

    fn what_cannot_be_served_in_time_is_503(db) {
        let web = open(db, 10)?.queue_timeout(Duration::from_millis(1)).queue_limit(20);
        on_two_threads(async {
            let (address, server) = serve(web.clone()).await;
            let counts = storm(address).await;
            assert_eq!(counts.values().sum::<usize>(), CLIENTS * REQUESTS);
            assert!(counts.keys().all(|status| [200, 503].contains(status)), "{counts:?}");
            assert!(counts.contains_key(&200), "{counts:?}");
            until("all is quiet", || web.load() == (0, 0) && web.engine().pool_status().in_use == 0).await;
            server.abort();
        });
    }

    fn health_answers_while_every_connection_is_held(db) {
        let web = open(db, 10)?.queue_timeout(Duration::from_millis(200));
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        on_two_threads(async {
            let (address, server) = serve(web.clone()).await;
            let units = 10;
            for _ in 0..units {
                let (web, wait) = (web.clone(), Arc::clone(&wait));
                tokio::spawn(async move { web.read(move |_| { let _ = wait.lock().unwrap().recv(); Ok(()) }).await });
            }
            until("all are held", || web.load().0 == units).await;
            let mut browser = Browser::connect(address).await;
            for _ in 0..20 {
                assert_eq!(browser.get("/health").await, 200);
            }
            assert_eq!(Browser::connect(address).await.get("/read").await, 503);
            (0..units).for_each(|_| go.send(()).unwrap());
            until("all is quiet", || web.load() == (0, 0)).await;
            assert_eq!(browser.get("/read").await, 200);
            server.abort();
        });
    }
}
