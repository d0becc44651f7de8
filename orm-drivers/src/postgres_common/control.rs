//! What a text does to the transaction, seen from its first words. No parser: it only has to know statements that are nothing
//! but transaction control.

/// What a statement does to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// BEGIN, START TRANSACTION
    Begin,
    /// COMMIT, END, PREPARE TRANSACTION: on a failed transaction they roll back and report success.
    Commit,
    /// ROLLBACK, ABORT
    Rollback,
    /// COMMIT AND CHAIN, ROLLBACK AND CHAIN: a transaction is open afterwards too.
    Chain,
    /// Anything else, with SAVEPOINT, RELEASE and ROLLBACK TO
    None,
}

/// Looks at a single statement.
pub(crate) fn of(sql: &str) -> Control {
    let mut words = skip_blanks(sql).split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let first = words.next().unwrap_or_default();
    let mut words = words.filter(|word| !word.is_empty());
    let is = |word: Option<&str>, expected: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(expected));
    let first_is = |expected| is(Some(first), expected);
    if first_is("BEGIN") {
        return Control::Begin;
    }
    if first_is("START") && is(words.next(), "TRANSACTION") {
        return Control::Begin;
    }
    if first_is("PREPARE") && is(words.next(), "TRANSACTION") {
        return Control::Commit;
    }
    let ends = if first_is("COMMIT") || first_is("END") {
        Control::Commit
    } else if first_is("ROLLBACK") || first_is("ABORT") {
        Control::Rollback
    } else {
        return Control::None;
    };
    let mut second = words.next();
    if is(second, "WORK") || is(second, "TRANSACTION") {
        second = words.next();
    }
    if is(second, "AND") && is(words.next(), "CHAIN") {
        return Control::Chain;
    }
    // ROLLBACK TO ends no transaction; COMMIT PREPARED and ROLLBACK PREPARED are about another one.
    if is(second, "TO") || is(second, "PREPARED") { Control::None } else { ends }
}

/// True when a COMMIT may have been under way in a text that was interrupted.
pub(crate) fn may_commit(sql: &str) -> bool {
    sql.split(';').any(|piece| {
        of(piece) == Control::Commit
            || (of(piece) == Control::Chain && skip_blanks(piece).starts_with(['c', 'C', 'e', 'E']))
    })
}

fn skip_blanks(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let after = if rest.starts_with("--") {
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
mod tests {
    use super::*;

    #[test]
    fn knows_transaction_control() {
        for (sql, expected) in [
            ("BEGIN", Control::Begin),
            (" /* x */ -- y\n begin isolation level serializable;", Control::Begin),
            ("START TRANSACTION READ ONLY", Control::Begin),
            ("COMMIT", Control::Commit),
            ("commit work;", Control::Commit),
            ("END", Control::Commit),
            ("PREPARE TRANSACTION 'x'", Control::Commit),
            ("COMMIT AND CHAIN", Control::Chain),
            ("ROLLBACK TRANSACTION AND CHAIN", Control::Chain),
            ("COMMIT AND NO CHAIN", Control::Commit),
            ("ROLLBACK", Control::Rollback),
            ("ABORT", Control::Rollback),
            ("ROLLBACK TO SAVEPOINT a", Control::None),
            ("ROLLBACK WORK TO a", Control::None),
            ("COMMIT PREPARED 'x'", Control::None),
            ("PREPARE q AS SELECT 1", Control::None),
            ("SAVEPOINT a", Control::None),
            ("RELEASE a", Control::None),
            ("SELECT 1", Control::None),
            ("BEGINNING", Control::None),
            ("commits", Control::None),
            ("", Control::None),
            ("-- COMMIT", Control::None),
            ("cömmit", Control::None),
        ] {
            assert_eq!(of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn sees_a_commit_under_way() {
        assert!(may_commit("INSERT INTO t VALUES (1); commit") && may_commit("COMMIT AND CHAIN"));
        assert!(!may_commit("ROLLBACK AND CHAIN") && !may_commit("INSERT INTO commits VALUES (1)"));
    }
}
