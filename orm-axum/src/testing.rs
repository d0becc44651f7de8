//! `TestClient`: requests to a router or service in the same process, with the cookies of a browser.

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use tower_service::Service;

/// A client for tests: calls a router or service without a network. It keeps cookies, as a browser does, and does not follow redirects.
///
/// Its methods panic where a test has to fail: for a path that is none, a body that cannot be read.
///
/// With a database for each test there is nothing to clean up: one in memory, or [`Engine::test_transaction`](orm::Engine::test_transaction) on a
/// server, which takes back what the test did, commits too.
///
/// ```
/// use axum::routing::get;
/// use axum::Router;
/// use orm_axum::TestClient;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let app = Router::new().route("/hello", get(|| async { "Hello!" }));
/// let mut client = TestClient::new(app);
/// let response = client.get("/hello").await;
/// assert_eq!((response.status().as_u16(), response.text()), (200, "Hello!".to_owned()));
/// # }
/// ```
#[derive(Clone)]
pub struct TestClient<S> {
    service: S,
    cookies: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl<S, B> TestClient<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
    B::Error: StdError,
{
    /// A client of a router (with its state given), or of another service.
    ///
    /// ```
    /// let client = orm_axum::TestClient::new(axum::Router::new());
    /// ```
    pub fn new(service: S) -> TestClient<S> {
        TestClient { service, cookies: BTreeMap::new(), headers: HeaderMap::new() }
    }

    /// A header that is sent with every request from now on.
    ///
    /// ```
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// client.header("accept", "application/json");
    /// ```
    pub fn header(&mut self, name: &str, value: &str) -> &mut TestClient<S> {
        let name = HeaderName::try_from(name).expect("the name of a header");
        self.headers.insert(name, HeaderValue::try_from(value).expect("the value of a header"));
        self
    }

    /// The value of a cookie that is kept.
    ///
    /// ```
    /// # let client = orm_axum::TestClient::new(axum::Router::new());
    /// assert_eq!(client.cookie("id"), None);
    /// ```
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// GET.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// assert_eq!(client.get("/nowhere").await.status(), 404);
    /// # }
    /// ```
    pub async fn get(&mut self, path: &str) -> TestResponse {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// POST without a body.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// client.post("/logout").await;
    /// # }
    /// ```
    pub async fn post(&mut self, path: &str) -> TestResponse {
        self.send(Method::POST, path, None, Body::empty()).await
    }

    /// DELETE.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// client.delete("/posts/1").await;
    /// # }
    /// ```
    pub async fn delete(&mut self, path: &str) -> TestResponse {
        self.send(Method::DELETE, path, None, Body::empty()).await
    }

    /// POST of a form, as a browser sends it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// client.post_form("/login", &[("username", "alice"), ("password", "s3cret!")]).await;
    /// # }
    /// ```
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some("application/x-www-form-urlencoded"), Body::from(form)).await
    }

    /// A request with a JSON body: POST, PUT, PATCH.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// client.json("PATCH", "/posts/1", &serde_json::json!({ "title": "Hello" })).await;
    /// # }
    /// ```
    pub async fn json(&mut self, method: &str, path: &str, body: &impl Serialize) -> TestResponse {
        let method = Method::try_from(method).expect("a method");
        let body = serde_json::to_vec(body).expect("a value that can be JSON");
        self.send(method, path, Some("application/json"), Body::from(body)).await
    }

    async fn send(&mut self, method: Method, path: &str, kind: Option<&'static str>, body: Body) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path).body(body).expect("a path");
        *request.headers_mut() = self.headers.clone();
        if let Some(kind) = kind {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        self.request(request).await
    }

    /// Any request. The cookies are added.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let mut client = orm_axum::TestClient::new(axum::Router::new());
    /// let request = http::Request::head("/").body("".into()).unwrap();
    /// client.request(request).await;
    /// # }
    /// ```
    pub async fn request(&mut self, mut request: Request<Body>) -> TestResponse {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let cookies = HeaderValue::try_from(cookies.join("; ")).expect("cookies that came in a header");
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        let Ok(()) = poll_fn(|context| self.service.poll_ready(context)).await;
        let Ok(response) = self.service.call(request).await;
        let (head, body) = response.into_parts();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie is ASCII"));
        }
        let body = body.collect().await.expect("the body is sent whole").to_bytes();
        TestResponse { status: head.status, headers: head.headers, extensions: head.extensions, body }
    }

    /// A cookie without a value, or with an age of nothing, is one that is deleted.
    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let Some((name, value)) = pair.split_once('=') else { return };
        let is_over = attributes.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0"));
        if is_over || value.is_empty() {
            self.cookies.remove(name.trim());
        } else {
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

impl<S> fmt::Debug for TestClient<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("cookies", &self.cookies.keys()).finish_non_exhaustive()
    }
}

/// What a [`TestClient`] got.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let mut client = orm_axum::TestClient::new(axum::Router::new());
/// let response: orm_axum::TestResponse = client.get("/nowhere").await;
/// assert_eq!((response.status().as_u16(), response.text().as_str()), (404, ""));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    extensions: http::Extensions,
    body: Bytes,
}

impl TestResponse {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error that the response was made of, if it was one.
    pub fn error(&self) -> Option<&crate::Error> {
        self.extensions.get()
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body read as JSON; panics if it is none of this type.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("the body is not the JSON that was expected: {error}: {}", self.text()),
        }
    }
}
