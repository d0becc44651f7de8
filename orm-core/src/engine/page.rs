//! `Page`: one page of a result, in Flask-SQLAlchemy's terms.

use crate::error::{Error, ErrorKind, Result};
use crate::query::node::SelectBody;
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
        self.total.div_ceil(self.per_page)
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
}
