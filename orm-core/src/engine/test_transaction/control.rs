//! What a text does to the transaction that it is sent in, seen from its first words. No parser: it knows statements that are nothing
//! but transaction control, and those that cannot stand within the transaction of a test.

use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// What a statement does to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// BEGIN, START TRANSACTION
    Begin { read_only: bool },
    /// COMMIT, END
    Commit,
    /// ROLLBACK, ABORT
    Rollback,
    /// SET TRANSACTION ISOLATION LEVEL
    Isolation,
    /// Anything else, with SAVEPOINT, RELEASE and ROLLBACK TO
    None,
}

/// Looks at a single statement.
///
/// # Errors
/// For one that would end the transaction of the test, or outlive it.
pub(super) fn of(sql: &str, dialect: &Dialect) -> Result<Control> {
    let words = Words(skip_blanks(sql));
    if words.begin("BEGIN") || words.begin("START TRANSACTION") {
        return Ok(Control::Begin { read_only: words.holds("READ ONLY") });
    }
    if words.begin("SET TRANSACTION ISOLATION") {
        return Ok(Control::Isolation);
    }
    if words.begin("PREPARE TRANSACTION") || (words.begin("XA") && !words.begin("XA RECOVER")) {
        return Err(two_phases(dialect));
    }
    let ends = match () {
        () if words.begin("COMMIT") || words.begin("END") => Control::Commit,
        () if words.begin("ROLLBACK") || words.begin("ABORT") => Control::Rollback,
        () => return refuse_what_commits(words, dialect).map(|()| Control::None),
    };
    let rest = words.behind(1);
    let rest = if rest.begin("WORK") || rest.begin("TRANSACTION") { rest.behind(1) } else { rest };
    if rest.begin("PREPARED") {
        return Err(two_phases(dialect));
    }
    if rest.begin("AND CHAIN") {
        return Err(refused(dialect, "AND CHAIN"));
    }
    Ok(if rest.begin("TO") { Control::None } else { ends })
}

/// Looks at a text of possibly several statements.
///
/// # Errors
/// As [`of`], and for control among other statements.
pub(super) fn of_batch(sql: &str, dialect: &Dialect) -> Result<Control> {
    let mut pieces = sql.split(';').filter(|piece| !skip_blanks(piece).is_empty());
    let (Some(first), None) = (pieces.next(), pieces.next()) else {
        return refuse_control_among_others(sql, dialect).map(|()| Control::None);
    };
    of(first, dialect)
}

fn refuse_control_among_others(sql: &str, dialect: &Dialect) -> Result<()> {
    for piece in sql.split(';') {
        // The body of a trigger or function ends with END, and may hold BEGIN.
        let is_body = Words(skip_blanks(piece)).begin("END");
        match of(piece, dialect)? {
            Control::Commit if is_body => {}
            Control::Commit | Control::Rollback => {
                return Err(refused(dialect, "COMMIT and ROLLBACK among other statements of one text"));
            }
            Control::Begin { .. } if !dialect.nested.commits.is_empty() => {
                return Err(refused(dialect, "BEGIN among other statements of one text"));
            }
            Control::Begin { .. } | Control::Isolation | Control::None => {}
        }
    }
    Ok(())
}

/// Whether a statement changes rows, as far as its first word tells.
pub(super) fn is_write(sql: &str) -> bool {
    let words = Words(skip_blanks(sql));
    ["INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD"].into_iter().any(|word| words.begin(word))
}

fn refuse_what_commits(words: Words<'_>, dialect: &Dialect) -> Result<()> {
    let commits = dialect.nested.commits;
    let found = commits.iter().find(|statement| words.begin(statement));
    let switches = !commits.is_empty() && words.begin("SET") && words.holds("AUTOCOMMIT");
    match found {
        Some(statement) if !words.behind(1).begin("TEMPORARY") => Err(implied(statement, dialect)),
        None if switches => Err(implied("SET autocommit", dialect)),
        Some(_) | None => Ok(()),
    }
}

#[cold]
fn implied(statement: &str, dialect: &Dialect) -> Error {
    let message = format!(
        "{statement} commits on {}, and would end the transaction of the test: do it before, with the engine that the test's was made of",
        dialect.name
    );
    Error::new(ErrorKind::Misuse, message)
}

#[cold]
fn two_phases(dialect: &Dialect) -> Error {
    refused(dialect, "a transaction in two phases")
}

#[cold]
fn refused(dialect: &Dialect, construct: &str) -> Error {
    Error::unsupported(dialect.name, format_args!("{construct} within the transaction of a test"))
}

/// A text as words, whatever stands between them.
#[derive(Clone, Copy)]
struct Words<'t>(&'t str);

impl<'t> Words<'t> {
    fn words(self) -> impl Iterator<Item = &'t str> {
        self.0.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    /// Whether it begins with these words.
    fn begin(self, expected: &str) -> bool {
        let mut words = self.words();
        // What begins with another sign is no statement of words.
        self.0.starts_with(|c: char| c.is_ascii_alphabetic())
            && expected.split(' ').all(|word| words.next().is_some_and(|found| found.eq_ignore_ascii_case(word)))
    }

    /// Whether these words stand somewhere in it, one behind another.
    fn holds(self, expected: &str) -> bool {
        let mut rest = self;
        while !rest.0.is_empty() {
            if rest.begin(expected) {
                return true;
            }
            rest = rest.behind(1);
        }
        false
    }

    /// What stands behind so many words.
    fn behind(self, count: usize) -> Words<'t> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut rest = self.0;
        for _ in 0..count {
            rest = rest.trim_start_matches(is_part).trim_start_matches(|c: char| !is_part(c));
        }
        Words(rest)
    }
}

/// Without what stands before the first word.
fn skip_blanks(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '(');
        let after = if rest.starts_with("--") || rest.starts_with('#') {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if rest.starts_with("/*") {
            rest.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::dialect::{MARIADB, MYSQL, POSTGRES, SQLITE};

    #[test]
    fn control_is_told_from_other_statements() {
        let begin = |read_only| Control::Begin { read_only };
        for (sql, expected) in [
            ("BEGIN", begin(false)),
            (" /* x */ -- y\n begin immediate;", begin(false)),
            ("BEGIN READ ONLY, ISOLATION LEVEL SERIALIZABLE", begin(true)),
            ("START TRANSACTION READ WRITE", begin(false)),
            ("start  transaction\nread\tonly", begin(true)),
            ("COMMIT", Control::Commit),
            ("commit work;", Control::Commit),
            ("END", Control::Commit),
            ("COMMIT AND NO CHAIN", Control::Commit),
            ("ROLLBACK", Control::Rollback),
            ("ABORT", Control::Rollback),
            ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", Control::Isolation),
            ("ROLLBACK TO SAVEPOINT a", Control::None),
            ("ROLLBACK WORK TO a", Control::None),
            ("RELEASE SAVEPOINT a", Control::None),
            ("SET TRANSACTION READ ONLY", Control::None),
            ("PREPARE q AS SELECT 1", Control::None),
            ("XA RECOVER", Control::None),
            ("SELECT 'COMMIT'", Control::None),
            ("BEGINNING", Control::None),
            ("cömmit", Control::None),
            ("", Control::None),
            ("-- COMMIT", Control::None),
        ] {
            for dialect in [&SQLITE, &POSTGRES, &MARIADB, &MYSQL] {
                assert_eq!(of(sql, dialect).unwrap(), expected, "{sql}");
                assert_eq!(of_batch(sql, dialect).unwrap(), expected, "{sql}");
            }
        }
    }

    #[test]
    fn what_would_end_or_outlive_the_transaction_is_refused() {
        let kind = |sql, dialect| of_batch(sql, dialect).err().map(|error| error.kind());
        let everywhere = [
            "PREPARE TRANSACTION 'x'",
            "COMMIT PREPARED 'x'",
            "rollback prepared 'x'",
            "XA START X'01'",
            "COMMIT AND CHAIN",
            "ROLLBACK TRANSACTION AND CHAIN",
            "DELETE FROM t; COMMIT",
            "ROLLBACK; DELETE FROM t",
        ];
        for dialect in [&SQLITE, &POSTGRES, &MARIADB, &MYSQL] {
            for sql in everywhere {
                assert_eq!(kind(sql, dialect), Some(ErrorKind::Unsupported), "{sql}");
            }
        }
        for sql in ["CREATE TABLE t (a INT)", "(drop table t", "Truncate t", "SET @@autocommit = 1", "ANALYZE TABLE t"]
        {
            assert_eq!(kind(sql, &MYSQL), Some(ErrorKind::Misuse), "{sql}");
            assert_eq!(kind(sql, &MARIADB), Some(ErrorKind::Misuse), "{sql}");
            assert_eq!((kind(sql, &SQLITE), kind(sql, &POSTGRES)), (None, None), "{sql}");
        }
        assert_eq!(kind("DELETE FROM t; BEGIN", &MYSQL), Some(ErrorKind::Unsupported));
        let trigger = "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; DELETE FROM v; END";
        for (sql, dialect) in [
            ("CREATE TEMPORARY TABLE t (a INT)", &MYSQL),
            ("ANALYZE SELECT 1", &MARIADB),
            ("SET NAMES utf8mb4", &MYSQL),
            (trigger, &SQLITE),
            ("DO $$ BEGIN DELETE FROM t; BEGIN DELETE FROM u; END; END $$", &POSTGRES),
        ] {
            assert_eq!(kind(sql, dialect), None, "{sql}");
        }
    }

    #[test]
    fn writes_are_told_by_their_first_word() {
        assert!(is_write("insert into t values (1)") && is_write("/* x */ DELETE FROM t"));
        assert!(!is_write("SELECT * FROM t FOR UPDATE") && !is_write(""));
    }
}
