//! A session that commits two databases in two phases, whose connection to one of them is lost in each phase, or stays lost.

use crate::faulty::{Fault, Faulty, Plan};
use crate::ground::*;
use crate::proxy::{End, Proxy, Side};
use crate::support::{Backend, Db};
use orm::EngineOptions;
use orm::drivers::url::{Host, Url};
use orm::pool::PoolOptions;
use orm::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "letter", bind = "partner")]
struct Letter {
    #[orm(primary_key)]
    id: i64,
    text: String,
}

/// Whether the database of the faults is the engine's own: it is prepared last then, and otherwise first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Own,
    Partner,
}

const ROLES: [Role; 2] = [Role::Own, Role::Partner];
const ENDS: [(Side, End); 3] = [(Side::Before, End::Reset), (Side::After, End::Closed), (Side::After, End::Reset)];

/// The database of the faults behind a proxy, and another one beside it.
struct Pair<'d> {
    on: &'d Ground<'d>,
    other: Db,
    proxy: Arc<Proxy>,
    own: Own,
    role: Role,
}

impl<'d> Pair<'d> {
    fn new(on: &'d Ground<'d>, role: Role) -> orm::Result<Option<Pair<'d>>> {
        let other = if on.way.is_postgres() { Backend::Mariadb } else { Backend::Postgres };
        let Some(other) = Db::fresh(other) else { return Ok(None) };
        let postgres = if on.way.is_postgres() { &on.db.engine } else { &other.engine };
        if postgres.connect()?.one::<String, _>(sql("SHOW max_prepared_transactions"))? == "0" {
            println!("skipped: max_prepared_transactions is 0");
            return Ok(None);
        }
        let proxy = Arc::new(on.proxy()?);
        let mut through = Url::parse(&on.url)?;
        through.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(proxy.port()) }];
        let beside = Url::parse(&other.url)?;
        let (first, second) = if role == Role::Own { (through, beside) } else { (beside, through) };
        let options = |url| EngineOptions::from_url(url).pool_size(1).max_overflow(0);
        let partner = options(second).create()?;
        let engine = options(first).create()?.with_bind("partner", partner)?;
        Schema::of::<(Note, Letter)>().create_all(&engine)?;
        Ok(Some(Pair { on, other, proxy, own: Own(engine), role }))
    }

    /// The engine of the database of the faults.
    fn at_fault(&self) -> orm::Result<Engine> {
        if self.role == Role::Own { Ok(self.own.0.clone()) } else { self.own.bind("partner") }
    }

    /// Does something once, when the database of the faults was told to prepare.
    fn when_told_to_prepare(&self, work: impl Fn(&Proxy) + Send + Sync + 'static) -> orm::Result<()> {
        let (proxy, once) = (Arc::clone(&self.proxy), std::sync::Once::new());
        self.at_fault()?.on_statement(move |executed| {
            if executed.sql.starts_with("PREPARE TRANSACTION") || executed.sql.starts_with("XA PREPARE") {
                once.call_once(|| work(&proxy));
            }
        });
        Ok(())
    }

    fn write(&self, session: &mut Session) -> orm::Result<()> {
        session.add(note("one"));
        session.add(Letter { id: 0, text: "two".into() });
        session.flush()?;
        // The engine's own is where the session is when it commits.
        session.count(select::<Note>()).map(drop)
    }

    /// Rows of both, as each database tells by itself.
    fn counts(&self) -> orm::Result<(i64, i64)> {
        let (own, partner) = match self.role {
            Role::Own => (&self.on.db.engine, &self.other.engine),
            Role::Partner => (&self.other.engine, &self.on.db.engine),
        };
        let count =
            |engine: &Engine, table| engine.connect()?.one::<i64, _>(sql(format!("SELECT count(*) FROM {table}")));
        Ok((count(own, "note")?, count(partner, "letter")?))
    }

    /// The names of what stays prepared by this session, wherever it is.
    fn left(&self, name: &str) -> orm::Result<Vec<String>> {
        let mut left = self.on.db.engine.recover_twophase()?;
        left.extend(self.other.engine.recover_twophase()?);
        left.retain(|id| id.starts_with(name));
        Ok(left)
    }

    /// Nothing is prepared any more, and both pools are sound.
    fn assert_over(&self, recorder: &Recorder) -> orm::Result<()> {
        let name = name(recorder);
        await_that("nothing stays prepared", || self.left(&name).is_ok_and(|left| left.is_empty()));
        self.own.assert_healthy()?;
        let partner = self.own.bind("partner")?;
        assert!(partner.pool().settle(LONG));
        assert_eq!(partner.pool_status().in_use, 0);
        partner.connect()?.transaction(|tx| tx.one::<i64, _>(sql("SELECT 8"))).map(drop)
    }
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        if let Ok(partner) = self.own.bind("partner") {
            partner.pool().close();
            partner.pool().settle(LONG);
        }
    }
}

/// The common part of the names of a session's last transaction.
fn name(recorder: &Recorder) -> String {
    name_if_any(recorder).expect("it had a name")
}

fn name_if_any(recorder: &Recorder) -> Option<String> {
    let statements = recorder.take();
    let named = |sql: &str| sql.split_once("'orm_").map(|(_, rest)| format!("orm_{}", &rest[..32]));
    let encoded = |sql: &str| {
        let hex = sql.strip_prefix("XA START X'")?;
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        String::from_utf8((0..72).step_by(2).map(byte).collect()).ok()
    };
    statements.iter().rev().find_map(|statement| named(&statement.sql).or_else(|| encoded(&statement.sql)))
}

fn for_each_role(on: &Ground<'_>, body: impl Fn(&Pair<'_>) -> orm::Result<()>) -> orm::Result<()> {
    for role in ROLES {
        if let Some(pair) = Pair::new(on, role)? {
            body(&pair).map_err(|error| error.context(format!("{role:?}")))?;
        }
    }
    Ok(())
}

/// Each with whether all later calls fail too.
const FAULTS: [(Fault, bool); 5] = [
    (Fault::LostBefore, false),
    (Fault::LostAfter, false),
    (Fault::LostBefore, true),
    (Fault::Refused(ErrorKind::Cancelled), false),
    (Fault::Refused(ErrorKind::Io), true),
];

/// Two databases whose drivers fail by one plan, at whichever of them the call comes.
fn faulty(on: &Ground<'_>, other: &Db) -> orm::Result<(Own, Arc<Plan>)> {
    let plan = Arc::new(Plan::default());
    let engine = |url: &str| -> orm::Result<Engine> {
        let real = orm::drivers::open(&Url::parse(url)?)?;
        let driver = Faulty { real, plan: Arc::clone(&plan), local: false };
        Engine::new(Arc::new(driver), PoolOptions::new().size(1).max_overflow(0))
    };
    let own = engine(&on.url)?.with_bind("partner", engine(&other.url)?)?;
    Ok((Own(own), plan))
}

/// One attempt at a commit with a fault in it; whether it came to the fault.
fn attempt(pair: &Pair<'_>, number: u64, (fault, lasting): (Fault, bool)) -> orm::Result<bool> {
    let (own, plan) = faulty(pair.on, &pair.other)?;
    let before = pair.counts()?;
    let recorder = Recorder::new();
    let mut session = own.session().two_phase();
    session.record(&recorder);
    plan.lasting.store(lasting, SeqCst);
    plan.arm(number, fault);
    let result = pair.write(&mut session).and_then(|()| session.commit());
    plan.disarm();
    let what = format!("{fault:?} at call {number}, `{}`, lasting: {lasting}: {result:?}", plan.at.lock().unwrap());
    let mut rows = i64::from(result.is_ok());
    if let Err(error) = result {
        session.rollback()?;
        for left in error.left_prepared() {
            assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{what}");
            rows = i64::from(left.fate == orm::Fate::Commit);
            await_that("what was left is ended", || match own.finish(left) {
                Ok(()) => true,
                // The answer was lost.
                Err(error) => error.kind() == ErrorKind::NotFound,
            });
        }
    }
    drop(session);
    if let Some(name) = name_if_any(&recorder) {
        await_that(&format!("nothing stays prepared: {what}"), || pair.left(&name).is_ok_and(|left| left.is_empty()));
    }
    assert_eq!(pair.counts()?, (before.0 + rows, before.1 + rows), "{what}");
    own.assert_healthy()?;
    let partner = own.bind("partner")?;
    assert!(partner.pool().settle(LONG));
    partner.pool().close();
    partner.pool().settle(LONG);
    Ok(plan.fired())
}

on_servers! {
    /// A fault at the first call to either driver, at the second, .. until none is left.
    fn at_every_call_both_commit_or_none(on) {
        let Some(pair) = Pair::new(on, Role::Own)? else { return Ok(()) };
        // What fails for long is tried again for long.
        let patient = slow();
        for fault in FAULTS.into_iter().filter(|(_, lasting)| patient || !lasting) {
            let mut number = 1;
            while attempt(&pair, number, fault)? {
                number += 1;
            }
            assert!(number > 10, "{number}");
        }
    }

    /// Lost in the first phase: nobody has committed, and what was prepared is taken back.
    fn lost_while_preparing_nothing_is_written(on) {
        for_each_role(on, |pair| {
            for (side, end) in ENDS {
                let recorder = Recorder::new();
                let mut session = pair.own.session().two_phase();
                session.record(&recorder);
                pair.write(&mut session)?;
                pair.proxy.cut_at(if on.way.is_postgres() { b"PREPARE TRANSACTION" } else { b"XA PREPARE" }, side, end);
                let error = session.commit().expect_err("the answer was lost");
                assert_eq!((error.kind(), error.left_prepared()), (ErrorKind::ConnectionLost, &[][..]), "{error:?}");
                assert_eq!(session.count(select::<Note>()).expect_err("it failed").kind(), ErrorKind::SessionFailed);
                session.rollback()?;
                assert_eq!(pair.counts()?, (0, 0));
                drop(session);
                pair.assert_over(&recorder)?;
            }
            let options = RetryOptions::new(3).transaction(TransactionOptions::new().two_phase());
            pair.proxy.cut_at(if on.way.is_postgres() { b"PREPARE TRANSACTION" } else { b"XA PREPARE" }, Side::After, End::Reset);
            let mut runs = 0;
            pair.own.retry(options.also(ErrorKind::ConnectionLost), |session| {
                runs += 1;
                pair.write(session)
            })?;
            assert_eq!((runs, pair.counts()?), (2, (1, 1)));
            Ok(())
        })?;
    }

    /// Lost in the second phase: it was decided, and another connection finishes it.
    fn lost_while_committing_the_rest_is_finished(on) {
        for_each_role(on, |pair| {
            for (at, (side, end)) in ENDS.into_iter().enumerate() {
                let recorder = Recorder::new();
                let mut session = pair.own.session().two_phase();
                session.record(&recorder);
                pair.write(&mut session)?;
                pair.proxy.cut_at(if on.way.is_postgres() { b"COMMIT PREPARED" } else { b"XA COMMIT" }, side, end);
                session.commit()?;
                let rows = 1 + at as i64;
                assert_eq!(pair.counts()?, (rows, rows), "{side:?} {end:?}");
                drop(session);
                pair.assert_over(&recorder)?;
            }
            Ok(())
        })?;
    }

    /// Killed between the phases.
    fn killed_between_the_phases_it_is_committed(on) {
        for_each_role(on, |pair| {
            pair.when_told_to_prepare(|proxy| proxy.cut_all(End::Reset))?;
            let recorder = Recorder::new();
            let mut session = pair.own.session().two_phase();
            session.record(&recorder);
            pair.write(&mut session)?;
            session.commit()?;
            assert_eq!(pair.counts()?, (1, 1));
            drop(session);
            pair.assert_over(&recorder)
        })?;
    }

    /// Out of reach between the phases: the other commits, the error names what is left, and it is finished later.
    fn out_of_reach_between_the_phases_it_is_left_by_name(on) {
        for_each_role(on, |pair| {
            pair.when_told_to_prepare(|proxy| {
                proxy.refuse(true);
                proxy.cut_all(End::Reset);
            })?;
            let recorder = Recorder::new();
            let mut session = pair.own.session().two_phase();
            session.record(&recorder);
            pair.write(&mut session)?;
            let error = session.commit().expect_err("nobody answers");
            assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
            let [left] = error.left_prepared() else { panic!("{error:?}") };
            assert_eq!((left.fate, left.bind.is_none()), (orm::Fate::Commit, pair.role == Role::Own));
            assert!(error.to_string().contains(&left.id), "{error}");
            assert_eq!(session.commit().expect_err("it failed").left_prepared(), error.left_prepared());
            session.rollback()?;
            assert_eq!(pair.left(&name(&recorder))?, [left.id.as_str()]);
            assert_eq!(pair.counts()?, if pair.role == Role::Own { (0, 1) } else { (1, 0) });
            pair.proxy.refuse(false);
            await_that("the server lets it be finished", || match pair.own.finish(left) {
                Ok(()) => true,
                Err(error) => {
                    assert!(error.kind() == ErrorKind::Database || error.is_disconnect(), "{error:?}");
                    false
                }
            });
            assert_eq!(pair.counts()?, (1, 1));
            assert_eq!(pair.own.finish(left).expect_err("it is over").kind(), ErrorKind::NotFound);
            pair.own.assert_healthy()
        })?;
    }

    /// Out of reach after it has prepared, while the others are to be taken back.
    fn out_of_reach_while_preparing_it_is_left_to_be_rolled_back(on) {
        for_each_role(on, |pair| {
            pair.when_told_to_prepare(|proxy| proxy.refuse(true))?;
            let recorder = Recorder::new();
            let mut session = pair.own.session().two_phase();
            session.record(&recorder);
            pair.write(&mut session)?;
            let words: &[u8] = if on.way.is_postgres() { b"PREPARE TRANSACTION" } else { b"XA PREPARE" };
            pair.proxy.cut_at(words, Side::After, End::Reset);
            let error = session.commit().expect_err("nobody answers");
            assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{error:?}");
            let [left] = error.left_prepared() else { panic!("{error:?}") };
            assert_eq!(left.fate, orm::Fate::Rollback);
            session.rollback()?;
            assert_eq!(pair.left(&name(&recorder))?, [left.id.as_str()]);
            pair.proxy.refuse(false);
            await_that("the server lets it be finished", || pair.own.finish(left).is_ok());
            assert_eq!((pair.counts()?, pair.left(&left.id)?.len()), ((0, 0), 0));
            pair.own.assert_healthy()
        })?;
    }
}
