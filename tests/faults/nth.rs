//! A fault at every call: each scenario is run with the first call to the driver failing, then the second, and so on until
//! none is left. After each: no connection is lost, no transaction is open, the database is as it was or as it should be, the
//! objects in memory have their old values, and the same session can do it all on a second attempt.

use crate::faulty::{Fault, Faulty, Plan};
use crate::ground::*;
use crate::models::{Note, Person, Tag, Tagging, schema};
use crate::scenarios::{SCENARIOS, Scenario, a_note, person};
use orm::drivers::url::Url;
use orm::pool::PoolOptions;
use orm::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// Each with whether all later calls fail too.
const FAULTS: [(Fault, bool); 9] = [
    (Fault::LostBefore, false),
    (Fault::LostAfter, false),
    (Fault::LostBefore, true),
    (Fault::Refused(ErrorKind::Deadlock), false),
    (Fault::Refused(ErrorKind::LockTimeout), false),
    (Fault::Refused(ErrorKind::StorageFull), false),
    (Fault::Refused(ErrorKind::Cancelled), false),
    (Fault::Refused(ErrorKind::Io), true),
    (Fault::Refused(ErrorKind::SerializationFailure), true),
];

/// All rows, as the database has them, with the people's codes in place of keys: a server does not give a key twice.
fn dump(engine: &Engine) -> Vec<String> {
    let mut c = engine.connect().unwrap();
    let people = c.all(select::<Person>().order_by(|p| p.code)).unwrap();
    let notes = c.all(select::<Note>().order_by(|n| (n.text, n.id))).unwrap();
    let code = |key: Option<&Ref<Person>>| {
        let key = key.and_then(Ref::key)?;
        people.iter().find(|person| person.id == *key).map(|person| person.code)
    };
    let text = |key: &Ref<Note>| notes.iter().find(|note| Some(&note.id) == key.key()).map(|note| note.text.as_str());
    let mut rows: Vec<String> = Vec::new();
    rows.extend(people.iter().map(|p| format!("{} is {}, under {:?}", p.code, p.age, code(p.boss.as_ref()))));
    rows.extend(notes.iter().map(|n| {
        let (author, reviewer) = (code(Some(&n.author)), code(n.reviewer.as_ref()));
        format!("{:?} by {author:?}, {reviewer:?}, version {}", n.text, n.version)
    }));
    rows.extend(c.all(select::<Tag>().order_by(|t| t.name)).unwrap().iter().map(|row| format!("{row:?}")));
    let mut taggings: Vec<String> = Vec::new();
    for Tagging { note, tag } in c.all(select::<Tagging>()).unwrap() {
        taggings.push(format!("{:?} is {:?}", text(&note), tag.key()));
    }
    taggings.sort();
    rows.extend(taggings);
    rows
}

/// The rows that every run begins with.
fn fill(engine: &Engine) {
    let mut connection = engine.connect().unwrap();
    connection.execute(delete::<Tagging>().every_row()).unwrap();
    connection.execute(delete::<Note>().every_row()).unwrap();
    connection.execute(update::<Person>().set(|p| p.boss.to(None)).every_row()).unwrap();
    connection.execute(delete::<Person>().every_row()).unwrap();
    connection.execute(delete::<Tag>().every_row()).unwrap();
    let one = Person { id: 1, boss: None, ..person(11) };
    let people = [one, Person { id: 2, boss: Some(1.into()), ..person(12) }, Person { id: 3, ..person(13) }];
    connection.execute(insert(&people)).unwrap();
    let first = Note { id: 1, reviewer: Some(2.into()), ..a_note("first", 1) };
    connection.execute(insert(&[first, Note { id: 2, ..a_note("second", 3) }])).unwrap();
    connection.execute(insert(&["red", "blue"].map(|name| Tag { name: name.into(), weight: 1 }))).unwrap();
    connection.execute(insert(&Tagging { note: 1.into(), tag: Ref::from("red".to_owned()) })).unwrap();
}

/// A session's own view of a table, sorted, beside the database's.
fn assert_agrees(session: &mut Session, engine: &Engine, what: &str) {
    let people = session.all(select::<Person>()).unwrap();
    let mut mine: Vec<_> = people
        .iter()
        .map(|h| {
            (session[*h].id, session[*h].age, session[*h].code, session[*h].boss.as_ref().and_then(Ref::key).copied())
        })
        .collect();
    mine.sort_unstable();
    let mut theirs: Vec<_> = engine.connect().unwrap().all(select::<Person>()).unwrap();
    theirs.sort_unstable_by_key(|person| person.id);
    let theirs: Vec<_> =
        theirs.iter().map(|p| (p.id, p.age, p.code, p.boss.as_ref().and_then(Ref::key).copied())).collect();
    assert_eq!(mine, theirs, "{what}");
    let notes = session.all(select::<Note>()).unwrap();
    let mut mine: Vec<_> = notes
        .iter()
        .map(|h| (session[*h].id, session[*h].text.clone(), session[*h].author.key().copied(), session[*h].version))
        .collect();
    mine.sort();
    let mut theirs: Vec<_> = engine.connect().unwrap().all(select::<Note>()).unwrap();
    theirs.sort_unstable_by_key(|note| note.id);
    let theirs: Vec<_> = theirs.into_iter().map(|n| (n.id, n.text, n.author.key().copied(), n.version)).collect();
    assert_eq!(mine, theirs, "{what}");
    session.commit().unwrap();
}

/// One run: a scenario, a fault, and the number of the call.
struct Run<'g> {
    on: &'g Ground<'g>,
    name: &'static str,
    scenario: Scenario,
    fault: Fault,
    lasting: bool,
    local: bool,
    /// The session writes from its start.
    writes: bool,
    number: u64,
}

impl Run<'_> {
    fn engine(&self) -> (Own, Arc<Plan>) {
        let plan = Arc::new(Plan::default());
        plan.lasting.store(self.lasting, SeqCst);
        let real = orm::drivers::open(&Url::parse(&self.on.url).unwrap()).unwrap();
        let driver = Faulty { real, plan: Arc::clone(&plan), local: self.local };
        let own = Engine::new(Arc::new(driver), PoolOptions::new().size(2).max_overflow(0)).unwrap();
        (Own(own), plan)
    }

    /// Whether it came to the call. `done` is what the database holds when all went well.
    fn go(&self, done: &[String]) -> bool {
        let Run { on, name, scenario, fault, number, .. } = *self;
        let admin = &on.db.engine;
        fill(admin);
        let before = dump(admin);
        let (own, plan) = self.engine();
        let mut session = if self.writes { own.session().write() } else { own.session() };
        let people: Vec<(Handle<Person>, Person)> =
            session.all(select::<Person>()).unwrap().into_iter().map(|h| (h, session[h].clone())).collect();
        session.commit().unwrap();
        own.pool().settle(LONG);
        plan.arm(number, fault);
        let result = scenario(&mut session);
        if !plan.fired() {
            result.unwrap_or_else(|error| panic!("{name} without a fault: {error:?}"));
            return false;
        }
        let what =
            format!("{name}, {fault:?} (lasting: {}) at call {number}, {}", self.lasting, plan.at.lock().unwrap());
        let Err(error) = result else {
            // What comes after COMMIT: the connection is given up, and nobody need know.
            plan.disarm();
            assert_eq!(dump(admin), done, "{what}");
            drop(session);
            own.assert_healthy().unwrap();
            return true;
        };
        let unknown = error.kind() == ErrorKind::CommitOutcomeUnknown;
        let expected = match fault {
            Fault::LostBefore | Fault::LostAfter => {
                vec![ErrorKind::ConnectionLost, ErrorKind::CommitOutcomeUnknown, ErrorKind::ConnectFailed]
            }
            Fault::Refused(kind) => vec![kind],
        };
        // A savepoint's closure returns its own error; that the savepoint could not be taken back is known from then on.
        let hidden = error.kind() == ErrorKind::SessionFailed && plan.at.lock().unwrap().contains("SAVEPOINT");
        assert!(hidden || expected.contains(&error.kind()), "{what}: {error:?}");
        if !self.lasting {
            let after = session.count(select::<Person>()).map_err(|error| error.kind());
            assert!(matches!(after, Ok(_) | Err(ErrorKind::SessionFailed)), "{what}: {after:?}");
        }
        session.rollback().unwrap();
        plan.disarm();
        for (handle, value) in &people {
            assert_eq!(session.try_get(*handle), Some(value), "{what}: memory");
        }
        assert!(session.unflushed().is_empty(), "{what}: nothing waits");
        assert!(own.pool().settle(LONG), "{what}");
        assert_eq!(own.pool_status().in_use, 0, "{what}: {:?}", own.pool_status());
        let committed = unknown && fault == Fault::LostAfter;
        assert_eq!(dump(admin), if committed { done } else { &before }, "{what}");
        // Nobody holds the lock.
        admin.transaction(|tx| tx.count(select::<Person>())).unwrap();
        if !committed {
            scenario(&mut session).unwrap_or_else(|error| panic!("{what}, second attempt: {error:?}"));
            assert_eq!(dump(admin), done, "{what}, second attempt");
        }
        assert_agrees(&mut session, admin, &what);
        drop(session);
        own.assert_healthy().unwrap();
        true
    }

    /// The same in `retry`, which must carry it through wherever that is safe.
    fn go_with_retry(&self, done: &[String]) -> bool {
        let admin = &self.on.db.engine;
        fill(admin);
        let before = dump(admin);
        let (own, plan) = self.engine();
        drop([own.connect().unwrap(), own.connect().unwrap()]);
        own.pool().settle(LONG);
        plan.arm(self.number, self.fault);
        let options = RetryOptions::new(3).base_delay(std::time::Duration::ZERO).also(ErrorKind::ConnectionLost);
        let result = own.retry(options.also(ErrorKind::ConnectFailed), |session| (self.scenario)(session));
        let what = format!("{}, {:?} at call {}, {}", self.name, self.fault, self.number, plan.at.lock().unwrap());
        match result {
            Ok(()) => assert_eq!(dump(admin), done, "{what}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::CommitOutcomeUnknown, "{what}: {error:?}");
                let expected = if self.fault == Fault::LostAfter { done } else { &before };
                assert_eq!(dump(admin), expected, "{what}");
            }
        }
        plan.disarm();
        own.assert_healthy().unwrap();
        plan.fired()
    }
}

/// What the database holds after a scenario without a fault.
fn done(on: &Ground<'_>, scenario: Scenario) -> Vec<String> {
    fill(&on.db.engine);
    scenario(&mut on.db.engine.session()).unwrap();
    dump(&on.db.engine)
}

/// The tables, whose generated keys go on behind those of the rows that every run begins with.
fn create(on: &Ground<'_>) {
    schema().create_all(&on.db.engine).unwrap();
    fill(&on.db.engine);
    schema().sync_sequences(&on.db.engine).unwrap();
}

fn every_call(way: Way, local: bool, parts: std::ops::Range<usize>) {
    run(way, |on| {
        create(on);
        for (name, scenario) in
            SCENARIOS.into_iter().enumerate().filter(|(at, _)| parts.contains(&(at % 3))).map(|at| at.1)
        {
            let done = done(on, scenario);
            for (at, (fault, lasting)) in FAULTS.into_iter().enumerate() {
                let writes = at % 3 == 2;
                let run = |number| Run { on, name, scenario, fault, lasting, local, writes, number };
                let calls = (1..).find(|number| !run(*number).go(&done)).unwrap_or_default();
                assert!(calls > 3, "{name}: {calls} calls");
            }
        }
        Ok(())
    });
}

#[test]
fn at_every_call_of_a_file_1() {
    every_call(Way::Sqlite, true, 0..1);
}

#[test]
fn at_every_call_of_a_file_2() {
    every_call(Way::Sqlite, true, 1..2);
}

#[test]
fn at_every_call_of_a_file_3() {
    every_call(Way::Sqlite, true, 2..3);
}

/// As if the file were behind a network: rollbacks happen on a thread of the pool.
#[test]
fn at_every_call_of_a_file_far_away() {
    if slow() {
        every_call(Way::Sqlite, false, 0..3);
    }
}

#[test]
fn at_every_call_of_a_server_postgres() {
    if slow() {
        every_call(Way::Postgres, false, 0..3);
    }
}

#[test]
fn at_every_call_of_a_server_wire() {
    if slow() {
        every_call(Way::Wire, false, 0..3);
    }
}

#[test]
fn at_every_call_of_a_server_mariadb() {
    if slow() {
        every_call(Way::Mariadb, false, 0..3);
    }
}

#[test]
fn at_every_call_of_a_server_mysql() {
    if slow() {
        every_call(Way::Mysql, false, 0..3);
    }
}

fn every_retry(way: Way) {
    run(way, |on| {
        create(on);
        let faults = [
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::Refused(ErrorKind::Deadlock),
            Fault::Refused(ErrorKind::SerializationFailure),
            Fault::Refused(ErrorKind::LockTimeout),
        ];
        for (name, scenario) in SCENARIOS {
            let done = done(on, scenario);
            for fault in faults {
                let local = way == Way::Sqlite;
                let run = |number| Run { on, name, scenario, fault, lasting: false, local, writes: true, number };
                let calls = (1..).find(|number| !run(*number).go_with_retry(&done)).unwrap_or_default();
                assert!(calls > 3, "{name}: {calls} calls");
            }
        }
        Ok(())
    });
}

#[test]
fn retries_carry_every_scenario_through() {
    every_retry(Way::Sqlite);
}

#[test]
fn retries_carry_every_scenario_through_wire() {
    if slow() {
        every_retry(Way::Wire);
    }
}

everywhere! {
    /// What cannot be rolled back must not become a part of somebody's next transaction.
    fn a_connection_that_cannot_roll_back_is_given_up(on) {
        create(on);
        let admin = &on.db.engine;
        let before = dump(admin);
        let plan = Arc::new(Plan::default());
        let local = on.way == Way::Sqlite;
        let driver = Faulty { real: orm::drivers::open(&Url::parse(&on.url)?)?, plan: Arc::clone(&plan), local };
        let own = Own(Engine::new(Arc::new(driver), PoolOptions::new().size(1).max_overflow(0))?);
        let fail_from_now_on = || {
            plan.lasting.store(true, SeqCst);
            plan.arm(1, Fault::Refused(ErrorKind::Io));
        };
        let mut connection = own.connect()?;
        let mut tx = connection.begin_with(TransactionOptions::new().write())?;
        tx.execute(insert(&person(600)))?;
        fail_from_now_on();
        tx.rollback()?;
        plan.disarm();
        let error = connection.execute(insert(&person(601))).expect_err("the transaction may be open still");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        assert_eq!(connection.begin().map(drop).expect_err("it may be open still").kind(), ErrorKind::ConnectionLost);
        drop(connection);
        own.assert_healthy()?;
        assert_eq!(dump(admin), before);
        // A session takes another connection, also one that was pinned to it.
        let mut session = own.session();
        session.pin();
        let added = session.add(person(602));
        session.flush()?;
        fail_from_now_on();
        session.rollback()?;
        plan.disarm();
        assert_eq!(session.state(added), State::Gone(Gone::RolledBack));
        session.add(person(603));
        session.commit()?;
        drop(session);
        own.assert_healthy()?;
        assert_eq!(dump(admin).iter().filter(|row| row.starts_with("60")).count(), 1);
    }
}
