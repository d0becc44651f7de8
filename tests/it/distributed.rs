//! Tables and keys as distributed databases want them, on those that are here: `docs/distributed.md`.

use crate::support::Backend;
use expect_test::expect;
use orm::dialect::POSTGRES;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "leaps")]
struct Leap {
    #[orm(primary_key, generated = "server", server_default = "unordered_unique_rowid()")]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "places", has_many(steps = Step::place))]
struct Place {
    #[orm(primary_key, generated = false)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "steps")]
struct Step {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    place: Ref<Place>,
    next: Option<Ref<Step>>,
}

fn leap(number: usize) -> Leap {
    Leap { id: 0, name: format!("leap {number}") }
}

#[test]
fn a_key_by_the_server_is_declared_as_such() {
    let ddl = Schema::of::<Leap>().ddl(&POSTGRES).unwrap();
    expect![[r#"
        CREATE TABLE IF NOT EXISTS "leaps" (
            "id" BIGINT NOT NULL DEFAULT (unordered_unique_rowid()),
            "name" TEXT NOT NULL,
            CONSTRAINT "leaps_pkey" PRIMARY KEY ("id")
        )"#]]
    .assert_eq(&ddl[0]);
}

on_every_backend! {
    fn keys_that_jump_come_back_to_their_rows(db) {
        let key = match db.backend {
            Backend::Sqlite => "BIGINT PRIMARY KEY DEFAULT (abs(random() / 4))",
            Backend::Postgres => "BIGINT PRIMARY KEY DEFAULT ('x' || substr(md5(random()::text), 1, 15))::bit(60)::bigint",
            Backend::Mariadb | Backend::Mysql => "BIGINT PRIMARY KEY DEFAULT (FLOOR(RAND() * 1000000000000))",
        };
        let mut connection = db.engine.connect()?;
        connection.execute(sql(format!("CREATE TABLE leaps (id {key}, name VARCHAR(40) NOT NULL)")))?;
        let mut session = db.engine.session();
        let leaps = session.add_all((0..40).map(leap));
        if db.backend == Backend::Mysql {
            assert_eq!(session.commit().unwrap_err().kind(), ErrorKind::Unsupported);
            return Ok(());
        }
        session.commit()?;
        for (number, handle) in leaps.into_iter().enumerate() {
            let there: Leap = connection.one(select::<Leap>().filter(|l| l.id.eq(session[handle].id)))?;
            assert_eq!(there.name, format!("leap {number}"));
        }
        // COPY and INSERT leave the key to the database.
        if db.backend == Backend::Postgres {
            assert_eq!(connection.copy_in::<Leap>((50..60).map(leap))?, 10);
        }
    }

    fn tables_without_foreign_keys_are_made_one_by_one(db) {
        let schema = Schema::of::<Step>().without_foreign_keys().one_by_one();
        assert!(schema.ddl(db.engine.dialect())?.iter().all(|statement| !statement.contains("REFERENCES")));
        let mut connection = db.engine.connect()?;
        schema.create_all(&db.engine)?;
        schema.create_all(&db.engine)?;
        assert_eq!(schema.verify(&db.engine)?, []);
        assert!(!Schema::of::<Step>().verify(&db.engine)?.is_empty(), "the foreign keys are missing");
        // Nobody refuses a row that refers to nothing, and the session does what the database would have done.
        connection.execute(insert(&Place { id: 5 }))?;
        connection.execute(insert(&Step { id: 0, place: Ref::from(5), next: None }))?;
        connection.execute(insert(&Step { id: 0, place: Ref::from(6), next: None }))?;
        let mut session = db.engine.session();
        let five = session.get::<Place>(5)?.expect("it is there");
        session.delete(five);
        session.commit()?;
        assert_eq!(connection.count(select::<Step>())?, 1);
        schema.drop_all(&db.engine)?;
        schema.drop_all(&db.engine)?;
    }
}
