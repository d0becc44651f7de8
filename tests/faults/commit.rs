//! A connection that is lost while COMMIT is under way (case 4): whether it happened is not known, and nothing repeats it.

use crate::ground::*;
use crate::proxy::{End, Side};
use orm::prelude::*;

const ENDS: [(Side, End); 4] =
    [(Side::Before, End::Closed), (Side::Before, End::Reset), (Side::After, End::Closed), (Side::After, End::Reset)];

fn unknown(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
    assert!(error.is_disconnect() && !error.is_retryable());
}

on_servers! {
    /// Case 4.
    fn of_a_transaction_the_outcome_is_unknown(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        let mut expected = Vec::new();
        for (at, (side, end)) in ENDS.into_iter().enumerate() {
            let text = at.to_string();
            proxy.cut_at(b"COMMIT", side, end);
            let mut runs = 0;
            let result = own.transaction_with_retry(5, |tx| {
                runs += 1;
                tx.execute(insert(&note(&text)))
            });
            unknown(&result.expect_err("the answer was lost"));
            assert_eq!(runs, 1, "nothing repeats it");
            if side == Side::After {
                expected.push(text);
            }
            own.assert_healthy()?;
            await_that("the server has ended the transaction", || on.texts().is_ok_and(|texts| texts == expected));
        }
    }

    /// Case 4, in a session: it fails, and after its rollback the next query shows the truth.
    fn of_a_session_the_outcome_is_unknown(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        let mut written = 0;
        for (side, end) in ENDS {
            let mut session = own.session();
            let added = session.add(note("once"));
            proxy.cut_at(b"COMMIT", side, end);
            unknown(&session.commit().expect_err("the answer was lost"));
            let again = session.commit().expect_err("it has failed");
            assert_eq!(again.kind(), ErrorKind::SessionFailed, "{again:?}");
            session.rollback()?;
            assert_eq!(session.state(added), State::Gone(Gone::RolledBack));
            written += usize::from(side == Side::After);
            await_that("the next query shows the truth", || {
                let seen = session.all(select::<Note>()).map(|all| all.len());
                session.rollback().expect("a rollback always works");
                seen.is_ok_and(|seen| seen == written)
            });
            drop(session);
            own.assert_healthy()?;
        }
    }

    /// Case 4: `retry` does not repeat a commit that may have happened.
    fn a_retry_ends_there(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        proxy.cut_at(b"COMMIT", Side::After, End::Reset);
        let mut runs = 0;
        let options = RetryOptions::new(5).also(ErrorKind::ConnectionLost);
        let result = own.retry(options, |session| {
            runs += 1;
            session.add(note("once"));
            Ok(())
        });
        unknown(&result.expect_err("the answer was lost"));
        assert_eq!(runs, 1);
        own.assert_healthy()?;
        assert_eq!(on.texts()?, ["once"]);
    }

    /// What a COMMIT is not: a statement of its own, outside of a transaction, that is lost.
    fn a_statement_by_itself_is_a_lost_connection(on) {
        on.notes()?;
        let proxy = on.proxy()?;
        let own = on.through(&proxy, |options| options)?;
        let mut connection = own.connect()?;
        connection.execute(insert(&note("prepared")))?;
        proxy.cut_at(b"swallowed", Side::Before, End::Reset);
        let error = connection.execute(insert(&note("swallowed"))).expect_err("it is cut");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        drop(connection);
        own.assert_healthy()?;
        assert_eq!(on.texts()?, ["prepared"]);
    }
}
