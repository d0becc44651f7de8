//! Raw SQL: `sql("..").bind(name, value)`.

use super::expr::Literal;
use super::node::Node;
use crate::dialect::Strings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::schema::Table;

/// A statement in the database's own words. What it returns is said where it is fetched.
///
/// Values are bound by name, never written into the text: `:name`. A `:` inside quotes, a comment or a `::` cast is left alone.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// let users = sql("SELECT id, username FROM users WHERE id > :id ORDER BY id").bind("id", 1);
/// let rows: Vec<(i64, String)> = connection.all(users)?;
/// assert_eq!(rows, [(2, "bob".into()), (3, "carol".into())]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a statement does nothing until it is executed"]
pub struct Sql {
    text: String,
    binds: Vec<(String, Bound)>,
}

/// What a name in raw SQL stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    Value(Node),
    List(Vec<Node>),
    /// The columns of a model's table.
    Columns(&'static Table),
}

/// Raw SQL text with named values.
///
/// ```
/// # use orm_doc::*; let mut connection = engine().connect()?;
/// assert_eq!(connection.execute(sql("UPDATE users SET is_admin = :admin").bind("admin", true))?, 3);
/// let user: User = connection.one(sql("SELECT id, username, email, is_admin FROM users WHERE id = 2"))?;
/// assert_eq!(user.username, "bob");
/// # Ok::<(), Error>(())
/// ```
pub fn sql(text: impl Into<String>) -> Sql {
    Sql { text: text.into(), binds: Vec::new() }
}

/// A piece of raw SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

impl Sql {
    /// Gives `:name` a value.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// let query = sql("SELECT username FROM users WHERE id = :id OR username = :name").bind("id", 1).bind("name", "bob");
    /// let names: Vec<String> = connection.all(query)?;
    /// assert_eq!(names.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bind<V: Literal>(mut self, name: &str, value: V) -> Self {
        self.binds.push((name.to_owned(), Bound::Value(value.into_literal())));
        self
    }

    /// Gives `:name` a list of values, for `IN (:name)`: `:a, :b, :c`. An empty list is NULL, which nothing is in; but then
    /// `NOT IN (:name)` finds nothing either.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let query = sql("SELECT username FROM users WHERE id IN (:ids) ORDER BY id").bind_list("ids", [1, 3]);
    /// let names: Vec<String> = connection.all(query)?;
    /// assert_eq!(names, ["alice", "carol"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bind_list<V: Literal>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        let list = values.into_iter().map(Literal::into_literal).collect();
        self.binds.push((name.to_owned(), Bound::List(list)));
        self
    }

    /// Lets `:name` stand for all columns of a model, in its order: `"name"."id", "name"."title"`. The name is that of the
    /// table in FROM, or of its alias.
    ///
    /// ```
    /// # use orm_doc::*;
    /// # let mut connection = engine().connect()?;
    /// let query = sql("SELECT :p, :u FROM posts p JOIN users u ON u.id = p.author_id WHERE p.score > 4");
    /// let rows: Vec<(Post, User)> = connection.all(query.fields::<Post>("p").fields::<User>("u"))?;
    /// assert_eq!((rows[0].0.title.as_str(), rows[0].1.username.as_str()), ("Hello", "alice"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn fields<M: Model>(mut self, name: &str) -> Self {
        self.binds.push((name.to_owned(), Bound::Columns(M::table())));
        self
    }

    /// True when the text only reads: it begins with SELECT, VALUES, SHOW or EXPLAIN.
    pub(crate) fn reads(&self) -> bool {
        let word: String = self.text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
        ["select", "values", "show", "explain"].contains(&word.to_ascii_lowercase().as_str())
    }

    /// The text in pieces, and the value of each name.
    ///
    /// # Errors
    /// `Misuse` for a name without a value, a value without its name in the text, and a name bound twice.
    pub(crate) fn pieces(&self, strings: Strings) -> Result<Vec<(Piece<'_>, Option<&Bound>)>> {
        let pieces = split(&self.text, strings);
        for (at, (name, _)) in self.binds.iter().enumerate() {
            if !pieces.contains(&Piece::Name(name)) {
                return Err(Error::new(
                    ErrorKind::Misuse,
                    format!("a value was bound to `:{name}`, which is not in the statement"),
                ));
            }
            if self.binds[..at].iter().any(|(other, _)| other == name) {
                return Err(Error::new(ErrorKind::Misuse, format!("`:{name}` was bound twice")));
            }
        }
        let value = |name: &str| match self.binds.iter().find(|(bound, _)| bound == name) {
            Some((_, bound)) => Ok(bound),
            None => Err(Error::new(ErrorKind::Misuse, format!("no value was bound to `:{name}`"))),
        };
        pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(_) => Ok((piece, None)),
                Piece::Name(name) => Ok((piece, Some(value(name)?))),
            })
            .collect()
    }
}

/// Splits at `:name`, outside of quotes, comments and casts; these are not the same in every database.
fn split(text: &str, strings: Strings) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied();
        match bytes[at] {
            quote @ (b'\'' | b'"' | b'`') => {
                at = end_of_quote(bytes, at, quote, has_escapes(&bytes[start..at], quote, strings))
            }
            b'[' if strings == Strings::Plain => at = find(bytes, at, b"]"),
            b'-' if next == Some(b'-') && begins_comment(bytes, at, strings) => at = find(bytes, at, b"\n"),
            b'#' if strings == Strings::Backslash => at = find(bytes, at, b"\n"),
            b'/' if next == Some(b'*') => at = end_of_comment(bytes, at, strings),
            b'$' => at = end_of_dollar_quote(text, at),
            b':' if next == Some(b':') => at += 2,
            b':' if next.is_some_and(is_name_start) => {
                let end = at + 1 + bytes[at + 1..].iter().take_while(|byte| is_name(**byte)).count();
                pieces.push(Piece::Text(&text[start..at]));
                pieces.push(Piece::Name(&text[at + 1..end]));
                (start, at) = (end, end);
            }
            _ => at += 1,
        }
    }
    pieces.push(Piece::Text(&text[start..]));
    pieces
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a backslash takes the next character's meaning away: in MySQL's texts, and in PostgreSQL's `E'..'`. `before` is what
/// stands before the quote, since the last name: a name is not such an `E`.
fn has_escapes(before: &[u8], quote: u8, strings: Strings) -> bool {
    match strings {
        Strings::Plain => false,
        Strings::Backslash => quote != b'`',
        Strings::Prefixed => {
            let prefix = before.iter().rev().take_while(|byte| is_name(**byte)).count();
            quote == b'\'' && before[before.len() - prefix..].eq_ignore_ascii_case(b"e")
        }
    }
}

/// Behind the closing quote; a doubled quote begins the next quoted piece, which comes to the same where nothing is escaped.
pub(super) fn end_of_quote(bytes: &[u8], open: usize, quote: u8, escapes: bool) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte != quote => at += 1,
            _ if escapes && bytes.get(at + 1) == Some(&quote) => at += 2,
            _ => return at + 1,
        }
    }
    bytes.len()
}

/// `--` begins a comment; on MySQL only before a space, so that `5--2` is 7 there:
/// <https://dev.mysql.com/doc/refman/9.4/en/ansi-diff-comments.html>
pub(super) fn begins_comment(bytes: &[u8], at: usize, strings: Strings) -> bool {
    strings != Strings::Backslash || bytes.get(at + 2).is_none_or(u8::is_ascii_whitespace)
}

/// Behind the end of a comment. PostgreSQL's can stand in one another.
pub(super) fn end_of_comment(bytes: &[u8], open: usize, strings: Strings) -> usize {
    let (mut at, mut depth) = (open + 2, 1);
    while depth > 0 && at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => (at, depth) = (at + 2, depth - 1),
            (b'/', Some(b'*')) if strings == Strings::Prefixed => (at, depth) = (at + 2, depth + 1),
            _ => at += 1,
        }
    }
    at
}

/// Behind the next occurrence of an ending.
pub(super) fn find(bytes: &[u8], from: usize, ending: &[u8]) -> usize {
    let tail = bytes.get(from..).unwrap_or_default();
    tail.windows(ending.len()).position(|window| window == ending).map_or(bytes.len(), |at| from + at + ending.len())
}

/// Behind PostgreSQL's `$tag$ .. $tag$`, or behind the `$`.
pub(super) fn end_of_dollar_quote(text: &str, open: usize) -> usize {
    let tag = text[open + 1..].bytes().take_while(|byte| is_name(*byte)).count();
    let close = open + 1 + tag;
    let numbered = text.as_bytes().get(open + 1).is_some_and(u8::is_ascii_digit);
    if numbered || text.as_bytes().get(close) != Some(&b'$') {
        return open + 1;
    }
    find(text.as_bytes(), close + 1, &text.as_bytes()[open..=close])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        names_in(text, Strings::Plain)
    }

    fn names_in(text: &str, strings: Strings) -> Vec<&str> {
        let name = |piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Text(_) => None,
        };
        split(text, strings).into_iter().filter_map(name).collect()
    }

    #[test]
    fn names_are_found_only_where_sql_has_values() {
        assert_eq!(
            names("SELECT :a, ':b', \":c\", `:d`, x::int -- :e\n, :f /* :g */ , $$ :h $$, $q$ :i $q$, $1, :j"),
            ["a", "f", "j"]
        );
        assert_eq!(names("SELECT 'it''s :no', :yes"), ["yes"]);
        assert_eq!(names("SELECT 1-':a', :b_2"), ["b_2"]);
        assert!(names("SELECT 'open :a").is_empty());
    }

    #[test]
    fn texts_and_comments_are_those_of_the_database() {
        assert_eq!(names_in(r"'\':no' || :yes", Strings::Backslash), ["yes"]);
        assert_eq!(names_in(r#"'it''s :no' || "\":no" || `\` || :yes"#, Strings::Backslash), ["yes"]);
        assert_eq!(names_in("5--:yes # :no\n-- :no\n", Strings::Backslash), ["yes"]);
        assert_eq!(names_in(r"'\' || :yes || e'\':no' || name'\' || :also", Strings::Prefixed), ["yes", "also"]);
        assert_eq!(names_in("/* /* */ :no */ :yes", Strings::Prefixed), ["yes"]);
        assert_eq!(names_in(r":e'\' || :yes", Strings::Prefixed), ["e", "yes"]);
        assert_eq!(names_in("a[:low:3]", Strings::Prefixed), ["low"]);
        assert_eq!(names_in(r"'\' || :yes || [:no] /* /* */ || :also", Strings::Plain), ["yes", "also"]);
        assert!(names_in(r"'open \", Strings::Backslash).is_empty());
    }

    #[test]
    fn a_name_without_a_value_and_a_value_without_its_name_are_errors() {
        let missing = sql("SELECT :a").pieces(Strings::Plain).expect_err("no value").to_string();
        assert_eq!(missing, "no value was bound to `:a`");
        let unused = sql("SELECT 1").bind("a", 1_i64).pieces(Strings::Plain).expect_err("no name").to_string();
        assert_eq!(unused, "a value was bound to `:a`, which is not in the statement");
        let twice =
            sql("SELECT :a").bind("a", 1_i64).bind("a", 2_i64).pieces(Strings::Plain).expect_err("twice").to_string();
        assert_eq!(twice, "`:a` was bound twice");
    }
}
