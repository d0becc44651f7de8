//! The plain model that the session is compared with: the rows by labels of the test's own, and what deletes do to them.

use std::collections::{BTreeMap, BTreeSet};

/// What the test calls an object, whatever key the database gives it. Never used twice.
pub(crate) type Label = u32;

/// A row of `people`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PersonRow {
    pub(crate) age: i32,
    pub(crate) code: i32,
    pub(crate) boss: Option<Label>,
}

/// A row of `notes`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NoteRow {
    pub(crate) text: String,
    pub(crate) author: Label,
    pub(crate) reviewer: Option<Label>,
}

/// A row of `tags`; the name is made from the label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TagRow {
    pub(crate) weight: i32,
}

/// What the tables should hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) people: BTreeMap<Label, PersonRow>,
    pub(crate) notes: BTreeMap<Label, NoteRow>,
    pub(crate) tags: BTreeMap<Label, TagRow>,
    /// A note and a tag.
    pub(crate) links: BTreeSet<(Label, Label)>,
}

impl World {
    /// How many rows an object could be picked from.
    pub(crate) fn len(&self) -> usize {
        self.people.len() + self.notes.len() + self.tags.len()
    }

    /// A person is gone: their notes go with them, and nobody is reviewed or led by them.
    pub(crate) fn delete_person(&mut self, person: Label) {
        self.people.remove(&person);
        for row in self.people.values_mut() {
            row.boss = row.boss.filter(|boss| *boss != person);
        }
        let gone: Vec<Label> =
            self.notes.iter().filter(|(_, note)| note.author == person).map(|(label, _)| *label).collect();
        for note in gone {
            self.delete_note(note);
        }
        for note in self.notes.values_mut() {
            note.reviewer = note.reviewer.filter(|reviewer| *reviewer != person);
        }
    }

    /// A note is gone, and its links.
    pub(crate) fn delete_note(&mut self, note: Label) {
        self.notes.remove(&note);
        self.links.retain(|link| link.0 != note);
    }

    /// A tag is gone, and its links.
    pub(crate) fn delete_tag(&mut self, tag: Label) {
        self.tags.remove(&tag);
        self.links.retain(|link| link.1 != tag);
    }

    /// The notes that a person wrote.
    pub(crate) fn notes_of(&self, person: Label) -> BTreeSet<Label> {
        self.notes.iter().filter(|(_, note)| note.author == person).map(|(label, _)| *label).collect()
    }

    /// Those whose boss a person is.
    pub(crate) fn staff_of(&self, person: Label) -> BTreeSet<Label> {
        self.people.iter().filter(|(_, row)| row.boss == Some(person)).map(|(label, _)| *label).collect()
    }

    /// The tags of a note.
    pub(crate) fn tags_of(&self, note: Label) -> BTreeSet<Label> {
        self.links.iter().filter(|link| link.0 == note).map(|link| link.1).collect()
    }

    /// The notes with a tag.
    pub(crate) fn notes_with(&self, tag: Label) -> BTreeSet<Label> {
        self.links.iter().filter(|link| link.1 == tag).map(|link| link.0).collect()
    }
}
