//! Whether a transaction is open, followed from the texts that were sent, because the client does not tell what the server said.

use crate::postgres_common::control::{Control, of};

/// Whether a transaction is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Yes,
    No,
    Unknown,
}

/// Whether a transaction is open after a text of possibly several statements has succeeded.
pub(super) fn after(sql: &str, before: Open) -> Open {
    let whole = sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    if !whole.contains(';') {
        return step(of(whole), before);
    }
    let mut pieces = whole.split(';').map(of);
    if whole.contains(['\'', '"', '$']) || whole.contains("--") || whole.contains("/*") {
        // A semicolon may be inside of a text; only if none of the pieces looks like control it does not matter.
        return if pieces.all(|control| control == Control::None) { before } else { Open::Unknown };
    }
    pieces.fold(before, |open, control| step(control, open))
}

/// Whether a transaction is open after a text has failed.
pub(super) fn after_failure(sql: &str, before: Open) -> Open {
    let whole = sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    match of(whole) {
        // A COMMIT that is refused has rolled back.
        Control::Commit | Control::Chain if !whole.contains(';') => Open::No,
        _ if !whole.contains(';') => before,
        _ if whole.split(';').map(of).all(|control| control == Control::None) => before,
        _ => Open::Unknown,
    }
}

fn step(control: Control, before: Open) -> Open {
    match control {
        Control::Begin | Control::Chain => Open::Yes,
        Control::Commit | Control::Rollback => Open::No,
        Control::None => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_several_statements() {
        for (sql, before, expected) in [
            ("BEGIN; SET LOCAL lock_timeout = 1", Open::No, Open::Yes),
            ("INSERT INTO t VALUES (1); COMMIT;", Open::Yes, Open::No),
            ("INSERT INTO t VALUES ('; COMMIT')", Open::Yes, Open::Unknown),
            ("CREATE TABLE a (b text DEFAULT ';')", Open::Yes, Open::Yes),
            ("COMMIT; BEGIN", Open::Yes, Open::Yes),
            ("SELECT 1; SELECT 2", Open::Unknown, Open::Unknown),
        ] {
            assert_eq!(after(sql, before), expected, "{sql}");
        }
        for (sql, before, expected) in [
            ("COMMIT", Open::Yes, Open::No),
            ("INSERT INTO t VALUES (1)", Open::Yes, Open::Yes),
            ("BEGIN; SELECT 1/0", Open::No, Open::Unknown),
            ("SELECT 1; SELECT 1/0", Open::No, Open::No),
        ] {
            assert_eq!(after_failure(sql, before), expected, "{sql}");
        }
    }
}
