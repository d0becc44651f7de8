//! The prepared statements of one connection, kept by their text, and the shield that keeps the client from rewriting
//! it.

use super::error::{Attempt, Fault};
use super::guard::guarded;
use hashlink::LruCache;
use mysql::prelude::Queryable;
use mysql::{Conn, Statement};
use orm_core::{Error, ErrorKind, Result};
use std::borrow::Cow;

/// How a text is to be run.
#[derive(Clone)]
pub(super) enum Prepared {
    /// By this statement, in the binary protocol.
    Statement(Statement),
    /// As text: the server cannot prepare it, and it has no values.
    Text,
}

/// The statements used last. Ours, because the client's own cache scans the text on every call.
pub(super) struct Statements {
    kept: LruCache<Box<str>, Prepared>,
    capacity: usize,
}

/// The server cannot prepare this statement.
const NOT_PREPARABLE: u16 = 1295;
/// The server has too many prepared statements, of all its connections.
const TOO_MANY: u16 = 1461;

impl Statements {
    pub(super) fn new(capacity: usize) -> Statements {
        Statements { kept: LruCache::new_unbounded(), capacity }
    }

    /// The statement of a text, prepared now or before.
    pub(super) fn get(&mut self, client: &mut Conn, sql: &str, has_values: bool) -> Attempt<Prepared> {
        if let Some(prepared) = self.kept.get(sql) {
            return Ok(prepared.clone());
        }
        let text = shielded(sql).map_err(Fault::Caller)?;
        let mut answer = guarded(|| client.prep(&*text));
        if matches!(&answer, Err(fault) if fault.code() == Some(TOO_MANY)) && !self.kept.is_empty() {
            self.shrink(client, 0)?;
            answer = guarded(|| client.prep(&*text));
        }
        let prepared = match answer {
            Ok(statement) => Prepared::Statement(statement),
            Err(fault) if fault.code() == Some(NOT_PREPARABLE) && !has_values => Prepared::Text,
            Err(fault) => return Err(fault),
        };
        if self.capacity > 0 {
            self.shrink(client, self.capacity - 1)?;
            self.kept.insert(sql.into(), prepared.clone());
        }
        Ok(prepared)
    }

    /// Closes a statement after its use if none are kept.
    pub(super) fn release(&mut self, client: &mut Conn, prepared: Prepared) -> Attempt<()> {
        if self.capacity == 0 { close(client, prepared) } else { Ok(()) }
    }

    /// Closes the statement of a text that the server wants prepared again.
    pub(super) fn forget(&mut self, client: &mut Conn, sql: &str) -> Attempt<()> {
        match self.kept.remove(sql) {
            Some(prepared) => close(client, prepared),
            None => Ok(()),
        }
    }

    /// The names of the columns of a statement that is kept.
    pub(super) fn columns_of(&mut self, sql: &str) -> Option<Vec<String>> {
        match self.kept.get(sql)? {
            Prepared::Statement(statement) => {
                Some(statement.columns().iter().map(|column| column.name_str().into_owned()).collect())
            }
            Prepared::Text => None,
        }
    }

    /// Drops all: the server has closed them.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }

    fn shrink(&mut self, client: &mut Conn, most: usize) -> Attempt<()> {
        while self.kept.len() > most {
            if let Some((_, prepared)) = self.kept.remove_lru() {
                close(client, prepared)?;
            }
        }
        Ok(())
    }
}

fn close(client: &mut Conn, prepared: Prepared) -> Attempt<()> {
    match prepared {
        Prepared::Statement(statement) => guarded(|| client.close(statement)),
        Prepared::Text => Ok(()),
    }
}

/// The text as the client is to get it for preparing.
///
/// The client takes `:name` for a parameter of its own and writes `?` in its place, and there is no way to prepare that
/// avoids it. Its scanner knows literals and comments, but loses them after some operators (`1-'2', ':x'` becomes
/// `1-'2', '?'`), and a column named `a:b` in ANSI quotes is safe only by luck. It also misses the end of an empty
/// comment: after `/**/` it takes everything for a comment until the next `*/`, while the server sees none. So a text
/// with a colon before a name gets this in front of it. Where the text has a `*/`, a comment with a quote in it does
/// the same until the next such quote: `/*+` is what the scanner, but not the server at this place, takes for something
/// else than a comment.
///
/// # Errors
/// `Unsupported` if the text has a colon before a name, a `*/` and all three quotes.
fn shielded(sql: &str) -> Result<Cow<'_, str>> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if !sql.as_bytes().windows(2).any(|pair| pair[0] == b':' && is_name(pair[1])) {
        return Ok(Cow::Borrowed(sql));
    }
    let shields = [("/**/", "*/"), ("/*+\"*/", "\""), ("/*+`*/", "`"), ("/*+'*/", "'")];
    match shields.iter().find(|(_, end)| !sql.contains(end)) {
        Some((shield, _)) => Ok(Cow::Owned(format!("{shield}{sql}"))),
        None => Err(Error::new(
            ErrorKind::Unsupported,
            "the MySQL client would take a colon before a name in this statement for a parameter; \
             bind the text that holds it, or leave out the comment",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_colon_before_a_name_is_shielded() {
        for plain in ["SELECT 1", "SELECT '12:30'", "SELECT @a := 1", "SELECT ':X'", ":"] {
            assert_eq!(shielded(plain).expect("no shield"), plain);
        }
        assert_eq!(shielded("SELECT ':x'").expect("a shield"), "/**/SELECT ':x'");
        assert_eq!(shielded("/* a */ SELECT ':x'").expect("a shield"), "/*+\"*//* a */ SELECT ':x'");
        let none_is_left = "/* a */ SELECT ':x', \"y\" AS `z`";
        assert_eq!(shielded(none_is_left).expect_err("no shield is left").kind(), ErrorKind::Unsupported);
    }
}
