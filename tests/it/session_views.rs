//! Changes as data: what a session says that it will write.

use crate::session_models::*;
use orm::prelude::*;
use orm::{Datum, Operation};

#[derive(Embed, Clone, Debug, PartialEq)]
struct Size {
    width: i32,
    height: Option<i32>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "pictures")]
struct Picture {
    #[orm(primary_key, column = "number")]
    id: i64,
    #[orm(embed)]
    size: Size,
    of: Option<Ref<Author>>,
    #[orm(version)]
    version: i32,
}

type Columns = Vec<(&'static str, &'static str, Option<Datum<'static>>, Option<Datum<'static>>)>;

fn columns(changes: Vec<ColumnChange>) -> Columns {
    changes.into_iter().map(|change| (change.field, change.column, change.old, change.new)).collect()
}

on_every_backend! {
    /// Exactly the columns that the UPDATE sets, with the values on both sides.
    fn the_differences_of_an_object_are_data(db) {
        create(db)?;
        Schema::of::<(Author, Picture)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let ann = session.add(author("ann"));
        let picture = session.add(Picture { id: 0, size: Size { width: 4, height: None }, of: None, version: 0 });
        assert!(session.is_modified(picture));
        assert_eq!(session.changes(picture).len(), 5);
        assert!(session.changes(picture).iter().all(|change| change.old.is_none() && change.new.is_some()));
        session.commit()?;
        assert!(!session.is_modified(picture) && session.changes(picture).is_empty() && session.unflushed().is_empty());
        let (id, new) = (session[picture].id, session.add(author("bob")));
        let touched = &mut session[picture];
        touched.version = 7; // the flush's own
        assert!(!session.is_modified(picture) && session.unflushed().len() == 1);
        session[picture].size.height = Some(3);
        session[picture].of = ann.into();
        let changes = columns(session.changes(picture));
        assert_eq!(changes[0], ("size.height", "size_height", Some(Datum::Null), Some(Datum::Int(3))));
        assert_eq!((changes[1].0, changes[1].1, changes[1].2.clone(), changes.len()), ("of", "of_id", Some(Datum::Null), 2));
        let all = session.unflushed();
        assert_eq!(all.iter().map(|change| (change.model, change.operation)).collect::<Vec<_>>(), [("Author", Operation::Insert), ("Picture", Operation::Update)]);
        assert_eq!((all[0].handle::<Author>(), all[0].handle::<Picture>(), all[0].key.len()), (Some(new), None, 0));
        assert_eq!((all[1].table, &all[1].key, &all[1].columns), ("pictures", &vec![Datum::Int(id)], &session.changes(picture)));
        db.statements();
        session.commit()?;
        let update = sent(db, "UPDATE").remove(0);
        assert!(update.contains("size_height") && update.contains("of_id") && !update.contains("size_width"), "{update}");
        session.delete(picture);
        assert!(session.is_modified(picture));
        assert_eq!(columns(session.changes(picture))[2], ("size.height", "size_height", Some(Datum::Int(3)), None));
        session.flush()?;
        assert!(!session.is_modified(picture) && session.changes(picture).is_empty());
        session.rollback()?;
        assert!(!session.is_modified(picture));
    }
}
