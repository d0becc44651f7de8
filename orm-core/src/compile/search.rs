//! Full-text search as text, and what is searched for in the words of each database.

use super::writer::SqlWriter;
use crate::dialect::Search;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::Node;
use crate::schema::FullTextIndex;
use crate::value::Datum;
use std::borrow::Cow;

/// The language of texts that are taken as they are.
pub(crate) const NO_LANGUAGE: &str = "simple";

/// The texts of some columns as one searchable document of PostgreSQL. An index helps only a search with the very same
/// expression, so both are written here.
///
/// # Errors
/// `Misuse` for a language that is no plain name: it is written into the text.
pub(crate) fn document(language: &str, columns: &[String]) -> Result<String> {
    let plain = !language.is_empty() && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain {
        let message = format!("`{language}` is not the name of a language: letters, digits and `_` only");
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let texts: Vec<String> = columns.iter().map(|column| format!("COALESCE({column}, '')")).collect();
    Ok(format!("TO_TSVECTOR('{language}', {})", texts.join(" || ' ' || ")))
}

impl<'q> SqlWriter<'q, '_> {
    /// Whether, or how well, some columns match what is searched for.
    pub(super) fn full_text(
        &mut self,
        language: Option<&str>,
        rank: bool,
        words: &'q Node,
        columns: &'q [Node],
    ) -> Result<()> {
        match self.dialect.functions.search {
            Search::None => self.unsupported("full-text search"),
            Search::TsVector => {
                let indexed = self.index_over(columns).and_then(|index| index.language);
                let language = language.or(indexed).unwrap_or(NO_LANGUAGE);
                self.push(if rank { "CAST(TS_RANK(" } else { "(" });
                let start = self.sql.len();
                let mut texts = Vec::new();
                for column in columns {
                    self.argument(column)?;
                    texts.push(self.sql.split_off(start));
                }
                self.push(&document(language, &texts)?);
                self.push(if rank { ", " } else { " @@ " });
                self.push(&format!("WEBSEARCH_TO_TSQUERY('{language}', "));
                self.argument(words)?;
                self.push(if rank { ")) AS DOUBLE PRECISION)" } else { "))" });
                Ok(())
            }
            Search::MatchAgainst => {
                if language.is_some() {
                    return self.unsupported("the language of a full-text search");
                }
                if !columns.iter().all(|column| matches!(column, Node::Column { .. })) {
                    return self.unsupported("full-text search in anything but columns");
                }
                self.push(if rank { "MATCH (" } else { "(MATCH (" });
                self.list(", ", columns, |w, column| w.argument(column))?;
                self.push(") AGAINST (");
                match words {
                    Node::Bind { datum: Datum::Text(words), .. } => {
                        self.value(Datum::Text(Cow::Owned(boolean_mode(words))))?;
                    }
                    Node::Bind { datum, .. } => self.value(datum.borrowed())?,
                    _ => return self.unsupported("a full-text search for anything but a value"),
                }
                self.push(if rank { " IN BOOLEAN MODE)" } else { " IN BOOLEAN MODE) > 0)" });
                Ok(())
            }
        }
    }

    /// The model's index over just these columns.
    fn index_over(&self, columns: &[Node]) -> Option<&'static FullTextIndex> {
        let place = |node: &Node| match node {
            Node::Column { at, .. } => Some((at.table, usize::from(at.column))),
            _ => None,
        };
        let places: Vec<(u32, usize)> = columns.iter().map(place).collect::<Option<_>>()?;
        let (number, _) = places.first()?;
        let table = self.tables.iter().rev().find(|known| known.number == *number)?.table?;
        let same = |index: &&FullTextIndex| {
            index.columns.len() == places.len()
                && index.columns.iter().zip(&places).all(|(column, place)| (*number, *column) == *place)
        };
        table.full_texts.iter().find(same)
    }
}

/// What people write, in the operators of MySQL's boolean mode: there, words are alternatives unless they have a `+`, and some
/// texts are syntax errors.
fn boolean_mode(search: &str) -> String {
    let mut choices: Vec<Vec<String>> = vec![Vec::new()];
    for Term { excluded, quoted, text } in terms(search) {
        let words: Vec<&str> =
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
        let sign = if excluded { '-' } else { '+' };
        match words.as_slice() {
            [] => {}
            [or] if !quoted && !excluded && or.eq_ignore_ascii_case("or") => choices.push(Vec::new()),
            [word] => choices.last_mut().into_iter().for_each(|all| all.push(format!("{sign}{word}"))),
            several => {
                let phrase = format!("{sign}\"{}\"", several.join(" "));
                choices.last_mut().into_iter().for_each(|all| all.push(phrase.clone()));
            }
        }
    }
    choices.retain(|all| !all.is_empty());
    match choices.as_slice() {
        [all] => all.join(" "),
        several => several.iter().map(|all| format!("({})", all.join(" "))).collect::<Vec<_>>().join(" "),
    }
}

/// A word, or the text between quotes.
struct Term {
    excluded: bool,
    quoted: bool,
    text: String,
}

fn terms(search: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = search.trim_start();
    while !rest.is_empty() {
        let excluded = rest.starts_with('-');
        let body = rest.strip_prefix('-').unwrap_or(rest);
        let (text, quoted, after) = match body.strip_prefix('"') {
            Some(inner) => {
                let (text, after) = inner.split_once('"').unwrap_or((inner, ""));
                (text, true, after)
            }
            None => {
                let end = body.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(body.len());
                let (text, after) = body.split_at(end);
                (text, false, after)
            }
        };
        terms.push(Term { excluded, quoted, text: text.to_owned() });
        rest = after.trim_start();
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::boolean_mode;

    #[test]
    fn searches_in_boolean_mode() {
        let cases = [
            ("rust", "+rust"),
            ("rust  java", "+rust +java"),
            ("rust -java", "+rust -java"),
            ("\"hello world\" -\"big deal\"", "+\"hello world\" -\"big deal\""),
            ("one or two three", "(+one) (+two +three)"),
            ("\"or\" OR or", "+or"),
            ("well-known c++ (x)*", "+\"well known\" +c +x"),
            ("+a ~b <c >d @e \"", "+a +b +c +d +e"),
            ("-", ""),
            ("\"open phrase", "+\"open phrase\""),
            ("größe's", "+\"größe s\""),
        ];
        for (written, expected) in cases {
            assert_eq!(boolean_mode(written), expected, "{written}");
        }
    }
}
