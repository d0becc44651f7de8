//! What a window may have beyond partition, order and a frame of rows: a name, groups, an exclusion. Knows no SQL text.

use super::window::{Excluded, Frame, FrameClause, FrameUnit, Window};

impl Window {
    /// Gives the window a name, under which it is written once for the whole query: its functions share it. The same name for
    /// another window in one query is a `Misuse` error when it is run.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let places = select::<Post>().order_by(|p| p.id).columns(|p| {
    ///     let by_author = |w: Window| w.partition_by(p.author).order_by(p.score.desc()).named("by_author");
    ///     (p.title, rank().over(by_author), lead(p.score, 1).over(by_author))
    /// });
    /// let text = places.to_sql(&orm_core::dialect::SQLITE)?.sql;
    /// assert!(text.contains("WINDOW \"by_author\" AS (PARTITION BY \"author_id\" ORDER BY \"score\" DESC)"));
    /// let rows: Vec<(String, i64, Option<f64>)> = connection.all(places)?;
    /// assert_eq!(rows[0], ("Hello".into(), 1, Some(2.0)));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn named(mut self, name: &str) -> Window {
        self.name = Some(name.to_owned());
        self
    }

    /// Only so many groups around the current row's: a group are the rows that are equal in the order, which must be said.
    /// MySQL and MariaDB do not have it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let near = select::<User>().order_by(|u| u.id).columns(|u| {
    ///     count(u).over(|w| w.order_by(u.admin).groups_between(Frame::Preceding(1), Frame::CurrentRow))
    /// });
    /// assert_eq!(connection.all(near)?, [3, 2, 2]); // alice is the admin
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn groups_between(self, start: Frame, end: Frame) -> Window {
        self.framed(FrameUnit::Groups, start, end)
    }

    /// Leaves rows out of the frame. MySQL and MariaDB do not have it.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let others = select::<User>().order_by(|u| u.id).columns(|u| count(u).over(|w| w.exclude(Excluded::CurrentRow)));
    /// assert_eq!(connection.all(others)?, [2, 2, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn exclude(mut self, rows: Excluded) -> Window {
        self.excluded = Some(rows);
        self
    }

    pub(super) fn framed(mut self, unit: FrameUnit, start: Frame, end: Frame) -> Window {
        self.frame = Some(FrameClause { unit, start, end });
        self
    }
}
