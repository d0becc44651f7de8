//! Raw fragments as text: their parts become expressions and placeholders, and nothing else changes.

use super::writer::SqlWriter;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::Node;
use crate::value::Type;

impl<'q> SqlWriter<'q, '_> {
    /// A fragment, in parentheses so that nothing around it reaches inside.
    pub(super) fn fragment(&mut self, text: &str, ty: Type, parts: &'q [Node]) -> Result<()> {
        if ty.width() > 1 {
            return self.unsupported("a fragment of several columns");
        }
        let pieces = pieces(text)?;
        if pieces.len() - 1 != parts.len() {
            let message =
                format!("the fragment `{text}` has {} `{{}}` and is given {} parts", pieces.len() - 1, parts.len());
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        self.push("(");
        self.push(&pieces[0]);
        for (part, after) in parts.iter().zip(&pieces[1..]) {
            self.refuse_wide(part)?;
            // What is around a part is not known here, so one of several words stands in parentheses.
            match part {
                Node::Bind { .. } => self.node(part)?,
                other => self.operand(other)?,
            }
            self.push(after);
        }
        self.push(")");
        Ok(())
    }
}

/// The text between the `{}`, always one piece more than there are of these.
fn pieces(text: &str) -> Result<Vec<String>> {
    let mut pieces = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('{', Some('}')) => {
                rest.next();
                pieces.push(String::new());
            }
            ('{', Some('{')) | ('}', Some('}')) => {
                rest.next();
                pieces.last_mut().into_iter().for_each(|piece| piece.push(c));
            }
            ('{' | '}', _) => {
                let message =
                    format!("the fragment `{text}` has a single brace: `{{}}` is a part, and a brace is doubled");
                return Err(Error::new(ErrorKind::Misuse, message));
            }
            _ => pieces.last_mut().into_iter().for_each(|piece| piece.push(c)),
        }
    }
    Ok(pieces)
}
