//! Objects by label: adding, finding, deleting and renumbering them.

use super::*;

impl Drive<'_> {
    pub(super) fn label(&mut self) -> Label {
        self.next += 1;
        self.next
    }

    /// The session knows no object any more.
    pub(super) fn forget(&mut self) {
        self.people.clear();
        self.notes.clear();
        self.tags.clear();
    }

    pub(super) fn add_person(&mut self, session: &mut Session, row: PersonRow) -> orm::Result<()> {
        let boss = row.boss.map(|boss| self.person(session, boss)).transpose()?.map(Ref::from);
        let label = self.label();
        self.people.insert(label, session.add(Person { id: 0, age: row.age, code: row.code, boss }));
        self.world.people.insert(label, row);
        Ok(())
    }

    pub(super) fn add_note(&mut self, session: &mut Session, row: NoteRow) -> orm::Result<()> {
        let author = self.person(session, row.author)?.into();
        let reviewer = row.reviewer.map(|label| self.person(session, label)).transpose()?.map(Ref::from);
        let label = self.label();
        let note = Note { id: 0, text: row.text.clone(), author, reviewer, version: 0 };
        self.notes.insert(label, session.add(note));
        self.world.notes.insert(label, row);
        Ok(())
    }

    /// The handle of a person, who is loaded if the session does not know them.
    pub(super) fn person(&mut self, session: &mut Session, label: Label) -> orm::Result<Handle<Person>> {
        let known = self.people.get(&label).copied().filter(|handle| session.try_get(*handle).is_some());
        if let Some(handle) = known {
            self.look_again(session, handle)?;
            return Ok(handle);
        }
        self.flush(session)?;
        let handle = session.get::<Person>(self.person_keys[&label])?.expect("the row is there");
        self.people.insert(label, handle);
        Ok(handle)
    }

    /// What a statement changed is read before it is assigned: a value equal to the one last seen would be no change.
    fn look_again<M: Model>(&mut self, session: &mut Session, handle: Handle<M>) -> orm::Result<()> {
        if self.stale {
            self.flush(session)?;
            assert_eq!(session.get(handle)?, Some(handle));
        }
        Ok(())
    }

    /// Everything is seen as it is, so that nothing must be flushed in the middle of a change.
    fn settled(&mut self, session: &mut Session) -> orm::Result<()> {
        if self.stale { self.compare(session) } else { Ok(()) }
    }

    /// As [`person`](Drive::person).
    pub(super) fn note(&mut self, session: &mut Session, label: Label) -> orm::Result<Handle<Note>> {
        let known = self.notes.get(&label).copied().filter(|handle| session.try_get(*handle).is_some());
        if let Some(handle) = known {
            self.look_again(session, handle)?;
            return Ok(handle);
        }
        self.flush(session)?;
        let handle = session.get::<Note>(self.note_keys[&label])?.expect("the row is there");
        self.notes.insert(label, handle);
        Ok(handle)
    }

    /// As [`person`](Drive::person).
    pub(super) fn tag(&mut self, session: &mut Session, label: Label) -> orm::Result<Handle<Tag>> {
        let known = self.tags.get(&label).copied().filter(|handle| session.try_get(*handle).is_some());
        if let Some(handle) = known {
            self.look_again(session, handle)?;
            return Ok(handle);
        }
        self.flush(session)?;
        let handle = session.get::<Tag>(tag_name(label))?.expect("the row is there");
        self.tags.insert(label, handle);
        Ok(handle)
    }

    /// Deletes a person. What came to refer to them since the last flush must go or let go by hand: the database's action only
    /// reaches rows that it knows.
    pub(super) fn delete_person(&mut self, session: &mut Session, label: Label) -> orm::Result<()> {
        self.flush_links(session)?;
        self.settled(session)?;
        let handle = self.person(session, label)?;
        // Loaded first, because that flushes.
        for person in self.world.staff_of(label) {
            self.person(session, person)?;
        }
        let tied = |row: &NoteRow| row.author == label || row.reviewer == Some(label);
        let notes: Vec<Label> = self.world.notes.iter().filter(|(_, row)| tied(row)).map(|(label, _)| *label).collect();
        for note in notes {
            self.note(session, note)?;
        }
        let reviewed: Vec<Label> =
            self.world.notes.iter().filter(|(_, row)| row.reviewer == Some(label)).map(|(l, _)| *l).collect();
        for note in reviewed {
            if self.by_hand || self.written.notes.get(&note).is_none_or(|row| row.reviewer != Some(label)) {
                let note = self.note(session, note)?;
                session[note].reviewer = None;
            }
        }
        for note in self.world.notes_of(label) {
            if self.written.notes.get(&note).is_none_or(|row| row.author != label) {
                let note = self.note(session, note)?;
                session.delete(note);
            }
        }
        for person in self.world.staff_of(label) {
            let unwritten = self.written.people.get(&person).is_none_or(|row| row.boss != Some(label));
            if person != label && (self.by_hand || unwritten) {
                let person = self.person(session, person)?;
                session[person].boss = None;
            }
        }
        session.delete(handle);
        self.world.delete_person(label);
        Ok(())
    }

    /// Each takes the code of the next one; the last takes a new one, or that of the first.
    pub(super) fn recode(&mut self, session: &mut Session, labels: &[Label], last: Option<i32>) -> orm::Result<()> {
        let mut codes: Vec<i32> = labels.iter().map(|label| self.world.people[label].code).collect();
        match last {
            None if codes.is_empty() => {}
            None => codes.rotate_left(1),
            Some(last) => {
                codes.push(last);
                codes.remove(0);
            }
        }
        self.settled(session)?;
        for label in labels {
            self.person(session, *label)?; // loaded before anything is changed, because that flushes
        }
        for (label, code) in labels.iter().zip(codes) {
            let handle = self.person(session, *label)?;
            session[handle].code = code;
            self.world.people.get_mut(label).unwrap().code = code;
        }
        Ok(())
    }

    /// A link to an object that is deleted in the same flush is refused, so that it is written before.
    pub(super) fn flush_links(&mut self, session: &mut Session) -> orm::Result<()> {
        if self.links_wait { self.flush(session) } else { Ok(()) }
    }
}
