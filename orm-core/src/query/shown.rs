//! What may be shown of a statement's text: the text without its literals, and in short what it does and to which table. Reads
//! the text as the database would, without understanding it.

use super::raw::{begins_comment, end_of_comment, end_of_dollar_quote, end_of_quote, find, is_name};
use crate::dialect::Strings;
use std::borrow::Cow;

/// What a piece of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A name or key word.
    Word,
    /// A name in quotes.
    Quoted,
    /// A text in quotes.
    Text,
    Number,
    /// A mark for a value: `?`, `$1`.
    Placeholder,
    Comment,
    Space,
    Other,
}

/// The piece that begins at a position, and where it ends.
fn piece(text: &str, at: usize, strings: Strings) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1).copied();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes[at] {
        b'\'' => (Kind::Text, end_of_quotes(bytes, at, has_escapes(bytes, at, strings))),
        b'"' if strings == Strings::Backslash => (Kind::Text, end_of_quotes(bytes, at, true)),
        b'"' | b'`' => (Kind::Quoted, end_of_quotes(bytes, at, false)),
        b'[' if strings == Strings::Plain => (Kind::Quoted, find(bytes, at, b"]")),
        b'-' if next == Some(b'-') && begins_comment(bytes, at, strings) => (Kind::Comment, find(bytes, at, b"\n")),
        b'#' if strings == Strings::Backslash => (Kind::Comment, find(bytes, at, b"\n")),
        b'/' if next == Some(b'*') => (Kind::Comment, end_of_comment(bytes, at, strings)),
        b'?' => (Kind::Placeholder, digits(at + 1)),
        b'$' if next.is_some_and(|byte| byte.is_ascii_digit()) => (Kind::Placeholder, digits(at + 1)),
        b'$' if strings == Strings::Prefixed => match end_of_dollar_quote(text, at) {
            end if end > at + 1 => (Kind::Text, end),
            end => (Kind::Other, end),
        },
        b'0'..=b'9' => (Kind::Number, end_of_number(bytes, at)),
        byte if is_name(byte) || !byte.is_ascii() => {
            let word = |byte: &&u8| is_name(**byte) || !byte.is_ascii() || **byte == b'$';
            (Kind::Word, at + bytes[at..].iter().take_while(word).count())
        }
        byte if byte.is_ascii_whitespace() => {
            (Kind::Space, at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count())
        }
        _ => (Kind::Other, at + 1),
    }
}

/// Behind a quoted piece with the doubled quotes in it.
fn end_of_quotes(bytes: &[u8], open: usize, escapes: bool) -> usize {
    let mut end = end_of_quote(bytes, open, bytes[open], escapes);
    while bytes.get(end) == Some(&bytes[open]) {
        end = end_of_quote(bytes, end, bytes[open], escapes);
    }
    end
}

/// PostgreSQL's `E'..'`, and every text of MySQL.
fn has_escapes(bytes: &[u8], open: usize, strings: Strings) -> bool {
    match strings {
        Strings::Plain => false,
        Strings::Backslash => true,
        Strings::Prefixed => {
            let before = &bytes[..open];
            let prefix = before.iter().rev().take_while(|byte| is_name(**byte)).count();
            before[open - prefix..].eq_ignore_ascii_case(b"e")
        }
    }
}

/// Behind `12`, `1.5`, `1e-7`, `0xff`.
fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        let exponent = matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E')) && at > start;
        match byte {
            byte if is_name(*byte) || *byte == b'.' => at += 1,
            b'+' | b'-' if exponent && !bytes[start..at].contains(&b'x') => at += 1,
            _ => break,
        }
    }
    at
}

/// The text with `?` for each text and number, and without comments.
pub(crate) fn masked(text: &str, strings: Strings) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (kind, end) = piece(text, at, strings);
        let end = char_end(text, end);
        match kind {
            Kind::Text | Kind::Number => shown.push('?'),
            Kind::Comment => shown.push(' '),
            Kind::Word | Kind::Quoted | Kind::Placeholder | Kind::Space | Kind::Other => shown.push_str(&text[at..end]),
        }
        at = end;
    }
    shown
}

/// A piece ends at a byte of ASCII; behind an unclosed quote perhaps beyond the end.
fn char_end(text: &str, end: usize) -> usize {
    let end = end.min(text.len());
    (end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// What a statement does, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary<'s> {
    /// Its verb, as `SELECT`, also behind a WITH.
    pub(crate) operation: &'s str,
    /// The first table that it reads or writes, if it is plain to see.
    pub(crate) table: Option<Cow<'s, str>>,
}

/// Reads a statement's verb and its first table.
pub(crate) fn summary(text: &str, strings: Strings) -> Summary<'_> {
    let mut words = Words { text, at: 0, strings, depth: 0 };
    let first = words.next_outside().unwrap_or("");
    let operation = match first.eq_ignore_ascii_case("with") {
        false => first,
        true => loop {
            match words.next_outside() {
                Some(word) if is_one_of(word, &["select", "insert", "update", "delete", "merge"]) => break word,
                Some(_) => {}
                None => break first,
            }
        },
    };
    let before_table: &[&str] = match () {
        () if is_one_of(operation, &["select", "delete"]) => &["from"],
        () if is_one_of(operation, &["insert", "replace", "merge"]) => &["into"],
        () if is_one_of(operation, &["update"]) => return Summary { operation, table: words.table() },
        () => return Summary { operation, table: None },
    };
    while let Some(word) = words.next_outside() {
        if is_one_of(word, before_table) {
            return Summary { operation, table: words.table() };
        }
    }
    Summary { operation, table: None }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}

struct Words<'s> {
    text: &'s str,
    at: usize,
    strings: Strings,
    /// Open parentheses.
    depth: usize,
}

impl<'s> Words<'s> {
    fn next(&mut self) -> Option<(Kind, &'s str)> {
        while self.at < self.text.len() {
            let (kind, end) = piece(self.text, self.at, self.strings);
            let end = char_end(self.text, end);
            let shown = &self.text[self.at..end];
            self.at = end;
            match (kind, shown) {
                (Kind::Space | Kind::Comment, _) => continue,
                (_, "(") => self.depth += 1,
                (_, ")") => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            return Some((kind, shown));
        }
        None
    }

    /// The next word outside of parentheses.
    fn next_outside(&mut self) -> Option<&'s str> {
        loop {
            let (kind, shown) = self.next()?;
            if kind == Kind::Word && self.depth == 0 {
                return Some(shown);
            }
        }
    }

    /// A name, if one comes here: the last part of `schema.table`. None for a query in parentheses.
    fn table(&mut self) -> Option<Cow<'s, str>> {
        let mut name = None;
        loop {
            let (kind, shown) = self.next()?;
            let part = match kind {
                Kind::Word if is_one_of(shown, &["only", "lateral"]) && name.is_none() => continue,
                Kind::Word => Cow::Borrowed(shown),
                // MySQL in its ANSI mode has names in these quotes, too.
                Kind::Quoted | Kind::Text => unquoted(shown),
                Kind::Number | Kind::Placeholder | Kind::Comment | Kind::Space | Kind::Other => return name,
            };
            name = Some(part);
            let ahead = self.text[self.at..].trim_start();
            if !ahead.starts_with('.') {
                return name;
            }
            self.next();
        }
    }
}

fn unquoted(shown: &str) -> Cow<'_, str> {
    let inner = shown.get(1..shown.len().saturating_sub(1)).unwrap_or_default();
    let quote = &shown[..1];
    match inner.contains(quote) {
        false => Cow::Borrowed(inner),
        true => Cow::Owned(inner.replace(&quote.repeat(2), quote)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, strings: Strings, expected: &str) {
        assert_eq!(masked(text, strings), expected);
    }

    #[test]
    fn texts_and_numbers_are_hidden_and_names_are_not() {
        let text = r#"SELECT 'it''s', x1, "na'me", -1.5e-7, 0xFF, $1, a.b2 FROM t WHERE k IN (1,2) -- 'secret' 7"#;
        let shown = r#"SELECT ?, x1, "na'me", -?, ?, $1, a.b2 FROM t WHERE k IN (?,?)  "#;
        check(text, Strings::Plain, shown);
        check(
            r"SELECT e'a\'secret', 'b\', $$sec$ret$$, $q$ secret $q$, $2",
            Strings::Prefixed,
            "SELECT e?, ?, ?, ?, $2",
        );
        check(r#"SELECT "sec\"ret", 'sec\'ret', `name` # secret"#, Strings::Backslash, "SELECT ?, ?, `name`  ");
        check("CREATE USER u IDENTIFIED BY 'secret", Strings::Backslash, "CREATE USER u IDENTIFIED BY ?");
        check("/* secret /* 1 */ 2 */ SELECT [a 1], ?2", Strings::Prefixed, "  SELECT [a ?], ?2");
        check("SELECT [a 1], ?2, größe1, 'ö' || 1", Strings::Plain, "SELECT [a 1], ?2, größe1, ? || ?");
        check("", Strings::Plain, "");
        check("'ö", Strings::Plain, "?");
    }

    #[track_caller]
    fn does(text: &str, operation: &str, table: Option<&str>) {
        let found = summary(text, Strings::Prefixed);
        assert_eq!((found.operation, found.table.as_deref()), (operation, table), "{text}");
    }

    #[test]
    fn a_summary_is_the_verb_and_the_first_table() {
        does(r#"SELECT "t0"."id" FROM "users" AS "t0""#, "SELECT", Some("users"));
        does("select extract(year from x) from shop.orders o join users", "select", Some("orders"));
        does(r#"INSERT INTO "sh""op"."a.b" (x) VALUES ($1)"#, "INSERT", Some("a.b"));
        does("UPDATE ONLY users SET a = 1", "UPDATE", Some("users"));
        does("DELETE FROM `users` WHERE 1", "DELETE", Some("users"));
        does("WITH x AS (SELECT 1 FROM y) INSERT INTO z SELECT * FROM x", "INSERT", Some("z"));
        does("SELECT * FROM (SELECT 1 FROM y) q", "SELECT", None);
        does("SELECT 1", "SELECT", None);
        does("BEGIN", "BEGIN", None);
        does("/* by hand */ VACUUM users", "VACUUM", None);
        does("", "", None);
        does("SELECT 1 FROM", "SELECT", None);
        let mysql = summary("SELECT 1 FROM `a`.`b`, c", Strings::Backslash);
        assert_eq!(mysql.table.as_deref(), Some("b"));
    }
}
