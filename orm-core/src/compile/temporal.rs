//! Dates and times as text: their parts, sums, and the server's clock.

use super::writer::SqlWriter;
use crate::dialect::Calendar;
use crate::error::Result;
use crate::query::node::Node;
use crate::query::scalar::Part;
use crate::value::Type;

impl<'q> SqlWriter<'q, '_> {
    /// One part of a date or time, an integer.
    pub(super) fn part(&mut self, of: &'q Node, part: Part) -> Result<()> {
        let (word, format) = match part {
            Part::Year => ("YEAR", "%Y"),
            Part::Month => ("MONTH", "%m"),
            Part::Day => ("DAY", "%d"),
            Part::Hour => ("HOUR", "%H"),
            Part::Minute => ("MINUTE", "%M"),
            Part::Second => ("SECOND", "%S"),
        };
        match self.calendar() {
            Calendar::Postgres => {
                self.push("CAST(FLOOR(EXTRACT(");
                self.push(word);
                self.push(" FROM ");
                self.in_utc(of)?;
                self.push(")) AS BIGINT)");
            }
            Calendar::Sqlite => {
                self.push("CAST(STRFTIME('");
                self.push(format);
                self.push("', ");
                self.node(of)?;
                self.push(") AS INTEGER)");
            }
            Calendar::Mysql => {
                self.push("EXTRACT(");
                self.push(word);
                self.push(" FROM ");
                self.node(of)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// A date and time; a point in time as UTC has it, whatever the session's time zone is.
    fn in_utc(&mut self, of: &'q Node) -> Result<()> {
        if of.ty() != Some(Type::Timestamp) {
            return self.node(of);
        }
        self.push("(");
        self.node(of)?;
        self.push(" AT TIME ZONE 'UTC')");
        Ok(())
    }

    /// The date of a date and time.
    pub(super) fn day(&mut self, of: &'q Node) -> Result<()> {
        match self.calendar() {
            Calendar::Sqlite => {
                self.push("SUBSTR(");
                self.node(of)?;
                self.push(", 1, 10)");
            }
            Calendar::Postgres | Calendar::Mysql => {
                self.push("CAST(");
                if self.calendar() == Calendar::Postgres {
                    self.in_utc(of)?
                } else {
                    self.node(of)?
                }
                self.push(" AS DATE)");
            }
        }
        Ok(())
    }

    /// The first moment of the year, month, day, hour, minute or second.
    pub(super) fn start_of(&mut self, of: &'q Node, part: Part, ty: Type) -> Result<()> {
        // What is left of a date and time, and what stands in place of the rest.
        let (word, length, rest) = match part {
            Part::Year => ("year", 4, "-01-01 00:00:00.000000"),
            Part::Month => ("month", 7, "-01 00:00:00.000000"),
            Part::Day => ("day", 10, " 00:00:00.000000"),
            Part::Hour => ("hour", 13, ":00:00.000000"),
            Part::Minute => ("minute", 16, ":00.000000"),
            Part::Second => ("second", 19, ".000000"),
        };
        let rest = if ty == Type::Date { &rest[..10 - length] } else { rest };
        match self.calendar() {
            Calendar::Postgres => {
                self.push(if ty == Type::Date { "CAST(" } else { "(" });
                self.push(&format!("DATE_TRUNC('{word}', "));
                if ty == Type::Date {
                    self.push("CAST(");
                    self.node(of)?;
                    self.push(" AS TIMESTAMP)) AS DATE)");
                    return Ok(());
                }
                self.in_utc(of)?;
                self.push(if ty == Type::Timestamp { ") AT TIME ZONE 'UTC')" } else { "))" });
            }
            // Texts sort as the moments do, and so are cut as these are.
            Calendar::Sqlite => {
                self.push("(SUBSTR(");
                self.node(of)?;
                self.push(&format!(", 1, {length}) || '{rest}')"));
            }
            Calendar::Mysql => {
                self.push("CAST(CONCAT(SUBSTR(");
                self.node(of)?;
                self.push(&format!(", 1, {length}), '{rest}') AS "));
                self.cast_name(ty)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// So many days of 24 hours later.
    pub(super) fn plus_days(&mut self, of: &'q Node, days: &'q Node, ty: Type) -> Result<()> {
        match self.calendar() {
            Calendar::Postgres => {
                // A day of a point in time may have 23 hours where the session's time zone says so.
                let day = if ty == Type::Timestamp { " * INTERVAL '24 hours')" } else { " * INTERVAL '1 day')" };
                self.push(if ty == Type::Date { "CAST((" } else { "(" });
                self.node(of)?;
                self.push(" + ");
                self.number(days)?;
                self.push(day);
                self.push(if ty == Type::Date { " AS DATE)" } else { "" });
                Ok(())
            }
            // What follows the date stays as it is, so that microseconds are not lost.
            Calendar::Sqlite => self.spliced(of, days, "'%Y-%m-%d'", 10, " || ' days'"),
            Calendar::Mysql => self.date_add(of, days, " DAY)"),
        }
    }

    /// So many seconds later.
    pub(super) fn plus_seconds(&mut self, of: &'q Node, seconds: &'q Node) -> Result<()> {
        match self.calendar() {
            Calendar::Postgres => {
                self.push("(");
                self.node(of)?;
                self.push(" + ");
                self.number(seconds)?;
                self.push(" * INTERVAL '1 second')");
                Ok(())
            }
            Calendar::Sqlite => self.spliced(of, seconds, "'%Y-%m-%d %H:%M:%S'", 19, " || ' seconds'"),
            Calendar::Mysql => self.date_add(of, seconds, " SECOND)"),
        }
    }

    /// The first characters of a date's text moved by an interval, and the others as they are.
    fn spliced(&mut self, of: &'q Node, by: &'q Node, format: &str, length: usize, unit: &str) -> Result<()> {
        self.push(&format!("(STRFTIME({format}, SUBSTR("));
        self.node(of)?;
        self.push(&format!(", 1, {length}), "));
        self.number(by)?;
        self.push(unit);
        self.push(") || SUBSTR(");
        self.node(of)?;
        self.push(&format!(", {}))", length + 1));
        Ok(())
    }

    fn date_add(&mut self, of: &'q Node, by: &'q Node, unit: &str) -> Result<()> {
        self.push("DATE_ADD(");
        self.node(of)?;
        self.push(", INTERVAL ");
        self.number(by)?;
        self.push(unit);
        Ok(())
    }

    /// A number beside an operator: a value says its type, anything longer stands in parentheses.
    fn number(&mut self, node: &'q Node) -> Result<()> {
        if matches!(node, Node::Bind { .. }) { self.node(node) } else { self.operand(node) }
    }

    /// The server's clock.
    pub(super) fn now(&mut self, ty: Type) -> Result<()> {
        let text = match (self.calendar(), ty) {
            (Calendar::Postgres, Type::Timestamp) => "CURRENT_TIMESTAMP",
            (Calendar::Postgres, Type::Date) => "CAST((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AS DATE)",
            (Calendar::Postgres, _) => "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
            (Calendar::Sqlite, Type::Date) => "STRFTIME('%Y-%m-%d', 'now')",
            (Calendar::Sqlite, _) => "(STRFTIME('%Y-%m-%d %H:%M:%f', 'now') || '000')",
            (Calendar::Mysql, Type::Date) => "UTC_DATE()",
            (Calendar::Mysql, _) => "UTC_TIMESTAMP(6)",
        };
        self.push(text);
        Ok(())
    }
}
