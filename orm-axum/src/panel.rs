//! `QueryPanel`: shows a page's statements on the page itself, for development.

mod html;

use crate::recorded::recording;
use bytes::{Bytes, BytesMut};
use html::Panel;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use orm::Recorder;
use std::error::Error as StdError;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// A larger page is left as it is.
const LARGEST_PAGE: usize = 8 << 20;

/// Puts the statements of a request on its page: each with its time, its rows and the line of the program it comes from. Statements that are sent
/// again and again are marked, in colour and in words: a list that asks once for each of its rows (N+1) is seen at a glance.
///
/// **For development only**: it shows SQL to whoever sees the page, and holds each page in memory. It changes responses of the type `text/html`
/// that are not compressed, so that it belongs inside of a layer that compresses; a `Content-Security-Policy` that forbids inline styles
/// leaves it without colours. All other responses get a `Server-Timing` header, which browsers show beside the request. Put it outside of a
/// [`DbLayer`](crate::DbLayer), whose commit it shows as well.
///
/// ```
/// use axum::response::Html;
/// use axum::routing::get;
/// use axum::Router;
/// use orm::prelude::*;
/// use orm_axum::{Db, QueryPanel, Result};
///
/// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
/// async fn users(db: Db) -> Result<Html<String>> {
///     let users = db.read(|session| Ok(session.count(select::<User>())?)).await?;
///     Ok(Html(format!("<body><p>{users} users</p></body>")))
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let db = Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
/// let mut app: Router = Router::new().route("/users", get(users)).with_state(db);
/// if cfg!(debug_assertions) {
///     app = app.layer(QueryPanel::new());
/// }
/// # let page = orm_axum::TestClient::new(app).get("/users").await.text();
/// # assert!(page.contains("SELECT COUNT(*)") && page.ends_with("</body>"), "{page}");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct QueryPanel {}

impl QueryPanel {
    /// A panel for the pages of a router or service.
    ///
    /// ```
    /// let app: axum::Router = axum::Router::new().layer(orm_axum::QueryPanel::new());
    /// ```
    pub fn new() -> QueryPanel {
        QueryPanel {}
    }
}

impl<S> Layer<S> for QueryPanel {
    type Service = QueryPanelService<S>;

    fn layer(&self, inner: S) -> QueryPanelService<S> {
        QueryPanelService { inner }
    }
}

/// The service that a [`QueryPanel`] makes of another.
///
/// ```
/// use orm_axum::{QueryPanel, QueryPanelService};
/// use tower_layer::Layer;
///
/// let service: QueryPanelService<axum::Router> = QueryPanel::new().layer(axum::Router::new());
/// ```
#[derive(Clone, Debug)]
pub struct QueryPanelService<S> {
    inner: S,
}

impl<S, A, B> Service<Request<A>> for QueryPanelService<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    A: Send + 'static,
    B: Body<Data = Bytes> + From<Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        // The one that is ready, and not its clone, must be called.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (recorder, began) = (Recorder::new(), Instant::now());
            let response = recording(recorder.clone(), inner.call(request)).await?;
            Ok(show(response, &recorder, began).await)
        })
    }
}

async fn show<B>(mut response: Response<B>, recorder: &Recorder, began: Instant) -> Response<B>
where
    B: Body<Data = Bytes> + From<Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let panel = Panel::of(recorder, began.elapsed());
    if let Ok(timing) = HeaderValue::try_from(panel.server_timing()) {
        response.headers_mut().append("server-timing", timing);
    }
    if !is_page(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::ETAG);
    let mut page = BytesMut::new();
    let mut body = std::pin::pin!(Limited::new(body, LARGEST_PAGE));
    while let Some(frame) = body.frame().await {
        match frame.map(http_body::Frame::into_data) {
            Ok(Ok(data)) => page.extend_from_slice(&data),
            Ok(Err(_)) => {}
            // Its connection would have been cut here; the browser gets what there is.
            Err(_) => return Response::from_parts(head, B::from(page.freeze())),
        }
    }
    let end = page.windows(7).rposition(|tag| tag.eq_ignore_ascii_case(b"</body>")).unwrap_or(page.len());
    let mut shown = page[..end].to_vec();
    shown.extend_from_slice(panel.html().as_bytes());
    shown.extend_from_slice(&page[end..]);
    Response::from_parts(head, B::from(shown.into()))
}

/// HTML that can be read, of a size that can be held.
fn is_page<B: Body>(response: &Response<B>) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let least = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX);
    kind.starts_with("text/html") && !headers.contains_key(header::CONTENT_ENCODING) && least <= LARGEST_PAGE
}
