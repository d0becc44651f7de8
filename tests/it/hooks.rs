//! Hooks of models: when they run, what they may do, and what an error of one leaves behind.

use crate::support::Db;
use orm::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does as its title says.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tasks", hooks, has_many(steps = Step::task), many_to_many(tags = Tagged::task => Tagged::tag))]
struct Task {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 80)]
    title: String,
    edits: i64,
    #[orm(skip)]
    loads: i64,
}

impl Hooks for Task {
    fn before_insert(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        assert_eq!(context.get(context.handle()), None, "the object is out of its place");
        assert!(context.original().is_none());
        match self.title.as_str() {
            "refused" => return Err(Error::refused("no such task")),
            "endless" => {
                context.add(task("endless"));
            }
            "with steps" => {
                context.add(Step { id: 0, task: context.handle().into(), words: "first".into() });
                context.add(Step { id: 0, task: context.handle().into(), words: "refused?".into() });
            }
            "panics" => panic!("the hook panics"),
            "never mind" => context.delete(context.handle()),
            _ => {}
        }
        self.title = self.title.trim().to_owned();
        Ok(())
    }

    fn before_update(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        let original = context.original().expect("a changed object has its row").clone();
        match self.title.as_str() {
            "back" => *self = original,
            "done" => context.delete(context.handle()),
            "refused" => {
                context.add(task("left over"));
                return Err(Error::refused(format!("`{}` stays as it is", original.title)));
            }
            _ => self.edits += 1,
        }
        Ok(())
    }

    fn before_delete(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        if self.title == "needed" {
            return Err(Error::refused("it is needed"));
        }
        context.add(task(&format!("again {}", self.title)));
        Ok(())
    }

    fn after_load(&mut self) -> orm::Result<()> {
        self.loads += 1;
        if self.title == "unreadable" { Err(Error::refused("nobody reads this")) } else { Ok(()) }
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "steps", hooks)]
struct Step {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    task: Ref<Task>,
    #[orm(length = 80)]
    words: String,
}

impl Hooks for Step {
    fn before_insert(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        let task = context.find(self.task).expect("its task is there");
        let title = context.get(task).map(|task| task.title.clone()).unwrap_or_default();
        self.words = format!("{}: {title}", self.words);
        Ok(())
    }

    fn before_update(&mut self, context: &mut HookContext<Self>) -> orm::Result<()> {
        let task = context.find(self.task).expect("its task is there");
        if let Some(task) = context.get_mut(task) {
            task.title.push('!');
        }
        Ok(())
    }

    fn before_delete(&mut self, _: &mut HookContext<Self>) -> orm::Result<()> {
        Err(Error::refused("a step is not deleted by a session"))
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tags")]
struct Tag {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tagged")]
struct Tagged {
    #[orm(primary_key)]
    task: Ref<Task>,
    #[orm(primary_key)]
    tag: Ref<Tag>,
}

fn task(title: &str) -> Task {
    Task { id: 0, title: title.into(), edits: 0, loads: 0 }
}

fn create(db: &Db) -> orm::Result<Session> {
    Schema::of::<(Task, Step, Tag, Tagged)>().create_all(&db.engine)?;
    db.statements();
    Ok(db.engine.session())
}

fn titles(db: &Db) -> orm::Result<Vec<String>> {
    db.engine.connect()?.all(select::<Task>().order_by(|t| t.id).columns(|t| t.title))
}

on_every_backend! {
    fn hooks_change_what_is_written(db) {
        let mut session = create(db)?;
        let new = session.add(task("  tidy  "));
        session.commit()?;
        assert_eq!(session[new].title, "tidy");
        assert_eq!(titles(db)?, ["tidy"]);
        session[new].title = "tidier".into();
        db.statements();
        session.flush()?;
        let updates: Vec<String> = db.statements().into_iter().filter(|sql| sql.starts_with("UPDATE")).collect();
        assert_eq!(updates.len(), 1);
        assert!(updates[0].contains("edits") && updates[0].contains("title"), "{updates:?}");
        session.flush()?; // each once: the count does not go on
        session.commit()?;
        session.refresh(new)?;
        assert_eq!((session[new].title.as_str(), session[new].edits), ("tidier", 1));
    }

    fn an_object_that_its_hook_leaves_equal_sends_nothing(db) {
        let mut session = create(db)?;
        let new = session.add(task("same"));
        session.commit()?;
        session[new].title = "back".into();
        db.statements();
        session.flush()?;
        assert_eq!(db.statements(), Vec::<String>::new());
        assert_eq!(session[new].title, "same");
        assert!(!session.is_modified(new));
    }

    fn an_error_leaves_nothing_behind(db) {
        let mut session = create(db)?;
        let first = session.add(task("  first  "));
        session.commit()?;
        db.statements();
        let wide = session.add(task("  wide  "));
        session[first].title = "refused".into();
        let error = session.flush().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains("`first` stays as it is"), "{error}");
        assert_eq!(db.statements(), Vec::<String>::new());
        // What the hooks did is undone: the new object has its spaces, and nothing was added.
        assert_eq!((session[wide].title.as_str(), session.len()), ("  wide  ", 2));
        assert_eq!((session[first].title.as_str(), session.state(wide)), ("refused", State::Pending));
        session[first].title = "allowed".into();
        session.commit()?;
        assert_eq!(titles(db)?, ["allowed", "wide"]);
        assert_eq!(session[first].edits, 1);
    }

    fn what_hooks_add_has_its_own_hooks_run(db) {
        let mut session = create(db)?;
        let new = session.add(task("with steps"));
        session.commit()?;
        let steps = session.related(new, |t| t.steps)?;
        let words: Vec<&str> = steps.iter().map(|step| session[*step].words.as_str()).collect();
        assert_eq!(words, ["first: with steps", "refused?: with steps"]);
        assert_eq!(session.len(), 3);
    }

    fn hooks_that_never_end_are_an_error(db) {
        let mut session = create(db)?;
        session.add(task("endless"));
        db.statements();
        let error = session.flush().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert_eq!(error.to_string(), "the hooks gave each other work in 16 rounds, lastly with a `Task`");
        assert_eq!((session.len(), db.statements().len()), (1, 0));
    }

    fn hooks_reach_other_objects(db) {
        let mut session = create(db)?;
        let new = session.add(task("with steps"));
        session.commit()?;
        let steps = session.related(new, |t| t.steps)?;
        session[steps[0]].words = "changed".into();
        session.commit()?;
        // The task was changed by the hook of its step, and had its own hook run after it.
        assert_eq!((session[new].title.as_str(), session[new].edits), ("with steps!", 1));
        assert_eq!(titles(db)?, ["with steps!"]);
    }

    fn an_object_may_delete_itself(db) {
        let mut session = create(db)?;
        let keep = session.add(task("keep"));
        let gone = session.add(task("never mind"));
        session.commit()?;
        assert_eq!(session.state(gone), State::Gone(Gone::NeverWritten));
        assert_eq!(titles(db)?, ["keep"]);
        session[keep].title = "done".into();
        session.commit()?;
        // Its deletion had a hook, which added another.
        assert_eq!(session.state(keep), State::Gone(Gone::Deleted));
        assert_eq!(titles(db)?, ["again done"]);
    }

    fn a_deletion_may_be_refused(db) {
        let mut session = create(db)?;
        let needed = session.add(task("needed"));
        session.commit()?;
        session.delete(needed);
        assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(session.state(needed), State::Deleting);
        session.rollback()?;
        assert_eq!((session.state(needed), titles(db)?), (State::Clean, vec!["needed".to_owned()]));
    }

    fn bulk_statements_and_the_database_run_no_hooks(db) {
        let mut session = create(db)?;
        let new = session.add(task("with steps"));
        session.commit()?;
        session.execute(update::<Task>().set(|t| t.title.to("refused")).every_row())?;
        session.refresh(new)?;
        assert_eq!((session[new].title.as_str(), session[new].edits), ("refused", 0));
        session[new].title = "x".into();
        session.flush()?;
        session.delete(new); // its steps go with it, without their hook that would refuse
        session.commit()?;
        assert_eq!((session.count(select::<Step>())?, titles(db)?), (0, vec!["again x".to_owned()]));
    }

    fn what_is_read_is_prepared(db) {
        let mut session = create(db)?;
        let new = session.add(task("with steps"));
        session.commit()?;
        assert_eq!(session[new].loads, 0);
        session.refresh(new)?;
        assert_eq!(session[new].loads, 1);
        session.commit()?;
        db.statements();
        let mut other = db.engine.session();
        let loaded = other.one(select::<Task>())?;
        assert_eq!((other[loaded].loads, other.is_modified(loaded)), (1, false));
        let joined = other.all(select::<Task>().join(|t| t.steps))?.remove(0);
        assert_eq!((joined, other[loaded].loads), (loaded, 1)); // fresh: it was not read again
        other[loaded].title = "unreadable".into();
        other.commit()?;
        assert_eq!(other.refresh(loaded).unwrap_err().kind(), ErrorKind::Refused);
        let plain: Task = db.engine.connect()?.one(select::<Task>())?;
        assert_eq!((plain.title.as_str(), plain.loads), ("unreadable", 0)); // a connection has no hooks
    }

    fn an_expression_runs_the_hook_of_an_update(db) {
        let mut session = create(db)?;
        let new = session.add(task("set"));
        session.commit()?;
        session.set(new, |t| t.title.to("by the database"))?;
        session.commit()?;
        session.refresh(new)?;
        assert_eq!((session[new].title.as_str(), session[new].edits), ("by the database", 1));
    }

    fn a_panic_puts_the_object_back(db) {
        let mut session = create(db)?;
        let tidy = session.add(task("  tidy  "));
        let new = session.add(task("panics"));
        let result = catch_unwind(AssertUnwindSafe(|| session.flush()));
        assert!(result.is_err());
        assert_eq!((session[new].title.as_str(), session[tidy].title.as_str()), ("panics", "  tidy  "));
        session[new].title = "calm".into();
        session.commit()?;
        assert_eq!(titles(db)?, ["tidy", "calm"]);
    }

    fn a_savepoint_takes_back_what_hooks_did(db) {
        let mut session = create(db)?;
        let keep = session.add(task("keep"));
        session.commit()?;
        let result: orm::Result<()> = session.savepoint(|session| {
            session[keep].title = "other".into();
            session.add(task("with steps"));
            session.flush()?;
            assert_eq!((session[keep].edits, session.len()), (1, 4));
            Err(Error::refused("better not"))
        });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!((session[keep].title.as_str(), session[keep].edits, session.len()), ("keep", 0, 1));
        session.commit()?;
        assert_eq!(titles(db)?, ["keep"]);
    }
}
