//! Tables as the databases keep them: what `create_all` makes is there, works, and is what `verify` expects.

mod constraints;
mod names;

use crate::support::Backend;
use orm::Mismatch;
use orm::prelude::*;
use orm::schema::Action;

/// Two models that refer to each other, and one of them to itself.
#[derive(Model, Clone, Debug, PartialEq)]
struct Employee {
    #[orm(primary_key)]
    id: i64,
    name: String,
    #[orm(on_delete = "set_null")]
    manager: Option<Ref<Employee>>,
    department: Ref<Department>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Department {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "set_null")]
    head: Option<Ref<Employee>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(index(first, second))]
struct Root {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    first: i32,
    #[orm(index)]
    second: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Child {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    root: Ref<Root>,
    #[orm(on_delete = "set_null", on_update = "cascade")]
    other: Option<Ref<Root>>,
    #[orm(on_delete = "restrict")]
    third: Option<Ref<Root>>,
}

fn family() -> Schema {
    Schema::of::<(Child, Root)>()
}

fn root(id: i64) -> Root {
    Root { id, name: format!("root {id}"), first: 1, second: "x".into() }
}

fn child(id: i64, root: i64) -> Child {
    Child { id, root: root.into(), other: None, third: None }
}

/// One connection per program is not enough to show a race, so each thread has an engine of its own.
fn create_from_threads(url: &str, schema: &Schema) {
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        let work = || {
            let engine = orm::create_engine(url)?;
            barrier.wait();
            schema.create_all(&engine)
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().expect("no thread panics").expect("creating at the same time is no error");
        }
    });
}

on_every_backend! {
    /// Case 40.
    fn creating_twice_and_dropping_twice_is_no_error(db) {
        for _ in 0..2 {
            family().create_all(&db.engine)?;
            assert_eq!(family().verify(&db.engine)?, []);
        }
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&root(1)))?;
        connection.execute(insert(&child(1, 1)))?;
        drop(connection);
        family().create_all(&db.engine)?;
        assert_eq!(db.engine.connect()?.count(select::<Child>())?, 1, "tables that are there are left as they are");
        family().drop_all(&db.engine)?;
        let gone = family().verify(&db.engine)?;
        let missing = |table: &str| Mismatch::MissingTable { table: table.to_owned() };
        assert_eq!(gone, [missing("root"), missing("child")]);
        family().drop_all(&db.engine)?;
        family().create_all(&db.engine)?;
        assert_eq!(family().verify(&db.engine)?, []);
    }

    /// Case 40.
    fn tables_that_refer_to_each_other_and_to_themselves(db) {
        let schema = Schema::of::<(Employee, Department)>();
        for _ in 0..2 {
            schema.create_all(&db.engine)?;
            assert_eq!(schema.verify(&db.engine)?, []);
        }
        let mut session = db.engine.session();
        let department = session.add(Department { id: 0, head: None });
        let boss = session.add(Employee { id: 0, name: "Ada".into(), manager: None, department: department.into() });
        let worker = session.add(Employee {
            id: 0,
            name: "Bob".into(),
            manager: Some(boss.into()),
            department: department.into(),
        });
        session.commit()?;
        session[department].head = Some(boss.into());
        session.commit()?;
        session.delete(boss);
        session.commit()?;
        session.refresh(worker)?;
        session.refresh(department)?;
        assert_eq!(session[worker].manager, None);
        assert_eq!(session[department].head, None);
        let error = session.execute(delete::<Department>().every_row()).expect_err("the worker is in it");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        session.rollback()?;
        let error =
            session.execute(insert(&Department { id: 0, head: Some(999.into()) })).expect_err("nobody has this key");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        session.rollback()?;
        drop(session);
        schema.drop_all(&db.engine)?;
        assert_eq!(schema.verify(&db.engine)?.len(), 2);
        schema.drop_all(&db.engine)?;
    }

    fn the_database_does_what_the_foreign_keys_say(db) {
        family().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&[root(1), root(2), root(3), root(4)]))?;
        connection.execute(insert(&[
            child(1, 1),
            Child { other: Some(2.into()), ..child(2, 3) },
            Child { third: Some(3.into()), ..child(3, 4) },
        ]))?;
        connection.execute(delete::<Root>().filter(|row| row.id.eq(1)))?;
        assert_eq!(connection.count(select::<Child>().filter(|row| row.id.eq(1)))?, 0, "cascade");
        connection.execute(delete::<Root>().filter(|row| row.id.eq(2)))?;
        let found: Child = connection.one(select::<Child>().filter(|row| row.id.eq(2)))?;
        assert_eq!(found.other, None, "set null");
        let error = connection.execute(delete::<Root>().filter(|row| row.id.eq(3))).expect_err("restrict");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
        let error = connection.execute(insert(&child(9, 9))).expect_err("no such root");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    }

    fn an_update_of_a_key_cascades_where_it_should(db) {
        family().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&[root(1), root(2)]))?;
        connection.execute(insert(&Child { other: Some(2.into()), ..child(1, 1) }))?;
        connection.execute(update::<Root>().set(|row| row.id.to(20)).filter(|row| row.id.eq(2)))?;
        let found: Child = connection.one(select())?;
        assert_eq!(found.other, Some(20.into()));
        let error = connection
            .execute(update::<Root>().set(|row| row.id.to(10)).filter(|row| row.id.eq(1)))
            .expect_err("no action");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
    }

    fn verify_finds_what_is_missing(db) {
        family().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(sql("DROP TABLE child"))?;
        let quoted =
            if connection.dialect().quote == '`' { "BIGINT NOT NULL AUTO_INCREMENT" } else { "BIGINT NOT NULL" };
        connection.execute(sql(format!(
            "CREATE TABLE child (id {quoted}, root_id BIGINT NOT NULL, third_id BIGINT, PRIMARY KEY (id), \
             FOREIGN KEY (root_id) REFERENCES root (id) ON DELETE RESTRICT, FOREIGN KEY (third_id) REFERENCES root (id) ON DELETE CASCADE)"
        )))?;
        drop(connection);
        let found = family().verify(&db.engine)?;
        let (table, target) = ("child".to_owned(), "root".to_owned());
        let expected = [
            Mismatch::MissingColumn { table: table.clone(), column: "other_id".into() },
            Mismatch::DeleteAction {
                table: table.clone(),
                columns: vec!["root_id".into()],
                expected: Action::Cascade,
                found: Action::Restrict,
            },
            Mismatch::MissingForeignKey { table: table.clone(), columns: vec!["other_id".into()], target },
            Mismatch::DeleteAction {
                table,
                columns: vec!["third_id".into()],
                expected: Action::Restrict,
                found: Action::Cascade,
            },
        ];
        assert_eq!(found, expected);
        assert_eq!(found[0].to_string(), "the table `child` has no column `other_id`");
    }

    fn threads_that_create_at_the_same_time_do_not_meet(db) {
        create_from_threads(&db.url, &Schema::of::<(Child, Root, Employee, Department)>());
        assert_eq!(Schema::of::<(Child, Root, Employee, Department)>().verify(&db.engine)?, []);
    }

    fn create_all_leaves_the_connection_usable_after_a_failure(db) {
        let mut connection = db.engine.connect()?;
        connection.execute(sql("CREATE TABLE root (id INTEGER)"))?;
        drop(connection);
        let error = family().create_all(&db.engine).expect_err("the table that is there has no column to refer to");
        assert!(error.to_string().contains('`'), "{error}");
        let mut connection = db.engine.connect()?;
        assert!(!connection.in_transaction());
        let error = connection.all::<i64, _>(sql("SELECT id FROM child")).expect_err("nothing was made");
        assert_eq!(error.kind(), ErrorKind::UndefinedTable, "{error}");
    }
}
