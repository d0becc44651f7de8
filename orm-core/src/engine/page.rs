//! `Page`: one page of a result, and the numbers of the pages around it, in Flask-SQLAlchemy's terms.

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

use super::execute::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::SelectBody;
use crate::query::{Output, Scope, Select};
use std::borrow::Cow;

/// One page of a query's rows, and how many there are in all.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let page: Page<User> = connection.paginate(select::<User>().order_by(|u| u.id), 1, 2)?;
/// assert_eq!((page.items.len(), page.total, page.pages()), (2, 3, 2));
/// assert!(page.has_next() && !page.has_previous());
/// # Ok::<(), Error>(())
/// ```
///
/// With the feature `serde` it is written as `items`, `page`, `per_page`, `total`, `pages`, `has_next` and `has_previous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// The page's number, from 1.
    pub page: u64,
    /// The most rows on a page.
    pub per_page: u64,
    /// The number of rows on all pages.
    pub total: u64,
}

impl Run<'_> {
    /// The rows of one page, after all were counted.
    pub(crate) fn page<S: Scope, O: Output>(
        &mut self,
        query: Select<S, O>,
        page: u64,
        per_page: u64,
    ) -> Result<Page<O::Plain>> {
        Page::<()>::check(page, per_page)?;
        let total = self.count(&*Page::<()>::counted(query.body())?)?;
        let items = self.all(query.limit(per_page).offset((page - 1).saturating_mul(per_page)))?;
        Ok(Page { items, page, per_page, total })
    }
}

impl<T> Page<T> {
    pub(crate) fn check(page: u64, per_page: u64) -> Result<()> {
        if page == 0 || per_page == 0 {
            return Err(Error::new(ErrorKind::Misuse, "pages count from 1, and a page has at least one row"));
        }
        Ok(())
    }

    /// The query that counts the rows of all pages: only the rows of the page that is read are locked.
    ///
    /// # Errors
    /// `Misuse` for a limit with ties: a page ends after its number of rows. And for a query that changes rows, which would do so
    /// twice.
    pub(crate) fn counted(body: &SelectBody) -> Result<Cow<'_, SelectBody>> {
        if body.ties {
            return Err(Error::new(
                ErrorKind::Misuse,
                "a page has a limit of its own, so its query has no limit with ties",
            ));
        }
        if body.writes() {
            return Err(Error::new(
                ErrorKind::Misuse,
                "a page is read and counted by two statements, so its query cannot change rows in its WITH clause",
            ));
        }
        if body.lock.is_none() {
            return Ok(Cow::Borrowed(body));
        }
        Ok(Cow::Owned(SelectBody { lock: None, ..body.clone() }))
    }

    /// The number of pages; 0 when there is no row.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 1, per_page: 10, total: 21 };
    /// assert_eq!(page.pages(), 3);
    /// ```
    pub fn pages(&self) -> u64 {
        if self.per_page == 0 { 0 } else { self.total.div_ceil(self.per_page) }
    }

    /// Whether there is a page after this one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 3, per_page: 10, total: 21 };
    /// assert!(!page.has_next());
    /// ```
    pub fn has_next(&self) -> bool {
        self.page < self.pages()
    }

    /// Whether there is a page before this one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 3, per_page: 10, total: 21 };
    /// assert!(page.has_previous());
    /// ```
    pub fn has_previous(&self) -> bool {
        self.page > 1
    }

    /// The number of the page after this one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 2, per_page: 10, total: 21 };
    /// assert_eq!((page.previous_page(), page.next_page()), (Some(1), Some(3)));
    /// ```
    pub fn next_page(&self) -> Option<u64> {
        self.has_next().then(|| self.page + 1)
    }

    /// The number of the page before this one.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 1, per_page: 10, total: 21 };
    /// assert_eq!(page.previous_page(), None);
    /// ```
    pub fn previous_page(&self) -> Option<u64> {
        self.has_previous().then(|| self.page - 1)
    }

    /// The number of the page's first item among all of them, from 1; 0 for a page without items.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec!['k', 'l'], page: 2, per_page: 10, total: 12 };
    /// assert_eq!(format!("{} to {} of {}", page.first(), page.last(), page.total), "11 to 12 of 12");
    /// ```
    pub fn first(&self) -> u64 {
        match self.items.is_empty() {
            true => 0,
            false => self.page.saturating_sub(1).saturating_mul(self.per_page).saturating_add(1),
        }
    }

    /// The number of the page's last item among all of them; 0 for a page without items.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page: Page<User> = Page { items: Vec::new(), page: 1, per_page: 10, total: 0 };
    /// assert_eq!((page.first(), page.last()), (0, 0));
    /// ```
    pub fn last(&self) -> u64 {
        let behind_the_first = self.items.len().saturating_sub(1);
        self.first().saturating_add(u64::try_from(behind_the_first).unwrap_or(u64::MAX))
    }

    /// The numbers for a row of links to pages: those at both ends and around this one, and `None` for each gap between them.
    /// [`PageEdges`] says how many by default.
    ///
    /// Where one page alone is left out there is a gap, too. On a page behind the last one the numbers end where the gap begins.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 10, per_page: 10, total: 200 };
    /// let links = page.iter_pages().map(|number| number.map_or("..".into(), |number| number.to_string()));
    /// assert_eq!(links.collect::<Vec<_>>().join(" "), "1 2 .. 8 9 10 11 12 13 14 .. 19 20");
    /// ```
    pub fn iter_pages(&self) -> impl Iterator<Item = Option<u64>> + use<T> {
        self.iter_pages_with(PageEdges::default())
    }

    /// The same with other numbers of links.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let page = Page { items: vec![7], page: 4, per_page: 10, total: 200 };
    /// let few = PageEdges { left_edge: 1, left_current: 1, right_current: 1, right_edge: 0 };
    /// assert_eq!(page.iter_pages_with(few).collect::<Vec<_>>(), [Some(1), None, Some(3), Some(4), Some(5), None]);
    /// ```
    pub fn iter_pages_with(&self, edges: PageEdges) -> impl Iterator<Item = Option<u64>> + use<T> {
        let PageEdges { left_edge, left_current, right_current, right_edge } = edges;
        let pages = self.pages();
        // Each range ends with its last number.
        let left = left_edge.min(pages);
        let middle = self.page.saturating_sub(left_current).max(left.saturating_add(1));
        let middle_end = self.page.saturating_add(right_current).clamp(left, pages);
        let right = pages.saturating_sub(right_edge).max(middle_end);
        numbers(1, left)
            .chain(gap(left < pages && left.saturating_add(1) < middle))
            .chain(numbers(middle, middle_end))
            .chain(gap(middle_end < right))
            .chain(numbers(right.saturating_add(1), pages))
    }

    /// The same page of other items.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let page: Page<User> = connection.paginate(select::<User>().order_by(|u| u.id), 1, 2)?;
    /// let names: Page<String> = page.map(|user| user.username);
    /// assert_eq!((names.items[0].as_str(), names.total), ("alice", 3));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        let Page { items, page, per_page, total } = self;
        Page { items: items.into_iter().map(convert).collect(), page, per_page, total }
    }
}

/// How many pages a row of links shows: at both ends, and on both sides of the current page.
///
/// ```
/// # use orm_doc::*;
/// let wider = PageEdges { right_edge: 5, ..PageEdges::default() };
/// let page = Page { items: vec![7], page: 1, per_page: 10, total: 200 };
/// assert_eq!(page.iter_pages_with(wider).last(), Some(Some(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageEdges {
    /// Pages at the beginning; default 2.
    pub left_edge: u64,
    /// Pages before the current one; default 2.
    pub left_current: u64,
    /// Pages after the current one; default 4.
    pub right_current: u64,
    /// Pages at the end; default 2.
    pub right_edge: u64,
}

impl Default for PageEdges {
    fn default() -> PageEdges {
        PageEdges { left_edge: 2, left_current: 2, right_current: 4, right_edge: 2 }
    }
}

fn numbers(first: u64, last: u64) -> impl Iterator<Item = Option<u64>> {
    (first..=last).map(Some)
}

fn gap(is_there: bool) -> impl Iterator<Item = Option<u64>> {
    is_there.then_some(None).into_iter()
}

#[cfg(feature = "serde")]
impl<T: serde::Serialize> serde::Serialize for Page<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let Page { items, page, per_page, total } = self;
        let mut written = serializer.serialize_struct("Page", 7)?;
        written.serialize_field("items", items)?;
        written.serialize_field("page", page)?;
        written.serialize_field("per_page", per_page)?;
        written.serialize_field("total", total)?;
        written.serialize_field("pages", &self.pages())?;
        written.serialize_field("has_next", &self.has_next())?;
        written.serialize_field("has_previous", &self.has_previous())?;
        written.end()
    }
}
