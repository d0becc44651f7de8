//! What a flush deletes, and what becomes of the handles.

use crate::session_models::*;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "folders")]
struct Folder {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    parent: Option<Ref<Folder>>,
    #[orm(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "shelves")]
struct Shelf {
    #[orm(primary_key)]
    id: i64,
    room: Ref<Author>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "volumes")]
struct Volume {
    #[orm(primary_key)]
    id: i64,
    shelf: Ref<Shelf>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    author: Ref<Author>,
}

on_every_backend! {
    /// Case 16.
    fn a_parent_and_all_its_children_go_children_first(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let books = session.add_all((0..5).map(|n| book(&format!("book {n}"), ann)));
        session.commit()?;
        db.statements();
        session.delete(ann);
        books.iter().for_each(|book| session.delete(*book));
        session.flush()?;
        let statements = db.statements();
        assert_eq!(statements.len(), 2, "{statements:?}");
        assert!(statements[0].contains("books") && statements[1].contains("authors"), "{statements:?}");
        session.commit()?;
        assert!(authors(db)?.is_empty());
    }

    /// Case 16, in one table: from the leaves to the root, on every count.
    fn a_tree_is_deleted_from_its_leaves(db) {
        Schema::of::<(Folder,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let root = session.add(Folder { id: 0, parent: None, name: "root".into() });
        let middle = session.add_all((0..2).map(|n| Folder { id: 0, parent: root.into(), name: format!("m{n}") }));
        let leaves = session.add_all((0..4).map(|n| Folder { id: 0, parent: middle[n / 2].into(), name: format!("l{n}") }));
        session.commit()?;
        db.statements();
        session.delete(root);
        middle.iter().chain(&leaves).for_each(|folder| session.delete(*folder));
        session.flush()?;
        assert_eq!(writes(db), ["DELETE", "DELETE", "DELETE"]);
        session.rollback()?;
        assert_eq!(session[leaves[3]].name, "l3");
        assert_eq!(session.get(root)?, Some(root));
        assert_eq!(session.count(select::<Folder>())?, 7);
    }

    /// Case 18.
    fn a_child_that_leaves_survives_its_parent(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        let (moved, lost) = (session.add(book("moved", ann)), session.add(book("lost", ann)));
        session.commit()?;
        session[moved].author = bob.into();
        session.delete(ann);
        session.delete(lost);
        session.commit()?;
        assert_eq!(names(db)?, ["bob"]);
        assert_eq!(books(db)?, [session[moved].clone()]);
        assert_eq!(session[moved].author.key(), Some(&session[bob].id));
    }

    /// Case 18, with a cascade: the child is moved before the database could take it.
    fn a_child_that_leaves_survives_a_cascade(db) {
        Schema::of::<(Author, Note)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let note = session.add(Note { id: 0, author: ann.into() });
        session.commit()?;
        session[note].author = session.add(author("carol")).into();
        session.delete(ann);
        session.commit()?;
        assert_eq!(session.get(note)?, Some(note));
        assert_eq!(db.engine.connect()?.count(select::<Note>())?, 1);
    }

    /// Case 18, one floor up: the parent that waits holds its own parent.
    fn what_a_waiting_row_refers_to_waits_with_it(db) {
        Schema::of::<(Author, Shelf, Volume)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let room = session.add(author("room"));
        let (old, new) = (session.add(Shelf { id: 0, room: room.into() }), session.add(author("other room")));
        let volume = session.add(Volume { id: 0, shelf: old.into() });
        session.commit()?;
        let shelf = session.add(Shelf { id: 0, room: new.into() });
        session[volume].shelf = shelf.into();
        session.delete(old);
        session.delete(room);
        session.commit()?;
        assert_eq!(names(db)?, ["other room"]);
        let row: Volume = db.engine.connect()?.one(select::<Volume>())?;
        assert_eq!(row.shelf.key(), Some(&session[shelf].id));
    }

    /// Case 19.
    fn a_new_object_that_is_deleted_is_never_sent(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.delete(ann);
        session.delete(ann);
        db.all_statements();
        session.commit()?;
        assert!(db.all_statements().is_empty());
        assert_eq!(session.state(ann), State::Gone(Gone::NeverWritten));
        assert!(session.is_empty());
    }

    /// Case 19.
    fn deleting_twice_is_the_same_as_once(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        db.statements();
        session.delete(ann);
        session.delete(ann);
        session.flush()?;
        session.delete(ann);
        session.commit()?;
        session.delete(ann);
        session.commit()?;
        assert_eq!(writes(db), ["DELETE"]);
        assert!(authors(db)?.is_empty());
    }

    /// Case 19.
    fn a_clone_of_a_deleted_object_can_be_added(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        session.commit()?;
        let copy = session[ann].clone();
        session.delete(ann);
        let again = session.add(Author { age: 31, ..copy.clone() });
        db.statements();
        session.flush()?;
        // Rule 25: it is one UPDATE, so that the children stay.
        assert_eq!(writes(db), ["UPDATE"]);
        assert_eq!((session.state(ann), session.state(again)), (State::Deleted, State::Clean));
        assert_eq!(session.get::<Author>(copy.id)?, Some(again));
        session.commit()?;
        assert_eq!(session.state(ann), State::Gone(Gone::Deleted));
        assert_eq!(authors(db)?, [Author { age: 31, ..copy }]);
        assert_eq!(session.get(session[book].author)?, Some(again));

        // A new key: the row is another, and the old one goes.
        session.delete(again);
        session.delete(book);
        let other = session.add(Author { id: 0, name: "bob".into(), ..session[again].clone() });
        session.commit()?;
        assert_eq!(names(db)?, ["bob"]);
        assert_eq!(authors(db)?, [session[other].clone()]);
    }

    /// Rule 25: the old object is back, with its key, when the row's new owner is rolled back.
    fn a_row_that_changed_hands_changes_back_on_rollback(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(account("ann", 1));
        session.commit()?;
        let id = session[ann].id;
        session.delete(ann);
        let new = session.add(Account { id, ..account("new", 2) });
        session.flush()?;
        assert_eq!((session[new].version, session.state(ann)), (2, State::Deleted));
        session.rollback()?;
        assert_eq!((session.state(ann), session.state(new)), (State::Clean, State::Gone(Gone::RolledBack)));
        assert_eq!(session.get::<Account>(id)?, Some(ann));
        session[ann].balance = 5;
        session.commit()?;
        assert_eq!(accounts(db)?, [Account { id, owner: "ann".into(), balance: 5, version: 2 }]);

        // Equal but for its version, the new object takes the row as it is.
        session.delete(ann);
        let same = session.add(Account { version: 0, ..session[ann].clone() });
        session.commit()?;
        assert_eq!(session[same].version, 2);
        session[same].balance = 6;
        session.commit()?;
        assert_eq!((accounts(db)?[0].balance, accounts(db)?[0].version), (6, 3));
    }

    /// Whoever wants the database's cascade flushes between the deletion and the addition.
    fn a_flush_in_between_deletes_and_inserts(db) {
        Schema::of::<(Author, Note)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.add(Note { id: 0, author: ann.into() });
        session.commit()?;
        let copy = session[ann].clone();
        session.delete(ann);
        session.flush()?;
        let again = session.add(copy);
        session.commit()?;
        assert_eq!(authors(db)?, [session[again].clone()]);
        assert_eq!(db.engine.connect()?.count(select::<Note>())?, 0);
    }

    /// Case 17, without an action: a row that others still refer to stays, and the session can be used after a rollback.
    fn a_row_that_is_still_referred_to_is_not_deleted(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let book = session.add(book("the book", ann));
        session.commit()?;
        session.delete(ann);
        let error = session.commit().expect_err("a book refers to the author");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        session.rollback()?;
        assert_eq!((session.state(ann), session[ann].name.as_str()), (State::Clean, "ann"));
        assert_eq!(session.get(session[book].author)?, Some(ann));
        session[ann].age = 31;
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 31);
    }

    /// Deleted, flushed, rolled back, changed: the object is as good as before.
    fn an_object_whose_deletion_was_rolled_back_can_be_changed(db) {
        create(db)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        session.commit()?;
        session[ann].age = 99;
        session.delete(ann);
        session.flush()?;
        assert!(session.try_get(ann).is_none());
        assert_eq!(session.get::<Author>(1)?, None);
        session.rollback()?;
        assert_eq!(session[ann].age, 30);
        session[ann].age = 31;
        session.commit()?;
        session.delete(ann);
        session.rollback()?;
        session[ann].age += 1;
        session.commit()?;
        assert_eq!(authors(db)?[0].age, 32);
        assert_eq!(session.get::<Author>(session[ann].id)?, Some(ann));
    }

    /// Rule 21: a reference to what is gone is an error before any SQL.
    fn a_reference_to_an_object_that_is_gone_is_refused_with_the_reason(db) {
        create(db)?;
        let mut session = db.engine.session();
        let mut other = db.engine.session();
        let foreign = other.add(author("foreign"));
        let never = session.add(author("never"));
        let expunged = session.add(author("expunged"));
        let deleted = session.add(author("deleted"));
        session.flush()?;
        session.commit()?;
        let never_too = session.add(author("never written"));
        session.delete(never_too);
        session.expunge(expunged);
        session.delete(deleted);
        db.all_statements();
        for (handle, reason) in [
            (foreign, "belongs to another session"),
            (never_too, "was deleted before it was ever written"),
            (expunged, "was taken out of the session with `expunge`"),
            (deleted, "was deleted"),
        ] {
            let book = session.add(book("a book", handle));
            let error = session.flush().expect_err("the author is gone");
            assert_eq!(error.kind(), ErrorKind::InvalidReference);
            let text = error.to_string();
            assert!(text.contains("`Book.author`") && text.ends_with(reason), "{text}");
            session.delete(book);
        }
        assert!(db.all_statements().is_empty(), "all this was known before any SQL");
        session.commit()?;
        assert_eq!(session.get(never)?, Some(never));
        assert_eq!(session.get::<Author>(Ref::from(expunged))?, None);
        assert_eq!(session.get::<Author>(Ref::from(foreign)).expect_err("it is of another session").kind(), ErrorKind::InvalidReference);
    }

    /// Case 36. Rule 14: what was bulk-deleted is noticed when it is asked for; and it is back when that is rolled back.
    fn a_bulk_delete_is_noticed_and_undone(db) {
        create(db)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(author("ann")), session.add(author("bob")));
        session.commit()?;
        session.all(select::<Author>())?;
        let deleted = session.execute(delete::<Author>().filter(|a| a.name.eq("ann")))?;
        assert_eq!(deleted, 1);
        assert_eq!(session[ann].name, "ann", "nothing is looked at before it is asked for");
        assert_eq!(session.all(select::<Author>())?, [bob]);
        assert_eq!(session.get(ann)?, None);
        assert!(session.try_get(ann).is_none());
        session.rollback()?;
        assert_eq!(session.state(ann), State::Clean);
        assert_eq!(session.get(ann)?, Some(ann));
        session.execute(delete::<Author>().filter(|a| a.name.eq("ann")))?;
        session.commit()?;
        assert_eq!(session.get(ann)?, None);
        assert_eq!(names(db)?, ["bob"]);
    }

    /// Rows that a bulk delete takes along by a foreign key are looked at anew, too.
    fn what_a_bulk_delete_takes_along_is_noticed(db) {
        Schema::of::<(Author, Note)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let note = session.add(Note { id: 0, author: ann.into() });
        session.flush()?;
        session.execute(delete::<Author>().every_row())?;
        assert_eq!(session.get(note)?, None);
        assert_eq!(session.get(ann)?, None);
    }
}
