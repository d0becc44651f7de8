//! What array columns can do, as text.

use super::writer::SqlWriter;
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::Node;
use crate::query::scalar::ArrayFunction;
use crate::value::Type;

impl<'q> SqlWriter<'q, '_> {
    pub(super) fn array(&mut self, function: ArrayFunction, ty: Type, args: &'q [Node]) -> Result<()> {
        if !self.dialect.arrays {
            return self.unsupported("arrays");
        }
        match (function, args) {
            (ArrayFunction::Build, items) => {
                self.push("CAST(ARRAY[");
                self.list(", ", items, |w, item| w.argument(item))?;
                self.push("] AS ");
                self.cast_name(ty)?;
                self.push(")");
                Ok(())
            }
            (ArrayFunction::ContainsAll, [of, other]) => self.between_parentheses(of, " @> ", other),
            (ArrayFunction::ContainedIn, [of, other]) => self.between_parentheses(of, " <@ ", other),
            (ArrayFunction::Overlaps, [of, other]) => self.between_parentheses(of, " && ", other),
            (ArrayFunction::Has, [of, element]) => {
                self.push("(");
                self.element(element)?;
                self.push(" = ANY(");
                self.node(of)?;
                self.push("))");
                Ok(())
            }
            (ArrayFunction::Length, [of]) => {
                self.push("CAST(CARDINALITY(");
                self.node(of)?;
                self.push(") AS ");
                self.cast_name(ty)?;
                self.push(")");
                Ok(())
            }
            (ArrayFunction::Element, [of, place]) => {
                self.push("(");
                self.node(of)?;
                self.push(")[");
                self.node(place)?;
                self.push("]");
                Ok(())
            }
            (ArrayFunction::Append, [of, element]) => {
                self.push("ARRAY_APPEND(");
                self.node(of)?;
                self.push(", ");
                self.node(element)?;
                self.push(")");
                Ok(())
            }
            (ArrayFunction::Concat, [of, other]) => {
                self.push("ARRAY_CAT(");
                self.node(of)?;
                self.push(", ");
                self.node(other)?;
                self.push(")");
                Ok(())
            }
            _ => Err(Error::new(
                ErrorKind::Misuse,
                "an array function was given another number of arguments than it takes",
            )),
        }
    }

    /// What stands beside an operator: a value says its type, anything longer stands in parentheses.
    fn element(&mut self, node: &'q Node) -> Result<()> {
        if matches!(node, Node::Bind { .. }) { self.node(node) } else { self.operand(node) }
    }
}
