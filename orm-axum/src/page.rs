//! `PageQuery`: which page a request asks for, with a limit that holds, and the links to the pages around it.

use crate::error::{Error, Result};
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponseParts, ResponseParts};
use form_urlencoded::Serializer;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use orm::{KeysetPage, Page};
use std::convert::Infallible;

const PER_PAGE: u64 = 20;
const MAX_PER_PAGE: u64 = 100;

/// The page that a request asks for: `?page=3&per_page=50`, or `?after=CURSOR&per_page=50`. An extractor; given to
/// [`Db::paginate`](crate::Db::paginate) or [`Db::paginate_after`](crate::Db::paginate_after).
///
/// Without `page` it is the first, without `per_page` it has 20 rows ([`default_per_page`](PageQuery::default_per_page)), and never more than 100
/// ([`max_per_page`](PageQuery::max_per_page)), whatever the request asks for. As in Flask-SQLAlchemy, what is no number from 1 is a page that
/// is not there: 404. The other parts of the query (`?search=rust`) are kept for the links.
///
/// ```
/// use axum::extract::State;
/// use axum::Json;
/// use orm::prelude::*;
/// use orm_axum::{Db, Links, PageQuery, Result};
///
/// #[derive(Model, Clone, serde::Serialize)]
/// #[orm(table = "posts")]
/// struct Post {
///     #[orm(primary_key)]
///     id: i64,
///     title: String,
/// }
///
/// async fn posts(State(db): State<Db>, asked: PageQuery) -> Result<(Links, Json<Page<Post>>)> {
///     let asked = asked.max_per_page(50);
///     let page = db.paginate(select::<Post>().order_by(|p| p.id), &asked).await?;
///     Ok((asked.links(&page), Json(page))) // Link: <?page=2>; rel="next", ..
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    page: Option<u64>,
    per_page: Option<u64>,
    after: Option<String>,
    /// What is no number from 1 was asked for.
    nonsense: bool,
    /// The rest of the query.
    others: Vec<(String, String)>,
    default_per_page: u64,
    max_per_page: u64,
}

impl PageQuery {
    /// Of the part of a URL behind its question mark. What is no page there is told as 404 where the page is asked for.
    ///
    /// ```
    /// use orm_axum::PageQuery;
    ///
    /// let asked = PageQuery::parse("page=3&search=rust");
    /// assert_eq!((asked.page()?, asked.per_page()?), (3, 20));
    /// assert_eq!(PageQuery::parse("page=-1").page().unwrap_err().status(), 404);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn parse(query: &str) -> PageQuery {
        let mut asked = PageQuery {
            page: None,
            per_page: None,
            after: None,
            nonsense: false,
            others: Vec::new(),
            default_per_page: PER_PAGE,
            max_per_page: MAX_PER_PAGE,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let number = match &*name {
                "page" => &mut asked.page,
                "per_page" => &mut asked.per_page,
                "after" => {
                    asked.after = Some(value.into_owned()).filter(|cursor| !cursor.is_empty());
                    continue;
                }
                _ => {
                    asked.others.push((name.into_owned(), value.into_owned()));
                    continue;
                }
            };
            // A form with an empty field sends its name alone.
            if value.is_empty() {
                continue;
            }
            match value.parse::<u64>() {
                Ok(value) if value > 0 => *number = Some(value),
                _ => asked.nonsense = true,
            }
        }
        asked
    }

    /// How many rows are on a page when the request does not say: 20.
    ///
    /// ```
    /// use orm_axum::PageQuery;
    ///
    /// assert_eq!(PageQuery::parse("").default_per_page(5).per_page()?, 5);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn default_per_page(mut self, rows: u64) -> PageQuery {
        self.default_per_page = rows.max(1);
        self
    }

    /// The most rows on a page: 100. A request that asks for more gets so many, and a page that is larger by default is cut as well.
    ///
    /// ```
    /// use orm_axum::PageQuery;
    ///
    /// assert_eq!(PageQuery::parse("per_page=1000000").max_per_page(50).per_page()?, 50);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn max_per_page(mut self, rows: u64) -> PageQuery {
        self.max_per_page = rows.max(1);
        self
    }

    /// The number of the page, from 1.
    ///
    /// # Errors
    /// 404 for what is no number from 1.
    ///
    /// ```
    /// assert_eq!(orm_axum::PageQuery::parse("page=2").page()?, 2);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn page(&self) -> Result<u64> {
        self.check()?;
        Ok(self.page.unwrap_or(1))
    }

    /// How many rows are on the page.
    ///
    /// # Errors
    /// As [`page`](PageQuery::page).
    ///
    /// ```
    /// assert_eq!(orm_axum::PageQuery::parse("per_page=30").per_page()?, 30);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn per_page(&self) -> Result<u64> {
        self.check()?;
        Ok(self.rows())
    }

    fn rows(&self) -> u64 {
        self.per_page.unwrap_or(self.default_per_page).min(self.max_per_page)
    }

    /// The cursor behind which the page begins.
    ///
    /// ```
    /// assert_eq!(orm_axum::PageQuery::parse("after=1.abc").after(), Some("1.abc"));
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    fn check(&self) -> Result<()> {
        // A page that no database can count to is not there either.
        let last_row = self.page.unwrap_or(1).checked_mul(self.rows());
        let is_countable = last_row.is_some_and(|row| i64::try_from(row).is_ok());
        if self.nonsense || !is_countable { Err(no_page()) } else { Ok(()) }
    }

    /// The page, if it is there: the first is always.
    pub(crate) fn found<T>(&self, page: Page<T>) -> Result<Page<T>> {
        if page.items.is_empty() && page.page > 1 { Err(no_page()) } else { Ok(page) }
    }

    /// Where another page of the same query is, relative to this request: `?search=rust&page=4`.
    ///
    /// ```
    /// let asked = orm_axum::PageQuery::parse("search=rust+lang&page=3&per_page=10");
    /// assert_eq!(asked.url(4), "?search=rust+lang&per_page=10&page=4");
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn url(&self, page: u64) -> String {
        self.with("page", &page.to_string())
    }

    /// Where the page behind a cursor is: `?search=rust&after=..`.
    ///
    /// ```
    /// let asked = orm_axum::PageQuery::parse("search=rust");
    /// assert_eq!(asked.url_after("1.abc"), "?search=rust&after=1.abc");
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn url_after(&self, cursor: &str) -> String {
        self.with("after", cursor)
    }

    fn with(&self, name: &str, value: &str) -> String {
        let mut query = Serializer::new("?".to_owned());
        query = Serializer::for_suffix(query.finish(), 1);
        query.extend_pairs(&self.others);
        if let Some(rows) = self.per_page {
            query.append_pair("per_page", &rows.to_string());
        }
        query.append_pair(name, value);
        query.finish()
    }

    /// The links to the first, previous, next and last page, for the header of a response.
    ///
    /// ```
    /// use orm::Page;
    ///
    /// let asked = orm_axum::PageQuery::parse("page=2");
    /// let links = asked.links(&Page { items: vec![4, 5, 6], page: 2, per_page: 3, total: 7 });
    /// assert_eq!(
    ///     links.to_string(),
    ///     r#"<?page=1>; rel="first", <?page=1>; rel="prev", <?page=3>; rel="next", <?page=3>; rel="last""#,
    /// );
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn links<T>(&self, page: &Page<T>) -> Links {
        let last = page.pages().max(1);
        let mut links = vec![("first", self.url(1))];
        if page.has_previous() {
            links.push(("prev", self.url((page.page - 1).min(last))));
        }
        if page.has_next() {
            links.push(("next", self.url(page.page + 1)));
        }
        links.push(("last", self.url(last)));
        Links(links)
    }

    /// The same for a page by a cursor, which knows its neighbours only.
    ///
    /// ```
    /// let asked = orm_axum::PageQuery::parse("");
    /// let page = orm::KeysetPage { items: vec![1, 2], next: Some("1.abc".into()), previous: None };
    /// assert_eq!(asked.links_after(&page).to_string(), r#"<?after=1.abc>; rel="next""#);
    /// # Ok::<(), orm_axum::Error>(())
    /// ```
    pub fn links_after<T>(&self, page: &KeysetPage<T>) -> Links {
        let link =
            |relation, cursor: &Option<String>| cursor.as_deref().map(|cursor| (relation, self.url_after(cursor)));
        Links([link("prev", &page.previous), link("next", &page.next)].into_iter().flatten().collect())
    }
}

/// The first page, as long as it is by default.
impl Default for PageQuery {
    fn default() -> PageQuery {
        PageQuery::parse("")
    }
}

fn no_page() -> Error {
    Error::new(StatusCode::NOT_FOUND, "there is no such page")
}

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<PageQuery, Infallible> {
        Ok(PageQuery::parse(parts.uri.query().unwrap_or_default()))
    }
}

/// The `Link` header of a page, after [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288): put before the body of a response. Made by
/// [`PageQuery::links`].
///
/// ```
/// use axum::response::IntoResponse;
///
/// let asked = orm_axum::PageQuery::default();
/// let page = orm::Page { items: vec![1], page: 1, per_page: 1, total: 1 };
/// let response = (asked.links(&page), "the page").into_response();
/// assert_eq!(response.headers()["link"], r#"<?page=1>; rel="first", <?page=1>; rel="last""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links(Vec<(&'static str, String)>);

impl std::fmt::Display for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (relation, url)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}<{url}>; rel=\"{relation}\"")?;
        }
        Ok(())
    }
}

impl IntoResponseParts for Links {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> std::result::Result<ResponseParts, Infallible> {
        // What a form encodes is in ASCII.
        if let (false, Ok(value)) = (self.0.is_empty(), HeaderValue::try_from(self.to_string())) {
            parts.headers_mut().append(header::LINK, value);
        }
        Ok(parts)
    }
}
