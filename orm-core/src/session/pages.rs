//! Pages of a query in a session, by number and by cursor.

use super::Session;
use super::objects::Objects;
use crate::engine::{KeysetPage, Page, Paging};
use crate::error::Result;
use crate::query::{Output, Scope, Select};
use crate::row::{Row, RowReader};

impl Session {
    /// One page of a query and how many rows there are in all; pages count from 1. Order the query by something unique, or
    /// rows may come twice.
    ///
    /// # Errors
    /// `Misuse` for page 0, a page size of 0 or a limit with ties, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let page: Page<Handle<User>> = session.paginate(select::<User>().order_by(|u| u.id), 1, 2)?;
    /// assert_eq!((session[page.items[1]].username.as_str(), page.pages()), ("bob", 2));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        page: u64,
        per_page: u64,
    ) -> Result<Page<O::Managed>> {
        Page::<()>::check(page, per_page)?;
        self.prepare(query.body().bind())?;
        let counted = Page::<()>::counted(query.body())?;
        let total = self.run(|run| run.count(&counted))?;
        let items = self.fetch(&query.limit(per_page).offset((page - 1).saturating_mul(per_page)))?;
        Ok(Page { items, page, per_page, total })
    }

    /// The page of a query behind a cursor, or the first page; see [`Connection::paginate_after`](crate::Connection::paginate_after).
    ///
    /// # Errors
    /// As there, and as [`all`](Session::all).
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let by_name = || select::<User>().order_by(|u| u.username);
    /// let first: KeysetPage<Handle<User>> = session.paginate_after(by_name(), None, 2)?;
    /// let second = session.paginate_after(by_name(), first.next.as_deref(), 2)?;
    /// assert_eq!(session[second.items[0]].username, "carol");
    /// let again = session.paginate_after(by_name(), second.previous.as_deref(), 2)?;
    /// assert_eq!(again.items, first.items);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate_after<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        after: Option<&str>,
        size: u64,
    ) -> Result<KeysetPage<O::Managed>> {
        self.prepare(query.body().bind())?;
        let dialect = self.channel.as_ref().expect("the transaction was begun").dialect();
        let paging = Paging::new(query.body(), after, size, dialect)?;
        let manage = &mut |objects: &mut Objects, row: &dyn Row| {
            Ok((O::manage(objects, &mut RowReader::new(row, 0))?, paging.key(row)?))
        };
        let rows = self.fetch_with(&paging.body, manage, |loads, into| O::prefill_loads(loads, into))?;
        paging.finish(rows)
    }
    /// As [`paginate`](Session::paginate), of plain rows: structs instead of handles, as [`rows`](Session::rows) gives them, and with what
    /// `.with(..)` loads.
    ///
    /// # Errors
    /// As there.
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let page: Page<(User, Vec<Post>)> = session.paginate_rows(select::<User>().order_by(|u| u.id).with(|u| u.posts), 1, 2)?;
    /// assert_eq!((page.items[0].1.len(), page.total), (2, 3));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate_rows<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        page: u64,
        per_page: u64,
    ) -> Result<Page<O::Plain>> {
        self.prepare(query.body().bind())?;
        self.run(|run| run.page(query, page, per_page))
    }

    /// As [`paginate_after`](Session::paginate_after), of plain rows.
    ///
    /// # Errors
    /// As there.
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// let page: KeysetPage<User> = session.paginate_rows_after(select::<User>().order_by(|u| u.username), None, 2)?;
    /// assert_eq!((page.items[1].username.as_str(), page.next.is_some()), ("bob", true));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate_rows_after<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        after: Option<&str>,
        size: u64,
    ) -> Result<KeysetPage<O::Plain>> {
        self.prepare(query.body().bind())?;
        self.run(|run| run.page_after::<O>(query.body(), after, size))
    }
}
