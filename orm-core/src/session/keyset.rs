//! `paginate_after` in a session.

use super::Session;
use crate::engine::{KeysetPage, Paging};
use crate::error::Result;
use crate::query::{Output, Scope, Select};
use crate::row::RowReader;

impl Session {
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
    pub fn paginate_after<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        after: Option<&str>,
        size: u64,
    ) -> Result<KeysetPage<O::Managed>> {
        self.prepare()?;
        let dialect = self.channel.as_ref().expect("the transaction was begun").dialect();
        let paging = Paging::new(query.body(), after, size, dialect)?;
        let rows = self.fetch_with(&paging.body, &mut |objects, row| {
            Ok((O::manage(objects, &mut RowReader::new(row, 0))?, paging.key(row)?))
        })?;
        paging.finish(rows)
    }
}
