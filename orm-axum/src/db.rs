//! `Db`: an engine for a web application. Runs units of work on blocking threads, as many at a time as there are connections.

use crate::config::IntoConfig;
use crate::error::Result;
use crate::gate::{Gate, Settings};
use crate::recorded;
use crate::work::{Awaited, blocking};
use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use orm::{Engine, ErrorKind, RetryOptions, Session};
use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// How long a request waits for its turn, unless something else is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many requests wait for their turn.
const QUEUE: usize = 1024;
/// Fewer than the blocking threads of a tokio runtime, of which there are 512 unless it was built otherwise.
const MOST_UNITS: usize = 400;

/// The database of a web application. Cloning shares it; it belongs into the state of the router.
///
/// The drivers of `orm` block, so that a handler never uses a session on the runtime's own threads: [`run`](Db::run) takes a closure
/// to a thread that may block, with a session for this one unit of work. As many run at a time as the pool may have connections;
/// others wait in a queue, without a thread, and are answered with 503 when their turn does not come in time
/// ([`queue_timeout`](Db::queue_timeout), 5 s).
///
/// ```
/// use axum::extract::{Path, State};
/// use axum::routing::get;
/// use axum::{Json, Router};
/// use orm::prelude::*;
/// use orm_axum::{Db, Result};
///
/// #[derive(Model, Clone, serde::Serialize)]
/// #[orm(table = "users")]
/// struct User {
///     #[orm(primary_key)]
///     id: i64,
///     username: String,
/// }
///
/// async fn user(State(db): State<Db>, Path(id): Path<i64>) -> Result<Json<User>> {
///     Ok(Json(db.get_or_404(id).await?))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
/// db.create_all(Schema::of::<User>()).await?;
/// let id = db
///     .run(|session| {
///         let alice = session.add(User { id: 0, username: "alice".into() });
///         session.flush()?;
///         Ok(session[alice].id)
///     })
///     .await?;
/// let app: Router = Router::new().route("/users/{id}", get(user)).with_state(db);
/// # let mut client = orm_axum::TestClient::new(app);
/// # assert_eq!(client.get(&format!("/users/{id}")).await.json::<serde_json::Value>()["username"], "alice");
/// # assert_eq!(client.get("/users/99").await.status(), 404);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    gate: Arc<Gate>,
    record: bool,
    /// What is said to each session.
    prepare: Option<Arc<Prepare>>,
}

type Prepare = dyn Fn(Session) -> Session + Send + Sync;

impl Db {
    /// With an engine that was made elsewhere.
    ///
    /// ```
    /// let engine = orm::EngineOptions::new("sqlite::memory:").create()?;
    /// let db = orm_axum::Db::new(engine);
    /// assert_eq!(db.engine().dialect().name, "SQLite");
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn new(engine: Engine) -> Db {
        let status = engine.pool_status();
        let most = status.size.saturating_add(status.max_overflow).clamp(1, MOST_UNITS);
        let units = if engine.pool().is_single_connection() { 1 } else { most };
        let gate = Gate::new(Settings { units, timeout: PATIENCE, queue: QUEUE });
        Db { engine, gate: Arc::new(gate), record: false, prepare: None }
    }

    /// With what a map, the environment or a file says; [`Config`](crate::Config) lists the keys. Connects to nothing yet.
    ///
    /// # Errors
    /// `Misuse` for a key that is not known or has the wrong type, and when `DATABASE_URI` is missing; `InvalidUrl`.
    ///
    /// ```
    /// use orm_axum::{Config, Db};
    ///
    /// let db = Db::from_config([("DATABASE_URI", "sqlite::memory:"), ("RECORD_QUERIES", "true")])?;
    /// assert!(Db::from_config([("DATABASE_URL", "sqlite::memory:")]).unwrap_err().to_string().contains("DATABASE_URI"));
    /// let from_the_environment = Db::from_config(Config::from_env("SHOP_"));
    /// assert!(from_the_environment.is_err()); // SHOP_DATABASE_URI is not set
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn from_config(config: impl IntoConfig) -> orm::Result<Db> {
        let config = config.into_config()?;
        let db = Db::new(config.engine()?).record_queries(config.records_queries());
        Ok(match config.pool_timeout() {
            Some(timeout) => db.queue_timeout(timeout),
            None => db,
        })
    }

    /// How long a unit of work waits for its turn before it is refused with 503: 5 s, or `pool_timeout` of the settings.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?.queue_timeout(Duration::from_secs(1));
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn queue_timeout(self, timeout: Duration) -> Db {
        self.with_gate(|settings| settings.timeout = timeout)
    }

    /// How many units of work wait for their turn; one more is refused with 503 at once: 1024.
    ///
    /// ```
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?.queue_limit(50);
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn queue_limit(self, waiting: usize) -> Db {
        self.with_gate(|settings| settings.queue = waiting)
    }

    /// How many units of work run at a time: the size of the pool with its overflow, at most 400, so that none holds a blocking thread of the
    /// runtime only to wait for a connection. Fewer leave connections to other parts of the program. At least one.
    ///
    /// ```
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "postgresql://ada@localhost/shop")])?.units(4);
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn units(self, at_a_time: usize) -> Db {
        self.with_gate(|settings| settings.units = at_a_time.max(1))
    }

    /// Whether a [`DbLayer`](crate::DbLayer) keeps the statements of each request, for [`recorded_queries`](crate::recorded_queries): no, unless the
    /// settings say `RECORD_QUERIES`.
    ///
    /// ```
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?.record_queries(true);
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn record_queries(mut self, on: bool) -> Db {
        self.record = on;
        self
    }

    /// The same database, whose sessions are made otherwise: for a tenant, with an isolation level, without autoflush. It shares the queue, so
    /// that a handler may say it for one request.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// #[derive(Model, Clone)]
    /// #[orm(table = "bills")]
    /// struct Bill {
    ///     #[orm(primary_key)]
    ///     id: i64,
    ///     #[orm(tenant)]
    ///     shop: i64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<Bill>()).await?;
    /// let shop = 7; // whom the request comes from
    /// let db = db.prepare_sessions(move |session| session.tenant(shop));
    /// db.run(|session| Ok(session.add(Bill { id: 0, shop: 0 }))).await?;
    /// assert_eq!(db.first_or_404(select::<Bill>()).await?.shop, 7);
    /// # Ok(()) }
    /// ```
    pub fn prepare_sessions(mut self, prepare: impl Fn(Session) -> Session + Send + Sync + 'static) -> Db {
        self.prepare = Some(match self.prepare {
            Some(before) => Arc::new(move |session| prepare(before(session))),
            None => Arc::new(prepare),
        });
        self
    }

    /// A session as the program wants them.
    pub(crate) fn session(&self) -> Session {
        let session = self.engine.session();
        match &self.prepare {
            Some(prepare) => prepare(session),
            None => session,
        }
    }

    fn with_gate(mut self, change: impl FnOnce(&mut Settings)) -> Db {
        let mut settings = self.gate.settings;
        change(&mut settings);
        self.gate = Arc::new(Gate::new(settings));
        self
    }

    /// The engine below: for threads of one's own, events of the pool, and all else that blocks.
    ///
    /// ```
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
    /// assert_eq!(db.engine().pool_status().in_use, 0);
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs one unit of work: a session of its own, on a blocking thread, in one transaction that writes.
    ///
    /// - The closure returns `Ok`: committed, and its value is returned. What it returns must not need the session any more: plain
    ///   structs, not handles (`session[handle].clone()`, or [`Session::rows`]).
    /// - It returns `Err`, or panics: rolled back. The error is returned; the panic goes on in the caller.
    /// - The future is dropped, because the client has gone away or a timeout fired: the closure runs to its end, as nothing can stop
    ///   a thread, and is rolled back then; if it has not begun yet, it never does. A commit that has begun is not taken back. `statement_timeout` in the URL ends long statements.
    ///
    /// On SQLite the transaction takes the one lock for writing at its first statement, so that it never fails in its middle because another wrote:
    /// use [`read`](Db::read) where nothing is written. Needs a tokio runtime.
    ///
    /// # Errors
    /// The closure's; 503 when its turn does not come in time; what a commit fails with.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// use orm_axum::{Error, StatusCode};
    ///
    /// let refused = db
    ///     .run(|session| {
    ///         session.add(User { id: 0, username: "mallory".into() });
    ///         session.flush()?; // an error of `orm` becomes that of the response
    ///         Err::<(), _>(Error::new(StatusCode::FORBIDDEN, "not you")) // rolled back
    ///     })
    ///     .await;
    /// assert_eq!(refused.unwrap_err().status(), StatusCode::FORBIDDEN);
    /// assert_eq!(db.read(|session| Ok(session.count(select::<User>())?)).await?, 0);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn run<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T> + Send + 'static,
    {
        self.unit(self.session().write(), Location::caller(), work)
    }

    /// The same with a transaction that only reads: several run beside each other and beside one that writes also on SQLite, and where the engine has
    /// replicas it reads from one of them. To write is an error.
    ///
    /// # Errors
    /// As [`run`](Db::run); `ReadOnly` for a change.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// let users: Vec<User> = db.read(|session| Ok(session.rows(select::<User>().limit(10))?)).await?;
    /// assert!(users.is_empty());
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn read<T, F>(&self, work: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T> + Send + 'static,
    {
        self.unit(self.session().read_only(), Location::caller(), work)
    }

    /// The same as [`run`](Db::run), again from its start after a deadlock, a serialization failure or a busy database, and after what
    /// [`RetryOptions`](orm::RetryOptions) names besides: what a failed attempt did was rolled back. The first value is the number of attempts, or
    /// those options. Never again when the client has gone away, after an error that is not of the database, or after a commit whose outcome is unknown.
    ///
    /// # Errors
    /// Those of the last attempt.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "stock")] struct Item { #[orm(primary_key)] id: i64, left: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<Item>()).await?;
    /// # db.run(|session| Ok(session.add(Item { id: 0, left: 5 }))).await?;
    /// use orm_axum::SessionExt;
    ///
    /// let left = db
    ///     .retry(3, |session| {
    ///         let item = session.get_or_404::<Item>(1)?;
    ///         session[item].left -= 1;
    ///         Ok(session[item].left)
    ///     })
    ///     .await?;
    /// assert_eq!(left, 4);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn retry<T, F>(&self, options: impl Into<RetryOptions>, work: F) -> impl Future<Output = Result<T>> + Send
    where
        T: Send + 'static,
        F: Fn(&mut Session) -> Result<T> + Send + 'static,
    {
        let (db, options, place, recorder) = (self.clone(), options.into(), Location::caller(), recorded::current());
        self.blocking(move |awaited| {
            // An error that is none of the database goes around the engine.
            let mut own = None;
            let result = db.engine.retry(options, |session| {
                if let Some(prepare) = &db.prepare {
                    let unprepared = mem::replace(session, db.engine.session());
                    *session = prepare(unprepared);
                }
                if let Some(recorder) = &recorder {
                    session.record(recorder);
                }
                own = None;
                let result =
                    awaited.check().and_then(|()| work(session)).and_then(|value| awaited.check().map(|()| value));
                session.attribute_to(Some(place));
                result.map_err(|error| {
                    error.into_database().unwrap_or_else(|error| {
                        own = Some(error);
                        orm::Error::new(ErrorKind::Refused, "the program's own error")
                    })
                })
            });
            result.map_err(|error| own.unwrap_or_else(|| error.into()))
        })
    }

    /// What is not the closure's own is told as that of a place in the program.
    pub(crate) async fn unit<T, F>(&self, mut session: Session, place: &'static Location<'static>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T> + Send + 'static,
    {
        if let Some(recorder) = recorded::current() {
            session.record(&recorder);
        }
        self.blocking(move |awaited| {
            let value = work(&mut session)?;
            awaited.check()?;
            session.attribute_to(Some(place));
            session.commit()?;
            Ok(value)
        })
        .await
    }

    /// Waits for its turn, then runs on a blocking thread. The turn lasts until the work has ended, waited for or not.
    pub(crate) async fn blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Awaited) -> Result<T> + Send + 'static,
    {
        let turn = self.gate.enter().await?;
        let awaited = Awaited::default();
        let _watch = awaited.watch();
        blocking(move || {
            // It may have been given up before it had a thread.
            awaited.check()?;
            // The work drops its session, which gives the connection back; then the next may come.
            let result = work(&awaited);
            drop(turn);
            result
        })
        .await?
    }

    /// Creates the tables that are not there yet.
    ///
    /// # Errors
    /// As [`Schema::create_all`](orm::Schema::create_all).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
    /// db.create_all(Schema::of::<User>()).await?;
    /// # Ok(()) }
    /// ```
    pub async fn create_all(&self, schema: orm::Schema) -> Result<()> {
        let engine = self.engine.clone();
        self.blocking(move |_| Ok(schema.create_all(&engine)?)).await
    }

    /// Drops the tables, with all that is in them.
    ///
    /// # Errors
    /// As [`Schema::drop_all`](orm::Schema::drop_all).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
    /// db.drop_all(Schema::of::<User>()).await?; // what is not there is no error
    /// # Ok(()) }
    /// ```
    pub async fn drop_all(&self, schema: orm::Schema) -> Result<()> {
        let engine = self.engine.clone();
        self.blocking(move |_| Ok(schema.drop_all(&engine)?)).await
    }

    /// How busy it is: units of work that run, and that wait for their turn.
    ///
    /// ```
    /// let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?;
    /// assert_eq!(db.load(), (0, 0));
    /// # Ok::<(), orm::Error>(())
    /// ```
    pub fn load(&self) -> (usize, usize) {
        self.gate.load()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn records(&self) -> bool {
        self.record
    }
}

/// A handler may take `db: Db` where the router's state is a `Db`, or has one by `FromRef`.
impl<S: Send + Sync> FromRequestParts<S> for Db
where
    Db: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &S) -> std::result::Result<Db, Infallible> {
        Ok(Db::from_ref(state))
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Db { engine: _, gate, record, prepare: _ } = self;
        f.debug_struct("Db").field("settings", &gate.settings).field("record_queries", record).finish_non_exhaustive()
    }
}
