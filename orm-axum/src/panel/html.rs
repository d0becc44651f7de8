//! The panel as HTML. What comes from the program or the database is escaped.

use orm::{Recorded, Recorder};
use std::collections::HashMap;
use std::fmt::{self, Display, Write};
use std::time::Duration;

/// A statement that was sent so often is marked.
const REPEATED: usize = 3;

pub(super) struct Panel {
    statements: Vec<Recorded>,
    /// How many were sent, kept or not, and how long they took.
    total: u64,
    time: Duration,
    /// How long the whole request took.
    request: Duration,
}

impl Panel {
    pub(super) fn of(recorder: &Recorder, request: Duration) -> Panel {
        Panel { statements: recorder.statements(), total: recorder.total(), time: recorder.time(), request }
    }

    /// After <https://www.w3.org/TR/server-timing/>: times are in milliseconds.
    pub(super) fn server_timing(&self) -> String {
        format!("db;dur={};desc=\"{} statements\", total;dur={}", Ms(self.time), self.total, Ms(self.request))
    }

    pub(super) fn html(&self) -> String {
        let mut html = String::new();
        // Writing to a `String` does not fail.
        let _ = self.write(&mut html);
        html
    }

    fn write(&self, html: &mut String) -> fmt::Result {
        let times = self.times();
        let repeated = times.values().filter(|&&times| times >= REPEATED).count();
        let class = if repeated > 0 { " orm-panel-warns" } else { "" };
        write!(html, "<style>{STYLE}</style><details class=\"orm-panel{class}\"><summary>")?;
        write!(html, "{} in {} ms of {} ms", Statements(self.total), Ms(self.time), Ms(self.request))?;
        if repeated > 0 {
            write!(html, " · {repeated} repeated")?;
        }
        html.push_str("</summary><div><table><caption>Statements of this page</caption><thead><tr>");
        for title in ["", "ms", "rows", "statement", "from"] {
            write!(html, "<th scope=\"col\">{title}</th>")?;
        }
        html.push_str("</tr></thead><tbody>");
        let kept = u64::try_from(self.statements.len()).unwrap_or(u64::MAX);
        let skipped = self.total.saturating_sub(kept);
        for (at, statement) in (skipped + 1..).zip(&self.statements) {
            let repeats = times.get(&*statement.sql).copied().unwrap_or(1);
            row(html, at, statement, repeats)?;
        }
        html.push_str("</tbody></table></div></details>");
        Ok(())
    }

    /// How often each text was sent. The ends of transactions are no sign of anything.
    fn times(&self) -> HashMap<&str, usize> {
        let mut times = HashMap::new();
        let telling = |statement: &&Recorded| statement.table.is_some() || statement.operation == "SELECT";
        for statement in self.statements.iter().filter(telling) {
            *times.entry(&*statement.sql).or_default() += 1;
        }
        times
    }
}

fn row(html: &mut String, at: u64, statement: &Recorded, repeats: usize) -> fmt::Result {
    let class = match (&statement.error, repeats >= REPEATED) {
        (Some(_), _) => " class=\"orm-panel-failed\"",
        (None, true) => " class=\"orm-panel-repeated\"",
        (None, false) => "",
    };
    let (ms, rows) = (Ms(statement.duration), statement.rows);
    write!(html, "<tr{class}><td>{at}</td><td>{ms}</td><td>{rows}</td><td>")?;
    if repeats >= REPEATED {
        write!(html, "<strong>{repeats} times on this page</strong> ")?;
    }
    write!(html, "<code>{}</code>", Escaped(&statement.sql))?;
    if let Some(batch) = statement.batch {
        write!(html, " for {batch} rows of values")?;
    }
    if let Some(error) = &statement.error {
        write!(html, " <strong>failed: {}</strong>", Escaped(error))?;
    }
    write!(html, "</td><td>{}:{}</td></tr>", Escaped(statement.location.file()), statement.location.line())
}

struct Statements(u64);

impl Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 statement"),
            many => write!(f, "{many} statements"),
        }
    }
}

struct Ms(Duration);

impl Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0.as_secs_f64() * 1000.0)
    }
}

struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

const STYLE: &str = "\
.orm-panel{position:fixed;right:0;bottom:0;z-index:2147483647;max-width:100vw;font:13px/1.5 ui-monospace,monospace;color:#e8e8ea;background:#1c1c22;border-radius:.5rem 0 0 0;text-align:left}\
.orm-panel summary{padding:.35rem .8rem;cursor:pointer}\
.orm-panel summary:focus-visible{outline:3px solid #7db4ff;outline-offset:-3px}\
.orm-panel-warns summary{background:#7a4a00;border-radius:.5rem 0 0 0}\
.orm-panel>div{max-height:60vh;overflow:auto}\
.orm-panel table{border-collapse:collapse;width:100%;margin:0}\
.orm-panel caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\
.orm-panel th,.orm-panel td{padding:.25rem .8rem;vertical-align:top;border:0;border-top:1px solid #3a3a44;color:inherit;background:transparent}\
.orm-panel td:nth-child(-n+3){text-align:right;font-variant-numeric:tabular-nums}\
.orm-panel code{white-space:pre-wrap;overflow-wrap:anywhere;color:inherit;background:none;padding:0;font:inherit}\
.orm-panel-repeated{background:#5a3800}\
.orm-panel-failed{background:#6b1620}";
