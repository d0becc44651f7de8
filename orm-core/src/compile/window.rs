//! Windows as text: `OVER (..)`, and the WINDOW clause for those with a name.

use super::select::Columns;
use super::writer::SqlWriter;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::SelectBody;
use crate::query::window::{Excluded, Frame, FrameClause, FrameUnit, Window};
use std::fmt::Write as _;

impl<'q> SqlWriter<'q, '_> {
    /// ` OVER ..`
    pub(super) fn window(&mut self, window: Option<&'q Window>) -> Result<()> {
        let Some(window) = window else { return Ok(()) };
        self.push(" OVER ");
        let Some(name) = &window.name else { return self.definition(window) };
        if !self.windows.contains(&window) {
            let message = format!("the window `{name}` stands outside of the columns and the order of a query");
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        self.ident(name);
        Ok(())
    }

    /// ` WINDOW name AS (..), ..`
    pub(super) fn named_windows(&mut self) -> Result<()> {
        if self.windows.is_empty() {
            return Ok(());
        }
        self.push(" WINDOW ");
        self.list(", ", self.windows.clone(), |w, window| {
            w.ident(window.name.as_deref().unwrap_or_default());
            w.push(" AS ");
            w.definition(window)
        })
    }

    fn definition(&mut self, window: &'q Window) -> Result<()> {
        let Window { name: _, partition, order, frame, excluded } = window;
        self.push("(");
        let mut space = "";
        if !partition.is_empty() {
            self.push("PARTITION BY ");
            self.keys(partition)?;
            space = " ";
        }
        if !order.is_empty() {
            self.push(space);
            self.push("ORDER BY ");
            self.list(", ", order, |w, order| w.order(order))?;
            space = " ";
        }
        // What is left out is said behind a frame, so the frame that is meant without one is said too.
        let meant = FrameClause { unit: FrameUnit::Range, start: Frame::UnboundedPreceding, end: Frame::CurrentRow };
        if let Some(frame) = frame.or(excluded.map(|_| meant)) {
            self.push(space);
            self.frame(frame)?;
        }
        if let Some(excluded) = excluded {
            if !self.dialect.clauses.frame_groups {
                return self.unsupported("rows that a window's frame leaves out");
            }
            self.push(match excluded {
                Excluded::CurrentRow => " EXCLUDE CURRENT ROW",
                Excluded::Group => " EXCLUDE GROUP",
                Excluded::Ties => " EXCLUDE TIES",
            });
        }
        self.push(")");
        Ok(())
    }

    fn frame(&mut self, frame: FrameClause) -> Result<()> {
        let FrameClause { unit, start, end } = frame;
        self.push(match unit {
            FrameUnit::Rows => "ROWS BETWEEN ",
            FrameUnit::Range => "RANGE BETWEEN ",
            FrameUnit::Groups if self.dialect.clauses.frame_groups => "GROUPS BETWEEN ",
            FrameUnit::Groups => return self.unsupported("a window's frame of groups"),
        });
        self.frame_end(start);
        self.push(" AND ");
        self.frame_end(end);
        Ok(())
    }

    fn frame_end(&mut self, bound: Frame) {
        let _ = match bound {
            Frame::UnboundedPreceding => write!(self.sql, "UNBOUNDED PRECEDING"),
            Frame::Preceding(rows) => write!(self.sql, "{rows} PRECEDING"),
            Frame::CurrentRow => write!(self.sql, "CURRENT ROW"),
            Frame::Following(rows) => write!(self.sql, "{rows} FOLLOWING"),
            Frame::UnboundedFollowing => write!(self.sql, "UNBOUNDED FOLLOWING"),
        };
    }
}

/// The windows with names of a query, each once.
///
/// # Errors
/// `Misuse` for a name that is empty or stands for two windows. Some databases do not tell `A` from `a`.
pub(super) fn named<'q>(body: &'q SelectBody, list: Columns) -> Result<Vec<&'q Window>> {
    let mut known: Vec<&'q Window> = Vec::new();
    let mut fault = None;
    let mut add = |window: &'q Window| {
        let Some(name) = &window.name else { return };
        let same = |other: &&&Window| other.name.as_ref().is_some_and(|n| n.to_lowercase() == name.to_lowercase());
        match known.iter().find(same) {
            _ if name.is_empty() => fault = Some("the name of a window is empty".to_owned()),
            None => known.push(window),
            Some(other) if **other == *window => {}
            Some(_) => fault = Some(format!("two windows of one query have the name `{name}`")),
        }
    };
    if list != Columns::Unread {
        body.columns.iter().for_each(|column| column.each_window(&mut add));
    }
    body.order.iter().for_each(|order| order.node.each_window(&mut add));
    match fault {
        None => Ok(known),
        Some(fault) => Err(Error::new(ErrorKind::Misuse, fault)),
    }
}

/// Refuses a window that no database has.
pub(super) fn check(window: &Window) -> Result<()> {
    let Some(FrameClause { unit, start, end }) = window.frame else { return Ok(()) };
    let runs_forward = match (start, end) {
        (Frame::UnboundedFollowing, _) | (_, Frame::UnboundedPreceding) => false,
        (Frame::Preceding(_), Frame::Preceding(_)) | (Frame::Following(_), Frame::Following(_)) => true,
        _ => start <= end,
    };
    let fault = if !runs_forward {
        "a frame ends before it starts: the start is said first"
    } else if unit == FrameUnit::Groups && window.order.is_empty() {
        "a frame of groups needs an order: a group are the rows that are equal in it"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Misuse, fault))
}
