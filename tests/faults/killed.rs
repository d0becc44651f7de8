//! Connections that the server ends, in every phase of a transaction (cases 1 and 2 of the fault list). COMMIT has a file of its own.

use crate::ground::*;
use orm::pool::PrePing;
use orm::prelude::*;
use std::thread;

/// Where in a transaction the connection is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BeforeBegin,
    AfterBegin,
    BetweenStatements,
    InAStatement,
}

const PHASES: [Phase; 4] = [Phase::BeforeBegin, Phase::AfterBegin, Phase::BetweenStatements, Phase::InAStatement];

fn lost<T: std::fmt::Debug>(result: orm::Result<T>, phase: Phase) {
    let error = result.expect_err("the connection is lost");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{phase:?}: {error:?}");
    assert!(error.is_disconnect() && !error.is_retryable(), "{phase:?}");
}

/// Runs something that never ends by itself, and kills its connection when the server is at it.
fn killed_meanwhile<T>(on: &Ground<'_>, number: i64, run: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        scope.spawn(move || {
            on.await_slow_statement(number);
            on.kill(number).expect("it can be killed");
        });
        run()
    })
}

fn in_a_transaction(on: &Ground<'_>, own: &Own, phase: Phase) -> orm::Result<()> {
    let mut connection = own.connect()?;
    let number: i64 = connection.one(on.number_query())?;
    if phase == Phase::BeforeBegin {
        on.kill(number)?;
        // BEGIN may travel with the first statement.
        let begun = connection.begin();
        lost(begun.and_then(|mut tx| tx.execute(insert(&note("never")))), phase);
        return Ok(());
    }
    let mut tx = connection.begin()?;
    if phase == Phase::AfterBegin {
        assert_eq!(tx.count(select::<Note>().filter(|n| n.text.eq("never")))?, 0);
    } else {
        tx.execute(insert(&note("half")))?;
    }
    match phase {
        Phase::InAStatement => lost(killed_meanwhile(on, number, || tx.all::<i64, _>(on.slow_statement())), phase),
        _ => {
            on.kill(number)?;
            lost(tx.execute(insert(&note("never"))), phase);
        }
    }
    let error = tx.execute(insert(&note("never"))).expect_err("half a transaction does not go on");
    assert_eq!(error.kind(), ErrorKind::TransactionFailed, "{phase:?}: {error:?}");
    let error = tx.commit().expect_err("nor is it committed");
    assert_eq!(error.kind(), ErrorKind::TransactionFailed, "{phase:?}: {error:?}");
    assert!(!connection.in_transaction());
    Ok(())
}

fn in_a_session(on: &Ground<'_>, own: &Own, phase: Phase) -> orm::Result<()> {
    let kept = own.with_session(|session| {
        let kept = session.add(note("kept"));
        session.flush()?;
        Ok(session[kept].id)
    })?;
    own.pool().settle(LONG);
    let mut session = own.session();
    if phase == Phase::BeforeBegin {
        session.pin();
    }
    let number = session.rows::<i64, _>(on.number_query())?[0];
    let read = session.get::<Note>(kept)?.expect("it was just written");
    if phase == Phase::BeforeBegin {
        session.commit()?;
    }
    let added = session.add(note("half"));
    session[read].text = "changed".into();
    if phase == Phase::BetweenStatements || phase == Phase::InAStatement {
        session.flush()?;
    }
    match phase {
        Phase::InAStatement => {
            lost(killed_meanwhile(on, number, || session.rows::<i64, _>(on.slow_statement())), phase);
        }
        Phase::BetweenStatements => {
            on.kill(number)?;
            lost(session.count(select::<Note>()), phase);
        }
        Phase::BeforeBegin | Phase::AfterBegin => {
            on.kill(number)?;
            lost(session.flush(), phase);
        }
    }
    // The session says so, and keeps what it has in memory, until it is rolled back.
    if phase != Phase::BeforeBegin {
        for error in [session.count(select::<Note>()).err(), session.commit().err()] {
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::SessionFailed), "{phase:?}");
        }
    }
    assert_eq!((session[read].text.as_str(), session[added].text.as_str()), ("changed", "half"));
    session.rollback()?;
    assert_eq!(session.state(added), State::Gone(Gone::RolledBack));
    assert_eq!(session[read].text, "kept");
    // It goes on, with another connection where it was pinned to one.
    assert_ne!(session.rows::<i64, _>(on.number_query())?[0], number, "{phase:?}");
    session.rollback()?;
    Ok(())
}

on_servers! {
    /// Case 1.
    fn a_transaction_is_lost_in_every_phase(on) {
        on.notes()?;
        let own = on.engine(|options| options.pre_ping(PrePing::Never))?;
        for phase in PHASES {
            in_a_transaction(on, &own, phase)?;
            own.assert_healthy()?;
            assert!(on.texts()?.is_empty(), "{phase:?}: nothing is half written");
        }
        own.transaction(|tx| tx.execute(insert(&note("second attempt"))))?;
        assert_eq!(on.texts()?, ["second attempt"]);
    }

    /// Case 1, in a session: objects keep what waits until `rollback`, which needs no server.
    fn a_session_is_lost_in_every_phase(on) {
        on.notes()?;
        let own = on.engine(|options| options.pre_ping(PrePing::Never))?;
        for phase in PHASES {
            in_a_session(on, &own, phase)?;
            own.assert_healthy()?;
            assert!(on.texts()?.iter().all(|text| text == "kept"), "{phase:?}: nothing is half written");
        }
    }

    /// Case 1: the same session goes on with a new connection after its rollback.
    fn a_session_goes_on_after_its_rollback(on) {
        on.notes()?;
        let own = on.engine(|options| options)?;
        let mut session = own.session();
        session.add(note("lost"));
        session.flush()?;
        let number = session.rows::<i64, _>(on.number_query())?[0];
        on.kill(number)?;
        lost(session.commit_or_kind(), Phase::BetweenStatements);
        session.rollback()?;
        let again = session.add(note("again"));
        session.commit()?;
        assert_eq!((session[again].text.as_str(), on.texts()?), ("again", vec!["again".to_owned()]));
        drop(session);
        own.assert_healthy()?;
    }

    /// Case 1, in a savepoint: the whole transaction is lost, not the savepoint alone.
    fn in_a_savepoint_the_whole_transaction_is_lost(on) {
        on.notes()?;
        let own = on.engine(|options| options)?;
        let mut connection = own.connect()?;
        let number: i64 = connection.one(on.number_query())?;
        let mut tx = connection.begin()?;
        tx.execute(insert(&note("outer")))?;
        let mut savepoint = tx.begin()?;
        savepoint.execute(insert(&note("inner")))?;
        on.kill(number)?;
        lost(savepoint.execute(insert(&note("never"))), Phase::BetweenStatements);
        assert_eq!(savepoint.rollback().expect_err("there is nothing to go back to").kind(), ErrorKind::TransactionFailed);
        assert_eq!(tx.execute(insert(&note("never"))).expect_err("it is lost").kind(), ErrorKind::TransactionFailed);
        assert_eq!(tx.commit().expect_err("it is lost").kind(), ErrorKind::TransactionFailed);
        drop(connection);
        own.assert_healthy()?;
        assert!(on.texts()?.is_empty());
    }

    /// Case 2: killed in the pool, with a ping before each checkout.
    fn killed_in_the_pool_a_ping_heals_it(on) {
        on.notes()?;
        let own = on.engine(|options| options.pre_ping(PrePing::Always))?;
        let number: i64 = own.connect()?.one(on.number_query())?;
        own.pool().settle(LONG);
        on.kill(number)?;
        own.with_session(|session| {
            session.add(note("healed"));
            Ok(())
        })?;
        assert_eq!(on.texts()?, ["healed"]);
        own.assert_healthy()?;
    }

    /// Case 2: killed in the pool and not looked at: one error, of one connection, and all that are as old are given up.
    fn killed_in_the_pool_the_first_error_empties_it(on) {
        on.notes()?;
        let own = on.engine(|options| options.pool_size(3).pre_ping(PrePing::Never))?;
        let mut connections = (0..3).map(|_| own.connect()).collect::<orm::Result<Vec<_>>>()?;
        let numbers = connections.iter_mut().map(|c| c.one(on.number_query())).collect::<orm::Result<Vec<i64>>>()?;
        drop(connections);
        own.pool().settle(LONG);
        assert_eq!(own.pool_status().idle, 3);
        for number in numbers {
            on.kill(number)?;
        }
        let mut failures = 0;
        for at in 0..6 {
            match own.transaction(|tx| tx.execute(insert(&note(&at.to_string())))) {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
                    failures += 1;
                }
            }
        }
        assert!(failures <= 1, "{failures} errors");
        assert_eq!(on.texts()?.len(), 6 - failures);
        own.assert_healthy()?;
    }
}

/// `commit`, or what a query before it finds: both are lost.
trait CommitOrKind {
    fn commit_or_kind(&mut self) -> orm::Result<()>;
}

impl CommitOrKind for Session {
    /// A statement first: a connection lost before COMMIT is sent may only be noticed by it.
    fn commit_or_kind(&mut self) -> orm::Result<()> {
        self.count(select::<Note>())?;
        self.commit()
    }
}
