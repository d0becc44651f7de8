//! A fault at every call: each scenario is run with the first call to the driver failing, then the second, and so on until
//! none is left. After each: no connection is lost, no transaction is open, the database is as it was or as it should be, the
//! objects in memory have their old values, and the same session can do it all on a second attempt.

use crate::faulty::{Fault, Faulty, Plan};
use crate::ground::*;
use crate::models::{Note, Person, Tag, Tagging, schema};
use orm::drivers::url::Url;
use orm::pool::PoolOptions;
use orm::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// Something that a session does, with one commit at its end.
type Scenario = fn(&mut Session) -> orm::Result<()>;

const SCENARIOS: [(&str, Scenario); 9] = [
    ("add", add),
    ("change and delete", change_and_delete),
    ("pass values on", pass_values_on),
    ("savepoints", savepoints),
    ("a savepoint that is taken back", a_savepoint_taken_back),
    ("load", load),
    ("a graph and links", graph_and_links),
    ("statements and expressions", statements),
    ("loops and scopes", loops),
];

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

fn person(code: i32) -> Person {
    Person { id: 0, age: 30, code, boss: None }
}

fn a_note(text: &str, author: impl Into<Ref<Person>>) -> Note {
    Note { id: 0, text: text.to_owned(), author: author.into(), reviewer: None, version: 0 }
}

fn the<M: Model>(session: &mut Session, key: impl orm::IntoKey<M>) -> orm::Result<Handle<M>> {
    Ok(session.get::<M>(key)?.expect("the row is there"))
}

fn add(session: &mut Session) -> orm::Result<()> {
    let boss = session.add(person(100));
    session.flush()?;
    let other = session.add(Person { boss: Some(boss.into()), ..person(101) });
    let notes = session.add_all((0..3).map(|at| a_note(&at.to_string(), other)));
    session[boss].age = 60;
    session[notes[1]].reviewer = Some(boss.into());
    session.commit()
}

fn change_and_delete(session: &mut Session) -> orm::Result<()> {
    let (one, three) = (the::<Person>(session, 1)?, the::<Person>(session, 3)?);
    let note = the::<Note>(session, 1)?;
    session[one].age += 1;
    session[note].text = "changed".into();
    session.delete(three);
    session.flush()?;
    let red = the::<Tag>(session, "red")?;
    session[red].weight = 9;
    session[note].text = "changed again".into();
    session.commit()
}

fn pass_values_on(session: &mut Session) -> orm::Result<()> {
    let (one, two) = (the::<Person>(session, 1)?, the::<Person>(session, 2)?);
    (session[one].code, session[two].code) = (12, 11);
    let blue = the::<Tag>(session, "blue")?;
    session[blue].name = "navy".into();
    session.commit()
}

fn savepoints(session: &mut Session) -> orm::Result<()> {
    let outer = session.add(person(200));
    session.savepoint(|session| {
        session[outer].age = 31;
        let inner = session.add(person(201));
        session.savepoint(|session| {
            session[inner].boss = Some(outer.into());
            session.add(a_note("innermost", inner));
            Ok(())
        })
    })?;
    session[outer].age += 1;
    session.commit()
}

fn a_savepoint_taken_back(session: &mut Session) -> orm::Result<()> {
    let one = the::<Person>(session, 1)?;
    session[one].age = 41;
    session.flush()?;
    let taken_back = session.savepoint(|session| {
        session[one].age = 42;
        session.add(person(300));
        session.flush()?;
        Err::<(), _>(Error::refused("better not"))
    });
    match taken_back {
        Err(error) if error.kind() == ErrorKind::Refused => {}
        other => other?,
    }
    assert_eq!(session[one].age, 41);
    session.commit()
}

fn load(session: &mut Session) -> orm::Result<()> {
    let people = session.all(select::<Person>().with(|p| p.notes).order_by(|p| p.id))?;
    for person in &people {
        session.related(*person, |p| p.staff)?;
        for note in session.related(*person, |p| p.notes)? {
            session.related(note, |n| n.tags)?;
        }
    }
    session.refresh(people[0])?;
    assert_eq!(session.count(select::<Tagging>())?, 1);
    let texts = session.rows::<String, _>(select::<Note>().order_by(|n| n.id).columns(|n| n.text))?;
    assert_eq!(texts.len(), 2);
    session.paginate(select::<Person>().order_by(|p| p.id), 1, 2)?;
    session[people[1]].age = 77;
    session.commit()
}

fn graph_and_links(session: &mut Session) -> orm::Result<()> {
    let root = session.graph(new(person(400)).many(|p| p.notes, |root| [a_note("one", root), a_note("two", root)]))?;
    let notes = session.related(root, |p| p.notes)?;
    let (red, blue) = (the::<Tag>(session, "red")?, the::<Tag>(session, "blue")?);
    session.link(notes[0], |n| n.tags, red)?;
    session.link(notes[0], |n| n.tags, blue)?;
    session.flush()?;
    let old = the::<Note>(session, 1)?;
    session.unlink(old, |n| n.tags, red)?;
    session.commit()
}

fn statements(session: &mut Session) -> orm::Result<()> {
    let two = the::<Person>(session, 2)?;
    session.execute(update::<Person>().set(|p| p.age.to(p.age + 1)).every_row())?;
    session.set(two, |p| p.age.to(p.age + 10))?;
    session.flush()?;
    session.execute(delete::<Tag>().filter(|t| t.name.eq("blue")))?;
    session.commit()
}

fn loops(session: &mut Session) -> orm::Result<()> {
    session.for_each(select::<Person>(), |session, person| {
        session[person].age += 1;
        Ok(())
    })?;
    session.scope(|session| {
        let added = session.add(person(500));
        session.add(a_note("in a scope", added));
        Ok(())
    })?;
    session.commit()
}

/// All rows, as the database has them.
fn dump(engine: &Engine) -> Vec<String> {
    let mut c = engine.connect().unwrap();
    let mut rows: Vec<String> = Vec::new();
    rows.extend(c.all(select::<Person>().order_by(|p| p.id)).unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(c.all(select::<Note>().order_by(|n| n.id)).unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(c.all(select::<Tag>().order_by(|t| t.name)).unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(c.all(select::<Tagging>().order_by(|t| (t.note, t.tag))).unwrap().iter().map(|row| format!("{row:?}")));
    rows
}

/// The rows that every run begins with.
fn fill(engine: &Engine) {
    schema().drop_all(engine).unwrap();
    schema().create_all(engine).unwrap();
    let one = Person { id: 1, boss: None, ..person(11) };
    let people = [one, Person { id: 2, boss: Some(1.into()), ..person(12) }, Person { id: 3, ..person(13) }];
    let mut connection = engine.connect().unwrap();
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

fn every_call(local: bool, part: usize) {
    run(Way::Sqlite, |on| {
        let mut runs = 0;
        for (name, scenario) in SCENARIOS.into_iter().skip(part).step_by(3) {
            let done = done(on, scenario);
            for (at, (fault, lasting)) in FAULTS.into_iter().enumerate() {
                let writes = at % 3 == 2;
                let mut number = 1;
                let run = |number| Run { on, name, scenario, fault, lasting, local, writes, number };
                while run(number).go(&done) {
                    number += 1;
                    runs += 1;
                }
                assert!(number > 4, "{name}: {number} calls");
            }
        }
        println!("{runs} runs");
        Ok(())
    });
}

#[test]
fn at_every_call_of_a_file_1() {
    every_call(true, 0);
}

#[test]
fn at_every_call_of_a_file_2() {
    every_call(true, 1);
}

#[test]
fn at_every_call_of_a_file_3() {
    every_call(true, 2);
}

/// As if the database were behind a network: rollbacks happen on a thread of the pool.
#[test]
fn at_every_call_of_a_server() {
    if slow() {
        (0..3).for_each(|part| every_call(false, part));
    }
}

#[test]
fn retries_carry_every_scenario_through() {
    run(Way::Sqlite, |on| {
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
                let run = |number| Run { on, name, scenario, fault, lasting: false, local: true, writes: true, number };
                let calls = (1..).find(|number| !run(*number).go_with_retry(&done)).unwrap_or_default();
                assert!(calls > 4, "{name}: {calls} calls");
            }
        }
        Ok(())
    });
}
