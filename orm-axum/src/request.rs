//! `DbLayer` and `DbSession`: one session and one transaction for a request, committed when its response is a good one.

use crate::db::Db;
use crate::error::{Error, Result};
use crate::recorded;
use crate::work::{Awaited, blocking};
use axum_core::extract::FromRequestParts;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use orm::{Recorder, Session};
use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit};
use tower_layer::Layer;
use tower_service::Service;

/// The session of a request: all calls of [`run`](DbSession::run) share it, with its objects and its one transaction. An extractor, for routes
/// under a [`DbLayer`]; in other tower services it is an extension of the request. Cloning shares it.
///
/// It takes a connection with the first call and keeps it until the response is there. Then it is committed if the response's status is below 400
/// and no call failed, and rolled back otherwise; a commit that fails is the response. What a client was told has happened, then.
/// Where one closure can do all the work, [`Db::run`] is the simpler choice: here the connection is held also while the handler waits for something
/// else, and a handler that has used its session and then asks [`Db`] for another unit of work needs two. When all connections are held by such
/// requests, they wait for each other until the queue's time-out.
///
/// Requests that are safe by their method (GET, HEAD, ..) begin a transaction that may write, but on SQLite takes the lock only when it does;
/// others take the lock at the start.
///
/// ```
/// use axum::http::StatusCode;
/// use axum::routing::post;
/// use axum::Router;
/// use orm::prelude::*;
/// use orm_axum::{Db, DbLayer, DbSession, Error, Result, SessionExt};
///
/// #[derive(Model, Clone)]
/// #[orm(table = "accounts")]
/// struct Account {
///     #[orm(primary_key)]
///     id: i64,
///     balance: i64,
/// }
///
/// async fn transfer(session: DbSession) -> Result<StatusCode> {
///     let from = session.run(|s| {
///         let from = s.get_or_404::<Account>(1)?;
///         s[from].balance -= 10;
///         Ok(s[from].clone())
///     }).await?;
///     if from.balance < 0 {
///         return Err(Error::new(StatusCode::CONFLICT, "there is not so much")); // all of it is rolled back
///     }
///     session.run(|s| {
///         let to = s.get_or_404::<Account>(2)?;
///         s[to].balance += 10;
///         Ok(())
///     }).await?;
///     Ok(StatusCode::NO_CONTENT) // committed
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
/// # db.create_all(Schema::of::<Account>()).await?;
/// # db.run(|s| { s.add_all([15, 0].map(|balance| Account { id: 0, balance })); Ok(()) }).await?;
/// let app: Router = Router::new().route("/transfer", post(transfer)).layer(DbLayer::new(db.clone()));
/// # let mut client = orm_axum::TestClient::new(app);
/// # assert_eq!(client.post("/transfer").await.status(), 204);
/// # assert_eq!(client.post("/transfer").await.status(), 409);
/// # let sums = db.read(|s| Ok(s.rows(select::<Account>().order_by(|a| a.id).columns(|a| a.balance))?)).await?;
/// # assert_eq!(sums, [5, 10]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DbSession {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    /// Whether the request may be expected to write.
    writes: bool,
    recorder: Option<Recorder>,
    slot: Arc<Mutex<Slot>>,
}

#[derive(Default)]
struct Slot {
    open: Option<Open>,
    /// A call failed, panicked, or was given up.
    failed: bool,
    /// The response is there.
    ended: bool,
}

/// The session goes first, so that the connection is back when the next may come.
struct Open {
    session: Session,
    _turn: OwnedSemaphorePermit,
}

impl DbSession {
    fn new(db: Db, writes: bool, recorder: Option<Recorder>) -> DbSession {
        DbSession { shared: Arc::new(Shared { db, writes, recorder, slot: Arc::default() }) }
    }

    /// Runs a closure with the request's session, on a blocking thread; other calls of the same request wait. Handles from earlier calls are
    /// still good.
    ///
    /// A call that returns `Err`, panics or is given up (its future is dropped) lets the whole request be rolled back at its end, whatever the response,
    /// unless [`rollback`](DbSession::rollback) is called and all is well after that.
    ///
    /// # Errors
    /// The closure's; 503 when there is no connection in time; `Misuse` after the response.
    #[track_caller]
    pub fn run<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T> + Send + 'static,
    {
        self.call(Location::caller(), work)
    }

    async fn call<T, F>(&self, place: &'static Location<'static>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T> + Send + 'static,
    {
        let mut slot = self.lock().await;
        if slot.ended {
            return Err(Error::misuse("the session of a request ends with its response"));
        }
        if slot.open.is_none() {
            slot.open = Some(self.open().await?);
        }
        let awaited = Awaited::default();
        let _watch = awaited.watch();
        blocking(move || {
            // Stays so if the work panics, or was given up before it had a thread.
            let failed = mem::replace(&mut slot.failed, true);
            awaited.check()?;
            let Some(open) = &mut slot.open else { return Err(Error::misuse("the session was not opened")) };
            open.session.attribute_to(None);
            let result = work(&mut open.session);
            // The commit that the response leads to is told as that of the last call.
            open.session.attribute_to(Some(place));
            slot.failed = failed || result.is_err() || awaited.is_abandoned();
            result
        })
        .await?
    }

    /// Commits what was done so far; the next call begins another transaction, in the same session.
    ///
    /// # Errors
    /// What a commit fails with; `Refused` after a call that failed.
    pub async fn commit(&self) -> Result<()> {
        let slot = self.lock().await;
        if slot.failed {
            return Err(orm::Error::new(orm::ErrorKind::Refused, "a part of the request's work failed").into());
        }
        self.end(slot, Session::commit).await
    }

    /// Rolls back what was not committed, also after a call that failed: the next begins another transaction.
    ///
    /// # Errors
    /// Those of [`Session::rollback`].
    pub async fn rollback(&self) -> Result<()> {
        let mut slot = self.lock().await;
        slot.failed = false;
        self.end(slot, Session::rollback).await
    }

    async fn end(
        &self,
        mut slot: OwnedMutexGuard<Slot>,
        how: impl FnOnce(&mut Session) -> orm::Result<()> + Send + 'static,
    ) -> Result<()> {
        if slot.open.is_none() {
            return Ok(());
        }
        blocking(move || {
            let Some(open) = &mut slot.open else { return Ok(()) };
            let result = how(&mut open.session);
            slot.failed |= result.is_err();
            Ok(result?)
        })
        .await?
    }

    /// What the layer does with the response: commits if it is a good one.
    async fn finish(&self, good: bool) -> Result<()> {
        let mut slot = self.lock().await;
        slot.ended = true;
        let good = good && !slot.failed;
        let Some(mut open) = slot.open.take() else { return Ok(()) };
        blocking(move || if good { Ok(open.session.commit()?) } else { Ok(open.session.rollback()?) }).await?
    }

    async fn open(&self) -> Result<Open> {
        let Shared { db, writes, recorder, .. } = &*self.shared;
        let turn = db.gate().enter().await?;
        let mut session = db.session();
        if *writes {
            session = session.write();
        }
        if let Some(recorder) = recorder {
            session.record(recorder);
        }
        Ok(Open { session, _turn: turn })
    }

    async fn lock(&self) -> OwnedMutexGuard<Slot> {
        Arc::clone(&self.shared.slot).lock_owned().await
    }
}

impl fmt::Debug for DbSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbSession").field("writes", &self.shared.writes).finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for DbSession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<DbSession> {
        let missing = || Error::misuse("a handler takes a `DbSession`, and its route is not under a `DbLayer`");
        parts.extensions.get::<DbSession>().cloned().ok_or_else(missing)
    }
}

/// Gives each request a [`DbSession`], and records its statements if the [`Db`] is to. A layer for axum and for every tower service over HTTP
/// whose body can be made of bytes.
///
/// ```
/// use axum::Router;
/// use orm_axum::{Db, DbLayer};
///
/// let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
/// let app: Router<()> = Router::new().layer(DbLayer::new(db));
/// # Ok::<(), orm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DbLayer {
    db: Db,
}

impl DbLayer {
    /// For the requests of a router or service.
    ///
    /// ```
    /// # use orm_axum::{Db, DbLayer};
    /// let layer = DbLayer::new(Db::from_config([("DATABASE_URI", "sqlite::memory:")])?);
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn new(db: Db) -> DbLayer {
        DbLayer { db }
    }
}

impl<S> Layer<S> for DbLayer {
    type Service = DbService<S>;

    fn layer(&self, inner: S) -> DbService<S> {
        DbService { db: self.db.clone(), inner }
    }
}

/// The service that a [`DbLayer`] makes of another.
///
/// ```
/// # use orm_axum::{Db, DbLayer, DbService};
/// use tower_layer::Layer;
///
/// let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
/// let service: DbService<axum::Router> = DbLayer::new(db).layer(axum::Router::new());
/// # Ok::<(), orm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DbService<S> {
    db: Db,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for DbService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    A: Send + 'static,
    B: From<Bytes> + Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        // The one that is ready, and not its clone, must be called.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let recorder = recorded::current().or_else(|| self.db.records().then(Recorder::new));
        let session = DbSession::new(self.db.clone(), !request.method().is_safe(), recorder.clone());
        request.extensions_mut().insert(session.clone());
        let answer = async move {
            let response = inner.call(request).await?;
            let good = response.status().as_u16() < 400;
            match session.finish(good).await {
                Err(error) if good => Ok(error.response()),
                // The response tells already that something went wrong.
                Err(_) | Ok(()) => Ok(response),
            }
        };
        match recorder {
            Some(recorder) => Box::pin(recorded::recording(recorder, answer)),
            None => Box::pin(answer),
        }
    }
}
