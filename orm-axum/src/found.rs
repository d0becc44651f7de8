//! `SessionExt`: what a session finds, or 404.

use crate::error::{Error, Result};
use crate::page::PageQuery;
use orm::{FetchManaged, Handle, IntoKey, Model, Output, Page, Scope, Select, Session};

/// The queries of a session that answer with 404 where there is nothing.
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Model, Clone)] #[orm(table = "users")] struct User { #[orm(primary_key)] id: i64, username: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> orm_axum::Result<()> {
/// # let db = orm_axum::Db::from_config([("DATABASE_URI", "sqlite::memory:")])?; db.create_all(Schema::of::<User>()).await?;
/// use orm_axum::SessionExt;
///
/// let renamed = db
///     .run(|session| {
///         let user = session.get_or_404::<User>(7)?;
///         session[user].username = "bob".into();
///         Ok(())
///     })
///     .await;
/// assert_eq!(renamed.unwrap_err().status(), 404);
/// # Ok(()) }
/// ```
pub trait SessionExt {
    /// The object with a key.
    ///
    /// # Errors
    /// 404, and as [`Session::get`].
    fn get_or_404<M: Model>(&mut self, key: impl IntoKey<M>) -> Result<Handle<M>>;

    /// The first row of a query.
    ///
    /// # Errors
    /// 404, and as [`Session::first`].
    fn first_or_404<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<T>;

    /// The only row of a query.
    ///
    /// # Errors
    /// 404, and as [`Session::one_or_none`].
    fn one_or_404<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<T>;

    /// The page of a query that a request asks for: of handles, where [`Db::paginate`](crate::Db::paginate) has plain rows.
    ///
    /// # Errors
    /// 404 for a page behind the last one, unless it is the first; as [`Session::paginate`].
    fn page<S: Scope, O: Output>(&mut self, query: Select<S, O>, asked: &PageQuery) -> Result<Page<O::Managed>>;
}

impl SessionExt for Session {
    #[track_caller]
    fn get_or_404<M: Model>(&mut self, key: impl IntoKey<M>) -> Result<Handle<M>> {
        self.get(key)?.ok_or_else(Error::not_found)
    }

    #[track_caller]
    fn first_or_404<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<T> {
        self.first(query)?.ok_or_else(Error::not_found)
    }

    #[track_caller]
    fn one_or_404<T, Q: FetchManaged<T>>(&mut self, query: Q) -> Result<T> {
        self.one_or_none(query)?.ok_or_else(Error::not_found)
    }

    #[track_caller]
    fn page<S: Scope, O: Output>(&mut self, query: Select<S, O>, asked: &PageQuery) -> Result<Page<O::Managed>> {
        asked.found(self.paginate(query, asked.page()?, asked.per_page()?)?)
    }
}
