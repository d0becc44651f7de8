//! What a `Db` answers with one query: a row or 404, a page.

use crate::db::Db;
use crate::error::{Error, Result};
use crate::found::SessionExt;
use crate::page::PageQuery;
use orm::{ErrorKind, Fetch, IntoKey, KeysetPage, Model, Output, Page, Scope, Select};

impl Db {
    /// The row with a key, as a plain struct, or 404.
    ///
    /// # Errors
    /// 404, and as [`read`](Db::read).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone, Debug)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// assert_eq!(db.get_or_404::<User>(7).await.unwrap_err().status(), 404);
    /// # Ok(()) }
    /// ```
    pub async fn get_or_404<M: Model>(&self, key: impl IntoKey<M> + Send + 'static) -> Result<M> {
        self.read(move |session| {
            let found = session.get_or_404::<M>(key)?;
            session.expunge(found).ok_or_else(Error::not_found)
        })
        .await
    }

    /// The first row of a query, or 404.
    ///
    /// # Errors
    /// 404, and as [`read`](Db::read).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone, Debug)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// let newest = db.first_or_404(select::<User>().order_by(|u| u.id.desc())).await;
    /// assert_eq!(newest.unwrap_err().status(), 404);
    /// # Ok(()) }
    /// ```
    pub async fn first_or_404<T: Send + 'static, Q: Fetch<T> + Send + 'static>(&self, query: Q) -> Result<T> {
        self.read(move |session| session.rows(query.at_most(1))?.pop().ok_or_else(Error::not_found)).await
    }

    /// The only row of a query, or 404. Several are an error of the program: 500.
    ///
    /// # Errors
    /// 404, `MultipleRows`, and as [`read`](Db::read).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone, Debug)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// let alice = db.one_or_404(select::<User>().filter(|u| u.username.eq("alice"))).await;
    /// assert_eq!(alice.unwrap_err().status(), 404);
    /// # Ok(()) }
    /// ```
    pub async fn one_or_404<T: Send + 'static, Q: Fetch<T> + Send + 'static>(&self, query: Q) -> Result<T> {
        self.read(move |session| {
            let mut rows = session.rows(query.at_most(2))?;
            match (rows.pop(), rows.pop()) {
                (Some(row), None) => Ok(row),
                (None, _) => Err(Error::not_found()),
                (Some(_), Some(_)) => Err(orm::Error::new(ErrorKind::MultipleRows, "one row was expected").into()),
            }
        })
        .await
    }

    /// The page of a query that a request asks for, of plain rows, and how many there are in all. Order the query by something unique.
    ///
    /// # Errors
    /// 404 for a page behind the last one, unless it is the first; as [`read`](Db::read).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// use orm_axum::PageQuery;
    ///
    /// let asked = PageQuery::parse("page=1&per_page=5000"); // a handler takes `asked: PageQuery`
    /// let page: Page<User> = db.paginate(select::<User>().order_by(|u| u.id), &asked).await?;
    /// assert_eq!((page.total, page.per_page), (0, 100)); // the most rows on a page, unless said otherwise
    /// # Ok(()) }
    /// ```
    pub async fn paginate<S, O>(&self, query: Select<S, O>, asked: &PageQuery) -> Result<Page<O::Plain>>
    where
        S: Scope + Send + 'static,
        O: Output + Send + 'static,
        O::Plain: Send + 'static,
    {
        let (number, per_page) = (asked.page()?, asked.per_page()?);
        asked.found(self.read(move |session| Ok(session.paginate_rows(query, number, per_page)?)).await?)
    }

    /// The page of a query behind the cursor that a request brings, of plain rows: as fast on page 10 000 as on the first, and no row
    /// comes twice when others are added. See [`Connection::paginate_after`](orm::Connection::paginate_after).
    ///
    /// # Errors
    /// 400 for a text that is no cursor of this query; as [`read`](Db::read).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
    /// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
    /// use orm_axum::PageQuery;
    ///
    /// let asked = PageQuery::parse("after=nonsense");
    /// let page = db.paginate_after(select::<User>().order_by(|u| u.id), &asked).await;
    /// assert_eq!(page.map(|page| page.items.len()).unwrap_err().status(), 400);
    /// # Ok(()) }
    /// ```
    pub async fn paginate_after<S, O>(&self, query: Select<S, O>, asked: &PageQuery) -> Result<KeysetPage<O::Plain>>
    where
        S: Scope + Send + 'static,
        O: Output + Send + 'static,
        O::Plain: Send + 'static,
    {
        let (after, per_page) = (asked.after().map(str::to_owned), asked.per_page()?);
        self.read(move |session| Ok(session.paginate_rows_after(query, after.as_deref(), per_page)?)).await
    }
}
