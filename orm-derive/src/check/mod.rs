//! What makes no sense together. Reports every mistake at its own token, with what would be right.

mod field;
mod key;
mod table;
mod variants;

use crate::definition::Definition;
use crate::errors::Errors;

/// Checks a struct.
pub(crate) fn check(errors: &mut Errors, definition: &Definition) {
    for field in &definition.fields {
        field::check(errors, definition, field);
    }
    key::check(errors, definition);
    table::check(errors, definition);
    variants::check(errors, definition);
}
