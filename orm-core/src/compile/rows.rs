//! Functions of several rows as text: aggregates, and window functions with their windows.

use super::window;
use super::writer::SqlWriter;
use crate::dialect::{AggregateFilter, Decimals, StringAgg};
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::{Aggregate, Node, Order};
use crate::query::window::{RowsCall, RowsFunction, Window};
use crate::value::{Datum, Type};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What a function of several rows may have beside its operand.
#[derive(Clone, Copy, Default)]
pub(super) struct Extras<'q> {
    filter: Option<&'q Node>,
    order: &'q [Order],
    over: Option<&'q Window>,
}

impl<'q> SqlWriter<'q, '_> {
    /// A function of several rows with a filter, an order or a window.
    pub(super) fn rows_call(&mut self, call: &'q RowsCall) -> Result<()> {
        check(call)?;
        let RowsCall { function, ty, of, filter, order, over } = call;
        let extras = Extras { filter: filter.as_ref(), order, over: over.as_ref() };
        let of = of.as_ref();
        match function {
            RowsFunction::Aggregate { function, distinct } => self.aggregate(*function, *ty, of, *distinct, extras),
            RowsFunction::ExactAverage => {
                let exact = self.decimal_text(*ty);
                self.push(if exact { "decimal_avg(" } else { "AVG(" });
                self.counted(of, false, extras)?;
                self.close(extras)
            }
            RowsFunction::StringAgg { separator } => self.string_agg(of, separator, extras),
            RowsFunction::ArrayAgg => self.array_agg(of, extras),
            RowsFunction::RowNumber => self.ranked("ROW_NUMBER()", extras),
            RowsFunction::Rank => self.ranked("RANK()", extras),
            RowsFunction::DenseRank => self.ranked("DENSE_RANK()", extras),
            RowsFunction::PercentRank => self.ranked("PERCENT_RANK()", extras),
            RowsFunction::CumeDist => self.ranked("CUME_DIST()", extras),
            RowsFunction::Ntile(parts) => self.ranked(&format!("NTILE({parts})"), extras),
            RowsFunction::Lag(rows) => self.positioned("LAG(", of, Some(*rows), extras),
            RowsFunction::Lead(rows) => self.positioned("LEAD(", of, Some(*rows), extras),
            RowsFunction::FirstValue => self.positioned("FIRST_VALUE(", of, None, extras),
            RowsFunction::LastValue => self.positioned("LAST_VALUE(", of, None, extras),
            RowsFunction::NthValue(number) => self.positioned("NTH_VALUE(", of, Some(*number), extras),
            RowsFunction::Other => Ok(()), // refused by the check
        }
    }

    fn decimal_text(&self, ty: Type) -> bool {
        ty == Type::Decimal && self.dialect.decimals == Decimals::Text
    }

    /// An aggregate with all that it may have.
    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        ty: Type,
        of: Option<&'q Node>,
        distinct: bool,
        extras: Extras<'q>,
    ) -> Result<()> {
        let decimal = self.decimal_text(ty);
        let cast = match function {
            // Decimals are averaged exactly; only the result becomes a float.
            Aggregate::Avg if decimal => Some("REAL"),
            Aggregate::Sum if matches!(ty, Type::I64 | Type::U32 | Type::U64) => self.dialect.functions.whole_sums,
            _ => None,
        };
        self.push(if cast.is_some() { "CAST(" } else { "" });
        self.push(match function {
            Aggregate::Count => "COUNT(",
            Aggregate::Sum if decimal => "decimal_sum(",
            Aggregate::Sum => "SUM(",
            Aggregate::Avg if decimal => "decimal_avg(",
            Aggregate::Avg => "AVG(",
            Aggregate::Min => "MIN(",
            Aggregate::Max => "MAX(",
        });
        self.push(if distinct { "DISTINCT " } else { "" });
        self.counted(of, function == Aggregate::Count && !distinct, extras)?;
        // Decimals that are stored as text are compared as numbers.
        let compares = distinct || matches!(function, Aggregate::Min | Aggregate::Max);
        if let Some(ty) = of.and_then(Node::ty).filter(|_| compares) {
            self.collation(ty);
        }
        self.close(extras)?;
        if let Some(ty) = cast {
            let _ = write!(self.sql, " AS {ty})");
        }
        Ok(())
    }

    /// The operand; with a filter inside where there is no clause for it.
    fn counted(&mut self, of: Option<&'q Node>, counts: bool, extras: Extras<'q>) -> Result<()> {
        let inside = extras.filter.filter(|_| self.dialect.functions.filter == AggregateFilter::Case);
        let Some(condition) = inside else { return self.counted_value(of, counts, "*") };
        self.push("CASE WHEN ");
        self.node(condition)?;
        self.push(" THEN ");
        self.counted_value(of, counts, "1")?;
        self.push(" END");
        Ok(())
    }

    fn counted_value(&mut self, of: Option<&'q Node>, counts: bool, every_row: &str) -> Result<()> {
        match of {
            None => {
                self.push(every_row);
                Ok(())
            }
            // The columns of a reference are NULL together.
            Some(Node::Column { at, ty }) if counts && ty.width() > 1 => self.column(*at, 0),
            Some(of) => self.argument(of),
        }
    }

    /// The end of an aggregate: its parenthesis, filter and window.
    fn close(&mut self, extras: Extras<'q>) -> Result<()> {
        self.push(")");
        if let Some(condition) = extras.filter
            && self.dialect.functions.filter == AggregateFilter::Clause
        {
            self.push(" FILTER (WHERE ");
            self.node(condition)?;
            self.push(")");
        }
        self.window(extras.over)
    }

    fn string_agg(&mut self, of: Option<&'q Node>, separator: &'q str, extras: Extras<'q>) -> Result<()> {
        let form = self.dialect.functions.string_agg;
        if form == StringAgg::Separator && extras.over.is_some() {
            return self.unsupported("joined texts over a window");
        }
        self.push(if form == StringAgg::StringAgg { "STRING_AGG(" } else { "GROUP_CONCAT(" });
        self.counted(of, false, extras)?;
        if form != StringAgg::Separator {
            self.push(", ");
            self.value(Datum::Text(Cow::Borrowed(separator)))?;
        }
        self.own_order(extras)?;
        if form == StringAgg::Separator {
            self.separator(separator);
        }
        self.close(extras)
    }

    fn array_agg(&mut self, of: Option<&'q Node>, extras: Extras<'q>) -> Result<()> {
        if !self.dialect.arrays {
            return self.unsupported("arrays");
        }
        self.push("ARRAY_AGG(");
        self.counted(of, false, extras)?;
        self.own_order(extras)?;
        self.close(extras)
    }

    /// The order of the rows inside of an aggregate.
    fn own_order(&mut self, extras: Extras<'q>) -> Result<()> {
        if extras.order.is_empty() {
            return Ok(());
        }
        self.push(" ORDER BY ");
        self.list(", ", extras.order, |w, order| w.order(order))
    }

    /// The database wants a literal here and no value. In hexadecimal digits there is nothing to escape.
    fn separator(&mut self, separator: &str) {
        self.push(" SEPARATOR ");
        if separator.is_empty() {
            self.push("''");
            return;
        }
        self.push("0x");
        for byte in separator.bytes() {
            let _ = write!(self.sql, "{byte:02X}");
        }
    }

    fn ranked(&mut self, call: &str, extras: Extras<'q>) -> Result<()> {
        self.push(call);
        self.window(extras.over)
    }

    fn positioned(&mut self, name: &str, of: Option<&'q Node>, number: Option<u32>, extras: Extras<'q>) -> Result<()> {
        self.push(name);
        of.map_or(Ok(()), |of| self.single(of))?;
        if let Some(number) = number {
            let _ = write!(self.sql, ", {number}");
        }
        self.push(")");
        self.window(extras.over)
    }
}

/// Refuses what no database can do, before one says it in its own words.
fn check(call: &RowsCall) -> Result<()> {
    let RowsCall { function, ty: _, of: _, filter, order, over } = call;
    let distinct = matches!(function, RowsFunction::Aggregate { distinct: true, .. });
    let check_window = || over.as_ref().map_or(Ok(()), window::check);
    let fault = match function {
        RowsFunction::Other if over.is_some() => "`.over(..)` is for aggregates and window functions without a window",
        RowsFunction::Other if filter.is_some() => "`.filter(..)` on an expression is for aggregates",
        RowsFunction::Other => "`.order_by(..)` on an expression is for `string_agg` and `array_agg`",
        other if !other.is_aggregate() && over.is_none() => {
            "a window function needs its window: `.over(|w| w.order_by(..))`, or `.over(|w| w)` for all rows"
        }
        other if !other.is_aggregate() && filter.is_some() => "`.filter(..)` on an expression is for aggregates",
        _ if distinct && over.is_some() => "an aggregate of distinct values cannot have a window",
        RowsFunction::StringAgg { .. } if !order.is_empty() && over.is_some() => {
            "`string_agg` cannot have an order of its own and a window"
        }
        RowsFunction::ArrayAgg if !order.is_empty() && over.is_some() => {
            "`array_agg` cannot have an order of its own and a window"
        }
        RowsFunction::StringAgg { .. } | RowsFunction::ArrayAgg => return check_window(),
        _ if !order.is_empty() => {
            "`.order_by(..)` on an expression is for `string_agg` and `array_agg`; a window's order is said in `.over(..)`"
        }
        RowsFunction::Ntile(0) => "`ntile` needs at least one part",
        RowsFunction::NthValue(0) => "`nth_value` counts the rows from 1",
        _ => return check_window(),
    };
    Err(Error::new(ErrorKind::Misuse, fault))
}
