//! What the databases refuse, as our errors: the kind, the names, one sentence without values, and the driver's error as source.

use crate::support::{Backend, Db};
use orm::prelude::*;
use std::error::Error as _;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "owners", unique(first, last))]
struct Owner {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 20)]
    email: String,
    #[orm(length = 20)]
    first: String,
    #[orm(length = 20)]
    last: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "pets", check(name = "pets_age_range", "age < 100"))]
struct Pet {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 10)]
    name: String,
    age: i16,
    owner: Ref<Owner>,
}

const SECRET: &str = "s3cret-value";

fn owner(id: i64, email: &str, first: &str) -> Owner {
    Owner { id, email: email.into(), first: first.into(), last: SECRET.into() }
}

fn pet(owner: i64) -> Pet {
    Pet { id: 0, name: "Rex".into(), age: 3, owner: owner.into() }
}

fn start(db: &Db) -> orm::Result<Connection> {
    Schema::of::<(Pet, Owner)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&owner(0, SECRET, "Ada")))?; // its key is 1
    connection.execute(insert(&pet(1)))?;
    Ok(connection)
}

/// The kind, and all that must hold of every error of a database.
#[track_caller]
fn check(error: Error, kind: ErrorKind) -> Error {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = error.to_string();
    assert!(!text.contains(SECRET) && !text.contains('\n') && !text.ends_with('.'), "{text}");
    assert!(!format!("{:?}", error.details()).contains(SECRET), "{:?}", error.details());
    assert!(error.code().is_some_and(|code| !code.is_empty()), "{error:?}");
    assert!(error.statement().is_some(), "{error:?}");
    assert!(error.source().is_some_and(|source| !source.to_string().is_empty()), "{error:?}");
    error
}

/// The names that the error tells, where the database tells them or the model knows them.
#[track_caller]
fn named(error: &Error, table: &str, columns: &[&str], constraint: Option<&str>) {
    assert_eq!(error.table(), Some(table), "{error:?}");
    assert_eq!(error.columns(), columns, "{error:?}");
    assert_eq!(error.constraint(), constraint, "{error:?}");
}

on_every_backend! {
    fn a_unique_violation_names_its_constraint_and_columns(db) {
        let mut connection = start(db)?;
        let error =
            check(connection.execute(insert(&owner(0, SECRET, "Bob"))).expect_err("taken"), ErrorKind::UniqueViolation);
        assert!(error.to_string().starts_with("insert into owners: "), "{error}");
        named(&error, "owners", &["email"], Some("owners_email_key"));
        let error =
            check(connection.execute(insert(&owner(0, "b@x", "Ada"))).expect_err("taken"), ErrorKind::UniqueViolation);
        named(&error, "owners", &["first", "last"], Some("owners_first_last_key"));
        let error =
            check(connection.execute(insert(&owner(1, "b@x", "Bob"))).expect_err("taken"), ErrorKind::UniqueViolation);
        assert_eq!((error.table(), error.columns()), (Some("owners"), &["id".to_owned()][..]));
        connection.execute(insert(&owner(2, "b@x", "Bob")))?;
        let set = update::<Owner>().set(|row| row.email.to(SECRET)).filter(|row| row.id.eq(2));
        let error = check(connection.execute(set).expect_err("taken"), ErrorKind::UniqueViolation);
        assert!(error.to_string().starts_with("update owners: "), "{error}");
        named(&error, "owners", &["email"], Some("owners_email_key"));
    }

    fn a_unique_violation_of_a_session_tells_the_same(db) {
        start(db)?;
        let mut session = db.engine.session();
        session.add(owner(0, SECRET, "Bob"));
        let error = check(session.commit().expect_err("taken"), ErrorKind::UniqueViolation);
        named(&error, "owners", &["email"], Some("owners_email_key"));
        session.rollback()?;
        let other = session.add(owner(0, "b@x", "Bob"));
        session.commit()?;
        session[other].email = SECRET.into();
        let error = check(session.commit().expect_err("taken"), ErrorKind::UniqueViolation);
        named(&error, "owners", &["email"], Some("owners_email_key"));
    }

    fn a_foreign_key_violation_names_what_the_database_tells(db) {
        let mut connection = start(db)?;
        let inserted = connection.execute(insert(&pet(99))).expect_err("no such owner");
        let error = check(inserted, ErrorKind::ForeignKeyViolation);
        let deleted = connection.execute(delete::<Owner>().filter(|row| row.id.eq(1))).expect_err("it has a pet");
        let other = check(deleted, ErrorKind::ForeignKeyViolation);
        assert!(other.to_string().starts_with("delete from owners: "), "{other}");
        if db.backend != Backend::Sqlite {
            named(&error, "pets", &["owner_id"], Some("pets_owner_id_fkey"));
            assert_eq!(other.constraint(), Some("pets_owner_id_fkey"));
        }
    }

    fn a_not_null_violation_names_the_column(db) {
        let mut connection = start(db)?;
        let statement = sql("INSERT INTO pets (name, age, owner_id) VALUES (:name, :age, 1)")
            .bind("name", None::<String>)
            .bind("age", 3_i16);
        let error = check(connection.execute(statement).expect_err("no name"), ErrorKind::NotNullViolation);
        assert_eq!(error.columns(), ["name"]);
        if matches!(db.backend, Backend::Sqlite | Backend::Postgres) {
            assert_eq!(error.table(), Some("pets"));
        }
        let error = connection.execute(sql("INSERT INTO pets (name, owner_id) VALUES ('x', 1)")).expect_err("no age");
        assert_eq!(check(error, ErrorKind::NotNullViolation).columns(), ["age"]);
    }

    fn a_check_violation_names_the_constraint(db) {
        let mut connection = start(db)?;
        let error = check(
            connection.execute(insert(&Pet { age: 100, ..pet(1) })).expect_err("too old"),
            ErrorKind::CheckViolation,
        );
        assert_eq!((error.table(), error.constraint()), (Some("pets"), Some("pets_age_range")), "{error:?}");
    }

    fn a_text_that_is_too_long_and_a_number_out_of_range(db) {
        let mut connection = start(db)?;
        let error =
            connection.execute(insert(&Pet { name: "12345678901".into(), ..pet(1) })).expect_err("11 characters");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::InvalidValue, "`Pet.name` has 11 characters, and its column takes at most 10")
        );
        connection.execute(insert(&Pet { name: "ß😀ß😀ß😀ß😀ß😀".into(), ..pet(1) }))?;
        if db.backend == Backend::Sqlite {
            return Ok(()); // looks at neither
        }
        let set = update::<Pet>().set(|row| row.name.to("12345678901")).filter(|row| row.owner.eq(1));
        check(connection.execute(set).expect_err("11 characters"), ErrorKind::InvalidValue);
        let error = connection.execute(sql("UPDATE pets SET age = 70000")).expect_err("more than 16 bits");
        check(error, ErrorKind::OutOfRange);
    }

    fn what_is_unknown_has_its_kind(db) {
        let mut connection = start(db)?;
        let error = connection.all::<i64, _>(sql("SELECT id FROM nowhere")).expect_err("no such table");
        let error = check(error, ErrorKind::UndefinedTable);
        assert!(error.statement().is_some_and(|sql| sql == "SELECT id FROM nowhere"));
        let error = connection.all::<i64, _>(sql("SELECT no_such_column FROM pets")).expect_err("no such column");
        check(error, ErrorKind::UndefinedColumn);
        for wrong in ["SELEC 1", "SELECT (1", "SELECT FROM WHERE", "UPDATE"] {
            let error = connection.execute(sql(wrong)).expect_err("no SQL");
            check(error, ErrorKind::Syntax);
        }
        let error = connection.execute(sql("CREATE TABLE pets (id INTEGER)")).expect_err("it is there");
        check(error, ErrorKind::AlreadyExists);
        assert_eq!(connection.count(select::<Pet>())?, 1, "the connection is still of use");
    }

    fn a_table_that_was_dropped_under_a_prepared_statement(db) {
        let mut connection = start(db)?;
        assert_eq!(connection.count(select::<Pet>())?, 1);
        connection.execute(sql("DROP TABLE pets"))?;
        let error = connection.count(select::<Pet>()).expect_err("it is gone");
        check(error, ErrorKind::UndefinedTable);
        Schema::of::<(Pet, Owner)>().create_all(&db.engine)?;
        assert_eq!(connection.count(select::<Pet>())?, 0);
        connection.execute(sql("ALTER TABLE pets ADD COLUMN extra INTEGER"))?;
        assert_eq!(connection.all(select::<Pet>())?, []);
        let found: Vec<(i64, i64)> = connection.all(sql("SELECT 1, 2 FROM pets"))?;
        assert_eq!(found, []);
    }
}
