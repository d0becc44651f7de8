//! Marks of deletion that children get with their parents: `soft_delete` and `by = "session"`.

use crate::session_models::writes;
use crate::support::Db;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "projects", has_many(tasks = Task::project, notes = Note::project))]
struct Project {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    gone: bool,
}

/// A tree in a project.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tasks", has_many(steps = Task::whole, labels = Label::task))]
struct Task {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    project: Option<Ref<Project>>,
    #[orm(on_delete = "cascade", by = "session")]
    whole: Option<Ref<Task>>,
    #[orm(length = 40)]
    name: String,
    #[orm(soft_delete)]
    gone: bool,
    #[orm(version)]
    version: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "labels")]
struct Label {
    #[orm(primary_key, on_delete = "cascade", by = "session")]
    task: Ref<Task>,
    #[orm(primary_key, length = 40)]
    name: String,
    #[orm(soft_delete)]
    gone: bool,
}

/// Kept with a project that is marked.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    project: Ref<Project>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "accounts", has_many(entries = Entry::account))]
struct Account {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "entries")]
struct Entry {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    account: Ref<Account>,
}

fn task(name: &str, project: Option<Handle<Project>>, whole: Option<Handle<Task>>) -> Task {
    Task {
        id: 0,
        project: project.map(Ref::from),
        whole: whole.map(Ref::from),
        name: name.into(),
        gone: false,
        version: 0,
    }
}

/// Two projects with a note each. In each, a task with two steps, of which one has a step of its own with a label, and an old
/// task that is marked already.
fn create(db: &Db) -> orm::Result<(Session, [Handle<Project>; 2])> {
    Schema::of::<(Project, Task, Label, Note)>().create_all(&db.engine)?;
    let mut session = db.engine.session();
    let projects = [1, 2].map(|_| session.add(Project { id: 0, gone: false }));
    for project in projects {
        session.add(Note { id: 0, project: project.into() });
        let build = session.add(task("build", Some(project), None));
        let walls = session.add(task("walls", None, Some(build)));
        session.add(task("roof", None, Some(build)));
        let bricks = session.add(task("bricks", None, Some(walls)));
        session.add(Label { task: bricks.into(), name: "red".into(), gone: false });
        let old = session.add(task("old", Some(project), None));
        session.commit()?;
        session.delete(old);
        session.commit()?;
    }
    session.clear();
    let projects = session.all(select::<Project>().order_by(|p| p.id))?;
    db.statements();
    Ok((session, [projects[0], projects[1]]))
}

fn counts(session: &mut Session) -> orm::Result<[u64; 4]> {
    Ok([
        session.count(select::<Project>())?,
        session.count(select::<Task>())?,
        session.count(select::<Label>())?,
        session.count(select::<Note>())?,
    ])
}

on_every_backend! {
    fn children_are_marked_with_their_parent(db) {
        let (mut session, [first, _]) = create(db)?;
        assert_eq!(counts(&mut session)?, [2, 8, 2, 2]);
        let loaded = session.all(select::<Task>().filter(|t| t.name.eq("bricks")).order_by(|t| t.id))?;
        let tops = session.related(first, |p| p.tasks)?;
        db.statements();
        session.delete(first);
        session.flush()?;
        assert_eq!(writes(db), ["UPDATE"; 5]); // the project, three levels of tasks, the labels
        assert_eq!(counts(&mut session)?, [1, 4, 1, 2]);
        assert_eq!((session.state(loaded[0]), session.state(loaded[1])), (State::Deleted, State::Clean));
        assert_eq!(session.state(tops[0]), State::Deleted);
        // Each mark is an update of its row, and a mark that was there is left as it was.
        let versions: Vec<i32> =
            session.rows(select::<Task>().with_deleted().order_by(|t| (t.name, t.id)).columns(|t| t.version))?;
        assert_eq!(versions, [2, 1, 2, 1, 2, 2, 2, 1, 2, 1]);
        session.rollback()?;
        assert_eq!(counts(&mut session)?, [2, 8, 2, 2]);
        assert_eq!((session.state(loaded[0]), session.state(tops[0])), (State::Clean, State::Clean));
    }

    fn part_of_a_tree_is_marked(db) {
        let (mut session, _) = create(db)?;
        let walls = session.first(select::<Task>().filter(|t| t.name.eq("walls")).order_by(|t| t.id))?.expect("it is there");
        session.savepoint(|session| {
            session.delete(walls);
            session.flush()?;
            assert_eq!(counts(session)?, [2, 6, 1, 2]);
            Err::<(), _>(Error::refused("no"))
        }).unwrap_err();
        assert_eq!(counts(&mut session)?, [2, 8, 2, 2]);
        session.delete(walls);
        session.commit()?;
        assert_eq!(counts(&mut session)?, [2, 6, 1, 2]);
    }

    fn a_parent_that_is_deleted_for_real_takes_its_children_with_it(db) {
        let (mut session, [first, _]) = create(db)?;
        session.force_delete(first);
        session.commit()?;
        assert_eq!(counts(&mut session)?, [1, 4, 1, 1]);
        assert_eq!(session.count(select::<Task>().with_deleted())?, 5);
    }

    /// What can be brought back does not take with it what cannot.
    fn rows_without_a_mark_do_not_go_with_a_mark(db) {
        Schema::of::<(Account, Entry)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let account = session.add(Account { id: 0, gone: false });
        session.add(Entry { id: 0, account: account.into() });
        session.commit()?;
        db.statements();
        session.delete(account);
        let error = session.flush().expect_err("entries have no mark");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("`Entry.account`"), "{error}");
        assert_eq!((session.state(account), db.statements().len()), (State::Deleting, 0));
        session.rollback()?;
        session.force_delete(account);
        session.commit()?;
        assert_eq!(session.count(select::<Entry>())?, 0);
    }
}

#[cfg(feature = "chrono")]
mod times {
    use super::*;
    use chrono::{DateTime, Utc};

    #[derive(Model, Clone, Debug, PartialEq)]
    #[orm(table = "folders", has_many(files = File::folder))]
    struct Folder {
        #[orm(primary_key)]
        id: i64,
        #[orm(soft_delete)]
        deleted_at: Option<DateTime<Utc>>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    #[orm(table = "files")]
    struct File {
        #[orm(primary_key)]
        id: i64,
        #[orm(on_delete = "cascade", by = "session")]
        folder: Ref<Folder>,
        #[orm(soft_delete)]
        deleted_at: Option<DateTime<Utc>>,
    }

    on_every_backend! {
        /// So that they can be brought back together.
        fn children_have_the_time_of_their_parent(db) {
            Schema::of::<(Folder, File)>().create_all(&db.engine)?;
            let mut session = db.engine.session();
            let folder = session.add(Folder { id: 0, deleted_at: None });
            let files = [1, 2, 3].map(|_| session.add(File { id: 0, folder: folder.into(), deleted_at: None }));
            session.commit()?;
            session.delete(files[0]);
            session.commit()?;
            session.delete(folder);
            session.commit()?;
            let folder = session.one(select::<Folder>().with_deleted())?;
            let time = session[folder].deleted_at;
            let back = update::<File>().set(|f| f.deleted_at.to(None)).filter(|f| f.deleted_at.eq(time)).with_deleted();
            assert_eq!(session.execute(back)?, 2);
            session[folder].deleted_at = None;
            session.commit()?;
            assert_eq!(session.count(select::<File>())?, 2);
        }
    }
}
