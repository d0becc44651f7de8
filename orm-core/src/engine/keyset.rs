//! `paginate_after`: pages that are found by the values of the last row, and not by counting rows.

use super::connection::Connection;
use super::cursor::Cursor;
use super::execute::Run;
use crate::compile::Lifted;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::SelectBody;
use crate::query::{Keyset, Loader, Loads, Output, Scope, Select, column_types};
use crate::row::{Row, RowReader};
use crate::value::{Datum, Type};

/// A page of a query's rows, and the cursors of those around it.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let query = select::<User>().order_by(|u| u.username);
/// let first: KeysetPage<User> = connection.paginate_after(query.clone(), None, 2)?;
/// let second = connection.paginate_after(query, first.next.as_deref(), 2)?;
/// assert_eq!((first.items.len(), second.items[0].username.as_str()), (2, "carol"));
/// assert_eq!(second.next, None);
/// # Ok::<(), Error>(())
/// ```
///
/// With the feature `serde` it is written as `items`, `next` and `previous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysetPage<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// The cursor of the page behind this one; `None` when there is no row there.
    pub next: Option<String>,
    /// The cursor of the page before this one; `None` on the first.
    pub previous: Option<String>,
}

impl<T> KeysetPage<T> {
    /// The same page of other items.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let page: KeysetPage<User> = connection.paginate_after(select::<User>().order_by(|u| u.id), None, 2)?;
    /// let names: KeysetPage<String> = page.map(|user| user.username);
    /// assert_eq!((names.items[0].as_str(), names.next.is_some()), ("alice", true));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> KeysetPage<U> {
        let KeysetPage { items, next, previous } = self;
        KeysetPage { items: items.into_iter().map(convert).collect(), next, previous }
    }
}

#[cfg(feature = "serde")]
impl<T: serde::Serialize> serde::Serialize for KeysetPage<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let KeysetPage { items, next, previous } = self;
        let mut written = serializer.serialize_struct("KeysetPage", 3)?;
        written.serialize_field("items", items)?;
        written.serialize_field("next", next)?;
        written.serialize_field("previous", previous)?;
        written.end()
    }
}

/// One page that is being read.
pub(crate) struct Paging {
    keyset: Keyset,
    types: Vec<Type>,
    /// Where the order's values begin in a row.
    width: usize,
    /// What the page is read with.
    pub(crate) body: SelectBody,
    size: usize,
    backward: bool,
    /// True when it was found by a cursor.
    found: bool,
}

impl Paging {
    pub(crate) fn new(body: &SelectBody, after: Option<&str>, size: u64, dialect: &Dialect) -> Result<Paging> {
        if size == 0 {
            return Err(Error::new(ErrorKind::Misuse, "a page has at least one row"));
        }
        let keyset = Keyset::of(body, dialect.nulls_high)?;
        let cursor = after.map(|text| Cursor::read(text, keyset.fingerprint, keyset.types())).transpose()?;
        let backward = cursor.as_ref().is_some_and(|cursor| cursor.backward);
        let found = cursor.is_some();
        let page = keyset.page(body, cursor.map(|cursor| cursor.values), backward, size.saturating_add(1));
        let mut own = Vec::new();
        body.columns.iter().for_each(|column| column_types(column, &mut own));
        let (types, size) = (keyset.types().collect(), usize::try_from(size).unwrap_or(usize::MAX));
        Ok(Paging { keyset, types, width: own.len(), body: page, size, backward, found })
    }

    /// The order's values of a row.
    pub(crate) fn key(&self, row: &dyn Row) -> Result<Vec<Datum<'static>>> {
        let value = |(at, ty)| row.value(self.width + at, ty).map(Datum::into_owned);
        self.types.iter().enumerate().map(value).collect()
    }

    /// The page, of the rows that were read and their values.
    pub(crate) fn finish<T>(self, mut rows: Vec<(T, Vec<Datum<'static>>)>) -> Result<KeysetPage<T>> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        if self.backward {
            rows.reverse();
        }
        let fingerprint = self.keyset.fingerprint;
        let cursor = |row: Option<&(T, Vec<Datum<'static>>)>, is_there, backward| match row.filter(|_| is_there) {
            Some((_, key)) => Cursor { backward, fingerprint, values: key.clone() }.write().map(Some),
            None => Ok(None),
        };
        let next = cursor(rows.last(), more || self.backward, false)?;
        let previous = cursor(rows.first(), if self.backward { more } else { self.found }, true)?;
        Ok(KeysetPage { items: rows.into_iter().map(|(item, _)| item).collect(), next, previous })
    }
}

impl Run<'_> {
    pub(crate) fn page_after<O: Output>(
        &mut self,
        body: &SelectBody,
        after: Option<&str>,
        size: u64,
    ) -> Result<KeysetPage<O::Plain>> {
        let paging = Paging::new(body, after, size, self.channel.dialect())?;
        let mut loads = Loads::new(&paging.body.loads, paging.width + paging.types.len());
        let mut partials = Vec::new();
        self.select(&paging.body, &mut |row| {
            loads.restart();
            partials.push((O::partial(&mut RowReader::new(row, 0), &mut loads)?, paging.key(row)?));
            Ok(())
        })?;
        // Of the row that only tells that there are more, nothing is loaded that another row does not need; it is rare and one.
        loads.restart();
        // What is loaded sees what its query sees.
        let lifted = Lifted { inner: self.resolve, scoping: body.scoping };
        O::run_loads(&mut loads, &mut Run { channel: &mut *self.channel, resolve: &lifted, streamed: false })?;
        let mut rows = Vec::with_capacity(partials.len());
        for (partial, key) in partials {
            loads.restart();
            rows.push((O::complete(partial, &mut loads)?, key));
        }
        paging.finish(rows)
    }
}

impl Connection {
    /// The page of a query behind a cursor, or the first page. It costs the same however far behind it is, and rows that are
    /// inserted or deleted before it neither repeat a row nor hide one: for long lists, better than
    /// [`paginate`](Connection::paginate), which can jump to a number.
    ///
    /// The rows go along the query's order and, so that no two are equal, the primary keys of its tables. An index on these
    /// columns helps. The cursor is the text of the last row's values in that order, fit for a URL; it is neither secret nor
    /// signed, and what it says is only ever bound as values. It is good for this order, with whatever filter.
    ///
    /// # Errors
    /// `InvalidCursor` for a text that is no cursor of this order; `Misuse` for a size of 0, a query with a limit, an offset or
    /// `distinct`, one of tables that are queries themselves, and an order by a window function; as [`all`](Connection::all).
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let best = || select::<Post>().order_by(|p| p.score.desc());
    /// let mut titles = Vec::new();
    /// let mut page = connection.paginate_after(best(), None, 2)?;
    /// loop {
    ///     titles.extend(page.items.into_iter().map(|post| post.title));
    ///     let Some(next) = page.next else { break };
    ///     page = connection.paginate_after(best(), Some(&next), 2)?;
    /// }
    /// assert_eq!(titles, ["Hello", "A walk", "Rust for breakfast"]);
    /// let error = connection.paginate_after(best(), Some("page 2"), 2).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn paginate_after<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        after: Option<&str>,
        size: u64,
    ) -> Result<KeysetPage<O::Plain>> {
        self.run().page_after::<O>(query.body(), after, size)
    }
}
