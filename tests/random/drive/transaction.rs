//! What moves the transaction: flush, commit, rollback, savepoints; and the comparison of session, model and database.

use super::*;

impl Drive<'_> {
    pub(super) fn flush(&mut self, session: &mut Session) -> orm::Result<()> {
        session.flush()?;
        self.flushed(session);
        Ok(())
    }

    /// What a flush leaves: keys, and nothing unwritten.
    fn flushed(&mut self, session: &Session) {
        let Drive { world, people, notes, person_keys, note_keys, .. } = self;
        for label in world.people.keys().filter(|label| !written(&self.written.people, label)) {
            person_keys.insert(*label, session[people[label]].id);
        }
        for label in world.notes.keys().filter(|label| !written(&self.written.notes, label)) {
            note_keys.insert(*label, session[notes[label]].id);
        }
        self.written = self.world.clone();
        self.links_wait = false;
    }

    pub(super) fn commit(&mut self, session: &mut Session) -> orm::Result<()> {
        self.flush(session)?;
        session.commit()?;
        self.committed = self.world.clone();
        let mut connection = self.engine.connect()?;
        self.same_people(connection.all(select::<Person>())?, "in the database");
        self.same_rows_of_notes(connection.all(select::<Note>())?, "in the database");
        self.same_tags(connection.all(select::<Tag>())?, "in the database");
        let links: Vec<Tagging> = connection.all(select::<Tagging>())?;
        drop(connection);
        self.same_links(links);
        self.compare(session)
    }

    pub(super) fn rollback(&mut self, session: &mut Session) -> orm::Result<()> {
        session.rollback()?;
        self.world = self.committed.clone();
        self.rolled_back();
        self.compare(session)
    }

    fn rolled_back(&mut self) {
        self.written = self.world.clone();
        self.links_wait = false;
        let world = &self.world;
        self.ghosts.retain(|label| !world.notes.contains_key(label));
    }

    pub(super) fn savepoint(&mut self, session: &mut Session, steps: &[Step], end: End) -> orm::Result<()> {
        let (before, mut ended) = (self.world.clone(), false);
        let result = session.savepoint(|session| {
            self.flushed(session);
            self.depth += 1;
            let result = self.steps(session, steps);
            self.depth -= 1;
            result?;
            ended = true;
            match end {
                End::Release => Ok(()),
                End::RollBack => Err(Error::refused("the test rolls back")),
                End::Violation => self.violate(session),
            }
        });
        match result {
            Err(error) if !ended => return Err(error),
            Ok(()) => {
                assert_eq!(end, End::Release, "a savepoint that was to be rolled back was not");
                self.flushed(session);
                return Ok(());
            }
            Err(error) if end == End::Release => return Err(error),
            Err(error) => {
                let wanted = [ErrorKind::Refused, ErrorKind::UniqueViolation];
                assert!(wanted.contains(&error.kind()), "{error}");
            }
        }
        self.world = before;
        self.rolled_back();
        self.compare(session)
    }

    /// A row with a code that another row keeps.
    fn violate(&mut self, session: &mut Session) -> orm::Result<()> {
        let kept = |(label, row): (&Label, &PersonRow)| self.world.people.get(label) == Some(row);
        let Some((_, row)) = self.written.people.iter().find(|(label, row)| kept((*label, *row))) else {
            return Err(Error::refused("there is nothing to violate"));
        };
        session.add(Person { id: 0, age: 0, code: row.code, boss: None });
        let error = session.flush().expect_err("the code is taken");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
        let again = session.count(select::<Person>()).expect_err("the savepoint failed");
        assert_eq!(again.kind(), ErrorKind::SessionFailed);
        Ok(()) // the first error is given back all the same
    }

    /// The session shows what the model holds, from its own transaction.
    pub(super) fn compare(&mut self, session: &mut Session) -> orm::Result<()> {
        let people = session.all(select::<Person>())?;
        self.flushed(session);
        let notes = session.all(select::<Note>())?;
        let tags = session.all(select::<Tag>())?;
        self.same_people(people.iter().map(|handle| session[*handle].clone()).collect(), "in the session");
        self.same_rows_of_notes(notes.iter().map(|handle| session[*handle].clone()).collect(), "in the session");
        self.same_tags(tags.iter().map(|handle| session[*handle].clone()).collect(), "in the session");
        self.same_links(session.rows(select::<Tagging>())?);
        for handle in people {
            let label = label_of(&self.world.people, &self.person_keys, session[handle].id);
            let known = self.people.insert(label, handle).filter(|known| session.try_get(*known).is_some());
            assert!(known.is_none_or(|known| known == handle), "person {label} has two handles");
        }
        for handle in notes {
            let label = label_of(&self.world.notes, &self.note_keys, session[handle].id);
            let known = self.notes.insert(label, handle).filter(|known| session.try_get(*known).is_some());
            assert!(known.is_none_or(|known| known == handle), "note {label} has two handles");
        }
        self.stale = false;
        self.nothing_else(session);
        Ok(())
    }

    /// What is not in the model is not in the session.
    fn nothing_else(&self, session: &Session) {
        for (label, handle) in self.people.iter().filter(|(label, _)| !self.world.people.contains_key(label)) {
            assert_eq!(session.try_get(*handle), None, "person {label} is gone");
        }
        for (label, handle) in self.notes.iter().filter(|(label, _)| !self.world.notes.contains_key(label)) {
            let seen = session.try_get(*handle);
            assert!(seen.is_none() || self.ghosts.contains(label), "note {label} is gone: {seen:?}");
        }
        for (label, handle) in self.tags.iter().filter(|(label, _)| !self.world.tags.contains_key(label)) {
            assert_eq!(session.try_get(*handle), None, "tag {label} is gone");
        }
    }

    fn same_people(&self, rows: Vec<Person>, place: &str) {
        let found: BTreeMap<i64, (i32, i32, Option<i64>)> = rows
            .into_iter()
            .map(|row| (row.id, (row.age, row.code, row.boss.and_then(|boss| boss.key().copied()))))
            .collect();
        let key = |label: &Label| self.person_keys[label];
        let wanted =
            self.world.people.iter().map(|(label, row)| (key(label), (row.age, row.code, row.boss.as_ref().map(key))));
        assert_eq!(found, wanted.collect(), "people {place}");
    }

    fn same_rows_of_notes(&self, rows: Vec<Note>, place: &str) {
        let reviewer = |row: &Note| row.reviewer.as_ref().and_then(|reviewer| reviewer.key().copied());
        let found: BTreeMap<i64, (String, Option<i64>, Option<i64>)> = rows
            .into_iter()
            .map(|row| (row.id, (row.text.clone(), row.author.key().copied(), reviewer(&row))))
            .collect();
        let key = |label: &Label| self.person_keys[label];
        let wanted = self.world.notes.iter().map(|(label, row)| {
            (self.note_keys[label], (row.text.clone(), Some(key(&row.author)), row.reviewer.as_ref().map(key)))
        });
        assert_eq!(found, wanted.collect(), "notes {place}");
    }

    fn same_tags(&self, rows: Vec<Tag>, place: &str) {
        let found: BTreeMap<String, i32> = rows.into_iter().map(|row| (row.name, row.weight)).collect();
        let wanted = self.world.tags.iter().map(|(label, row)| (tag_name(*label), row.weight));
        assert_eq!(found, wanted.collect(), "tags {place}");
    }

    fn same_links(&self, rows: Vec<Tagging>) {
        let pair =
            |row: Tagging| (*row.note.key().expect("a stored key"), row.tag.key().expect("a stored key").clone());
        let found: BTreeSet<(i64, String)> = rows.into_iter().map(pair).collect();
        let wanted = self.world.links.iter().map(|(note, tag)| (self.note_keys[note], tag_name(*tag)));
        assert_eq!(found, wanted.collect(), "links");
    }
}

fn written<V>(rows: &BTreeMap<Label, V>, label: &Label) -> bool {
    rows.contains_key(label)
}

fn label_of<V>(rows: &BTreeMap<Label, V>, keys: &BTreeMap<Label, i64>, key: i64) -> Label {
    *rows.keys().find(|label| keys[label] == key).expect("the rows were compared before")
}
