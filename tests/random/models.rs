//! The models that the random operations work on: references of every kind, a version, a unique column, links. Knows no session.

use orm::prelude::*;

/// Somebody, who may have a boss. The code is unique, so that swaps need an order.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "people", has_many(notes = Note::author), has_many(staff = Person::boss))]
pub(crate) struct Person {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) age: i32,
    #[orm(unique)]
    pub(crate) code: i32,
    #[orm(on_delete = "set_null")]
    pub(crate) boss: Option<Ref<Person>>,
}

/// Goes with its author; loses its reviewer.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes", many_to_many(tags = Tagging::note => Tagging::tag))]
pub(crate) struct Note {
    #[orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) text: String,
    #[orm(on_delete = "cascade")]
    pub(crate) author: Ref<Person>,
    #[orm(on_delete = "set_null")]
    pub(crate) reviewer: Option<Ref<Person>>,
    #[orm(version)]
    pub(crate) version: i64,
}

/// Known by its name, which may change.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tags", many_to_many(notes = Tagging::tag => Tagging::note))]
pub(crate) struct Tag {
    #[orm(primary_key, length = 40)]
    pub(crate) name: String,
    pub(crate) weight: i32,
}

/// A tag on a note.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "taggings")]
pub(crate) struct Tagging {
    #[orm(primary_key, on_delete = "cascade")]
    pub(crate) note: Ref<Note>,
    #[orm(primary_key, on_delete = "cascade")]
    pub(crate) tag: Ref<Tag>,
}

/// All tables.
pub(crate) fn schema() -> Schema {
    Schema::of::<(Person, Note, Tag, Tagging)>()
}
