//! What sessions do while every call fails in turn. Knows no fault.

use crate::models::{Note, Person, Tag, Tagging};
use orm::prelude::*;

/// Something that a session does, with one commit at its end.
pub(crate) type Scenario = fn(&mut Session) -> orm::Result<()>;

pub(crate) const SCENARIOS: [(&str, Scenario); 9] = [
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

pub(crate) fn person(code: i32) -> Person {
    Person { id: 0, age: 30, code, boss: None }
}

pub(crate) fn a_note(text: &str, author: impl Into<Ref<Person>>) -> Note {
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
