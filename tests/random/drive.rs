//! Carries steps out on a session and on the plain model, and compares the two with each other and with the database.

use crate::models::{Note, Person, Tag, Tagging};
use crate::steps::{End, Step};
use crate::world::{Label, NoteRow, PersonRow, TagRow, World};
use orm::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A session's work so far, told by labels.
pub(crate) struct Drive<'a> {
    engine: &'a Engine,
    /// References are let go before their target is deleted. MySQL 9.7 was seen to leave a reference to a deleted row where
    /// ON DELETE SET NULL should have emptied it, in a table that another foreign key ties to the same parent by CASCADE.
    by_hand: bool,
    /// What was done, with the objects that were picked.
    trace: &'a mut Vec<String>,
    /// What the session should show.
    world: World,
    /// What the last flush wrote.
    written: World,
    /// What the last commit left.
    committed: World,
    people: BTreeMap<Label, Handle<Person>>,
    notes: BTreeMap<Label, Handle<Note>>,
    tags: BTreeMap<Label, Handle<Tag>>,
    person_keys: BTreeMap<Label, i64>,
    note_keys: BTreeMap<Label, i64>,
    /// Deleted by a statement: the session shows them until somebody asks.
    ghosts: BTreeSet<Label>,
    next: Label,
    links_wait: bool,
    /// Statements changed rows that the session may show as they were.
    stale: bool,
    depth: usize,
}

/// Carries out all steps in a new session, and commits at the end.
pub(crate) fn run(engine: &Engine, by_hand: bool, steps: &[Step], trace: &mut Vec<String>) -> orm::Result<()> {
    let mut drive = Drive {
        engine,
        by_hand,
        trace,
        world: World::default(),
        written: World::default(),
        committed: World::default(),
        people: BTreeMap::new(),
        notes: BTreeMap::new(),
        tags: BTreeMap::new(),
        person_keys: BTreeMap::new(),
        note_keys: BTreeMap::new(),
        ghosts: BTreeSet::new(),
        next: 1,
        links_wait: false,
        stale: false,
        depth: 0,
    };
    let mut session = engine.session();
    drive.steps(&mut session, steps)?;
    drive.commit(&mut session)
}

fn nth<V>(map: &BTreeMap<Label, V>, pick: usize) -> Option<Label> {
    map.keys().nth(pick.checked_rem(map.len())?).copied()
}

fn tag_name(label: Label) -> String {
    format!("tag {label}")
}

impl Drive<'_> {
    fn steps(&mut self, session: &mut Session, steps: &[Step]) -> orm::Result<()> {
        steps.iter().try_for_each(|step| self.step(session, step))
    }

    fn step(&mut self, session: &mut Session, step: &Step) -> orm::Result<()> {
        let name = format!("{step:?}");
        self.trace.push(name.split(['{', '(']).next().unwrap_or_default().to_owned());
        match step {
            Step::Commit if self.depth == 0 => self.commit(session),
            Step::Rollback if self.depth == 0 => self.rollback(session),
            Step::NewSession if self.depth == 0 => {
                self.commit(session)?;
                *session = self.engine.session();
                self.forget();
                Ok(())
            }
            Step::Commit | Step::Rollback | Step::NewSession => Ok(()),
            Step::Flush => self.flush(session),
            Step::Compare => self.compare(session),
            Step::Clear => {
                self.flush(session)?;
                session.clear();
                self.forget();
                Ok(())
            }
            Step::Savepoint { steps, end } => self.savepoint(session, steps, *end),
            other => self.change(session, other).map(|_| ()),
        }
    }

    /// A step on picked objects; `None` when there is nothing to pick.
    fn change(&mut self, session: &mut Session, step: &Step) -> orm::Result<Option<()>> {
        // No row is made of nothing, and none is needed without end.
        let full = self.world.len() > 60;
        let person = |drive: &mut Drive, pick: usize| drive.noted(nth(&drive.world.people, pick));
        let note = |drive: &mut Drive, pick: usize| drive.noted(nth(&drive.world.notes, pick));
        let tag = |drive: &mut Drive, pick: usize| drive.noted(nth(&drive.world.tags, pick));
        macro_rules! pick {
            ($kind:ident, $pick:expr) => {
                match $kind(self, $pick) {
                    Some(label) => label,
                    None => return Ok(None),
                }
            };
        }
        match step {
            Step::AddPerson { .. } | Step::AddNote { .. } | Step::AddTag { .. } if full => {}
            Step::AddPerson { age, boss } => {
                let boss = boss.and_then(|pick| person(self, pick));
                let code = 1000 + self.label() as i32;
                self.add_person(session, PersonRow { age: *age, code, boss })?;
            }
            Step::AddNote { author, reviewer } => {
                let author = pick!(person, *author);
                let reviewer = reviewer.and_then(|pick| person(self, pick));
                self.add_note(session, NoteRow { text: String::new(), author, reviewer })?;
            }
            Step::AddTag { weight } => {
                let label = self.label();
                self.tags.insert(label, session.add(Tag { name: tag_name(label), weight: *weight }));
                self.world.tags.insert(label, TagRow { weight: *weight });
            }
            Step::Age { person: pick, age } => {
                let label = pick!(person, *pick);
                let handle = self.person(session, label)?;
                session[handle].age = *age;
                self.world.people.get_mut(&label).unwrap().age = *age;
            }
            Step::Boss { person: pick, boss } => {
                let label = pick!(person, *pick);
                let boss = boss.and_then(|pick| person(self, pick));
                let reference = boss.map(|boss| self.person(session, boss)).transpose()?.map(Ref::from);
                let handle = self.person(session, label)?;
                session[handle].boss = reference;
                self.world.people.get_mut(&label).unwrap().boss = boss;
            }
            Step::SwapCodes { one, other } => {
                let (one, other) = (pick!(person, *one), pick!(person, *other));
                self.recode(session, &[one, other], None)?;
            }
            Step::ShiftCodes { people } => {
                let labels: Vec<Label> = self.world.people.keys().rev().take(*people).copied().collect();
                let last = (people % 2 == 1).then(|| 1000 + self.label() as i32);
                self.recode(session, &labels, last)?;
            }
            Step::Text { note: pick, text } => {
                let label = pick!(note, *pick);
                let handle = self.note(session, label)?;
                session[handle].text = text.to_string();
                self.world.notes.get_mut(&label).unwrap().text = text.to_string();
            }
            Step::Author { note: pick, author } => {
                let (label, author) = (pick!(note, *pick), pick!(person, *author));
                let (handle, reference) = (self.note(session, label)?, self.person(session, author)?);
                session[handle].author = reference.into();
                self.world.notes.get_mut(&label).unwrap().author = author;
            }
            Step::Reviewer { note: pick, reviewer } => {
                let label = pick!(note, *pick);
                let reviewer = reviewer.and_then(|pick| person(self, pick));
                let reference = reviewer.map(|label| self.person(session, label)).transpose()?.map(Ref::from);
                let handle = self.note(session, label)?;
                session[handle].reviewer = reference;
                self.world.notes.get_mut(&label).unwrap().reviewer = reviewer;
            }
            Step::Weight { tag: pick, weight } => {
                let label = pick!(tag, *pick);
                let handle = self.tag(session, label)?;
                session[handle].weight = *weight;
                self.world.tags.get_mut(&label).unwrap().weight = *weight;
            }
            Step::Touch { note: pick } => {
                let label = pick!(note, *pick);
                let handle = self.note(session, label)?;
                let same = session[handle].clone();
                session[handle] = same;
            }
            Step::DeletePerson { person: pick } => {
                let label = pick!(person, *pick);
                self.delete_person(session, label)?;
            }
            Step::DeleteNote { note: pick } => {
                let label = pick!(note, *pick);
                self.flush_links(session)?;
                let handle = self.note(session, label)?;
                session.delete(handle);
                self.world.delete_note(label);
            }
            Step::DeleteTag { tag: pick } => {
                let label = pick!(tag, *pick);
                self.flush_links(session)?;
                let handle = self.tag(session, label)?;
                session.delete(handle);
                self.world.delete_tag(label);
            }
            Step::Succeed { person: pick, age } => {
                let label = pick!(person, *pick);
                let code = self.world.people[&label].code;
                self.delete_person(session, label)?;
                self.add_person(session, PersonRow { age: *age, code, boss: None })?;
            }
            Step::Link { note: first, tag: second } => {
                let link = (pick!(note, *first), pick!(tag, *second));
                let (note, tag) = (self.note(session, link.0)?, self.tag(session, link.1)?);
                session.link(note, |n| n.tags, tag)?;
                self.links_wait = true;
                self.world.links.insert(link);
            }
            Step::Unlink { note: first, tag: second } => {
                let link = (pick!(note, *first), pick!(tag, *second));
                let (note, tag) = (self.note(session, link.0)?, self.tag(session, link.1)?);
                session.unlink(note, |n| n.tags, tag)?;
                self.links_wait = true;
                self.world.links.remove(&link);
            }
            other => return self.ask(session, other),
        }
        Ok(Some(()))
    }

    /// A step that the database must answer.
    fn ask(&mut self, session: &mut Session, step: &Step) -> orm::Result<Option<()>> {
        self.flush(session)?;
        match step {
            Step::Grow { person, by } => {
                let Some(label) = self.noted(nth(&self.world.people, *person)) else { return Ok(None) };
                let handle = self.person(session, label)?;
                session.set(handle, |p| p.age.to(p.age + *by))?;
                self.world.people.get_mut(&label).unwrap().age += by;
                self.flush(session)?;
            }
            Step::BulkAge { below } => {
                self.stale = true;
                session.execute(update::<Person>().set(|p| p.age.to(p.age + 1)).filter(|p| p.age.lt(*below)))?;
                self.world.people.values_mut().filter(|row| row.age < *below).for_each(|row| row.age += 1);
            }
            Step::BulkDeleteNotes { reviewer } => {
                let Some(label) = self.noted(nth(&self.world.people, *reviewer)) else { return Ok(None) };
                let key = self.person_keys[&label];
                session.execute(delete::<Note>().filter(|n| n.reviewer.eq(key)))?;
                let reviewed = |row: &NoteRow| row.reviewer == Some(label);
                let gone = self.world.notes.iter().filter(|(_, row)| reviewed(row)).map(|(label, _)| *label);
                let gone: Vec<Label> = gone.collect();
                for note in gone {
                    self.world.delete_note(note);
                    self.ghosts.insert(note);
                }
            }
            Step::RawWeight { by } => {
                self.stale = true;
                session.execute(sql("UPDATE tags SET weight = weight + :by").bind("by", *by))?;
                self.world.tags.values_mut().for_each(|row| row.weight += by);
            }
            Step::Merge { person, age } => {
                let Some(label) = self.noted(nth(&self.world.people, *person)) else { return Ok(None) };
                let handle = self.person(session, label)?;
                session.refresh(handle)?;
                let detached = Person { age: *age, ..session[handle].clone() };
                assert_eq!(session.merge(detached)?, handle);
                self.world.people.get_mut(&label).unwrap().age = *age;
                return Ok(Some(())); // not written yet
            }
            Step::Refresh { note } => {
                let Some(label) = self.noted(nth(&self.world.notes, *note)) else { return Ok(None) };
                let handle = self.note(session, label)?;
                session.refresh(handle)?;
                assert_eq!(session[handle].text, self.world.notes[&label].text);
            }
            Step::Notes { person } => {
                let Some(label) = self.noted(nth(&self.world.people, *person)) else { return Ok(None) };
                let handle = self.person(session, label)?;
                let found = session.related(handle, |p| p.notes)?;
                self.same_notes(session, &found, &self.world.notes_of(label));
            }
            Step::Staff { person } => {
                let Some(label) = self.noted(nth(&self.world.people, *person)) else { return Ok(None) };
                let handle = self.person(session, label)?;
                let found = session.related(handle, |p| p.staff)?;
                let keys: BTreeSet<i64> = found.iter().map(|handle| session[*handle].id).collect();
                let wanted = self.world.staff_of(label);
                assert_eq!(keys, wanted.iter().map(|label| self.person_keys[label]).collect(), "the staff of {label}");
            }
            Step::Tags { note } => {
                let Some(label) = self.noted(nth(&self.world.notes, *note)) else { return Ok(None) };
                let handle = self.note(session, label)?;
                let found = session.related(handle, |n| n.tags)?;
                let names: BTreeSet<String> = found.iter().map(|handle| session[*handle].name.clone()).collect();
                let wanted = self.world.tags_of(label).into_iter().map(tag_name).collect();
                assert_eq!(names, wanted, "the tags of {label}");
            }
            Step::NotesWith { tag } => {
                let Some(label) = self.noted(nth(&self.world.tags, *tag)) else { return Ok(None) };
                let handle = self.tag(session, label)?;
                let found = session.related(handle, |t| t.notes)?;
                self.same_notes(session, &found, &self.world.notes_with(label));
            }
            Step::Get { person } => {
                let Some(label) = self.noted(nth(&self.world.people, *person)) else { return Ok(None) };
                let handle = session.get::<Person>(self.person_keys[&label])?.expect("the row is there");
                assert_eq!(session[handle].age, self.world.people[&label].age);
                self.people.insert(label, handle);
            }
            Step::Expunge { note } => {
                let Some(label) = self.noted(nth(&self.world.notes, *note)) else { return Ok(None) };
                let handle = self.note(session, label)?;
                let note = session.expunge(handle).expect("the object is there");
                assert_eq!(note.id, self.note_keys[&label]);
                self.notes.remove(&label);
            }
            other => unreachable!("{other:?} is handled before"),
        }
        self.written = self.world.clone();
        Ok(Some(()))
    }

    /// Writes a picked object into the trace.
    fn noted(&mut self, label: Option<Label>) -> Option<Label> {
        if let (Some(last), Some(label)) = (self.trace.last_mut(), label) {
            last.push_str(&format!(" {label}"));
        }
        label
    }

    fn same_notes(&self, session: &Session, found: &[Handle<Note>], wanted: &BTreeSet<Label>) {
        let keys: BTreeSet<i64> = found.iter().map(|handle| session[*handle].id).collect();
        assert_eq!(keys.len(), found.len(), "each once");
        assert_eq!(keys, wanted.iter().map(|label| self.note_keys[label]).collect());
    }
}

mod objects;
mod transaction;
